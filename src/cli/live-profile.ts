/** A capture as the command line makes one: it shows how far it is, a signal ends it, the same command goes on. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rm, systemClock, systemRandom } from '../base/index.ts';
import type { CaptureProgress, CaptureRequest, Plan, Profile } from '../contract/index.ts';
import { HoldfastError } from '../schema/error-class.ts';
import type { CreateSandboxInput } from '../schema/index.ts';
import type { Context } from './command.ts';
import { Interrupts } from './interrupts.ts';
import { ownVersion } from './own-version.ts';
import { Progress } from './progress.ts';

export interface LiveRequest {
  target: string | undefined;
  /** For our own substrates. */
  create: CreateSandboxInput;
  plan: Plan;
  sessionLimitMs?: number | undefined;
  /** Where the profile will be; sessions are kept beside it until `keep` is done with a whole one. */
  output: string;
  /** Makes the profile safe. Its status is that of the verb. */
  keep(profile: Profile): Promise<number>;
}

/** The status of `keep`, or of the signal that ended it. */
export async function captureLive(given: LiveRequest, context: Context): Promise<number> {
  const { captureProfile, forgetPartial, hostLoad, proberOf, targetOf } = await import('../contract/index.ts');
  using interrupts = new Interrupts(context.io);
  const directory = await mkdtemp(join(tmpdir(), 'hfp-'));
  try {
    const target = await targetOf(given.target ?? 'holdfast', {
      clock: systemClock,
      random: systemRandom,
      service: () => context.service(),
      create: given.create,
      directory,
      workingDirectory: context.io.directory,
    });
    await using progress = new Progress(context.io, context.output);
    const request: CaptureRequest = {
      target,
      plan: given.plan,
      prober: proberOf(ownVersion()),
      output: given.output,
      sessionLimitMs: given.sessionLimitMs ?? 15 * 60_000,
      clock: systemClock,
      random: systemRandom,
      load: hostLoad,
      signal: interrupts.signal,
      onProgress: (at) => showProgress(progress, at),
    };
    const profile = await captureProfile(request);
    await progress[Symbol.asyncDispose]();
    const status = await given.keep(profile);
    await forgetPartial(request, profile);
    return status;
  } catch (error) {
    if (interrupts.status === null) throw error;
    const { output } = context;
    await output.say(`holdfast: interrupted; the same command goes on from the sessions kept in ${given.output}.part`);
    return interrupts.status;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

type PlanOptions = Partial<
  Record<
    'sessions' | 'windows' | 'windowGap' | 'rounds' | 'warmups' | 'repeats' | 'timeout' | 'seed',
    number | undefined
  >
>;

/** @throws HoldfastError `invalid-argument` that names the flag */
export function planOf(given: PlanOptions): Plan {
  const sessions = whole('--sessions', given.sessions ?? 12, 1, 1000);
  const rounds = whole('--rounds', given.rounds ?? 50, 0, 10_000);
  return {
    sessions,
    windows: whole('--windows', given.windows ?? Math.min(2, sessions), 1, sessions),
    windowGapMs: given.windowGap ?? 600_000,
    rounds,
    warmups: whole('--warmups', given.warmups ?? (rounds === 0 ? 0 : 3), 0, 1000),
    repeats: whole('--repeats', given.repeats ?? 1, 0, 100),
    timeoutMs: whole('--timeout', given.timeout ?? 30_000, 1000, 3_600_000),
    seed: whole('--seed', given.seed ?? 1, 0, 2 ** 31),
  };
}

function whole(flag: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new HoldfastError('invalid-argument', `${flag} does not take ${value}`, {
    hint: `It takes a whole number from ${least} to ${most}.`,
    details: { flag, value },
  });
}

function showProgress(progress: Progress, { session, sessions, step, note }: CaptureProgress): void {
  if (note !== null) progress.note(note);
  else progress.show('session', { done: session, of: sessions, step });
}
