import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { canonicalJson } from '../base/index.ts';
import { plain, summarise } from './summary.ts';

/** Anything that a call may take or answer. */
const value = fc.anything({
  withNullPrototype: true,
  withSparseArray: false,
  withTypedArray: false,
  values: [
    fc.string({ unit: 'binary' }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
    fc.constant(undefined),
    fc.uint8Array({ maxLength: 3 }),
  ],
  key: fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('__proto__', 'constructor', '1', '\ud800', 'a')),
});

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

it('is the digest and the beginning of the one text that a value has', () => {
  fc.assert(
    fc.property(value, (given) => {
      const text = canonicalJson(plain(given));
      const bytes = Buffer.byteLength(text);
      const preview = bytes <= 4096 ? text : expect.any(String);
      expect(summarise(given)).toEqual({ digest: digest(text), bytes, preview });
    }),
  );
});

it('has no text for what JSON cannot say, or is nested without end, as ever', () => {
  const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);
  expect(summarise(nested(128)).preview).toBe(`${'['.repeat(128)}1${']'.repeat(128)}`);
  for (const wrong of [nested(129), Number.NaN, { a: [1n] }, { f: () => 1 }])
    expect(() => summarise(wrong)).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
});

it('shows no half character at the cut', () => {
  const { preview, bytes } = summarise('é'.repeat(4000));
  expect([bytes, preview]).toEqual([8002, `"${'é'.repeat(2047)}`]);
});
