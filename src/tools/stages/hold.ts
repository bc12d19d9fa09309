/**
 * Holds every tool call to the contract: what goes in, what comes out, in which words it fails, how long it takes at least.
 *
 * 1. A call that the contract does not know is refused before it begins.
 * 2. Nothing is made faster: a call that is done early waits, and the wait ends with the call's scope.
 * 3. What the contract does not know of an outcome becomes `unclassified`: it is never passed on in words of its own.
 */
import type { Clock } from '../../base/index.ts';
import type { Enforcement } from '../../contract/index.ts';
import { asHoldfastError } from '../../schema/index.ts';
import type { Call, Outcome, Stage } from '../types.ts';

/** What a sandbox's calls are held to. Throws where that cannot be known: then nothing is done. */
export type ContractOf = (sandbox: string) => Enforcement | null | Promise<Enforcement | null>;

export function hold(contractOf: ContractOf, clock: Pick<Clock, 'sleep'>): Stage {
  return async (call, next) => {
    if (call.kind !== 'tool') return next();
    const held = await contractOf(call.sandbox);
    if (held === null) return next();
    held.checkCall(call.name, call.input);
    const outcome = holdOutcome(held, call, await next());
    const earlyMs = held.leastMs(call.name, call.callId) - outcome.durationMs;
    if (earlyMs <= 0) return outcome;
    await clock.sleep(earlyMs, call.scope?.signal);
    return { ...outcome, durationMs: outcome.durationMs + earlyMs };
  };
}

function holdOutcome(held: Enforcement, call: Call, outcome: Outcome): Outcome {
  const { callId, durationMs, injected } = outcome;
  const about = { callId, durationMs, ...(injected ? { injected } : {}) };
  if (!outcome.ok) {
    const { error, retryable } = held.normalise(outcome.error);
    return { ...about, ok: false, error, retryable };
  }
  try {
    held.checkAnswer(call.name, outcome.value);
    const value = held.cut(outcome.value);
    return value === outcome.value ? outcome : { ...about, ok: true, value };
  } catch (error) {
    return { ...about, ok: false, error: asHoldfastError(error) };
  }
}
