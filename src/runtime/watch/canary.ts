/** One canary: fresh sandboxes, looked at and thrown away, and what follows from what they showed. */
import type { Clock, RandomSource } from '../../base/index.ts';
import type { Contract, DriftReport, Plan, Profile } from '../../contract/index.ts';
import type { CreateSandboxInput, HoldfastService } from '../../schema/index.ts';
import type { WatchRecord, WatchRepository } from '../../state/index.ts';
import { versionInfo } from '../version.ts';

export interface CanaryParts {
  watches: WatchRepository;
  /** Of the canaries' own tenant. */
  service: HoldfastService;
  clock: Clock;
  random: RandomSource;
  /** Absent: as much as a canary is worth. */
  plan?: Plan;
}

export interface Verdict {
  outcome: 'reference' | 'clean' | 'drift' | 'harness-error';
  detail: string | null;
  profile: Profile | null;
  report: DriftReport | null;
  isReference: boolean;
}

const sessionLimitMs = 20 * 60_000;
const mostNamed = 5;
const fewestFields = 20;

/** Never throws: what went wrong on the way is an outcome, and no verdict on the runtime. */
export async function lookOnce(
  parts: CanaryParts,
  watch: WatchRecord,
  contract: Contract | null,
  signal: AbortSignal,
): Promise<Verdict> {
  try {
    const profile = await capture(parts, watch, { contract, signal });
    if (!profile.complete) return harnessError(troubleOf(profile));
    if (seenOf(profile) < fewestFields) return harnessError(`only ${seenOf(profile)} fields could be observed`);
    return await judged(parts, watch, profile, contract);
  } catch (error) {
    return harnessError(error instanceof Error ? error.message : String(error));
  }
}

async function capture(
  { service, clock, random, plan }: CanaryParts,
  { isolation, template }: WatchRecord,
  { contract, signal }: { contract: Contract | null; signal: AbortSignal },
): Promise<Profile> {
  const { canaryPlan, captureProfile, HoldfastTarget, hostLoad, proberOf } = await import('../../contract/index.ts');
  // Nothing is asked for that a create without a word would not get, but the variables that its contract gives.
  const create: CreateSandboxInput = {
    isolation,
    ...(contract === null ? {} : { contract }),
    ...(template === null ? {} : { template }),
  };
  return captureProfile({
    target: new HoldfastTarget(service, create, 'canary'),
    plan: plan ?? canaryPlan,
    prober: proberOf(versionInfo().version),
    output: null,
    sessionLimitMs,
    clock,
    random,
    load: hostLoad,
    signal,
    onProgress: () => undefined,
  });
}

function harnessError(detail: string): Verdict {
  return { outcome: 'harness-error', detail: detail.slice(0, 1024), profile: null, report: null, isReference: false };
}

function troubleOf({ sessions }: Profile): string {
  const broken = sessions.find(({ outcome }) => outcome !== 'complete');
  const [trouble] = broken?.troubles ?? [];
  return trouble ? `${trouble.during}: ${trouble.message}` : 'a session ended before it was done';
}

/** Where next to nothing answers, nothing is known: neither that all is as it was, nor that it is not. */
function seenOf({ observations }: Profile): number {
  return observations.filter(({ kind }) => kind !== 'could-not-measure').length;
}

async function judged(
  { watches }: CanaryParts,
  watch: WatchRecord,
  profile: Profile,
  contract: Contract | null,
): Promise<Verdict> {
  const { canariesForLatency, driftOf } = await import('../../contract/index.ts');
  // Only canaries of ours were ever written there.
  const kept = (which: 'reference' | 'recent'): Profile[] =>
    watches.profiles(watch.id, which, canariesForLatency).map((one) => one.profile as Profile);
  const known = kept('reference');
  const [oldest] = known;
  const isOther = oldest !== undefined && oldest.suite.digest !== profile.suite.digest;
  if (isOther) watches.forgetReference(watch.id);
  const reference = isOther ? [] : known;
  const [first] = reference;
  if (first && seenOf(profile) < seenOf(first) / 2)
    return harnessError(`only ${seenOf(profile)} of ${seenOf(first)} fields could be observed`);
  const recent = [...(isOther ? [] : kept('recent')).slice(1 - canariesForLatency), profile];
  const report = driftOf({ subject: watch.id, reference, recent, contract });
  const isClean = report.drifts.length === 0;
  return {
    outcome: isClean ? (first ? 'clean' : 'reference') : 'drift',
    detail: isClean ? (isOther ? otherQuestions : freeOf(report)) : listed(report.drifts.map(({ field }) => field)),
    profile,
    report,
    // Latencies need more sessions than one canary has: the first ones together are what later ones are held against.
    isReference: !first || (isClean && reference.length < canariesForLatency),
  };
}

const otherQuestions = 'this version asks otherwise than the one that kept the last reference';

function freeOf({ free }: DriftReport): string | null {
  return free.length === 0 ? null : `differs where nothing is promised: ${listed(free)}`;
}

function listed(fields: readonly string[]): string {
  const named = [...new Set(fields)];
  const rest = named.length > mostNamed ? ` and ${named.length - mostNamed} more` : '';
  return `${named.slice(0, mostNamed).join(', ')}${rest}`;
}
