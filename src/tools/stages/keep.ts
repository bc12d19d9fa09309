/**
 * Keeps what a recorded sandbox's agent does: each effect is a step, as the agent saw it, so this stands before whatever
 * shapes, injects or executes.
 *
 * 1. A step whose beginning cannot be written down is refused and not executed.
 * 2. Where nothing is recorded it costs one look.
 */
import type { Recorder, Recordings, StepOutcome } from '../../recording/index.ts';
import { asHoldfastError } from '../../schema/index.ts';
import type { Call, Outcome, Stage } from '../types.ts';

export function keep(recordings: Pick<Recordings, 'of'>): Stage {
  return (call, next) => {
    const recorder = recordings.of(call.sandbox);
    return recorder ? kept(recorder, call, next) : next();
  };
}

async function kept(recorder: Recorder, call: Call, next: () => Promise<Outcome>): Promise<Outcome> {
  for (let busy = recorder.ready(); busy; busy = recorder.ready()) await busy;
  const { callId, kind, name, whole, mutates } = call;
  const step = recorder.begin({ callId, kind, name, input: whole, mutates });
  try {
    const outcome = await step.during(next);
    step.end(outcomeOf(outcome));
    return outcome;
  } catch (error) {
    step.end({ ok: false, durationMs: 0, error: asHoldfastError(error).toBody() });
    throw error;
  }
}

function outcomeOf(outcome: Outcome): StepOutcome {
  const { durationMs } = outcome;
  if (outcome.ok) return { ok: true, value: outcome.value, durationMs };
  const retryable = outcome.retryable ?? outcome.error.retryable;
  return { ok: false, durationMs, error: { ...outcome.error.toBody(), retryable } };
}
