/** What a check can come to. */
import type { Loss } from '../profile/index.ts';

export const verdicts = [
  'pass',
  'fail',
  /** Sessions disagree: neither met nor broken. */
  'flaky',
  /** The runtime does not offer what the check needs. */
  'unsupported',
  'insufficient-data',
  /** The prober, or the way to the runtime: no statement about the runtime. */
  'harness-error',
] as const;
export type Verdict = (typeof verdicts)[number];

export interface Check {
  /** The field, operation or tool. */
  id: string;
  level: 'promise' | 'range';
  verdict: Verdict;
  wanted: string;
  got: string;
  /** What goes wrong when it is broken; or why there is no answer. */
  note: string;
}

/** Worst first: a certificate is as good as its worst check. A broken promise outweighs all that is unknown. */
const order: readonly Verdict[] = ['fail', 'flaky', 'harness-error', 'unsupported', 'insufficient-data', 'pass'];

/** A range may be unsupported: nothing relies on it. */
export function overall(checks: readonly Check[]): Verdict {
  const counted = checks.filter(({ level, verdict }) => level === 'promise' || verdict !== 'unsupported');
  return counted.length === 0 ? 'insufficient-data' : worstOf(counted.map(({ verdict }) => verdict));
}

export function worstOf(found: readonly Verdict[]): Verdict {
  return order.find((verdict) => found.includes(verdict)) ?? 'pass';
}

/** The runtime's own word is an answer: it has no such thing. Where all was lost by a trouble, nothing is known of it. */
export function unmeasured(trouble: Loss | undefined): Verdict {
  if (trouble === undefined) return 'unsupported';
  return trouble.side === 'harness' ? 'harness-error' : 'insufficient-data';
}
