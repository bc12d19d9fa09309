/**
 * Takes the speed of the host out of an operation's values, as far as the operation feels it.
 *
 * Not every operation does: a flush to a disk hardly minds a slow processor, and dividing it by one would invent a
 * difference. How much it feels is learned within each side, where nothing but time passed.
 * Method: pooled within-group regression on the yardsticks' pace, with a normal prior around 1 (ridge, Hoerl and Kennard
 * 1970), kept within 0 and 1.
 *
 * What was learnt holds as far as paces were seen to lie apart within a side. Two hosts may lie farther apart than that:
 * of the rest nobody knows how much an operation feels, none of it or all. A verdict has to hold for both.
 */
import { mean } from '../statistics/describe.ts';
import { isUsable, type SessionRow } from './sessions.ts';

export interface Pace {
  /** 0: does not feel the host's speed; 1: wholly. */
  sensitivity: number;
  /** Standard error of it. */
  uncertainty: number;
  /** The mean pace of all sessions: values stay in milliseconds of a usual session. */
  reference: number;
  /** Logarithm: the second side's host over the first's. */
  hosts: number;
  /** So much of it as lies beyond what was seen within either side. */
  beyond: number;
}

const priorDeviation = 0.3;
const untouched: Pace = { sensitivity: 0, uncertainty: 0, reference: 0, hosts: 0, beyond: 0 };

export function paceOf(first: readonly SessionRow[], second: readonly SessionRow[]): Pace {
  const sides = [first, second].map((rows) => rows.filter(isUsable).flatMap(pointOf));
  const [left, right] = sides.map((points) => mean(points.map(({ pace }) => pace)));
  if (left === undefined || right === undefined || Number.isNaN(left + right)) return untouched;
  const centred = sides.flatMap((points) => {
    const [pace, value] = [mean(points.map((point) => point.pace)), mean(points.map((point) => point.value))];
    return points.map((point) => ({ pace: point.pace - pace, value: point.value - value }));
  });
  const sum = (of: (point: Point) => number): number => centred.reduce((total, point) => total + of(point), 0);
  const spread = sum(({ pace }) => pace ** 2);
  // What is left when the operation is taken to feel all of it: an upper guess of the noise.
  const noise = sum(({ pace, value }) => (value - pace) ** 2) / Math.max(1, centred.length - 2);
  const prior = noise / priorDeviation ** 2;
  const slope = spread + prior === 0 ? 1 : (sum(({ pace, value }) => pace * value) + prior) / (spread + prior);
  const hosts = right - left;
  const seen = Math.max(...sides.map((points) => rangeOf(points.map(({ pace }) => pace))));
  return {
    sensitivity: Math.min(1, Math.max(0, slope)),
    uncertainty: spread + prior === 0 ? priorDeviation : Math.sqrt(noise / (spread + prior)),
    reference: (left + right) / 2,
    hosts,
    beyond: Math.sign(hosts) * Math.max(0, Math.abs(hosts) - seen),
  };
}

const rangeOf = (values: readonly number[]): number => Math.max(...values) - Math.min(...values);

/**
 * How much of an effect of that sign the hosts may explain beyond what was seen: where the second one went the same way,
 * what was not taken out of the values; where it went the other way, what was.
 */
export function paceDoubt(sign: number, { sensitivity, beyond }: Pace): number {
  return Math.abs(beyond) * (Math.sign(beyond) === sign ? 1 - sensitivity : sensitivity);
}

/** What the host's speed adds to the logarithm of a session's values. */
export function paceEffect({ pace }: SessionRow, { sensitivity, reference }: Pace): number {
  return pace === null ? 0 : sensitivity * (pace - reference);
}

interface Point {
  pace: number;
  value: number;
}

function pointOf(row: SessionRow): Point[] {
  return row.pace === null ? [] : [{ pace: row.pace, value: row.logMedian }];
}
