import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { faultKinds, faultSchema } from '../../schema/index.ts';
import { emptied, garbled, shortened, truncated } from './answers.ts';
import { codesOf, errorOf, fileErrorOf } from './errors.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const output = (stdout: Uint8Array) => ({
  stdout,
  stderr: bytes(''),
  stdoutCutBytes: 3,
  stderrCutBytes: 0,
  exitCode: 0,
});

describe('answers that say less', () => {
  it('are emptied and shortened where they carry something, and nowhere else', () => {
    const answer = { action: 'read', path: '/a', content: 'abcd', exitCode: 1, reason: 'exited' };
    expect(emptied(answer)).toEqual({ ...answer, content: '' });
    expect(shortened(answer, 0.5)).toEqual({ ...answer, content: 'ab' });
    expect(shortened({ entries: [1, 2, 3, 4], truncated: false }, 0.5)).toEqual({ entries: [1, 2], truncated: false });
    expect(emptied({ stdout: bytes('x'), stdoutCutBytes: 0 })).toEqual({ stdout: bytes(''), stdoutCutBytes: 0 });
  });

  it('stay well-formed text, whatever is cut', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.double({ min: 0, max: 1, noNaN: true }), (content, fraction) => {
        const cut = shortened({ content }, fraction);
        expect(JSON.parse(JSON.stringify(cut))).toEqual(cut);
      }),
    );
  });

  it('count what was cut', () => {
    expect(truncated(output(bytes('0123456789')), 4)).toMatchObject({ stdout: bytes('0123'), stdoutCutBytes: 9 });
  });

  it('are garbled by about their share, the same for the same key, in no other length', () => {
    const plain = bytes('a line of text\n'.repeat(2000));
    const changed = garbled(output(plain), 0.05, 'key').stdout;
    expect(changed.length).toBe(plain.length);
    expect(garbled(output(plain), 0.05, 'key').stdout).toEqual(changed);
    expect(garbled(output(plain), 0.05, 'other').stdout).not.toEqual(changed);
    const share = changed.filter((byte, at) => byte !== plain[at]).length / plain.length;
    expect(share).toBeGreaterThan(0.04);
    expect(share).toBeLessThan(0.06);
    expect(garbled(output(plain), 0, 'key').stdout).toEqual(plain);
    expect(garbled(output(plain), 1, 'key').stdout.every((byte, at) => byte !== plain[at])).toBe(true);
  });
});

describe('errors that a plan answers with', () => {
  const faults = faultKinds.map((kind) => faultSchema.parse({ id: 'a', kind }));

  it('are those of the runtime: no word of a plan is in them', () => {
    const errors = faults.flatMap(
      (fault) => errorOf(fault, 'shell') ?? fileErrorOf(fault, 'write', '/workspace/a') ?? [],
    );
    expect(errors.length).toBe(8);
    for (const error of errors) {
      expect(JSON.stringify(error.toBody())).not.toMatch(/inject|fault plan|noise/i);
      expect(error.fault).not.toBe('injected');
      expect(error.hint).toBeTruthy();
    }
  });

  it('are known by their codes before anything happens', () => {
    const codes = new Set(faults.flatMap(codesOf));
    expect([...codes].sort()).toEqual([
      'busy',
      'deadline-exceeded',
      'disk-full',
      'internal',
      'permission-denied',
      'rate-limited',
      'unauthenticated',
    ]);
  });
});
