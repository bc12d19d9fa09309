import { HoldfastError } from '../../schema/error-class.ts';
import { type Command, defineCommand } from '../command.ts';
import { formatTime } from '../output.ts';
import { defined } from '../sandbox-options.ts';

const states = ['open', 'acknowledged', 'closed'] as const;

const command: Command = defineCommand({
  name: 'findings ls',
  summary: 'Lists the drifts that canaries found, last seen first.',
  examples: [
    ['holdfast findings ls', 'those that are there'],
    ['holdfast findings ls --all --json', 'also those that are gone, with both values'],
  ],
  arguments: {},
  options: {
    all: { kind: 'flag', short: 'a', description: 'also those that are closed' },
    state: { kind: 'text', value: 'STATE', description: states.join(', ') },
  },
  async run({ options, context: { output, ...context } }) {
    const state = states.find((known) => known === options.state);
    if (options.state !== undefined && state === undefined) {
      throw new HoldfastError('invalid-argument', `--state does not take "${options.state}"`, {
        hint: `It takes ${states.join(', ')}.`,
      });
    }
    const found = await (await context.service()).listFindings(defined('state', state));
    const shown = options.all || state !== undefined ? found : found.filter((one) => one.state !== 'closed');
    const nowMs = Date.now();
    if (options.json) await output.document(shown);
    else {
      await output.table(shown, [
        { title: 'ID', of: ({ id }) => id },
        { title: 'STATE', of: (one) => one.state },
        { title: 'SEVERITY', of: ({ severity }) => severity },
        { title: 'FIELD', of: ({ field }) => field },
        { title: 'SEEN', of: ({ seen }) => String(seen) },
        { title: 'FIRST', of: ({ firstSeenAt }) => formatTime(firstSeenAt, nowMs) },
        { title: 'LAST', of: ({ lastSeenAt }) => formatTime(lastSeenAt, nowMs) },
        {
          title: 'ON',
          of: ({ contract, isolation, template }) => [contract?.name, isolation, template].filter(Boolean).join(' '),
        },
      ]);
    }
    return 0;
  },
});
export default command;
