import { HoldfastError } from '../../schema/error-class.ts';
import type { Sandbox, WatchFinding } from '../../schema/index.ts';
import { type Command, defineCommand } from '../command.ts';
import { formatTime } from '../output.ts';
import { allPages } from '../pages.ts';
import { defined } from '../sandbox-options.ts';

const states = ['creating', 'ready', 'suspended', 'hibernated', 'stopping', 'gone'] as const;

const command: Command = defineCommand({
  name: 'ps',
  summary: 'Lists sandboxes.',
  examples: [
    ['holdfast ps', 'those that are there'],
    ['holdfast ps --all --metadata job=7', 'also those that are gone, by your own words'],
    ['holdfast rm $(holdfast ps --ids)', 'the ids only'],
  ],
  arguments: {},
  options: {
    all: { kind: 'flag', short: 'a', description: 'also those that went in the last 30 days' },
    state: { kind: 'text', value: 'STATE', description: states.join(', ') },
    metadata: {
      kind: 'pairs',
      short: 'm',
      value: 'K=V',
      description: 'only those with this metadata; may be repeated',
    },
    ids: { kind: 'flag', short: 'q', description: 'one id per line and nothing else' },
  },
  async run({ options, context: { output, ...context } }) {
    const state = states.find((known) => known === options.state);
    if (options.state !== undefined && state === undefined) {
      throw new HoldfastError('invalid-argument', `--state does not take "${options.state}"`, {
        hint: `It takes ${states.join(', ')}.`,
      });
    }
    const query = { all: options.all || state === 'gone', metadata: options.metadata, ...defined('state', state) };
    const service = await context.service();
    const sandboxes = await allPages((page) => service.listSandboxes({ ...query, ...page }));
    const nowMs = Date.now();
    if (options.ids && !options.json) {
      await output.data(sandboxes.map(({ id }) => `${id}\n`).join(''));
      return 0;
    }
    const found = await service.listFindings({ state: 'open' });
    if (options.json) await output.document(sandboxes.map((box) => ({ ...box, openFindings: openOf(box, found) })));
    else {
      await output.table(sandboxes, [
        { title: 'ID', of: (box) => box.id },
        { title: 'NAME', of: (box) => box.name ?? '-' },
        { title: 'STATE', of: (box) => (box.exitReason === null ? box.state : `${box.state} (${box.exitReason})`) },
        { title: 'TEMPLATE', of: (box) => box.template },
        { title: 'CONTRACT', of: (box) => contractText(box, found) },
        { title: 'CREATED', of: (box) => formatTime(box.createdAt, nowMs) },
        { title: 'ENDS', of: (box) => (box.state === 'gone' ? '-' : formatTime(box.expiresAt, nowMs)) },
      ]);
      if (found.length > 0) await output.hint(`${counted(found.length)} open: holdfast findings ls`);
    }
    return 0;
  },
});
export default command;

/** How many drifts are known of what it runs on. */
function openOf({ contract, isolation, template }: Sandbox, findings: readonly WatchFinding[]): number {
  return findings.filter(
    (one) => one.contract?.digest === contract?.digest && one.isolation === isolation && one.template === template,
  ).length;
}

function contractText(box: Sandbox, findings: readonly WatchFinding[]): string {
  const name = box.contract?.name ?? '-';
  const open = openOf(box, findings);
  return open === 0 ? name : `${name} (${counted(open)})`;
}

const counted = (number: number): string => `${number} finding${number === 1 ? '' : 's'}`;
