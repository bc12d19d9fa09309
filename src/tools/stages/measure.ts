/**
 * Times what the runtime itself took of a tool's call. It stands next to the effect: what a contract or a fault plan adds on
 * purpose is not counted, and neither is what a program inside took, by the tool's own word.
 */
import type { Meter, Stage } from '../types.ts';

export function measure(meter: Meter): Stage {
  return async (call, next) => {
    const outcome = await next();
    if (call.kind === 'tool' && outcome.ok) meter.measured(call, outcome.durationMs - programMs(outcome.value));
    return outcome;
  };
}

function programMs(answer: unknown): number {
  const said: unknown = typeof answer === 'object' && answer !== null && 'durationMs' in answer ? answer.durationMs : 0;
  return typeof said === 'number' && Number.isFinite(said) && said > 0 ? said : 0;
}
