/** One session: opened, passed over, timed, closed; whatever happens, with what was seen until then. */
import { type Clock, isoTime } from '../../base/index.ts';
import type { Programs } from '../probes/programs.ts';
import { bounded, type Reading } from '../probes/reading.ts';
import type { InsideClock, Plan, Series, Session, Trouble } from '../profile/index.ts';
import { asTargetError, type Target, TargetError, type TargetSession } from '../targets/target.ts';
import { guarded, openMs } from './guarded.ts';
import { runPass, troubleOf } from './pass.ts';
import { runRounds } from './rounds.ts';
import { findInsideClock, movingClock, type Problem, rounded } from './timing.ts';

export interface SessionCapture {
  session: Session;
  passes: Reading[][];
  series: Series[];
  unmeasured: [operation: string, problem: Problem][];
  insideClock: InsideClock;
}

export interface SessionRequest {
  target: Target;
  programs: Programs;
  plan: Plan;
  index: number;
  window: number;
  /** Hexadecimal. */
  newMark(): string;
  /** Of the prober's machine. */
  load(): number | null;
  /** Of the whole session. */
  limitMs: number;
  clock: Clock;
  signal: AbortSignal;
  onProgress(text: string): void;
}

const mostTroubles = 100;

export async function captureSession(given: SessionRequest): Promise<SessionCapture> {
  const { index, window, clock, target, limitMs, signal: outer } = given;
  const limited = new AbortController();
  const signal = AbortSignal.any([outer, limited.signal]);
  const request = { ...given, signal };
  const startedMs = clock.nowMs();
  const beganMs = clock.monotonicMs();
  const capture: SessionCapture = {
    session: {
      index,
      window,
      name: '',
      startedAt: isoTime(startedMs),
      endedAt: isoTime(startedMs),
      outcome: 'failed',
      rounds: 0,
      load: request.load(),
      troubles: [],
    },
    passes: [],
    series: [],
    unmeasured: [],
    insideClock: 'none',
  };
  const { session: about } = capture;
  let session: TargetSession | null = null;
  // Also in the middle of a step that would go on for ever.
  const cancel = clock.after(limitMs, () => limited.abort(outOfTime(limitMs)));
  try {
    const late = (one: TargetSession): Promise<void> => one.close();
    session = await guarded((own) => target.open(own), { during: 'open', timeoutMs: openMs, clock, signal, late });
    about.outcome = 'partial';
    about.name = bounded(session.name).slice(0, 200);
    once(capture, 'lifecycle.open', clock.monotonicMs() - beganMs);
    const inTime = (): boolean => clock.monotonicMs() - beganMs < limitMs;
    if (await fill(request, session, capture, inTime)) about.outcome = 'complete';
  } catch (error) {
    note(about.troubles, troubleOf(asTargetError(error, 'session'), session === null ? 'open' : 'session'));
    if (outer.aborted) throw error;
  } finally {
    cancel();
    if (session) await closeIt(request, session, capture);
    about.endedAt = isoTime(clock.nowMs());
  }
  return capture;
}

/** True when nothing of the plan is missing. */
async function fill(
  request: SessionRequest,
  session: TargetSession,
  capture: SessionCapture,
  inTime: () => boolean,
): Promise<boolean> {
  const { plan, clock, signal, programs, target } = request;
  const { timeoutMs } = plan;
  const { session: about } = capture;
  const mark = request.newMark();
  const common = { session, features: target.features, mark, timeoutMs, clock, signal };
  const firstMs = clock.monotonicMs();
  const found = await findInsideClock(common);
  once(capture, 'lifecycle.first-exec', clock.monotonicMs() - firstMs);
  capture.insideClock = await movingClock(common, found);
  for (let repeat = 0; repeat < plan.repeats && inTime(); repeat++) {
    const pass = await runPass({
      ...common,
      mark: request.newMark(),
      programs,
      goesOn: inTime,
      onProgress: (done, of) => request.onProgress(`fields ${done}/${of}`),
    });
    capture.passes.push(pass.readings);
    for (const trouble of pass.troubles) note(about.troubles, trouble);
    if (pass.stopped) return false;
  }
  const { series, unmeasured, rounds, stopped } = await runRounds({
    timing: { ...common, insideClock: capture.insideClock },
    plan,
    session: about.index,
    goesOn: inTime,
    onRound: (done, of) => request.onProgress(`rounds ${done}/${of}`),
  });
  capture.series.push(...series);
  capture.unmeasured.push(...unmeasured);
  about.rounds = rounds;
  if (stopped) throw stopped;
  await cleanUp(session, common);
  if (capture.passes.length === plan.repeats && rounds === plan.rounds) return true;
  throw outOfTime(request.limitMs);
}

function outOfTime(limitMs: number): TargetError {
  return new TargetError('harness', 'out-of-time', `the session was not done after ${Math.round(limitMs / 1000)} s`);
}

/** What timed operations left, where sessions are not thrown away. Whoever cannot remove it cannot have made it. */
async function cleanUp(session: TargetSession, { mark, timeoutMs, clock, signal }: Common): Promise<void> {
  const request = { command: `rm -rf /tmp/holdfast-${mark}-*`, timeoutMs };
  const limits = { during: 'clean-up', timeoutMs, clock, signal };
  await guarded((own) => session.exec(request, own), limits).catch((error: unknown) => {
    if (asTargetError(error, 'clean-up').trouble !== 'refused') throw error;
  });
}

interface Common {
  mark: string;
  timeoutMs: number;
  clock: Clock;
  signal: AbortSignal;
}

function once({ series, session }: SessionCapture, operation: string, ms: number): void {
  const sample = { round: 0, clientMs: rounded(ms), insideMs: null, outcome: 'ok' as const };
  series.push({ operation, role: 'operation', session: session.index, samples: [sample] });
}

function note(troubles: Trouble[], trouble: Trouble): void {
  if (troubles.length < mostTroubles) troubles.push(trouble);
}

async function closeIt({ clock }: SessionRequest, session: TargetSession, capture: SessionCapture): Promise<void> {
  const startedMs = clock.monotonicMs();
  try {
    // Also after an interruption, which must not keep a session from being closed.
    const closing = { during: 'close', timeoutMs: openMs, clock, signal: new AbortController().signal };
    await guarded(() => session.close(), closing);
    once(capture, 'lifecycle.close', clock.monotonicMs() - startedMs);
  } catch (error) {
    note(capture.session.troubles, troubleOf(asTargetError(error, 'close'), 'close'));
  }
}
