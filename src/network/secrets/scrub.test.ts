import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spellings } from './encodings.ts';
import { Patterns } from './patterns.ts';
import { Scrubber, ScrubTable } from './scrub.ts';
import type { BrokerSecret } from './types.ts';

const secret = (value: string | Uint8Array, letter = 'a'): BrokerSecret => ({
  name: `secret-${letter}`,
  placeholder: `hfs_${letter.repeat(26)}`,
  value: Buffer.from(value),
});

const mean = 'p&ss "w/rd<é>\'=+\\';

describe('the spellings of a value', () => {
  it.each<[string, string]>([
    ['as it is', mean],
    ['encodeURIComponent', encodeURIComponent(mean)],
    ['a form', new URLSearchParams({ x: mean }).toString().slice(2)],
    ['percent-encoded with lower case digits', encodeURIComponent(mean).replace(/%../g, (each) => each.toLowerCase())],
    ['JSON', JSON.stringify(mean).slice(1, -1)],
    ['JSON with escaped slashes', JSON.stringify(mean).slice(1, -1).replaceAll('/', '\\/')],
    ['JSON in ASCII', 'p&ss \\"w/rd<\\u00e9>\'=+\\\\'],
    ['JSON safe in HTML', 'p\\u0026ss \\"w/rd\\u003cé\\u003e\'=+\\\\'],
    ['JSON within JSON', JSON.stringify(JSON.stringify(mean)).slice(3, -3)],
    ['HTML', 'p&amp;ss &quot;w/rd&lt;é&gt;&#39;=+\\'],
    ['HTML with a hexadecimal apostrophe', 'p&amp;ss &quot;w/rd&lt;é&gt;&#x27;=+\\'],
    ['XML', 'p&amp;ss &quot;w/rd&lt;é&gt;&apos;=+\\'],
    ['HTML text', 'p&amp;ss "w/rd&lt;é&gt;\'=+\\'],
    ['hexadecimal', Buffer.from(mean).toString('hex')],
    ['upper case hexadecimal', Buffer.from(mean).toString('hex').toUpperCase()],
  ])('%s is scrubbed', (_name, spelled) => {
    const table = new ScrubTable([secret(mean)]);
    expect(table.whole(Buffer.from(`x=${spelled}.`)).toString()).toBe(`x=${secret(mean).placeholder}.`);
  });

  it('hold base64 wherever the value begins', () => {
    for (const before of ['', 'u', 'us', 'usr', 'usr:']) {
      for (const encoding of ['base64', 'base64url'] as const) {
        const echoed = Buffer.from(`${before}${mean}tail`).toString(encoding);
        expect(new ScrubTable([secret(mean)]).whole(Buffer.from(echoed)).toString()).toContain(
          secret(mean).placeholder,
        );
      }
    }
  });

  it('are all of at least the bytes that are searched by, and each once', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8, maxLength: 70 }), (value) => {
        const found = spellings(Buffer.from(value)).map((each) => each.toString('latin1'));
        expect(Math.min(...found.map((each) => each.length))).toBeGreaterThanOrEqual(8);
        expect(new Set(found).size).toBe(found.length);
      }),
    );
  });
});

/** Few letters, so that beginnings, overlaps and near misses are common. */
const narrow = fc
  .array(fc.constantFrom(...'ab%2+'), { minLength: 8, maxLength: 14 })
  .map((letters) => letters.join(''));
const cuts = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 60 });

function inPieces(table: ScrubTable, bytes: Buffer, sizes: number[]): Buffer {
  const scrubber = new Scrubber(table);
  const out: Buffer[] = [];
  let at = 0;
  for (const size of sizes) {
    out.push(scrubber.push(bytes.subarray(at, at + size)));
    at += Math.min(size, bytes.length - at);
  }
  return Buffer.concat([...out, scrubber.end(bytes.subarray(at))]);
}

describe('scrubbing', () => {
  it('gives the same however the bytes were cut (1), and leaves no spelling', () => {
    fc.assert(
      fc.property(
        fc.array(narrow, { minLength: 1, maxLength: 3 }),
        fc.array(
          fc.oneof(
            fc.string({ maxLength: 6 }),
            fc.nat(2),
            fc.nat({ max: 40 }).map((n) => n / 100),
          ),
          { maxLength: 12 },
        ),
        cuts,
        (values, parts, sizes) => {
          const secrets = values.map((value, index) => secret(value, 'cde'[index]));
          const table = new ScrubTable(secrets);
          const spelled = values.flatMap((value) => spellings(Buffer.from(value)));
          const text = parts.map((part) => {
            if (typeof part === 'string') return Buffer.from(part);
            if (Number.isInteger(part)) return Buffer.from(values[part] ?? '');
            return spelled[Math.floor(part * 100) % spelled.length] ?? Buffer.alloc(0);
          });
          const whole = table.whole(Buffer.concat(text));
          expect(inPieces(table, Buffer.concat(text), sizes).equals(whole)).toBe(true);
          for (const each of spelled) expect(whole.includes(each)).toBe(false);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('finds what a search one by one finds: the leftmost, and there the longest', () => {
    fc.assert(
      fc.property(
        fc.array(narrow, { minLength: 1, maxLength: 6 }),
        fc.array(fc.constantFrom(...'ab%2+'), { maxLength: 200 }),
        (values, letters) => {
          const text = letters.join('');
          const patterns = [...new Set(values)].map((value, owner) => ({ bytes: Buffer.from(value), owner }));
          const hits = patterns
            .map(({ bytes, owner }) => ({ owner, start: text.indexOf(bytes.toString()), length: bytes.length }))
            .filter(({ start }) => start >= 0)
            .sort((one, other) => one.start - other.start || other.length - one.length);
          const found = new Patterns(patterns).find(Buffer.from(text), 0, true);
          const [first] = hits;
          if (first)
            expect(found).toEqual({
              isMatch: true,
              owner: first.owner,
              start: first.start,
              end: first.start + first.length,
            });
          else expect(found.isMatch).toBe(false);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('holds back only what may be the beginning of a secret (2)', () => {
    const scrubber = new Scrubber(new ScrubTable([secret('SECRET-VALUE')]));
    expect(scrubber.push(Buffer.from('data: hello\n\n')).toString()).toBe('data: hello\n\n');
    expect(scrubber.push(Buffer.from('data: SECRET')).toString()).toBe('data: ');
    expect(scrubber.push(Buffer.from('-VAL')).toString()).toBe('');
    expect(scrubber.push(Buffer.from('ID\n\n')).toString()).toBe('SECRET-VALID\n\n');
    expect(scrubber.push(Buffer.from('SECRET-VALUE!')).toString()).toBe(`hfs_${'a'.repeat(26)}!`);
  });

  it('prefers the longer of two that begin alike, also over an edge', () => {
    const table = new ScrubTable([secret('abcdefgh', 'x'), secret('abcdefghijkl', 'y')]);
    const scrubber = new Scrubber(table);
    expect(scrubber.push(Buffer.from('abcdefgh')).toString()).toBe('');
    expect(scrubber.push(Buffer.from('ijkl')).toString()).toBe(`hfs_${'y'.repeat(26)}`);
    expect(table.whole(Buffer.from('abcdefghij')).toString()).toBe(`hfs_${'x'.repeat(26)}ij`);
  });

  it('takes the largest secrets there are, many of them, binary ones too', () => {
    const large = Array.from({ length: 8 }, (_, n) =>
      secret(Buffer.alloc(65_536, `value ${n} \u0000\xff`, 'latin1'), 'abcdefgh'[n]),
    );
    const table = new ScrubTable(large);
    const body = Buffer.concat(
      large.flatMap(({ value }) => [Buffer.from('|'), Buffer.from(Buffer.from(value).toString('base64'))]),
    );
    const scrubbed = inPieces(table, body, [70_000, 1, 70_000, 8]).toString('latin1');
    expect(scrubbed.length).toBeLessThan(600);
    for (const { placeholder } of large) expect(scrubbed).toContain(placeholder);
  });

  it('cleans text as it is written down, whether characters or bytes taken for them', () => {
    const table = new ScrubTable([secret('geheim-é-geheim')]);
    const { placeholder } = secret('');
    expect(table.text('at geheim-é-geheim → 1')).toBe(`at ${placeholder} → 1`);
    expect(table.text(Buffer.from('at geheim-é-geheim').toString('latin1'))).toBe(`at ${placeholder}`);
    expect(table.line(Buffer.from('é geheim-é-geheim').toString('latin1'))).toBe(
      `${Buffer.from('é ').toString('latin1')}${placeholder}`,
    );
  });
});

describe('where spellings are kept (3)', () => {
  const standsFor = `hfr_${'c'.repeat(26)}`;
  const tableOf = (value: Uint8Array): ScrubTable =>
    new ScrubTable([{ name: 'one', placeholder: standsFor, value }], { keepsSpelling: true });
  const clean = (table: ScrubTable, text: string): string => table.whole(Buffer.from(text)).toString();
  // What surrounds it does not hold the byte that it begins with: it begins nowhere else.
  const anything = fc.uint8Array({ maxLength: 12 }).map((bytes) => bytes.map((byte) => (byte === 0x53 ? 0 : byte)));
  const value = fc.tuple(anything, anything).map((parts) => Buffer.concat([Buffer.from('S-ecret-'), ...parts]));

  it('base64 decodes to what it did, but for the value, however it is cut', () => {
    fc.assert(
      fc.property(anything, value, anything, fc.boolean(), cuts, (before, secretBytes, after, isTwice, sizes) => {
        const table = tableOf(secretBytes);
        const around = (middle: Uint8Array): string => {
          const parts = [before, middle, after, ...(isTwice ? [middle, after] : [])];
          return `x ${Buffer.concat(parts).toString('base64')}; y`;
        };
        const expected = around(Buffer.from(standsFor));
        expect(clean(table, around(secretBytes))).toBe(expected);
        expect(inPieces(table, Buffer.from(around(secretBytes)), sizes).toString()).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });

  it('base64 of URLs keeps its alphabet and has no padding', () => {
    const mean = Buffer.from('~~~???>>>~~~???');
    for (const before of ['', 'a', 'ab', 'abc']) {
      for (const after of ['', 'z', 'zz', 'zzz', '???']) {
        const spell = (middle: Buffer): string =>
          Buffer.concat([Buffer.from(before), middle, Buffer.from(after)]).toString('base64url');
        expect(clean(tableOf(mean), `/${spell(mean)}?x`)).toBe(`/${spell(Buffer.from(standsFor))}?x`);
      }
    }
  });

  it('padding may be escaped', () => {
    const spell = (middle: string): string => Buffer.from(`u:${middle}`).toString('base64').replaceAll('=', '%3D');
    for (const mean of ['secret-value-1', 'secret-value-12']) {
      expect(spell(mean)).toContain('%3D');
      expect(clean(tableOf(Buffer.from(mean)), `${spell(mean)}%3b&=`)).toBe(`${spell(standsFor)}%3b&=`);
    }
  });

  it('leaves no bit of a value beside it', () => {
    const table = tableOf(Buffer.from('\u00ff-secret-\u00ff', 'latin1'));
    const cleaned = clean(table, Buffer.from('ab\u00ff-secret-\u00ff', 'latin1').toString('base64'));
    expect(cleaned).toBe(Buffer.from(`ab${standsFor}`).toString('base64'));
  });

  it('finds what began before base64 does, as after a line break', () => {
    const mean = Buffer.from('correct-horse-battery');
    const text = Buffer.concat([Buffer.from('a'), mean]).toString('base64');
    expect(clean(tableOf(mean), `${text.slice(0, 2)}\n${text.slice(2)}`)).not.toContain(text.slice(2, 20));
  });
});
