/**
 * A capture: sessions over time windows, each with categorical passes and interleaved rounds, until there is a profile.
 *
 * 1. Sessions are fresh and one at a time; windows are apart in time, so that an hour's mood of a machine is not taken for
 *    its nature.
 * 2. What was captured is kept after every session; a capture that was ended goes on where it was.
 * 3. A runtime that fails again and again ends the capture early; what was seen makes an incomplete profile.
 */
import { type Clock, isoTime } from '../../base/index.ts';
import { loadPrograms } from '../probes/programs.ts';
import { suiteOf } from '../probes/suite.ts';
import {
  endOfSession,
  type Plan,
  type Prober,
  type Profile,
  profileFormat,
  sealProfile,
  type TargetDescription,
} from '../profile/index.ts';
import { asTargetError, type Target, TargetError } from '../targets/target.ts';
import { guarded } from './guarded.ts';
import { messagesOf, observe } from './observe.ts';
import { PartialFile, removePartial } from './partial.ts';
import { captureSession, type SessionCapture } from './session.ts';

export interface CaptureProgress {
  session: number;
  sessions: number;
  /** Null between sessions. */
  step: string | null;
  note: string | null;
}

export interface CaptureRequest {
  target: Target;
  plan: Plan;
  prober: Prober;
  /** Where the profile will be written by the caller; the partial file stands beside it. Null keeps nothing. */
  output: string | null;
  sessionLimitMs: number;
  clock: Clock;
  random(bytes: number): Uint8Array;
  load(): number | null;
  signal: AbortSignal;
  onProgress(progress: CaptureProgress): void;
}

const describeMs = 60_000;
/** In a row. */
const mostFailures = 3;

/** @throws TargetError when there is nothing at all to report; HoldfastError when the partial file is of something else */
export async function captureProfile(request: CaptureRequest): Promise<Profile> {
  const { target, plan, clock, signal } = request;
  const programs = await loadPrograms();
  const suite = suiteOf(programs);
  const about = await guarded((own) => target.describe(own), {
    during: 'describe',
    timeoutMs: describeMs,
    clock,
    signal,
  });
  const identity = { target: about, own: target.identity ?? null, plan, suite: suite.digest };
  const partial = request.output === null ? null : new PartialFile(request.output, identity);
  const captured = (await partial?.read()) ?? [];
  const startedMs = clock.nowMs();
  tell(request, {
    session: captured.length,
    note: captured.length > 0 ? `going on after ${captured.length} session${captured.length === 1 ? '' : 's'}` : null,
  });

  let failures = 0;
  for (let index = 0; index < plan.sessions && failures < mostFailures; index++) {
    if (captured.some(({ session }) => session.index === index)) continue;
    const window = windowOf(index, plan);
    await waitForWindow(request, captured, window);
    const capture = await captureSession({
      ...request,
      programs,
      index,
      window,
      limitMs: request.sessionLimitMs,
      newMark: () => Buffer.from(request.random(8)).toString('hex'),
      onProgress: (step) => tell(request, { session: index, step }),
    });
    captured.push(capture);
    await partial?.write(captured);
    failures = capture.session.outcome === 'complete' ? 0 : failures + 1;
    for (const { side, message } of capture.session.troubles.slice(0, 3))
      tell(request, { session: index, note: `session ${index + 1}: ${side}: ${message}` });
  }
  const profile = profileOf({ request, about, suite, captured, startedMs });
  if (captured.every(({ session }) => session.outcome === 'failed')) throw new NothingSeen(profile);
  return profile;
}

/** No session was opened. The profile says of everything that it could not be measured, and by what. */
export class NothingSeen extends TargetError {
  readonly profile: Profile;

  constructor(profile: Profile) {
    const [trouble] = profile.sessions.flatMap(({ troubles }) => troubles);
    const { side = 'harness', message = 'no session was opened' } = trouble ?? {};
    super(side, 'not-started', `no session could be opened: ${message}`, {
      hint: 'Nothing follows from this about how the runtime behaves.',
    });
    this.profile = profile;
  }
}

/** Called when the profile is safe. */
export async function forgetPartial(request: CaptureRequest, profile: Profile): Promise<void> {
  if (request.output !== null && profile.complete) await removePartial(request.output);
}

function windowOf(index: number, { sessions, windows }: Plan): number {
  return Math.floor((index * windows) / sessions);
}

async function waitForWindow(
  request: CaptureRequest,
  captured: readonly SessionCapture[],
  window: number,
): Promise<void> {
  const last = captured.at(-1)?.session;
  if (last === undefined || last.window === window) return;
  const leftMs = Date.parse(last.endedAt) + request.plan.windowGapMs - request.clock.nowMs();
  if (leftMs <= 0) return;
  tell(request, { session: captured.length, step: `waiting ${Math.ceil(leftMs / 1000)} s for the next window` });
  try {
    await request.clock.sleep(leftMs, request.signal);
  } catch (error) {
    throw asTargetError(error, 'waiting for the next window');
  }
}

interface Captured {
  request: CaptureRequest;
  about: TargetDescription;
  suite: { version: string; digest: string };
  captured: SessionCapture[];
  startedMs: number;
}

function profileOf({ request, about, suite, captured, startedMs }: Captured): Profile {
  const { plan, clock, prober } = request;
  captured.sort((a, b) => a.session.index - b.session.index);
  const passes = captured.flatMap((capture) => capture.passes);
  const ends = captured.flatMap(({ session }) => endOfSession(session) ?? []);
  const clocks = new Set(
    captured.filter(({ session }) => session.outcome !== 'failed').map(({ insideClock }) => insideClock),
  );
  const [insideClock = 'none'] = clocks;
  const series = captured.flatMap((capture) => capture.series);
  const measured = new Set(series.map(({ operation }) => operation));
  const unmeasured = new Map(captured.flatMap((capture) => capture.unmeasured));
  return sealProfile({
    format: profileFormat,
    target: about,
    prober,
    suite,
    plan,
    startedAt: captured[0]?.session.startedAt ?? isoTime(startedMs),
    endedAt: isoTime(clock.nowMs()),
    complete: captured.length === plan.sessions && captured.every(({ session }) => session.outcome === 'complete'),
    sessions: captured.map(({ session }) => session),
    observations: observe(passes, ends),
    messages: messagesOf(passes),
    latency: {
      // Sessions that read different clocks are no samples of one thing.
      insideClock: clocks.size === 1 ? insideClock : 'none',
      unmeasured: [...unmeasured]
        .filter(([operation]) => !measured.has(operation))
        .map(([operation, { reason, trouble }]) => ({ operation, reason, ...(trouble && { trouble }) }))
        .sort((a, b) => (a.operation < b.operation ? -1 : 1)),
      series,
    },
  });
}

function tell({ plan, onProgress }: CaptureRequest, progress: Partial<CaptureProgress>): void {
  onProgress({ session: 0, sessions: plan.sessions, step: null, note: null, ...progress });
}
