import fc from 'fast-check';
import { expect, it } from 'vitest';
import { HeadTail } from './head-tail.ts';

it('keeps the first and the last half and counts the rest, for any pieces', () => {
  fc.assert(
    fc.property(fc.nat(50), fc.array(fc.uint8Array({ maxLength: 30 })), fc.nat(100), (cap, pieces, lost) => {
      const collected = new HeadTail(cap);
      for (const piece of pieces) collected.push(piece);
      const whole = Buffer.concat(pieces);
      const head = Math.ceil(cap / 2);
      const expected =
        whole.length <= cap
          ? whole
          : Buffer.concat([whole.subarray(0, head), whole.subarray(whole.length - (cap - head))]);
      const { data, cutBytes } = collected.result(whole.length + lost);
      expect([...data]).toEqual([...expected]);
      expect(cutBytes).toBe(whole.length + lost - expected.length);
    }),
    { numRuns: 2000 },
  );
});
