import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mostPatternsTold, Redactor, type TokenFacts } from './redactor.ts';

const key = new Uint8Array(32).fill(1);
const secret = 'correct-horse-battery';
const make = (told: TokenFacts[] = [], own = key, tenant = 'a'): Redactor => {
  const redactor = new Redactor(own, tenant, (facts) => told.push(facts));
  redactor.learn([{ name: 'deploy', value: Buffer.from(secret) }]);
  return redactor;
};
const token = make().text(secret);

describe('a secret', () => {
  it('becomes a token that says nothing without the key, the same wherever it stands', () => {
    expect(token).toMatch(/^hfr_[a-z2-7]{26}$/);
    expect(make().text(`a ${secret} b`)).toBe(`a ${token} b`);
    expect(make([], new Uint8Array(32)).text(secret)).not.toBe(token);
    expect(make([], key, 'b').text(secret)).not.toBe(token);
  });

  it.each([
    ['base64', Buffer.from(`user:${secret}`).toString('base64')],
    ['a query', encodeURIComponent(`${secret}&x`)],
    ['hexadecimal', Buffer.from(secret).toString('hex')],
    ['JSON in JSON', JSON.stringify(JSON.stringify({ secret }))],
  ])('is found as %s', (_, text) => {
    expect(make().text(text)).toContain(token);
  });

  it('is found in values, keys and bytes', () => {
    const value = { a: [secret, { [secret]: 1 }], b: Buffer.from(`x${secret}`) };
    const clean = make().value(value);
    expect(JSON.stringify(clean)).not.toContain(secret);
    expect(clean).toMatchObject({ a: [token, { [token]: 1 }] });
    expect(Buffer.from((clean as { b: Uint8Array }).b).toString()).toBe(`x${token}`);
  });

  it('is found however a stream is cut', () => {
    const whole = Buffer.from(`begin ${secret} middle ${secret.slice(0, 9)} ${secret}end`);
    fc.assert(
      fc.property(fc.array(fc.nat(whole.length), { maxLength: 8 }), (cuts) => {
        const stream = make().stream();
        const places = [0, ...cuts.sort((one, other) => one - other), whole.length];
        const pieces = places.slice(1).map((to, at) => stream.push(whole.subarray(places[at], to)));
        const clean = Buffer.concat([...pieces, stream.end()]).toString();
        expect(clean).toBe(`begin ${token} middle ${secret.slice(0, 9)} ${token}end`);
      }),
    );
  });

  it('in a variable with a telling name is one', () => {
    const redactor = make();
    redactor.learnEnvironment({ API_TOKEN: 'a-long-value-1', PATH: '/usr/bin:/bin', SHORT_SECRET: 'abc' });
    expect(redactor.text('a-long-value-1 /usr/bin:/bin abc')).toMatch(/^hfr_\S{26} \/usr\/bin:\/bin abc$/);
  });

  it.each([
    `ghp_${'a1B2'.repeat(9)}`,
    `sk-proj-${'a1B2'.repeat(10)}`,
    'AKIAIOSFODNN7EXAMPLE',
    `-----BEGIN PRIVATE KEY-----\n${'MIIE'.repeat(20)}\n-----END PRIVATE KEY-----`,
    `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.${'a1B2'.repeat(8)}`,
  ])('of a well-known form is one: %s', (word) => {
    const told: TokenFacts[] = [];
    const redactor = make(told);
    expect(redactor.text(`x ${word} y`)).toMatch(/^x hfr_[a-z2-7]{26} y$/);
    expect(told).toMatchObject([{ kind: 'pattern' }]);
  });

  it('is told once, by name and never by value', () => {
    const told: TokenFacts[] = [];
    const redactor = make(told);
    redactor.text(secret);
    redactor.text(secret);
    expect(told).toEqual([{ token, kind: 'secret', name: 'deploy' }]);
  });

  it('is replaced, and not told, when somebody prints words of its form without end', () => {
    const told: TokenFacts[] = [];
    const redactor = make(told);
    const words = Array.from({ length: mostPatternsTold + 50 }, (_, at) => `ghp_${String(at).padStart(36, 'a')}`);
    expect(redactor.text(words.join(' '))).not.toContain('ghp_');
    expect(told).toHaveLength(mostPatternsTold);
    redactor.text(secret);
    expect(told.at(-1)).toMatchObject({ kind: 'secret' });
  });
});

it('what is none comes through unchanged', () => {
  const redactor = make();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(Buffer.from(redactor.bytes(bytes)).equals(Buffer.from(bytes))).toBe(true);
    }),
  );
});
