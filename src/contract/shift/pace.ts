/**
 * Takes the speed of the host out of an operation's values, as far as the operation feels it.
 *
 * Not every operation does: a flush to a disk hardly minds a slow processor, and dividing it by one would invent a
 * difference. How much it feels is learned within each side, where nothing but time passed.
 * Method: pooled within-group regression on the yardsticks' pace, with a normal prior around 1 (ridge, Hoerl and Kennard
 * 1970), kept within 0 and 1.
 */
import { mean } from '../statistics/describe.ts';
import { isUsable, logMedian, type SessionRow } from './sessions.ts';

export interface Pace {
  /** 0: does not feel the host's speed; 1: wholly. */
  sensitivity: number;
  /** Standard error of it. */
  uncertainty: number;
  /** The mean pace of all sessions: values stay in milliseconds of a usual session. */
  reference: number;
  /** Logarithm: the second side's host over the first's. */
  hosts: number;
}

const priorDeviation = 0.3;
const untouched: Pace = { sensitivity: 0, uncertainty: 0, reference: 0, hosts: 0 };

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
  return {
    sensitivity: Math.min(1, Math.max(0, slope)),
    uncertainty: spread + prior === 0 ? priorDeviation : Math.sqrt(noise / (spread + prior)),
    reference: (left + right) / 2,
    hosts: right - left,
  };
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
  return row.pace === null ? [] : [{ pace: row.pace, value: logMedian(row) }];
}
