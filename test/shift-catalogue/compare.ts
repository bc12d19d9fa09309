/** What a comparison has to say of a mutation, and whether it did. */
import { systemClock, systemRandom } from '../../src/base/index.ts';
import { messagesOf, observe } from '../../src/contract/capture/observe.ts';
import { runPass } from '../../src/contract/capture/pass.ts';
import {
  captureProfile,
  type Plan,
  type Profile,
  type Shift,
  sealProfile,
  type Target,
} from '../../src/contract/index.ts';
import { doorProbes } from '../../src/contract/probes/doors/index.ts';
import { loadPrograms } from '../../src/contract/probes/programs.ts';
import type { Reading } from '../../src/contract/probes/reading.ts';
import { suiteOf } from '../../src/contract/probes/suite.ts';
import { isNamed, type Mutation } from './mutation.ts';

export const prober = {
  holdfast: '0',
  node: process.version,
  platform: process.platform,
  kernel: '',
  cpu: '',
  cpus: 0,
  memoryBytes: 0,
};
/** Fields only, read as often as a comparison asks. */
export const fieldPlan: Plan = {
  sessions: 3,
  windows: 1,
  windowGapMs: 0,
  rounds: 0,
  warmups: 0,
  repeats: 1,
  timeoutMs: 30_000,
  seed: 1,
};

export interface Verdict {
  /** The difference is among the findings, by the name it must have. */
  found: boolean;
  /** What weighs most in the score is what was changed, or what the mutation gives a reason for. */
  named: boolean;
  top: string | null;
  points: number;
  findings: number;
  /** Found, and of no name the mutation was expected to have. */
  beside: string[];
  score: number;
  /** Null where too little was asked for one. */
  grade: string | null;
}

export function judge(
  mutation: Pick<Mutation, 'names' | 'instead'>,
  { findings, contributions, score, grade }: Shift,
): Verdict {
  const fields = findings.map(({ field }) => field);
  const [top] = contributions;
  return {
    found: fields.includes(mutation.names[0]),
    named: top?.what === (mutation.instead?.top ?? mutation.names[0]),
    top: top?.what ?? null,
    points: top?.points ?? 0,
    findings: fields.length,
    beside: fields.filter((field) => !isNamed(mutation, field)),
    score,
    grade,
  };
}

export function capture(target: Target, plan: Plan, load: () => number | null = () => null): Promise<Profile> {
  return captureProfile({
    target,
    plan,
    prober,
    output: null,
    sessionLimitMs: 900_000,
    clock: systemClock,
    random: systemRandom,
    load,
    signal: new AbortController().signal,
    onProgress: () => undefined,
  });
}

const programs = await loadPrograms();
export const suite = suiteOf(programs);

interface Look {
  /** Fresh ones, at the same time. */
  sessions: number;
  /** In each, one after another. */
  repeats: number;
  timeoutMs?: number;
  /** Only probes that answer for such a field are run. */
  isAsked?: (field: string) => boolean;
}

/** Fields only, without the rest that makes a capture: what tests need, as soon as it can be had. */
export async function look(target: Target, { sessions, repeats, ...asked }: Look): Promise<Profile> {
  const about = await target.describe(new AbortController().signal);
  const passes = await Promise.all(Array.from({ length: sessions }, () => lookOnce(target, repeats, asked)));
  return profileOf(passes, about);
}

async function lookOnce(
  target: Target,
  repeats: number,
  { timeoutMs = 30_000, isAsked = () => true }: Pick<Look, 'timeoutMs' | 'isAsked'>,
): Promise<Reading[][]> {
  const some = programs.programs.filter(({ fields }) => fields.some(isAsked));
  const doors = doorProbes.filter(({ fields }) => fields.some(isAsked));
  const signal = new AbortController().signal;
  const session = await target.open(signal);
  const passes: Reading[][] = [];
  try {
    while (passes.length < repeats) {
      const { readings, stopped } = await runPass({
        session,
        features: target.features,
        programs: { ...programs, programs: some },
        doors,
        mark: Buffer.from(systemRandom(8)).toString('hex'),
        timeoutMs,
        clock: systemClock,
        signal,
        onProgress: () => undefined,
      });
      if (stopped) throw stopped;
      passes.push(readings);
    }
  } finally {
    await session.close();
  }
  return passes;
}

function profileOf(bySession: readonly Reading[][][], target: Profile['target']): Profile {
  const at = new Date(systemClock.nowMs()).toISOString();
  const passes = bySession.flat();
  return sealProfile({
    format: 'holdfast-profile/1',
    target,
    prober,
    suite,
    plan: { ...fieldPlan, sessions: bySession.length, repeats: bySession[0]?.length ?? 0 },
    startedAt: at,
    endedAt: at,
    complete: true,
    sessions: bySession.map((_, index) => ({
      index,
      window: 0,
      name: `session-${index}`,
      startedAt: at,
      endedAt: at,
      outcome: 'complete',
      rounds: 0,
      load: null,
      troubles: [],
    })),
    observations: observe(passes),
    messages: messagesOf(passes),
    latency: { insideClock: 'none', unmeasured: [], series: [] },
  });
}
