/**
 * How long a call takes at least: a draw from the lower edge of the contract's envelope, the same for the same call id.
 * A runtime faster than promised teaches a policy not to wait.
 */
import type { LatencyTerm } from '../document/terms.ts';
import { seededRandom } from '../statistics/random.ts';

export function targetOf({ floorMs, p50Ms, p90Ms, p99Ms }: LatencyTerm, callId: string): number {
  const median = Math.max(floorMs, p50Ms?.[0] ?? 0);
  if (median === 0) return 0;
  const points: [share: number, ms: number][] = [
    [0, floorMs],
    [0.5, median],
    [0.9, Math.max(median, p90Ms?.[0] ?? 0)],
    [0.99, Math.max(median, p90Ms?.[0] ?? 0, p99Ms?.[0] ?? 0)],
  ];
  const draw = seededRandom('pace', callId).next();
  const at = points.findIndex(([share]) => share > draw);
  const [low, high] = at < 0 ? [points.at(-1), points.at(-1)] : [points[at - 1], points[at]];
  if (!low || !high || high[0] === low[0]) return low?.[1] ?? 0;
  return low[1] + ((high[1] - low[1]) * (draw - low[0])) / (high[0] - low[0]);
}
