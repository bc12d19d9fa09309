import { HoldfastError } from '../../schema/error-class.ts';
import { type Command, defineCommand } from '../command.ts';
import { formatTime } from '../output.ts';
import { defined } from '../sandbox-options.ts';

const command: Command = defineCommand({
  name: 'audit hold',
  summary:
    'Lists legal holds, places one or ends one; while there is one, nothing of whom it is about is erased or deleted.',
  examples: [
    ['holdfast audit hold ada --reason "case 12/26"', 'of one person'],
    ['holdfast audit hold --everybody --reason "audit of 2026"', 'of all'],
    ['holdfast audit hold --release hld-01…', 'ends it'],
  ],
  arguments: { person: { description: 'whom it is about', optional: true } },
  options: {
    everybody: { kind: 'flag', description: 'about all people of the tenant' },
    reason: { kind: 'text', value: 'TEXT', description: 'why; who wants to erase is told' },
    release: { kind: 'text', value: 'ID', description: 'end this one' },
  },
  async run({ args, options, context: { output, ...context } }) {
    const { person } = args;
    const { json, everybody, reason, release } = options;
    const wanted = [person !== undefined, everybody, release !== undefined].filter(Boolean).length;
    if (wanted > 1 || (reason === undefined) === (person !== undefined || everybody)) {
      throw new HoldfastError(
        'invalid-argument',
        'audit hold takes a person or --everybody with --reason, or --release',
        {
          hint: 'For example: holdfast audit hold ada --reason "case 12/26"',
        },
      );
    }
    const service = await context.service();
    if (release !== undefined) {
      await service.releaseHold(release);
      if (json) await output.document({ released: release });
      else await output.hint(`${release} is over`);
      return 0;
    }
    if (reason !== undefined) {
      const hold = await service.placeHold({ ...defined('person', person), reason });
      if (json) await output.document(hold);
      else await output.line(hold.id);
      return 0;
    }
    const holds = await service.listHolds();
    const nowMs = Date.now();
    if (json) await output.document(holds);
    else {
      await output.table(holds, [
        { title: 'HOLD', of: ({ id }) => id },
        { title: 'PERSON', of: (hold) => hold.person ?? '(everybody)' },
        { title: 'SINCE', of: ({ placedAt }) => formatTime(placedAt, nowMs) },
        { title: 'BY', of: ({ placedBy }) => placedBy },
        { title: 'REASON', of: (hold) => hold.reason },
      ]);
    }
    return 0;
  },
});
export default command;
