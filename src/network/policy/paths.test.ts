import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allowMatches, denyMatches, type PathPattern, readPattern, readTarget } from './paths.ts';

function pattern(text: string): PathPattern {
  const reading = readPattern(text);
  if (!reading.ok) throw new Error(reading.reason);
  return reading.pattern;
}

function allows(text: string, target: string): boolean {
  const reading = readTarget(target);
  return reading.ok && allowMatches(pattern(text), reading.path);
}

function denies(text: string, target: string): boolean {
  const reading = readTarget(target);
  return !reading.ok || denyMatches(pattern(text), reading.path);
}

describe('paths', () => {
  it.each([
    ['/', '/', true],
    ['/', '/a', false],
    ['/v1', '/v1', true],
    ['/v1', '/v1?a=/../b', true],
    ['/v1', '/v1/', false],
    ['/v1', '/V1', false],
    ['/v1/*', '/v1/a', true],
    ['/v1/*', '/v1/a/b', false],
    ['/v1/*', '/v1/', false],
    ['/v1/*', '/v1', false],
    ['/v1/file-*', '/v1/file-1', true],
    ['/v1/file-*', '/v1/file-', true],
    ['/v1/file-*', '/v1/files', false],
    ['/v1/*.tar.*', '/v1/a.b.tar.gz', true],
    ['/v1/**', '/v1/a', true],
    ['/v1/**', '/v1/a/b/c', true],
    ['/v1/**', '/v1/', true],
    ['/v1/**', '/v1', false],
    ['/v1/**', '/v10/a', false],
    ['/**', '/', true],
    ['/**', '/a/b', true],
    ['/**/info/refs', '/a/b.git/info/refs', true],
    ['/**/info/refs', '/info/refs', true],
    ['/**/info/refs', '/a/info/refs/x', false],
    ['/a/**/b/**', '/a/x/b/y', true],
    ['/a/**/b/**', '/a/x/b', false],
    ['/a b'.replace(' ', '%20'), '/a%20b', true],
    ['/admin', '/%61dmin', true],
    ['/caf%C3%A9', '/caf%c3%a9', true],
    ['/npm/**', '/npm/@scope%2fname', true],
    ['/npm/*', '/npm/@scope%2fname', false],
    ['/npm/*/*', '/npm/@scope%2fname', false],
    ['/@scope/name', '/%40scope/name', true],
    ['/a%2ab', '/a*b', true],
    ['/a%2ab', '/axb', false],
    ['/a*', '/a%2a', true],
  ])('allowing %s for %s: %s', (text, target, expected) => {
    expect(allows(text, target)).toBe(expected);
  });

  it.each([
    ['/admin/**', '/admin/x', true],
    ['/admin/**', '/ADMIN/x', true],
    ['/admin/**', '/admin', true],
    ['/admin/**', '/admin/', true],
    ['/admin/**', '/%61dmin/x', true],
    ['/admin/**', '/admin%2fx', true],
    ['/admin', '/admin/', true],
    ['/admin/', '/admin', true],
    ['/admin', '/admin/x', false],
    ['/admin/**', '/administrator', false],
    ['/a/b', '/a%2Fb', true],
    ['/files/*', '/files/x/', true],
    ['/**/secret', '/x/y/Secret', true],
    ['/caf%C3%A9', '/CAF%C3%89', true],
  ])('denying %s for %s: %s', (text, target, expected) => {
    expect(denies(text, target)).toBe(expected);
  });

  it.each([
    ['an empty target', ''],
    ['OPTIONS *', '*'],
    ['absolute form', 'https://example.com/a'],
    ['a fragment', '/a#b'],
    ['a dot segment', '/a/./b'],
    ['two dots', '/a/../b'],
    ['two dots at the end', '/a/..'],
    ['escaped dots', '/a/%2e%2e/b'],
    ['half escaped dots', '/a/.%2E/b'],
    ['an escaped dot', '/a/%2e/b'],
    ['dots behind an escaped slash', '/a%2f..%2fb'],
    ['dots between escaped slashes', '/a%2f%2e%2e%2fb'],
    ['an escaped backslash', '/a%5cb'],
    ['a backslash', '/a\\b'],
    ['a double escape', '/a%252fb'],
    ['a double escape of dots', '/%252e%252e/b'],
    ['two slashes', '/a//b'],
    ['two slashes in front', '//example.com/a'],
    ['a slash and an escaped one', '/a/%2fb'],
    ['parameters', '/a;b=c/d'],
    ['dots and parameters', '/a/..;/b'],
    ['an escaped semicolon', '/a%3bb'],
    ['an escaped question mark', '/a%3fb'],
    ['an escaped hash', '/a%23b'],
    ['an escaped NUL', '/a%00b'],
    ['an escaped new line', '/a%0d%0ab'],
    ['an escaped DEL', '/a%7f'],
    ['a NUL', '/a\0b'],
    ['a new line', '/a\nb'],
    ['a space', '/a b'],
    ['raw UTF-8', '/caf\u00e9'],
    ['raw bytes', '/caf\u00c3\u00a9'],
    ['a space in the query', '/a?b c'],
    ['a bare percent sign', '/a%'],
    ['a percent sign and one digit', '/a%2'],
    ['a percent sign and no hex', '/a%zz'],
    ['IIS escapes', '/a%u002fb'],
    ['overlong UTF-8', '/a%c0%afb'],
    ['a lone continuation', '/a%80'],
    ['Latin-1', '/caf%e9'],
    ['a surrogate', '/%ed%a0%80'],
    ['a full-width slash', '/a%ef%bc%8fb'],
    ['a full-width dot', '/%ef%bc%8e%ef%bc%8e/b'],
    ['a division slash', '/a%e2%88%95b'],
    ['a two-dot leader', '/%e2%80%a5/b'],
    ['a C1 control', '/a%c2%85'],
  ])('is malformed with %s', (_, target) => {
    expect(readTarget(target)).toEqual({ ok: false, reason: expect.stringMatching(/./) });
    expect(allows('/**', target)).toBe(false);
    expect(denies('/nowhere', target)).toBe(true);
  });

  it.each(['/a?b', '/a**', '/a/../b', '/a;b', '/a//b', '/a%2fb', '/caf\u00e9', '/***', '/a\\b', 'a'])(
    'refuses the pattern %s',
    (text) => {
      expect(readPattern(text).ok).toBe(false);
    },
  );

  it('denies what it allows, for any pattern and path', () => {
    const part = fc.constantFrom('a', 'B', 'ab', '%61', '%C3%A9', 'x-y', '1');
    const segment = fc.oneof(
      part,
      fc.tuple(part, part).map(([one, other]) => `${one}*${other}`),
      fc.constant('*'),
      fc.constant('**'),
    );
    const join = (segments: string[]): string => `/${segments.join('/')}`;
    const target = fc.array(fc.oneof(part, fc.constant('a%2fb'))).map(join);
    fc.assert(
      fc.property(fc.array(segment).map(join), target, (text, path) => {
        if (allows(text, path)) expect(denies(text, path)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('takes no longer than pattern times path', () => {
    const hard = `/${'*a'.repeat(200)}/${'**/a*/'.repeat(100)}b`;
    const target = `/${'a'.repeat(4000)}/${'a/'.repeat(2000)}c`;
    const started = performance.now();
    expect(allows(hard, target)).toBe(false);
    expect(performance.now() - started).toBeLessThan(500);
  });

  it('is refused where it is longer than any server takes it', () => {
    expect(readTarget(`/${'a'.repeat(8191)}?${'b'.repeat(50_000)}`).ok).toBe(true);
    expect(readTarget(`/${'a'.repeat(8192)}`)).toMatchObject({ ok: false, reason: expect.stringContaining('longer') });
  });
});
