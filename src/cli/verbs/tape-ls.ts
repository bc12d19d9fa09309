import type { TapePlay } from '../../schema/index.ts';
import { type Command, defineCommand } from '../command.ts';
import { formatBytes, formatTime } from '../output.ts';

const command: Command = defineCommand({
  name: 'tape ls',
  summary: 'Lists tapes: recorded network exchanges that can be played again.',
  examples: [
    ['holdfast tape ls', 'a policy with `tape: {mode: record}` makes one'],
    ['holdfast tape ls --json', 'the same as JSON'],
  ],
  arguments: {},
  options: {},
  async run({ options, context: { output, ...context } }) {
    const tapes = await (await context.service()).listTapes();
    const nowMs = Date.now();
    if (options.json) await output.document(tapes);
    else {
      await output.table(tapes, [
        { title: 'ID', of: (tape) => tape.id },
        { title: 'NAME', of: (tape) => tape.name ?? '-' },
        { title: 'SANDBOX', of: (tape) => tape.sandbox ?? '-' },
        { title: 'EXCHANGES', of: (tape) => String(tape.exchanges) },
        { title: 'SIZE', of: (tape) => formatBytes(tape.bytes) },
        { title: 'PLAYED BY', of: ({ plays }) => plays.map(playLine).join(', ') || '-' },
        { title: 'CREATED', of: (tape) => `${formatTime(tape.createdAt, nowMs)}${tape.open ? ', recording' : ''}` },
      ]);
    }
    return 0;
  },
});
export default command;

function playLine({ sandbox, exchanges, used, misses }: TapePlay): string {
  return `${sandbox} (${used} of ${exchanges} used, ${misses} ${misses === 1 ? 'miss' : 'misses'})`;
}
