/**
 * One step of an agent that a program or a flow leads: a message begins a run, what the run asks for is written down and then
 * done as any agent's calls are, and its answer is the agent's.
 */
import { asHoldfastError, type ErrorBody, isHoldfastError } from '../../schema/index.ts';
import type { Turn } from '../program.ts';
import { type RunState, stuck } from './runs.ts';

/** `again`: something was written, look once more. `calls`: its calls are to be done. `rest`: its answer stands. */
export async function lead(turn: Turn): Promise<'again' | 'calls' | 'rest'> {
  const { context, manifest, conversation } = turn;
  const { run, answer, queued, open } = conversation;
  if (!run) {
    if (answer !== null && queued.length === 0) return 'rest';
    context.note('began', { agent: manifest.name });
    return 'again';
  }
  const state = await advance(turn);
  if ('code' in state) end(turn, { ok: false, error: state });
  else if (state.calls.length > 0) for (const { tool, input } of state.calls) context.note('called', { tool, input });
  else if (state.answer !== null) end(turn, { ok: true, output: state.answer });
  else if (open.length > 0) return 'calls';
  else end(turn, { ok: false, error: stuck().toBody() });
  return 'again';
}

function end({ context, runs }: Turn, how: Record<string, unknown>): void {
  context.note('outcome', { name: 'program', ...how });
  runs.release(context.session.id);
}

async function advance({ runs, context, manifest, conversation }: Turn): Promise<RunState | ErrorBody> {
  try {
    if (!conversation.run) throw new Error('there is no run');
    return await runs.advance(context.session.id, manifest, conversation.run);
  } catch (error) {
    context.scope.throwIfEnded();
    if (isHoldfastError(error) && ended.has(error.code)) return asHoldfastError(error).toBody();
    throw error;
  }
}

const ended: ReadonlySet<string> = new Set(['program-failed', 'program-diverged']);
