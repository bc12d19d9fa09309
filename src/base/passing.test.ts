import { expect, it } from 'vitest';
import { freePassed, markPassing } from './passing.ts';

it('frees what was marked, once, and nothing else', () => {
  const marked = new Uint8Array([1, 2, 3]);
  const other = new Uint8Array([1, 2, 3]);
  markPassing(marked);
  freePassed(other);
  freePassed(marked);
  freePassed(marked);
  expect([marked.length, other.length]).toEqual([0, 3]);
});

it('does not mark a view of something larger, nor shared memory', () => {
  const whole = new Uint8Array(8);
  const shared = new Uint8Array(new SharedArrayBuffer(8));
  for (const piece of [whole.subarray(0, 4), whole.subarray(4), shared]) {
    markPassing(piece);
    freePassed(piece);
  }
  expect([whole.length, shared.length]).toEqual([8, 8]);
});
