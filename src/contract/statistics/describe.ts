/** Location and spread of samples. Every function takes them in any order and leaves them as they are. */

export function mean(values: readonly number[]): number {
  return values.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The sample's, with n - 1; 0 for fewer than two values. */
export function standardDeviation(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1));
}

export function ascending(values: readonly number[]): number[] {
  return Array.from(Float64Array.from(values).sort());
}

/** Linear between order statistics: type 7 of Hyndman and Fan (1996), which R and NumPy use. */
export function quantile(values: readonly number[], share: number): number {
  return quantileOfSorted(ascending(values), share);
}

export function quantileOfSorted(sorted: readonly number[], share: number): number {
  const at = (sorted.length - 1) * share;
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  const high = sorted[Math.ceil(at)] ?? Number.NaN;
  return low + (high - low) * (at - Math.floor(at));
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** With fewer samples beyond it, chance alone decides where a quantile lies. */
const fewestBeyond = 3;

export function showsQuantile(samples: number, share: number): boolean {
  return samples * (1 - share) >= fewestBeyond;
}

/**
 * The first Wasserstein distance between two samples, by their quantile functions on a common grid. Of logarithms it
 * reads as a typical ratio: 0.4 is "about 1.5 times".
 */
export function wasserstein(one: readonly number[], other: readonly number[]): number {
  if (one.length === 0 || other.length === 0) return Number.NaN;
  const [left, right] = [ascending(one), ascending(other)];
  const steps = 200;
  const shares = Array.from({ length: steps }, (_, at) => (at + 0.5) / steps);
  return mean(shares.map((share) => Math.abs(quantileOfSorted(left, share) - quantileOfSorted(right, share))));
}
