/**
 * A runtime against itself: several captures one after another, every second one while another process keeps a CPU busy,
 * each compared with each. Nothing may be found, and what could have been is said for each kind of comparison apart: a busy
 * machine hides much, and must not stand for the quiet one's quiet.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { type Profile, shiftOf } from '../../src/contract/index.ts';
import { shortCapture } from '../../test/shift-catalogue/timed.ts';
import { keepProfile, keptProfile } from './profiles.ts';
import { type CatalogueResults, type SelfKind, type Stamp, selfKinds } from './results.ts';
import type { Counts, Work } from './run.ts';
import { sensitivityOf } from './sensitivity.ts';

type Measured = Omit<NonNullable<CatalogueResults['self']>, keyof Stamp>;

const usual: Counts = { sessions: 12, rounds: 20 };

export async function measureSelf({
  runtimes,
  say,
  captures,
  counts = usual,
  profiles: directory,
}: Work): Promise<Measured> {
  const profiles: { profile: Profile; loaded: boolean }[] = [];
  for (let at = 0; at < captures; at++) {
    const loaded = at % 2 === 1;
    const profile = await captured(at, { runtimes, loaded, counts, profiles: directory });
    profiles.push({ profile, loaded });
    const found = profiles
      .slice(0, -1)
      .flatMap((one) => shiftOf(one.profile, profile).findings.map(({ field }) => field));
    say(`capture ${at + 1} of ${captures}${loaded ? ', a CPU kept busy' : ''}: ${found.join(', ') || 'nothing found'}`);
  }
  const pairs = profiles.flatMap((_, first) =>
    profiles.slice(first + 1).map((_, at) => [first, first + 1 + at] as const),
  );
  const shifts = pairs.map(([first, second]) => shiftOf(at(profiles, first).profile, at(profiles, second).profile));
  const kindOf = ([first, second]: Pair): SelfKind['kind'] => {
    const busy = [first, second].filter((one) => at(profiles, one).loaded).length;
    return selfKinds[busy] ?? 'quiet/quiet';
  };
  const alarms = pairs.flatMap(([first, second], n) => {
    const findings = at(shifts, n).findings.map(({ field }) => field);
    return findings.length === 0 ? [] : [{ first, second, findings }];
  });
  return {
    ...counts,
    captures: profiles.map(({ profile: { startedAt, endedAt, sessions }, loaded }) => {
      const loads = sessions.flatMap(({ load }) => load ?? []);
      return { startedAt, endedAt, loaded, load: [Math.min(...loads), Math.max(...loads)] };
    }),
    comparisons: pairs.length,
    alarms,
    sensitivity: sensitivityOf(shifts),
    kinds: selfKinds.map((kind) => {
      const own = shifts.filter((_, n) => kindOf(at(pairs, n)) === kind);
      const raised = own.filter(({ findings }) => findings.length > 0).length;
      return { kind, comparisons: own.length, alarms: raised, sensitivity: sensitivityOf(own) };
    }),
  };
}

type Pair = readonly [first: number, second: number];

async function captured(
  index: number,
  { runtimes, loaded, counts, profiles }: Pick<Work, 'runtimes' | 'profiles'> & { loaded: boolean; counts: Counts },
): Promise<Profile> {
  const path = profiles && join(profiles, `self-${index}.json`);
  const kept = await keptProfile(path);
  if (kept) return kept;
  using _busy = loaded ? busyProcess() : null;
  const profile = await shortCapture(runtimes.base(), counts);
  await keepProfile(path, profile);
  return profile;
}

function at<T>(list: readonly T[], index: number): T {
  const found = list[index];
  if (found === undefined) throw new RangeError(`there is no ${index}`);
  return found;
}

/** With the same priority as what is measured, as any neighbour. It ends by itself if nobody ends it. */
function busyProcess(): Disposable {
  const words = ['1200', 'sh', '-c', 'while :; do :; done'];
  const child = spawn('timeout', words, { stdio: 'ignore', detached: true });
  return { [Symbol.dispose]: () => void (child.pid === undefined || process.kill(-child.pid, 'SIGKILL')) };
}
