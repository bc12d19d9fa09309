/**
 * Keeps what a recorded sandbox's agent does: each effect is a step, as the agent saw it, so this stands before whatever
 * shapes, injects or executes.
 *
 * 1. A step whose beginning cannot be written down is refused and not executed.
 *    So is each of a sandbox whose recording could not be taken up, and cannot be now either.
 * 2. Where nothing is recorded it costs one look.
 *    Whose recording has ended while it waited passes unrecorded.
 * 3. What a step gives to its programs as a secret is known as one before the step begins.
 */
import type { Recorder, Recordings, StepOutcome } from '../../recording/index.ts';
import { asHoldfastError, type HoldfastError } from '../../schema/index.ts';
import type { Call, Outcome, Stage } from '../types.ts';

export function keep(recordings: Pick<Recordings, 'forStep' | 'mend'>): Stage {
  const stage: Stage = (call, next) => {
    const mending = recordings.mend(call.sandbox);
    return mending ? mending.then(() => asked(call, next)) : asked(call, next);
  };
  const asked: Stage = (call, next) => {
    const recorder = recordings.forStep(call.sandbox);
    return recorder ? kept(recorder, call, next) : next();
  };
  const kept = async (recorder: Recorder, call: Call, next: () => Promise<Outcome>): Promise<Outcome> => {
    const places = await readied(recorder, call);
    // Between the last look and here somebody may have come who wants no step under way.
    if (recordings.forStep(call.sandbox) !== recorder || recorder.ready()) return stage(call, next);
    return recorded(recorder, { call, places }, next);
  };
  return stage;
}

type Places = Awaited<ReturnType<Recorder['places']>>;

async function readied(recorder: Recorder, call: Call): Promise<Places> {
  const asked = recorder.places();
  const places = asked && (await asked);
  const learnt = recorder.learn(call.whole);
  if (learnt) await learnt;
  for (let busy = recorder.ready(); busy; busy = recorder.ready()) await busy;
  return places;
}

async function recorded(
  recorder: Recorder,
  { call, places }: { call: Call; places: Places },
  next: () => Promise<Outcome>,
): Promise<Outcome> {
  const { callId, kind, name, whole, mutates } = call;
  const step = recorder.begin({ callId, kind, name, input: whole, mutates, places });
  try {
    const outcome = await step.during(next);
    await told(recorder, places, outcome.ok ? null : outcome.error);
    step.end(outcomeOf(outcome));
    return outcome;
  } catch (thrown) {
    const error = asHoldfastError(thrown);
    await told(recorder, places, error);
    step.end({ ok: false, durationMs: 0, error: error.toBody() });
    throw thrown;
  }
}

/** What the network did to it, and why its sandbox ended, is known by then. */
async function told(recorder: Recorder, places: Places, error: HoldfastError | null): Promise<void> {
  if (places) await recorder.places();
  const why = error && recorder.whyEnded(error);
  if (why) await why;
}

function outcomeOf(outcome: Outcome): StepOutcome {
  const { durationMs } = outcome;
  const injected = outcome.injected?.isCause;
  if (outcome.ok) return { ok: true, value: outcome.value, durationMs, injected };
  const retryable = outcome.retryable ?? outcome.error.retryable;
  return { ok: false, durationMs, injected, error: { ...outcome.error.toBody(), retryable } };
}
