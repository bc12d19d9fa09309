/**
 * Bytes gathered from a stream until somebody who looks at them knows enough; what he does not take is put back.
 *
 * 1. Bounded: `maxBytes` held, `timeoutMs` waited, each byte copied a constant number of times however small the pieces.
 * 2. The stream flows on, or stands still, only when its next reader says so: it is left paused.
 */
import { Buffer } from 'node:buffer';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../base/index.ts';

export interface ReadAhead<T> {
  clock: Clock;
  timeoutMs: number;
  maxBytes: number;
  /** Give up with `quiet` when not a single byte came for so long. */
  quietMs?: number;
  /** `consumed` bytes are gone; the rest is put back. The bytes are valid during the call only. */
  judge(bytes: Buffer): { value: T; consumed: number } | 'more';
}

export type ReadOutcome<T> = { state: 'done'; value: T } | { state: 'ended' | 'late' | 'quiet' | 'too-long' };

const firstBytes = 2048;

export function readAhead<T>(stream: Duplex, options: ReadAhead<T>): Promise<ReadOutcome<T>> {
  const { clock, timeoutMs, quietMs, maxBytes, judge } = options;
  return new Promise((resolve) => {
    let held = Buffer.allocUnsafe(firstBytes);
    let length = 0;
    const settle = (outcome: ReadOutcome<T>, consumed = 0): void => {
      cancelTimeout();
      cancelQuiet?.();
      stream.removeListener('readable', onReadable);
      for (const event of ['end', 'close', 'error']) stream.removeListener(event, onEnd);
      stream.pause();
      if (length > consumed && mayPutBack(stream)) stream.unshift(held.subarray(consumed, length));
      resolve(outcome);
    };
    const append = (chunk: Buffer): void => {
      if (length + chunk.length > held.length) {
        const larger = Buffer.allocUnsafe(Math.max(2 * held.length, length + chunk.length));
        held.copy(larger, 0, 0, length);
        held = larger;
      }
      length += chunk.copy(held, length);
    };
    const onReadable = (): void => {
      for (let chunk: Buffer | null = stream.read(); chunk !== null; chunk = stream.read()) append(chunk);
      if (length === 0) return;
      cancelQuiet?.();
      const verdict = judge(held.subarray(0, length));
      if (verdict !== 'more') settle({ state: 'done', value: verdict.value }, verdict.consumed);
      else if (length > maxBytes) settle({ state: 'too-long' });
    };
    const onEnd = (): void => settle({ state: 'ended' });
    const cancelTimeout = clock.after(timeoutMs, () => settle({ state: 'late' }));
    const cancelQuiet = quietMs === undefined ? undefined : clock.after(quietMs, () => settle({ state: 'quiet' }));
    stream.on('readable', onReadable);
    for (const event of ['end', 'close', 'error']) stream.on(event, onEnd);
    if (stream.destroyed || stream.readableEnded) onEnd();
    else onReadable();
  });
}

/** After the end nothing can be put back, and trying is an error; what was too little to be judged goes with it. */
const mayPutBack = (stream: Duplex): boolean => !stream.destroyed && !stream.readableEnded;
