/**
 * Latency of a runtime and of mutated ones, in the same sessions: in each round every operation once, and for each
 * mutation its one operation once more through the mutated door, in shuffled order. A mutated runtime's profile has its
 * own samples for that operation and shares the others.
 */
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock, systemRandom } from '../../src/base/index.ts';
import { findInsideClock, measure, movingClock, rounded, type Timing } from '../../src/contract/capture/timing.ts';
import {
  type InsideClock,
  type Plan,
  type Prober,
  type Profile,
  type Series,
  type Session,
  sealProfile,
  type Target,
  type TargetSession,
} from '../../src/contract/index.ts';
import { type Operation, operations } from '../../src/contract/probes/operations.ts';
import { seededRandom } from '../../src/contract/statistics/random.ts';
import { look, prober, suite } from './compare.ts';
import type { LatencyMutation } from './mutation.ts';

interface Timed {
  plain: Profile;
  mutated: Map<string, Profile>;
}

/**
 * A capture in less time than `profile capture` takes: fields in three sandboxes at once, then timed sessions one after
 * another, without passes between them.
 */
export async function shortCapture(
  target: Target,
  { sessions, rounds, timeoutMs = 30_000, from = prober }: Short,
): Promise<Profile> {
  const fields = await look(target, { sessions: 3, repeats: 1, timeoutMs });
  const { plain } = await timedProfiles(target, [], { sessions, rounds });
  const { digest: _, ...body } = plain;
  const { observations, messages, suite } = fields;
  const facts = { ...fields.target.facts, passes: 'in 3 sandboxes of their own' };
  return sealProfile({ ...body, prober: from, target: { ...fields.target, facts }, observations, messages, suite });
}

interface Short {
  sessions: number;
  rounds: number;
  timeoutMs?: number;
  /** Where it is measured from. */
  from?: Prober;
}

interface Step {
  operation: Operation;
  /** Null for the runtime itself. */
  mutation: string | null;
  timing: Timing;
}

/** Apart in time, as those of `profile capture` are: what time alone does is seen. */
const ownPlan = (sessions: number, rounds: number): Plan => ({
  sessions,
  windows: 3,
  windowGapMs: 20_000,
  rounds,
  warmups: 2,
  repeats: 0,
  timeoutMs: 30_000,
  seed: 1,
});

export async function timedProfiles(
  target: Target,
  mutations: readonly LatencyMutation[],
  counts: { sessions: number; rounds: number; onSession?: (done: number) => void },
): Promise<Timed> {
  const plan = ownPlan(counts.sessions, counts.rounds);
  const sessions: Session[] = [];
  const series = new Map<string | null, Series[]>();
  const clocks = new Set<InsideClock>();
  const unmeasured = new Map<string, string>();
  const windowOf = (index: number): number => Math.floor((index * plan.windows) / plan.sessions);
  for (let index = 0; index < plan.sessions; index++) {
    if (index > 0 && windowOf(index) > windowOf(index - 1)) await sleep(plan.windowGapMs);
    const startedAt = new Date(systemClock.nowMs()).toISOString();
    const taken = await oneSession(target, mutations, plan, index);
    for (const [mutation, some] of taken.series) series.set(mutation, [...(series.get(mutation) ?? []), ...some]);
    clocks.add(taken.insideClock);
    for (const [operation, reason] of taken.unmeasured) unmeasured.set(operation, reason);
    sessions.push({
      index,
      window: windowOf(index),
      name: taken.name,
      startedAt,
      endedAt: new Date(systemClock.nowMs()).toISOString(),
      outcome: 'complete',
      rounds: plan.rounds,
      load: loadavg()[0] ?? null,
      troubles: [],
    });
    counts.onSession?.(index + 1);
  }
  const plain = series.get(null) ?? [];
  const [insideClock = 'none'] = clocks.size === 1 ? clocks : [];
  const sealed = (own: readonly Series[], title: string): Profile =>
    profileOf({ plan, sessions, series: [...own], unmeasured, insideClock, title });
  return {
    plain: sealed(plain, 'as it is'),
    mutated: new Map(
      mutations.map(({ id, operation, what }) => [
        id,
        sealed([...plain.filter((one) => one.operation !== operation), ...(series.get(id) ?? [])], what),
      ]),
    ),
  };
}

const opening = 'lifecycle.open';

/** Timed once a session, so each mutated one is a sandbox of its own, which is thrown away. */
async function openings(target: Target, mutations: readonly LatencyMutation[], session: number) {
  const opened = new Map<string, Series>();
  for (const { id, wrap } of mutations.filter(({ operation }) => operation === opening)) {
    const { openMs, session: other } = await openTimed(wrap(target));
    await other.close();
    opened.set(id, openSeries(openMs, session));
  }
  return opened;
}

async function openTimed(target: Target): Promise<{ session: TargetSession; openMs: number }> {
  const startedMs = performance.now();
  const session = await target.open(new AbortController().signal);
  return { session, openMs: rounded(performance.now() - startedMs) };
}

function openSeries(clientMs: number, session: number): Series {
  const sample = { round: 0, clientMs, insideMs: null, outcome: 'ok' as const };
  return { operation: opening, role: 'operation', session, samples: [sample] };
}

async function oneSession(target: Target, all: readonly LatencyMutation[], plan: Plan, index: number) {
  const signal = new AbortController().signal;
  const mutations = all.filter(({ operation }) => operation !== opening);
  const opened = await openings(target, all, index);
  const { session, openMs } = await openTimed(target);
  try {
    const mark = Buffer.from(systemRandom(8)).toString('hex');
    const common = { session, features: target.features, mark, timeoutMs: plan.timeoutMs, clock: systemClock, signal };
    const timing: Timing = { ...common, insideClock: await movingClock(common, await findInsideClock(common)) };
    const steps: Step[] = operations.map((operation) => ({ operation, mutation: null, timing }));
    for (const mutation of mutations) {
      // The same sandbox through the mutated door.
      const same: Target = { ...mutable(target), open: async () => ({ ...session, close: async () => undefined }) };
      const operation = operations.find(({ id }) => id === mutation.operation);
      if (!operation) throw new Error(`${mutation.id} names no operation`);
      const door = await mutation.wrap(same).open(signal);
      steps.push({ operation, mutation: mutation.id, timing: { ...timing, session: door } });
    }
    const taken = await rounds(steps, plan, index);
    taken.series.set(null, [openSeries(openMs, index), ...(taken.series.get(null) ?? [])]);
    for (const [id, series] of opened) taken.series.set(id, [series]);
    return { name: session.name, insideClock: timing.insideClock, ...taken };
  } finally {
    await session.close();
  }
}

const mutable = (target: Target): Target => ({
  features: target.features,
  describe: (signal) => target.describe(signal),
  open: (signal) => target.open(signal),
});

interface Taken {
  /** By mutation; null is the runtime itself. */
  series: Map<string | null, Series[]>;
  /** Operations that fail in the last warm-up, with what they say: a runtime that has no such thing. */
  unmeasured: Map<string, string>;
}

async function rounds(steps: readonly Step[], plan: Plan, session: number): Promise<Taken> {
  const series = new Map(
    steps.map(({ operation: { id, role } }, at) => [at, { operation: id, role, session, samples: [] } as Series]),
  );
  const unmeasured = new Map<string, string>();
  for (let round = -plan.warmups; round < plan.rounds; round++) {
    for (const at of shuffled(steps.length, session, round)) {
      const step = steps[at];
      if (!step || (round >= 0 && step.mutation === null && unmeasured.has(step.operation.id))) continue;
      const measured = await measure(step.timing, step.operation);
      const { problem, ...sample } = measured ?? { problem: { reason: 'the target has no such thing' } };
      if (round >= 0 && 'clientMs' in sample) series.get(at)?.samples.push({ round, ...sample });
      else if (problem === null) unmeasured.delete(step.operation.id);
      else if (step.mutation === null) unmeasured.set(step.operation.id, problem.reason);
    }
  }
  const byMutation = new Map<string | null, Series[]>();
  for (const [at, { mutation }] of steps.entries()) {
    const own = series.get(at);
    if (own && own.samples.length > 0) byMutation.set(mutation, [...(byMutation.get(mutation) ?? []), own]);
  }
  return { series: byMutation, unmeasured };
}

function shuffled(length: number, session: number, round: number): number[] {
  const random = seededRandom('order', session, round);
  const left = Array.from({ length }, (_, at) => at);
  return Array.from({ length }, () => left.splice(random.below(left.length), 1)[0] ?? 0);
}

interface Own {
  plan: Plan;
  sessions: Session[];
  series: Series[];
  unmeasured: ReadonlyMap<string, string>;
  insideClock: InsideClock;
  title: string;
}

function profileOf({ plan, sessions, series, unmeasured, insideClock, title }: Own): Profile {
  const [first, last] = [sessions[0]?.startedAt ?? '', sessions.at(-1)?.endedAt ?? ''];
  return sealProfile({
    format: 'holdfast-profile/1',
    target: { spec: 'catalogue', kind: 'test', title, facts: {} },
    prober,
    suite,
    plan,
    startedAt: first,
    endedAt: last,
    complete: true,
    sessions,
    observations: [],
    messages: [],
    latency: {
      insideClock,
      unmeasured: [...unmeasured]
        .filter(([operation]) => !series.some((one) => one.operation === operation))
        .map(([operation, reason]) => ({ operation, reason }))
        .sort((a, b) => (a.operation < b.operation ? -1 : 1)),
      series,
    },
  });
}
