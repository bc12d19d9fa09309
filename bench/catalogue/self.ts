/**
 * A runtime against itself: several captures one after another, every second one while another process keeps a CPU busy,
 * each compared with each. Nothing may be found.
 */
import { spawn } from 'node:child_process';
import { loadavg } from 'node:os';
import { type Profile, type Shift, shiftOf } from '../../src/contract/index.ts';
import { quantile } from '../../src/contract/statistics/describe.ts';
import { capture, fieldPlan } from '../../test/shift-catalogue/compare.ts';
import type { CatalogueResults, SensitivityRow } from './results.ts';
import type { Work } from './run.ts';

type Measured = Omit<NonNullable<CatalogueResults['self']>, 'on' | 'machine' | 'load'>;

const counts = { sessions: 12, rounds: 15 };

export async function measureSelf({ runtimes, say, captures }: Work): Promise<Measured> {
  const profiles: { profile: Profile; loaded: boolean }[] = [];
  for (let at = 0; at < captures; at++) {
    const loaded = at % 2 === 1;
    using _busy = loaded ? busyProcess() : null;
    const plan = { ...fieldPlan, ...counts, windows: 2, warmups: 2, seed: at };
    const profile = await capture(runtimes.base(), plan, () => loadavg()[0] ?? null);
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
  };
}

function at<T>(list: readonly T[], index: number): T {
  const found = list[index];
  if (found === undefined) throw new RangeError(`there is no ${index}`);
  return found;
}

/** With less priority than what is measured, as a neighbour who is no enemy. */
function busyProcess(): Disposable {
  const child = spawn('nice', ['-n', '19', 'sh', '-c', 'while :; do :; done'], { stdio: 'ignore', detached: false });
  return { [Symbol.dispose]: () => void child.kill('SIGKILL') };
}

function sensitivityOf(shifts: readonly Shift[]): SensitivityRow[] {
  const names = [...new Set(shifts.flatMap(({ operations }) => operations.map(({ operation }) => operation)))].sort();
  return names.map((operation) => {
    const all = shifts.flatMap(({ operations }) => operations.filter((one) => one.operation === operation));
    const of = (value: (one: (typeof all)[number]) => number): number[] => all.map(value);
    return {
      operation,
      p50Ms: quantile(
        of(({ first }) => first.p50Ms),
        0.5,
      ),
      driftFloor: Math.max(...of((one) => one.driftFloor)),
      detectable: quantile(
        of((one) => one.minimumDetectable),
        0.5,
      ),
      detectableAtWorst: Math.max(...of((one) => one.minimumDetectable)),
    };
  });
}
