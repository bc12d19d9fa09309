import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Gathered, MemoryBudget } from './memory.ts';

const mebi = 1024 * 1024;

describe('the memory of one sandbox', () => {
  it('is not more than its budget, whoever asks for it (1)', () => {
    const budget = new MemoryBudget();
    const shares = Array.from({ length: 64 }, () => budget.share());
    for (const share of shares) share.keeper()(mebi);
    const late = budget.share().keeper();
    expect(() => late(1)).toThrow(/at most 64 MiB/);
    expect(() => late(1)).toThrow(
      expect.objectContaining({ details: { decision: expect.objectContaining({ code: 'rate-limit' }) } }),
    );
    shares[0]?.end();
    expect(() => late(mebi)).not.toThrow();
  });

  it('is given back whole by whatever ended, and taken by nothing afterwards (2)', () => {
    const change = fc.record({ share: fc.nat(3), keeper: fc.nat(2), bytes: fc.nat(20 * mebi), ends: fc.boolean() });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
        const budget = new MemoryBudget();
        const shares = [0, 1, 2, 3].map(() => {
          const share = budget.share();
          return { share, keepers: [0, 1, 2].map(() => share.keeper()) };
        });
        for (const { share, keeper, bytes, ends } of changes) {
          const one = shares[share];
          try {
            one?.keepers[keeper]?.(bytes);
          } catch {
            // There was no room: it keeps what it had.
          }
          if (ends) one?.share.end();
        }
        for (const { share } of shares) share.end();
        budget.share().keeper()(64 * mebi);
      }),
    );
  });
});

describe('bytes that are put together', () => {
  it('are what came, and keep no more than twice of it, nor more than there will be', () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 30 });
    fc.assert(
      fc.property(pieces, fc.boolean(), (added, isKnown) => {
        let keptBytes = 0;
        const gathered = new Gathered((bytes) => {
          keptBytes = bytes;
        });
        const whole = Buffer.concat(added);
        for (const piece of added) gathered.add(piece, isKnown ? whole.length : undefined);
        expect(gathered.bytes.equals(whole)).toBe(true);
        expect(keptBytes).toBeLessThanOrEqual(isKnown ? whole.length : Math.max(1024, 2 * whole.length));
        gathered.clear();
        expect([keptBytes, gathered.length]).toEqual([0, 0]);
      }),
    );
  });

  it('hold on to none of the pieces', () => {
    const gathered = new Gathered(() => undefined);
    const piece = Buffer.alloc(64 * 1024).subarray(0, 1);
    gathered.add(piece);
    expect(gathered.bytes.buffer).not.toBe(piece.buffer);
    expect(gathered.bytes.buffer.byteLength).toBe(1024);
  });

  it('stay as they were when there is no room for more', () => {
    const gathered = new Gathered((bytes) => {
      if (bytes > 2048) throw new Error('no room');
    });
    gathered.add(Buffer.from('kept'));
    expect(() => gathered.add(Buffer.alloc(4096))).toThrow('no room');
    expect(gathered.bytes.toString()).toBe('kept');
  });
});
