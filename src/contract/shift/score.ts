/**
 * One number from all that was compared, its interval, and a grade.
 *
 * 1. shift = 100 · Σ weight · distance / Σ weight, over everything that was compared; what could not be measured counts on
 *    neither side.
 * 2. The interval is of a bootstrap over sessions (Efron 1979, percentiles), given which operations were found to differ:
 *    fields count only where they are stable, so sessions cannot change them. Where none differs it has no width.
 * 3. A difference at a promise that runs use keeps the grade at C or below.
 */
import type { Finding } from '../findings/index.ts';
import { quantile } from '../statistics/describe.ts';
import type { Interval } from '../statistics/proportions.ts';
import { seededRandom } from '../statistics/random.ts';
import { rootsOf } from './causes.ts';
import type { JudgedOperation } from './latency.ts';
import type { OperationPart } from './operations.ts';
import type { Part } from './parts.ts';
import type { SessionRow } from './sessions.ts';
import type { Contribution, Grade } from './types.ts';

const replicates = 400;

export function scoreOf(parts: readonly { weight: number; distance: number }[]): number {
  const total = parts.reduce((sum, { weight }) => sum + weight, 0);
  return total === 0 ? 0 : (100 * parts.reduce((sum, { weight, distance }) => sum + weight * distance, 0)) / total;
}

export function supportGapOf(parts: readonly Part[]): number {
  return scoreOf(parts.map(({ weight, unseen }) => ({ weight, distance: unseen }))) / 100;
}

/** What follows from another difference is counted with it. Among equals the order of the parts, which is the registry's. */
export function contributionsOf(parts: readonly Part[]): Contribution[] {
  const total = parts.reduce((sum, { weight }) => sum + weight, 0);
  const points = ({ weight, distance }: Part): number => (100 * weight * distance) / total;
  const differing = parts.filter(({ distance }) => distance > 0);
  const roots = rootsOf(differing.map(({ what }) => what));
  return differing
    .filter(({ what }) => !roots.has(what))
    .map((part) => {
      const { what, weight, distance } = part;
      const followers = differing.filter((one) => roots.get(one.what) === what);
      return {
        what,
        weight,
        distance,
        points: followers.reduce((sum, one) => sum + points(one), points(part)),
        follows: followers.map((one) => one.what),
      };
    })
    .sort((one, other) => other.points - one.points);
}

/** @param judged in the order of `operations` */
export function intervalOf(
  plain: readonly Part[],
  operations: readonly OperationPart[],
  judged: readonly JudgedOperation[],
  seed: string,
): Interval {
  const moving = operations.some(({ findings }) => findings.length > 0);
  const score = scoreOf([...plain, ...operations]);
  if (!moving) return { low: score, high: score };
  const random = seededRandom('bootstrap', seed);
  const sessions = (side: 'first' | 'second'): number[] =>
    [...new Set(judged.flatMap((one) => one[side].map(({ session }) => session)))].sort((one, other) => one - other);
  const [left, right] = [sessions('first'), sessions('second')];
  const draw = (from: readonly number[]): number[] => from.map(() => from[random.below(from.length)] ?? 0);
  const scores = Array.from({ length: replicates }, () => {
    const [first, second] = [draw(left), draw(right)];
    const again = operations.map((part, at) => {
      const rows = judged[at];
      if (part.findings.length === 0 || !rows) return part;
      return {
        weight: part.weight,
        distance: part.resample(pickRows(rows.first, first), pickRows(rows.second, second)),
      };
    });
    return scoreOf([...plain, ...again]);
  });
  return { low: Math.min(score, quantile(scores, 0.025)), high: Math.max(score, quantile(scores, 0.975)) };
}

function pickRows(rows: readonly SessionRow[], sessions: readonly number[]): SessionRow[] {
  const bySession = new Map(rows.map((row) => [row.session, row]));
  return sessions.flatMap((session) => bySession.get(session) ?? []);
}

export function gradeOf(score: number, findings: readonly Finding[]): { grade: Grade; gradeCap: string | null } {
  const plain: Grade = score < 2 ? 'A' : score < 8 ? 'B' : score < 20 ? 'C' : 'D';
  const worst = findings.find(({ severity, usage }) => severity === 'major' && (usage === null || usage > 0));
  if (!worst || plain === 'C' || plain === 'D') return { grade: plain, gradeCap: null };
  const { field, usage } = worst;
  const reliance =
    usage === null ? 'runs may rely on it' : `${Math.max(1, Math.round(usage * 100))} % of runs touch it`;
  return { grade: 'C', gradeCap: `${field} differs, and ${reliance}; without that the grade would be ${plain}` };
}
