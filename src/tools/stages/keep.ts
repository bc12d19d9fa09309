/**
 * Keeps what a recorded sandbox's agent does: each effect is a step, as the agent saw it, so this stands before whatever
 * shapes, injects or executes.
 *
 * 1. A step whose beginning cannot be written down is refused and not executed.
 *    So is each of a sandbox whose recording could not be taken up.
 * 2. Where nothing is recorded it costs one look.
 * 3. What a step gives to its programs as a secret is known as one before the step begins.
 */
import type { Recorder, Recordings, StepOutcome } from '../../recording/index.ts';
import { asHoldfastError } from '../../schema/index.ts';
import type { Call, Outcome, Stage } from '../types.ts';

export function keep(recordings: Pick<Recordings, 'forStep'>): Stage {
  return (call, next) => {
    const recorder = recordings.forStep(call.sandbox);
    return recorder ? kept(recorder, call, next) : next();
  };
}

async function kept(recorder: Recorder, call: Call, next: () => Promise<Outcome>): Promise<Outcome> {
  const asked = recorder.places();
  const places = asked && (await asked);
  const learnt = recorder.learn(call.whole);
  if (learnt) await learnt;
  for (let busy = recorder.ready(); busy; busy = recorder.ready()) await busy;
  const { callId, kind, name, whole, mutates } = call;
  const step = recorder.begin({ callId, kind, name, input: whole, mutates, places });
  try {
    const outcome = await step.during(next);
    // What the network did to it is told by then.
    if (places) await recorder.places();
    step.end(outcomeOf(outcome));
    return outcome;
  } catch (error) {
    if (places) await recorder.places();
    step.end({ ok: false, durationMs: 0, error: asHoldfastError(error).toBody() });
    throw error;
  }
}

function outcomeOf(outcome: Outcome): StepOutcome {
  const { durationMs } = outcome;
  const injected = outcome.injected?.isCause;
  if (outcome.ok) return { ok: true, value: outcome.value, durationMs, injected };
  const retryable = outcome.retryable ?? outcome.error.retryable;
  return { ok: false, durationMs, injected, error: { ...outcome.error.toBody(), retryable } };
}
