import { type Command, defineCommand } from '../command.ts';
import { formatTime } from '../output.ts';

const command: Command = defineCommand({
  name: 'findings show',
  summary: 'Shows one finding: what was, what is, and what goes wrong by it.',
  examples: [
    ['holdfast findings show 0123456789ab', 'as a bug report'],
    ['holdfast findings show 0123456789ab --json', 'for tools'],
  ],
  arguments: { finding: { description: "a finding's id" } },
  options: {},
  async run({ args, options, context: { output, ...context } }) {
    const found = await (await context.service()).getFinding(args.finding);
    if (options.json) {
      await output.document(found);
      return 0;
    }
    const nowMs = Date.now();
    const { severity, field, rule, from, to, consequence, seen, contract, isolation, template, note } = found;
    const on = [contract?.name, isolation, template].filter(Boolean).join(' ');
    const lines = [
      `${severity.toUpperCase()} ${field} (${rule}), ${found.state}`,
      `was  ${from}`,
      `is   ${to}`,
      consequence,
      `on ${on}; seen by ${seen} canar${seen === 1 ? 'y' : 'ies'}, first ${formatTime(found.firstSeenAt, nowMs)}, last ${formatTime(found.lastSeenAt, nowMs)}`,
      ...(found.closedAt === null ? [] : [`gone since ${formatTime(found.closedAt, nowMs)}`]),
      ...(note === null ? [] : [`acknowledged: ${note}`]),
    ];
    // What was seen came out of a sandbox.
    await output.text(lines.map((line) => `${line.replaceAll('\n', '\\n')}\n`).join(''));
    return 0;
  },
});
export default command;
