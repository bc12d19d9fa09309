/**
 * Interleaved rounds: every operation once per round, in an order that is shuffled anew, so that what happens to the
 * machine for a while happens to all operations alike. The order follows from the plan's seed, the session and the round.
 */
import { type Operation, operations } from '../probes/operations.ts';
import type { Plan, Sample, Series } from '../profile/index.ts';
import { asTargetError, type TargetError } from '../targets/target.ts';
import { measure, type Problem, type Timing } from './timing.ts';

export interface RoundsRequest {
  timing: Timing;
  plan: Plan;
  session: number;
  /** False when the session's time is used up. */
  goesOn(): boolean;
  onRound(done: number, of: number): void;
}

export interface Rounds {
  series: Series[];
  unmeasured: Map<string, Problem>;
  /** Measured whole, after the warm-ups. */
  rounds: number;
  /** What ended them before their end; what was measured until then is there. */
  stopped: TargetError | null;
}

/** An operation that fails in every warm-up cannot be measured; it is not tried in every round. */
export async function runRounds({ timing, plan, session, goesOn, onRound }: RoundsRequest): Promise<Rounds> {
  const unmeasured = new Map<string, Problem>();
  const samples = new Map<string, Sample[]>();
  const failing = new Map<string, Problem>();
  const worked = new Set<string>();
  const all = plan.warmups + plan.rounds;
  let rounds = 0;
  let stopped: TargetError | null = null;
  const one = async (at: number): Promise<void> => {
    const isWarmup = at < plan.warmups;
    for (const operation of shuffled(operations, [plan.seed, session, at])) {
      const { id } = operation;
      if (unmeasured.has(id)) continue;
      const measured = await measure(timing, operation);
      const { problem, ...sample } = measured ?? { problem: null };
      if (!('outcome' in sample)) unmeasured.set(id, { reason: 'the target has no such thing' });
      else if (!isWarmup) samples.set(id, [...(samples.get(id) ?? []), { round: at - plan.warmups, ...sample }]);
      else if (problem === null) worked.add(id);
      else failing.set(id, problem);
    }
    if (!isWarmup) rounds++;
    else if (at === plan.warmups - 1)
      for (const [id, problem] of failing) if (!worked.has(id)) unmeasured.set(id, problem);
  };
  try {
    for (let at = 0; at < all && goesOn(); at++) {
      onRound(at, all);
      await one(at);
    }
  } catch (error) {
    stopped = asTargetError(error, 'rounds');
  }
  const series = operations.flatMap(({ id, role }) => {
    const taken = samples.get(id);
    return taken === undefined ? [] : [{ operation: id, role, session, samples: taken }];
  });
  return { series, unmeasured, rounds, stopped };
}

function shuffled(list: readonly Operation[], keys: readonly number[]): Operation[] {
  const next = generator(keys);
  const all = [...list];
  for (let at = all.length - 1; at > 0; at--) {
    const other = Math.floor(next() * (at + 1));
    const [a, b] = [all[at], all[other]];
    if (a && b) [all[at], all[other]] = [b, a];
  }
  return all;
}

/** A small generator (mulberry32): the order has to be repeatable, not unguessable. */
function generator(keys: readonly number[]): () => number {
  let state = keys.reduce((mixed, key) => Math.imul(mixed ^ key, 0x9e3779b1) + 0x7f4a7c15, 0x2545f491) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
