/** The answer of a comparison of two profiles. */
import type { Finding } from '../findings/index.ts';
import type { Interval } from '../statistics/proportions.ts';

export type Grade = 'A' | 'B' | 'C' | 'D';
export type Direction = 'slower' | 'faster' | 'same';

/** Of one side, answered calls only. */
export interface Calls {
  sessions: number;
  samples: number;
}

/** In milliseconds at the client. */
export interface Latencies extends Calls {
  p50Ms: number;
  p90Ms: number;
  p99Ms: number;
}

export type OperationShift = TimedShift | UntimedShift;

export interface TimedShift extends CallShift {
  first: Latencies;
  second: Latencies;
  /** Of medians, second over first, with the host's speed taken out. */
  ratio: number;
  /** The same as it was measured. */
  rawRatio: number;
  /** Permutation test over sessions. */
  p: number;
  /** How far time alone moved this operation while one side was captured, as a ratio. */
  driftFloor: number;
  /** The smallest true slow-down, as a ratio, that this comparison finds nine times in ten. */
  minimumDetectable: number;
  /** Logarithmic Wasserstein distance of the normalised samples: how far apart the whole distributions are. */
  distance: number;
  tail: TailTest;
  verdict: Direction;
  /** The plain values differ by more than twice, beyond chance, drift and what the prober's own machine went through. */
  doubled: boolean;
  /** Instant, quick, slow, long: at which a policy learns whether to wait. */
  classes: [string, string];
}

/** Calls hang or break at another rate, and so many do that too few sessions are left to say how long they take. */
export interface UntimedShift extends CallShift {
  first: Calls;
  second: Calls;
  ratio: null;
  rawRatio: null;
  p: null;
  driftFloor: null;
  minimumDetectable: null;
  distance: null;
  tail: null;
  verdict: 'unknown';
  doubled: false;
  classes: null;
}

/** What is known of an operation whether its calls are answered or not. */
interface CallShift {
  operation: string;
  timeouts: ShareTest;
  errors: ShareTest;
  /** Of both sides: how much failures keep together; 1 is no memory, null is too few. */
  bursts: [number | null, number | null];
}

/**
 * One share on both sides; `differs` is the verdict, the intervals are Wilson's. `p` is one-sided: how likely chance moves it
 * as far in the direction that it moved.
 */
export interface ShareTest {
  first: number;
  second: number;
  firstInterval: Interval;
  secondInterval: Interval;
  p: number;
  differs: boolean;
}

export interface TailTest extends ShareTest {
  /** At most one call of fifty of one side lies beyond it. */
  thresholdMs: number;
}

export interface NotMeasured {
  what: string;
  reason: string;
}

/** What counts in the score: one field, one kind of message, one operation. */
export interface Contribution {
  what: string;
  /** Severity times usage. */
  weight: number;
  /** 0 is the same, 1 is wholly different. */
  distance: number;
  /** Points of the score that come from it, and from what follows from it. */
  points: number;
  /** Differences that there would not be without this one. */
  follows: string[];
}

/** Fields with those that are told by their messages; of what was asked on either side. */
export interface Compared {
  fields: number;
  ofFields: number;
  operations: number;
  ofOperations: number;
}

export interface Shift {
  format: 'holdfast-shift/1';
  first: Side;
  second: Side;
  /** 0 to 100. */
  score: number;
  interval: Interval;
  /** Null where too little was compared to say it. */
  grade: Grade | null;
  /** Why the grade is not better than its score. */
  gradeCap: string | null;
  /** How much of what was asked the score rests on. */
  compared: Compared;
  /** Share of the second side's behaviour that the first never showed, 0 to 1. */
  supportGap: number;
  /** The second side's host over the first's: above 1 it is slower. Never part of the score. Null without yardsticks. */
  hostSpeed: number | null;
  findings: Finding[];
  contributions: Contribution[];
  operations: OperationShift[];
  unstable: NotMeasured[];
  couldNotMeasure: NotMeasured[];
  notes: string[];
}

export interface Side {
  digest: string;
  title: string;
  suite: string;
  sessions: number;
  startedAt: string;
  endedAt: string;
}
