/** Expressions are a tenant's, targets a sandbox's: together they may take neither the gateway's time nor its memory. */
import { describe, expect, it } from 'vitest';
import type { TapeRulesInput } from '../../schema/index.ts';
import { parseTapeRules, prepareRule } from './rules.ts';

const host = 'a.example.com';
const replacing = (pattern: string, by: string, times = 1): ((target: string) => string) => {
  const replace = Array.from({ length: times }, () => ({ pattern, with: by }));
  return prepareRule({ host, replace }).target;
};

describe('a replacement', () => {
  it('puts in what matched', () => {
    expect(replacing('/(\\w+)-(\\d+)', '/$2-$1-$$-$&-$3')('/run-7?x')).toBe('/7-run-$-/run-7-$3?x');
    expect(replacing('[0-9]', 'N')('/1/2')).toBe('/N/N');
    expect(replacing('(a)|b', '<$1>')('/ab')).toBe('/<a><>');
  });

  it.each([
    ['what matched', '.', '$&'.repeat(256), 1],
    ['ever more', '.', '$&$&', 30],
    ['everything, for nothing', '', 'x'.repeat(512), 1],
  ])('does not grow: %s', (_name, pattern, by, times) => {
    expect(() => replacing(pattern, by, times)(`/${'a'.repeat(4000)}`)).toThrow(/longer than 4096/);
  });

  it('knows nothing of what stands around a match', () => {
    expect(replacing('a', "$'$`")('/bac')).toBe("/b$'$`c");
  });
});

describe('expressions', () => {
  const rules = (...targets: string[]): TapeRulesInput => ({ hosts: targets.map((target) => ({ host, target })) });

  it('may not weigh too much together', () => {
    expect(() => parseTapeRules(rules(...Array.from({ length: 16 }, () => 'a'.repeat(512))))).not.toThrow();
    expect(() => parseTapeRules(rules(...Array.from({ length: 17 }, () => 'a'.repeat(512))))).toThrow(/too many/);
    expect(() => parseTapeRules(rules('a{16}', 'b'.repeat(512), '(.*a){16}'.repeat(56)))).toThrow(/too many/);
  });

  it('at their heaviest take no time that others notice', () => {
    const { covers } = prepareRule({ host, target: '(.*a){16}'.repeat(56) });
    const startedMs = performance.now();
    covers({ host, method: 'GET', target: `/${'a'.repeat(4095)}` });
    expect(performance.now() - startedMs).toBeLessThan(2000);
    expect(covers({ host, method: 'GET', target: `/${'a'.repeat(4096)}` })).toBe(false);
  });
});
