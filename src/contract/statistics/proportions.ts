/** Shares of counted things, with what is not known about them. */

export interface Interval {
  low: number;
  high: number;
}

/**
 * The 95 % interval of a share, sensible also for none of n and all of n.
 * Method: score interval of Wilson (1927).
 */
export function wilson(hits: number, of: number): Interval {
  if (of === 0) return { low: 0, high: 1 };
  const z = 1.959964;
  const [share, spread] = [hits / of, z * z];
  const centre = (share + spread / (2 * of)) / (1 + spread / of);
  const half = (z * Math.sqrt((share * (1 - share)) / of + spread / (4 * of * of))) / (1 + spread / of);
  return { low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}

export function areApart(one: Interval, other: Interval): boolean {
  return one.high < other.low || other.high < one.low;
}

/** What two sets share of all they have: |A and B| / |A or B| (Jaccard 1901); two empty sets are equal. */
export function jaccard(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
  const shared = [...one].filter((member) => other.has(member)).length;
  const union = one.size + other.size - shared;
  return union === 0 ? 1 : shared / union;
}

/** How much of their mass two weighted sets share, each set's weights taken as shares: 1 is the same, 0 is nothing. */
export function overlap(one: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>): number {
  const total = (weights: ReadonlyMap<string, number>): number =>
    [...weights.values()].reduce((sum, next) => sum + next, 0);
  const [left, right] = [total(one), total(other)];
  if (left === 0 || right === 0) return left === right ? 1 : 0;
  return [...one].reduce((sum, [key, weight]) => sum + Math.min(weight / left, (other.get(key) ?? 0) / right), 0);
}
