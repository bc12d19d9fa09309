import { HoldfastError, isHoldfastError } from '../../schema/error-class.ts';
import type { HoldfastService, SessionEntry } from '../../schema/index.ts';
import { type Command, type Context, defineCommand } from '../command.ts';
import { Interrupts } from '../interrupts.ts';
import { outcomeLine, printEntries, printUpdates } from '../session-view.ts';

const command: Command = defineCommand({
  name: 'session attach',
  summary: 'Shows what a session did, then what it does, until it ends or Ctrl-C, which ends nothing.',
  examples: [
    ['holdfast session attach talk', 'from its beginning'],
    ['holdfast session attach talk --after 4 --once --json', 'the entries after the fourth, one document per line'],
    ['holdfast session attach talk --partial --json', 'with the text of the step under way as it comes'],
  ],
  arguments: { session: { description: "a session's id or name" } },
  options: {
    after: { kind: 'whole', value: 'N', description: 'only entries after this one' },
    once: { kind: 'flag', description: 'what there is, and then end' },
    partial: { kind: 'flag', description: 'also what an agent says as it comes, as a terminal shows it anyway' },
  },
  async run({ args, options, context }) {
    if (options.once && options.partial) {
      throw new HoldfastError('invalid-argument', '--once shows what there is, and --partial what comes', {
        hint: 'Leave one of them out.',
      });
    }
    const query = { after: options.after ?? 0, follow: !options.once, partial: options.partial };
    return followSession(await context.service(), args.session, query, context);
  },
});
export default command;

/** The session is as it was: whoever read it can go on where they were. */
function cutOff(error: HoldfastError, ref: string, seen: number): HoldfastError {
  if (error.code !== 'daemon-unreachable') return error;
  return new HoldfastError(error.code, error.message, {
    cause: error,
    hint: `The session goes on with the next daemon: holdfast session attach ${ref} --after ${seen}`,
  });
}

/** 1 when the session failed meanwhile. */
export async function followSession(
  service: HoldfastService,
  ref: string,
  query: { after: number; follow: boolean; partial?: boolean },
  { io, output }: Context,
): Promise<number> {
  using interrupts = new Interrupts(io);
  let seen = query.after;
  try {
    const { signal } = interrupts;
    const isLive = query.follow && (query.partial || (!output.json && io.stdout.isTTY === true));
    const told = (entry: SessionEntry): void => {
      seen = entry.position;
    };
    if (isLive) await printUpdates(service.sessionUpdates(ref, { after: query.after }, { signal }), output, told);
    else {
      const { after, follow } = query;
      await printEntries(service.sessionEntries(ref, { after, follow }, { signal }), output, told);
    }
  } catch (error) {
    if (!isHoldfastError(error)) throw error;
    if (!interrupts.signal.aborted) throw cutOff(error, ref, seen);
  }
  if (interrupts.signal.aborted || !query.follow) return 0;
  const session = await service.getSession(ref);
  if (!output.json) await output.hint(outcomeLine(session));
  return session.outcome?.ok === false ? 1 : 0;
}
