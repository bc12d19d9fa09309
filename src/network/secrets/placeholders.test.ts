import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { systemRandom } from '../../base/index.ts';
import { isPlaceholder, newPlaceholder, PlaceholderFinder } from './placeholders.ts';

const [one, two] = [newPlaceholder(systemRandom), newPlaceholder(systemRandom)];
const finder = new PlaceholderFinder([one, two]);

const percent = (text: string): string => [...text].map((each) => `%${each.charCodeAt(0).toString(16)}`).join('');
const json = (text: string): string => [...text].map((each) => `\\u00${each.charCodeAt(0).toString(16)}`).join('');
const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** Each spells one character; any mixture of them is looked through. */
const units: ((character: string) => string)[] = [
  (each) => each,
  percent,
  (each) => percent(each).toUpperCase(),
  (each) => percent(each).replaceAll('%', '%25'),
  (each) => percent(each).replaceAll('%', '%2525'),
  json,
];
const mixture = fc.array(fc.constantFrom(...units), { minLength: 30, maxLength: 30 });
const noise = fc.array(fc.constantFrom('hfs_', 'hf', '%', '%25', '%6', '\\', '\\u00', '%68', 'x', '='), {
  maxLength: 8,
});

describe('a placeholder', () => {
  it('is hfs_ and 26 characters, never the same', () => {
    expect(one).toMatch(/^hfs_[a-z2-7]{26}$/);
    expect(one).not.toBe(two);
    expect(isPlaceholder(Buffer.from(one))).toBe(true);
    expect(isPlaceholder(Buffer.from(`${one}a`))).toBe(false);
  });

  it.each<[string, string]>([
    ['itself', two],
    ['percent-encoded', percent(two)],
    ['percent-encoded twice', encodeURIComponent(percent(two))],
    ['percent-encoded thrice', encodeURIComponent(encodeURIComponent(percent(two)))],
    ['escaped as in JSON', json(two)],
    ['base64', base64(two)],
    ['base64 behind one byte', base64(`:${two}`)],
    ['base64 behind two', base64(`u:${two}!`)],
    ['base64url', Buffer.from(`ÿ?${two}`).toString('base64url')],
    ['hexadecimal', Buffer.from(two).toString('hex')],
    ['upper case hexadecimal', Buffer.from(two).toString('hex').toUpperCase()],
  ])('is found as %s', (_name, spelled) => {
    expect(finder.search(Buffer.from(`before ${spelled} after`))).toBe(1);
    expect(finder.search(Buffer.from(`before ${spelled.slice(0, -5)}`))).toBeNull();
  });

  it('is found in any mixture of escapes, in any noise, however it is cut', () => {
    fc.assert(
      fc.property(mixture, noise, noise, fc.nat(400), (spell, before, after, cut) => {
        const spelled = spell.map((unit, at) => unit(one[at] ?? '')).join('');
        const text = Buffer.from(`${before.join('')} ${spelled}${after.join('')}`);
        expect(finder.search(text)).toBe(0);
        const first = finder.find(text.subarray(0, cut), false);
        if ('owner' in first) return;
        // Nothing of it has passed.
        expect(first.safe).toBeLessThanOrEqual(Buffer.byteLength(`${before.join('')} `));
        expect(finder.find(text.subarray(first.safe), true)).toMatchObject({ owner: 0 });
      }),
      { numRuns: 500 },
    );
  });

  it('of another sandbox is nothing', () => {
    expect(finder.search(Buffer.from(newPlaceholder(systemRandom)))).toBeNull();
  });

  it('keeps back little, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(noise, { maxLength: 200 }), (parts) => {
        const bytes = Buffer.from(parts.flat().join(''));
        const found = finder.find(bytes, false);
        expect('safe' in found && bytes.length - found.safe).toBeLessThan(400);
      }),
    );
  });
});
