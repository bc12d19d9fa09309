import { HoldfastError, isHoldfastError } from '../../schema/error-class.ts';
import type { EventType, HoldfastService, JournalEntry } from '../../schema/index.ts';
import { type Command, defineCommand } from '../command.ts';
import { Interrupts } from '../interrupts.ts';
import type { Output } from '../output.ts';
import { defined } from '../sandbox-options.ts';

const command: Command = defineCommand({
  name: 'events',
  summary: 'Shows what happens, as it happens, until Ctrl-C; or what the journal holds.',
  examples: [
    ['holdfast events', 'everything, from now on'],
    ['holdfast events box --type process-ended --json', 'one sandbox, one kind, a JSON document per line'],
    ['holdfast events --journal box', 'the tool calls and changes so far, each with its hash'],
  ],
  arguments: {
    sandbox: { description: "a sandbox's id or name; all if not said", optional: true, completes: 'sandbox' },
  },
  options: {
    type: { kind: 'list', value: 'TYPE', description: 'only this kind; may be repeated' },
    since: { kind: 'text', value: 'ID', description: 'first what came after this event' },
    journal: { kind: 'flag', description: 'the hash-chained journal instead, and then end' },
  },
  async run({ args, options, context: { io, output, ...context } }) {
    const service = await context.service();
    if (options.journal) {
      await printJournal(service, args.sandbox, output);
      return 0;
    }
    using interrupts = new Interrupts(io);
    const types = options.type.length > 0 ? await checkedTypes(options.type) : undefined;
    const query = {
      ...defined('sandbox', args.sandbox),
      ...defined('types', types),
      ...defined('since', options.since),
    };
    try {
      for await (const event of service.events(query, { signal: interrupts.signal })) {
        if (output.json) await output.document(event, true);
        else await output.table([event], eventColumns(event.at));
      }
    } catch (error) {
      if (!(isHoldfastError(error) && interrupts.signal.aborted)) throw error;
    }
    return 0;
  },
});
export default command;

type Event = { type: string; sandbox: string | null; data: Record<string, unknown> };

/** One line without titles: a stream has no head. */
const eventColumns = (at: string): { title: string; of: (event: Event) => string }[] => [
  { title: '', of: () => at },
  { title: '', of: ({ type }) => type.padEnd(20) },
  { title: '', of: ({ sandbox }) => sandbox ?? '-' },
  { title: '', of: ({ data }) => (Object.keys(data).length === 0 ? '' : JSON.stringify(data)) },
];

async function checkedTypes(given: string[]): Promise<EventType[]> {
  const { eventTypes } = await import('../../schema/index.ts');
  return given.map((word) => {
    const type = eventTypes.find((known) => known === word);
    if (type !== undefined) return type;
    throw new HoldfastError('invalid-argument', `--type does not take "${word}"`, {
      hint: `It takes ${eventTypes.join(', ')}.`,
    });
  });
}

async function printJournal(service: HoldfastService, sandbox: string | undefined, output: Output): Promise<void> {
  let after: number | undefined;
  for (;;) {
    const query = { ...defined('sandbox', sandbox), ...defined('after', after), limit: 1000 };
    const { items, nextCursor } = await service.journal(query);
    for (const entry of items) await (output.json ? output.document(entry, true) : output.line(lineOf(entry)));
    after = items.at(-1)?.sequence;
    if (nextCursor === null || after === undefined) return;
  }
}

function lineOf({ sequence, at, type, sandbox, body, hash }: JournalEntry): string {
  return `${sequence}  ${at}  ${hash.slice(0, 12)}  ${type}  ${sandbox ?? '-'}  ${JSON.stringify(body)}`;
}
