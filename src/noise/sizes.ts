/** How long a drawn fault takes: the sizes that a plan leaves to the draw. */
import { type DrawWords, keyedDraw } from '../base/index.ts';
import type { FaultDelay } from '../schema/index.ts';

/** In whole milliseconds, so that a log shows what was done. */
export function drawnMs(delay: FaultDelay, seed: string | number, words: DrawWords): number {
  if (typeof delay === 'number') return Math.round(delay);
  if ('minMs' in delay) {
    const { unit } = keyedDraw(seed, [...words, 'size']);
    return Math.round(delay.minMs + (delay.maxMs - delay.minMs) * unit);
  }
  const sigma = Math.log(delay.p99Ms / delay.medianMs) / normal99;
  const drawn = delay.medianMs * Math.exp(sigma * standardNormal(seed, words));
  return Math.round(Math.min(drawn, longestMs));
}

/** 99 % of a standard normal lie below it. */
const normal99 = 2.326347874;
const longestMs = 3_600_000;

/** Of two even draws (Box and Muller 1958). */
function standardNormal(seed: string | number, words: DrawWords): number {
  const one = keyedDraw(seed, [...words, 'size', 1]).unit;
  const two = keyedDraw(seed, [...words, 'size', 2]).unit;
  return Math.sqrt(-2 * Math.log(1 - one)) * Math.cos(2 * Math.PI * two);
}
