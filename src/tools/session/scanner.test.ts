import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MarkScanner } from './scanner.ts';
import { marksOf, parseEndMark } from './script.ts';

const word = 'cal-word';
const marks = marksOf(word);
/** Pieces that look like parts of marks, in any order. */
const noise = fc
  .array(fc.constantFrom('\x1e', word, '<', '>', '[', ']', 'x', '\x1ecal-', `\x1e${word}`, `${word}\x1e`), {
    maxLength: 12,
  })
  .map((parts) => parts.join(''))
  .filter((text) => !['start', 'open', 'close'].some((name) => text.includes(markText(name))));

function markText(name: string): string {
  return Buffer.from(marks[name as keyof typeof marks]).toString();
}

function feed(scanner: MarkScanner, text: string, sizes: readonly number[], offset: number): void {
  const bytes = Buffer.from(text);
  for (let at = 0, n = 0; at < bytes.length; n++) {
    const data = bytes.subarray(at, at + (sizes[n % sizes.length] ?? 1));
    scanner.push({ stream: 'stdout', offset: offset + at, data, gapBytes: 0 });
    at += data.length;
  }
}

describe('the scanner of a session', () => {
  it('finds the end, the fields and the output before, however the bytes arrive', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(
        noise,
        noise,
        noise,
        sizes,
        fc.boolean(),
        fc.nat(1000),
        (before, output, after, pieces, fromStart, offset) => {
          fc.pre(!(before + markText('start')).slice(0, -1).includes(markText('start')));
          fc.pre((output + markText('open')).indexOf(markText('open')) === output.length);
          const text = `${fromStart ? before + markText('start') : ''}${output}\x1e${word}<7::/a b>${word}\x1e`;
          const scanner = new MarkScanner(marks, 1000, offset, fromStart);
          feed(scanner, text + after, pieces, offset);
          expect(scanner.done).toBe(true);
          expect(parseEndMark(scanner.fields ?? '')).toEqual({ status: 7, hasJobs: false, cwd: '/a b' });
          expect(Buffer.from(scanner.result().data).toString()).toBe(output);
          expect(scanner.result().cutBytes).toBe(0);
          expect(scanner.nextOffset).toBe(offset + text.length);
        },
      ),
    );
  });

  it('counts what was lost and what was over the cap', () => {
    const scanner = new MarkScanner(marks, 10, 0, false);
    feed(scanner, '0123456789abcdef', [5], 0);
    scanner.push({ stream: 'stdout', offset: 116, data: Buffer.from('tail'), gapBytes: 100 });
    expect(scanner.done).toBe(false);
    scanner.finish();
    expect(Buffer.from(scanner.result().data).toString()).toBe('01234ftail');
    expect(scanner.result().cutBytes).toBe(110);
  });

  it('holds no more than a mark of what comes', () => {
    const scanner = new MarkScanner(marks, 10, 0, false);
    for (let n = 0; n < 1000; n++) {
      scanner.push({ stream: 'stdout', offset: n * 1000, data: Buffer.alloc(1000, 0x1e), gapBytes: 0 });
      expect(n * 1000 + 1000 - scanner.nextOffset).toBeLessThan(20);
    }
  });

  it.each(['', '1', 'x::/', '1::', '1234::/', '-1::/'])('does not take %j for what a shell prints', (fields) => {
    const mark = parseEndMark(fields);
    if (fields === '1::') expect(mark).toEqual({ status: 1, hasJobs: false, cwd: '' });
    else expect(mark).toBeNull();
  });
});
