import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCanonicalHost, normaliseHost } from './names.ts';

const accepted: [string, string][] = [
  ['api.example.com', 'api.example.com'],
  ['API.Example.COM', 'api.example.com'],
  ['api.example.com.', 'api.example.com'],
  ['a-b.example', 'a-b.example'],
  ['_dmarc.example.com', '_dmarc.example.com'],
  ['my_bucket.example.com', 'my_bucket.example.com'],
  ['1.example', '1.example'],
  ['123.example.com', '123.example.com'],
  ['0x7f.example', '0x7f.example'],
  ['r3---sn.example.com', 'r3---sn.example.com'],
  ['xn--fa-hia.example', 'xn--fa-hia.example'],
  ['XN--FA-HIA.example', 'xn--fa-hia.example'],
  ['xn--55qx5d.example', 'xn--55qx5d.example'],
  ['xn--80ak6aa92e.com', 'xn--80ak6aa92e.com'],
  [`${'a'.repeat(63)}.example`, `${'a'.repeat(63)}.example`],
  ['127.0.0.1', '127.0.0.1'],
  ['8.8.8.8', '8.8.8.8'],
  ['0.0.0.0', '0.0.0.0'],
  ['::1', '::1'],
  ['[::1]', '::1'],
  ['::', '::'],
  ['2001:DB8::0001', '2001:db8::1'],
  ['[2001:db8:0:0:0:0:0:1]', '2001:db8::1'],
  ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
  ['64:ff9b::10.0.0.1', '64:ff9b::a00:1'],
  ['fe80::1', 'fe80::1'],
];

const fullwidth = (text: string): string =>
  [...text].map((char) => String.fromCodePoint((char.codePointAt(0) ?? 0) + 0xfee0)).join('');

const refused: [string, string][] = [
  ['nothing', ''],
  ['a dot', '.'],
  ['two dots', '..'],
  ['NUL inside', 'evil.com\u0000.example.com'],
  ['NUL at the end', 'example.com\u0000'],
  ['a new line', 'example.com\n'],
  ['CR LF and a header', 'example.com\r\nhost: evil.com'],
  ['a tab', 'exam\tple.com'],
  ['an escape', '\u001bexample.com'],
  ['DEL', 'example\u007f.com'],
  ['a C1 control', 'example\u0085.com'],
  ['a percent escape', 'ex%61mple.com'],
  ['an escaped dot', 'example%2ecom'],
  ['an escaped NUL', 'evil.com%00.example.com'],
  ['an escaped slash', 'evil.com%2f.example.com'],
  ['two trailing dots', 'example.com..'],
  ['a leading dot', '.example.com'],
  ['an empty label', 'a..example.com'],
  ['a long label', `${'a'.repeat(64)}.example`],
  ['a long name', `${'a.'.repeat(126)}aa`],
  ['a very long name', 'a'.repeat(100_000)],
  ['a leading hyphen', '-a.example'],
  ['a trailing hyphen', 'a-.example'],
  ['a slash', 'example.com/'],
  ['a path', 'example.com/a.example.org'],
  ['a backslash', 'example.com\\.evil.com'],
  ['a query', 'example.com?a'],
  ['a fragment', 'example.com#a'],
  ['a user name', 'user@example.com'],
  ['a user name and password', 'user:password@example.com'],
  ['a port', 'example.com:443'],
  ['an empty port', 'example.com:'],
  ['a port of an address', '127.0.0.1:80'],
  ['a bracketed address and port', '[::1]:80'],
  ['a space', 'exam ple.com'],
  ['a leading space', ' example.com'],
  ['a trailing space', 'example.com '],
  ['a no-break space', 'example.com\u00a0'],
  ['a comma', 'example.com,evil.com'],
  ['a semicolon', 'example.com;evil.com'],
  ['a plus', 'example.com+evil.com'],
  ['a star', '*.example.com'],
  ['quotes', '"example.com"'],
  ['a scheme', 'https://example.com'],
  ['a brace', '{example}.com'],
  ['a dollar', '$HOST.example.com'],
  ['a tilde', '~example.com'],
  ['IDN, not encoded', 'faß.example'],
  ['a Cyrillic a', '\u0430pple.com'],
  ['a full-width name', `${fullwidth('example')}.com`],
  ['a full-width dot', 'example\uff0ecom'],
  ['an ideographic full stop', 'example\u3002com'],
  ['a half-width ideographic full stop', 'example\uff61com'],
  ['a one-dot leader', 'example\u2024com'],
  ['a soft hyphen', 'exam\u00adple.com'],
  ['a zero-width space', 'exam\u200bple.com'],
  ['a zero-width joiner', 'exam\u200dple.com'],
  ['a byte order mark', '\ufeffexample.com'],
  ['a right-to-left override', 'example\u202ecom'],
  ['a Kelvin sign', '\u212aexample.com'],
  ['a dotted capital I', 'EXAMPLE\u0130.com'],
  ['a long s', 'example\u017f.com'],
  ['circled letters', '\u24d4xample.com'],
  ['a full-width slash', 'example.com\uff0fevil.com'],
  ['a lone surrogate', 'example\ud800.com'],
  ['an A-label that decodes to nothing', 'xn--.example'],
  ['an A-label that decodes to ASCII', 'xn--example-.com'],
  ['an A-label of a forbidden character', 'xn--a-ecp.ru'],
  ['an A-label of a lone joiner', 'xn--1ug.com'],
  ['an A-label that is none', 'xn--a.com'],
  ['full-width digits', `${fullwidth('127')}.0.0.1`],
  ['octal', '0177.0.0.1'],
  ['octal everywhere', '0177.0000.0000.0001'],
  ['leading zeros', '127.000.000.001'],
  ['hex', '0x7f.0.0.1'],
  ['one hex number', '0x7f000001'],
  ['one decimal number', '2130706433'],
  ['one octal number', '017700000001'],
  ['two parts', '127.1'],
  ['three parts', '127.0.1'],
  ['five parts', '127.0.0.0.1'],
  ['too large a part', '256.0.0.1'],
  ['too large a last part', '1.2.3.256'],
  ['an overflow', '4294967297'],
  ['a trailing dot on an address', '127.0.0.1.'],
  ['an empty part', '127..0.1'],
  ['0', '0'],
  ['0x', '0x'],
  ['a negative part', '127.0.0.-1'],
  ['a name that ends in a number', 'example.1'],
  ['a name that ends in a hex number', 'example.0x1'],
  ['a name that ends in 0x', 'example.0x'],
  ['a name that ends in a number and a dot', 'example.09.'],
  ['a zone', 'fe80::1%eth0'],
  ['an escaped zone', 'fe80::1%25eth0'],
  ['a zone in brackets', '[fe80::1%lo]'],
  ['a mapped address', '::ffff:127.0.0.1'],
  ['a mapped address in hex', '::ffff:7f00:1'],
  ['a mapped address in full', '0:0:0:0:0:ffff:7f00:1'],
  ['a compatible address', '::127.0.0.1'],
  ['a compatible address in hex', '[::7f00:1]'],
  ['an open bracket', '[::1'],
  ['a closing bracket', '::1]'],
  ['brackets twice', '[[::1]]'],
  ['brackets around IPv4', '[127.0.0.1]'],
  ['brackets around a name', '[example.com]'],
  ['empty brackets', '[]'],
  ['an address after a name', 'a[::1]'],
  ['IPvFuture', '[v1.a]'],
  ['too many hextets', '1:2:3:4:5:6:7:8:9'],
  ['too long a hextet', '12345::'],
  ['two gaps', '1::2::3'],
  ['three colons', ':::1'],
  ['an octal IPv4 tail', '64:ff9b::010.0.0.1'],
  ['localhost', 'localhost'],
  ['localhost in capitals', 'LOCALHOST'],
  ['localhost with a dot', 'localhost.'],
  ['a name below localhost', 'evil.localhost'],
  ['a name below localhost with a dot', 'a.b.LocalHost.'],
  ['one label', 'intranet'],
  ['one label with a dot', 'com.'],
];

describe('host names', () => {
  it.each(accepted)('%s is %s', (text, host) => {
    expect(normaliseHost(text)).toMatchObject({ ok: true, host });
    expect(isCanonicalHost(host)).toBe(true);
  });

  it.each(refused)('refuses %s', (_, text) => {
    const reading = normaliseHost(text);
    expect(reading).toEqual({ ok: false, reason: expect.stringMatching(/./) });
    expect(isCanonicalHost(text)).toBe(false);
  });

  it('looks at more than a hundred spellings', () => {
    expect(refused.length + accepted.length).toBeGreaterThan(130);
  });

  it('says the A-label of a name in another script', () => {
    expect(normaliseHost('faß.example')).toMatchObject({ reason: expect.stringContaining('xn--fa-hia.example') });
    // A homoglyph of an ASCII name is no IDN: nothing is suggested.
    expect(normaliseHost(`${fullwidth('example')}.com`)).toEqual({ ok: false, reason: 'the host is not ASCII' });
  });

  it('is idempotent, and what it accepts is plain', () => {
    const piece = fc.constantFrom(
      'a',
      'B',
      '1',
      '0x',
      '.',
      '..',
      '-',
      '_',
      ':',
      '::',
      '[',
      ']',
      'xn--',
      '%',
      'ffff',
      '\0',
      'ß',
      '127',
    );
    const spelling = fc.oneof(
      fc.string(),
      fc.domain(),
      fc.ipV4Extended(),
      fc.ipV6(),
      fc.array(piece).map((all) => all.join('')),
    );
    fc.assert(
      fc.property(spelling, (text) => {
        const reading = normaliseHost(text);
        if (!reading.ok) return;
        expect(reading.host).toMatch(/^[a-z0-9._:-]+$/);
        expect(normaliseHost(reading.host)).toEqual(reading);
      }),
      { numRuns: 1000 },
    );
  });

  it('accepts no name that a browser would take for an address or another name', () => {
    fc.assert(
      fc.property(fc.oneof(fc.domain(), fc.ipV4Extended(), fc.stringMatching(/^[0-9a-fx.]{1,20}$/)), (text) => {
        const reading = normaliseHost(text);
        if (!reading.ok || reading.kind === 'ipv6') return;
        expect(new URL(`http://${text}/`).hostname.replace(/\.$/, '')).toBe(reading.host);
      }),
      { numRuns: 1000 },
    );
  });
});
