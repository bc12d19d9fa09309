/** What a comparison could have seen: the smallest true effect that it finds nine times out of ten. */
import { standardDeviation } from './describe.ts';

export interface Sensitivity {
  first: readonly number[];
  second: readonly number[];
  /** Of a single test, after the correction for many. */
  alpha: number;
  /** What an effect must exceed besides being significant. */
  threshold: number;
}

/**
 * The true difference of means that is found with a power of 0.9. It must come out significant and above the threshold;
 * 1.2816 standard errors more than the higher of both makes that happen nine times in ten.
 * Method: two-sample t (Welch's standard error; quantile of t by Cornish-Fisher, Abramowitz and Stegun 26.7.5).
 */
export function minimumDetectable({ first, second, alpha, threshold }: Sensitivity): number {
  if (first.length < 2 || second.length < 2) return Number.POSITIVE_INFINITY;
  const error = Math.sqrt(
    standardDeviation(first) ** 2 / first.length + standardDeviation(second) ** 2 / second.length,
  );
  const critical = studentQuantile(1 - alpha / 2, first.length + second.length - 2);
  return Math.max(threshold, critical * error) + normalQuantile(0.9) * error;
}

/** Inverse of the standard normal distribution. Method: Acklam's rational approximation, relative error below 1.2e-9. */
export function normalQuantile(share: number): number {
  if (share < 0.5) return -normalQuantile(1 - share);
  if (share > 1 - 0.02425) {
    const q = Math.sqrt(-2 * Math.log(1 - share));
    return -polynomial(tailNumerator, q) / (polynomial(tailDenominator, q) * q + 1);
  }
  const q = share - 0.5;
  const r = q * q;
  return (polynomial(centreNumerator, r) * q) / (polynomial(centreDenominator, r) * r + 1);
}

const centreNumerator = [
  -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239,
];
const centreDenominator = [
  -54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572,
];
const tailNumerator = [
  -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
  2.938163982698783,
];
const tailDenominator = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416];

function polynomial(coefficients: readonly number[], at: number): number {
  return coefficients.reduce((sum, coefficient) => sum * at + coefficient, 0);
}

function studentQuantile(share: number, freedom: number): number {
  const z = normalQuantile(share);
  const first = (z ** 3 + z) / 4;
  const second = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96;
  const third = (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384;
  return z + first / freedom + second / freedom ** 2 + third / freedom ** 3;
}
