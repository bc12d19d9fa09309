/**
 * What a canary sees that the reference did not, or that the contract does not allow. Fields are compared with the first
 * profile that was kept; latencies only once there are sessions enough on both sides, over several canaries, as any other
 * comparison of two profiles.
 *
 * 1. The same drift has the same fingerprint: what is measured anew each time is no part of it.
 * 2. What could not be seen this time is neither there nor gone.
 * 3. A promise that is broken is a drift also where it was broken from the start.
 * 4. What is free may differ as it likes: it is named, and is no drift.
 */
import { createHash } from 'node:crypto';
import { levelOf } from '../comparison/levels.ts';
import type { Contract } from '../document/contract.ts';
import type { Level } from '../document/terms.ts';
import { type Finding, finding, inOrder } from '../findings/index.ts';
import type { Profile } from '../profile/index.ts';
import { compareFields } from '../shift/fields.ts';
import { compareLatency } from '../shift/latency.ts';
import { compareMessages } from '../shift/messages.ts';
import { isTimed, operationPart } from '../shift/operations.ts';
import { commonYardsticks, tableOf } from '../shift/sessions.ts';
import { surroundingsOf } from '../shift/surroundings.ts';
import type { OperationShift } from '../shift/types.ts';
import { checkFields } from '../verify/fields.ts';

export interface DriftRequest {
  /** What the watch is of: part of every fingerprint. */
  subject: string;
  /** The first is what fields are compared with; without any, only the contract says what should be. */
  reference: readonly Profile[];
  /** The newest last. */
  recent: readonly Profile[];
  contract: Contract | null;
}

export type Drift = Omit<Finding, 'usage' | 'safety'>;

export interface DriftReport {
  drifts: Drift[];
  /** Fields that differ, and that nothing is promised of. */
  free: string[];
  latencyJudged: boolean;
  /** Whether a finding of this field that is not among the drifts has gone. */
  couldSee(field: string): boolean;
}

const latencyPrefix = 'latency.';

export function driftOf({ subject, reference, recent, contract }: DriftRequest): DriftReport {
  const newest = recent.at(-1);
  if (!newest) return { drifts: [], free: [], latencyJudged: false, couldSee: () => false };
  // Compared with itself, a profile tells what there is to see.
  const [first = newest] = reference;
  const usageOf = (): null => null;
  const { parts } = compareFields(first, newest, { contract, usageOf });
  const seen = new Set(parts.map(({ what }) => what));
  const messages = compareMessages(first, newest, seen, usageOf);
  for (const { what } of messages) seen.add(what);
  const timed = reference.length === 0 ? [] : latenciesOf(pooled(reference), pooled(recent));
  const changed = [...parts, ...messages, ...timed.map((judged) => operationPart(judged, usageOf))].flatMap(
    ({ findings }) => findings,
  );
  const found = [...changed, ...brokenPromises(contract, newest, new Set(changed.map(({ field }) => field)))];
  const drifts = found.filter(({ field }) => levelFor(field, contract) !== 'free');
  return {
    drifts: inOrder(drifts).map((one) => driftFrom(subject, one)),
    free: [...new Set(found.filter((one) => !drifts.includes(one)).map(({ field }) => field))].sort(),
    latencyJudged: timed.length > 0,
    couldSee: (field) =>
      field.startsWith(latencyPrefix)
        ? timed.some(({ shift }) => isOf(field.slice(latencyPrefix.length), shift.operation) && isJudged(field, shift))
        : seen.has(field),
  };
}

/** Of what a finding is of: a field, its messages, or an operation. Without a contract every operation is judged. */
function levelFor(field: string, contract: Contract | null): Level {
  if (!field.startsWith(latencyPrefix)) return levelOf(field.replace(/^messages\./, ''), contract);
  if (contract === null) return 'promise';
  const named = Object.keys(contract.latency).find((operation) => isOf(field.slice(latencyPrefix.length), operation));
  return (named === undefined ? undefined : contract.latency[named]?.level) ?? 'free';
}

/** What has changed is said by that already. */
function brokenPromises(contract: Contract | null, profile: Profile, changed: ReadonlySet<string>): Finding[] {
  if (contract === null) return [];
  return checkFields(contract, profile)
    .filter(({ id, verdict }) => verdict === 'fail' && !changed.has(id))
    .map(({ id, level, wanted, got, note }) =>
      finding({
        severity: level === 'promise' ? 'major' : 'minor',
        field: id,
        rule: 'broken-promise',
        from: wanted,
        to: got,
        consequence: note,
      }),
    );
}

/** Those that there are sessions enough for. */
function latenciesOf(reference: Profile, recent: Profile): ReturnType<typeof compareLatency>['judged'] {
  const yardsticks = commonYardsticks(reference, recent);
  const tables = [tableOf(reference, yardsticks), tableOf(recent, yardsticks)] as const;
  return compareLatency(...tables, surroundingsOf(reference, recent)).judged;
}

/** Of calls that hang too often to be timed it is known how often, and nothing else. */
function isJudged(field: string, shift: OperationShift): boolean {
  return isTimed(shift) || /\.(timeouts|errors)$/.test(field);
}

const isOf = (field: string, operation: string): boolean => field === operation || field.startsWith(`${operation}.`);

function driftFrom(subject: string, { usage: _, safety: __, ...found }: Finding): Drift {
  const { field, rule, from, to, consequence } = found;
  // Of latencies the last words say which way it went; the figures stand before them.
  const values = field.startsWith(latencyPrefix) ? consequence.split('; ').slice(-1) : [from, to];
  const identity = [subject, rule, field, ...values].join('\u0000');
  return { ...found, fingerprint: createHash('sha256').update(identity).digest('hex').slice(0, 12) };
}

const mostSessions = 1000;

/** The sessions of several profiles as those of one, for comparing; it has no digest of its own. */
function pooled(profiles: readonly Profile[]): Profile {
  const [first] = profiles;
  const last = profiles.at(-1);
  if (!first || !last) throw new RangeError('there is no profile to pool');
  const numbered = profiles.flatMap((profile, window) =>
    profile.sessions.map((session) => ({ profile, session, window })),
  );
  const kept = numbered.slice(-mostSessions);
  const clocks = new Set(profiles.map(({ latency }) => latency.insideClock));
  return {
    ...last,
    startedAt: first.startedAt,
    plan: { ...last.plan, sessions: kept.length, windows: Math.min(100, profiles.length) },
    sessions: kept.map(({ session, window }, index) => ({ ...session, index, window: Math.min(99, window) })),
    latency: {
      insideClock: clocks.size === 1 ? last.latency.insideClock : 'none',
      unmeasured: last.latency.unmeasured,
      series: kept.flatMap(({ profile, session }, index) =>
        profile.latency.series
          .filter((series) => series.session === session.index)
          .map((series) => ({ ...series, session: index })),
      ),
    },
  };
}
