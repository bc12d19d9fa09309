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

  it.each<[string, (value: string) => string]>([
    ['base64', (value) => Buffer.from(`user:${value}`).toString('base64')],
    ['base64 in the middle', (value) => Buffer.from(JSON.stringify({ user: 'me', value, more: 1 })).toString('base64')],
    ['a query', (value) => encodeURIComponent(`${value}&x`)],
    ['hexadecimal', (value) => Buffer.from(value).toString('hex')],
    ['upper case hexadecimal', (value) => Buffer.from(value).toString('hex').toUpperCase()],
    ['JSON in JSON', (value) => JSON.stringify(JSON.stringify({ value }))],
  ])('is its token in the same spelling: %s', (_, spell) => {
    expect(make().text(spell(secret))).toBe(spell(token));
  });

  it('is found in lower case, as names of hosts are', () => {
    const redactor = make();
    redactor.learn([{ name: 'label', value: Buffer.from('Acme-Label-9') }]);
    expect(redactor.text('https://acme-label-9.example.com/')).toMatch(/^https:\/\/hfr_[a-z2-7]{26}\.example\.com\/$/);
  });

  it('is not made of a token: a replay that is recorded keeps it', () => {
    const redactor = make();
    expect(redactor.learnEnvironment({ API_TOKEN: token })).toBe(false);
    expect(redactor.text(`Bearer ${token}`)).toBe(`Bearer ${token}`);
  });

  it('that is learnt while a stream goes on counts from the next piece on', () => {
    const redactor = make();
    const stream = redactor.stream();
    const pieces = [stream.push(Buffer.from('late-value-1 '))];
    expect(stream.hasFound).toBe(false);
    redactor.learnEnvironment({ LATE_TOKEN: 'late-value-1' });
    pieces.push(stream.push(Buffer.from('late-value-1 ')), stream.end());
    expect(Buffer.concat(pieces).toString()).toMatch(/^late-value-1 hfr_[a-z2-7]{26} $/);
    expect(stream.hasFound).toBe(true);
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

  it('leaves a reader of a stream that ended anywhere the place to go on from', () => {
    const words = [
      secret,
      `x${secret}${secret}`,
      token,
      `ghp_${'a1B2'.repeat(9)}`,
      'plain ',
      ' g',
      'eyJ',
      'sk-',
      '-----BEGIN ',
      '\n',
      ' ',
    ];
    const key = `-----BEGIN PRIVATE KEY-----\n${'MIIE'.repeat(20)}\n-----END PRIVATE KEY-----`;
    let cut = 0;
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...words, secret.slice(0, 9), key, `eyJ${key}`), { maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 40 }),
        (text, lengths) => {
          const bytes = Buffer.from(text.join(' '));
          const whole = Buffer.from(make().bytes(bytes)).toString();
          const stream = make().stream();
          let [passed, from] = ['', 0];
          for (const length of lengths) {
            passed += Buffer.from(stream.push(bytes.subarray(from, from + length))).toString();
            from = Math.min(bytes.length, from + length);
            if (stream.heldBytes === null) continue;
            cut++;
            const next = make().stream();
            const rest = [next.push(bytes.subarray(from - stream.heldBytes)), next.end()];
            // Whether a word begins there is seen by what stands before it, which the next reader does not see.
            if (/\w$/.test(passed)) continue;
            expect(passed + Buffer.concat(rest).toString()).toBe(whole);
          }
        },
      ),
      { numRuns: 200 },
    );
    expect(cut).toBeGreaterThan(400);
  });

  it('is told apart from what is held because it may become one', () => {
    const stream = make().stream();
    const key = `-----BEGIN PRIVATE KEY-----\n${'MIIE'.repeat(20)}\n-----END PRIVATE KEY-----`;
    expect(stream.heldBytes).toBe(0);
    expect(Buffer.from(stream.push(Buffer.from(`a eyJ${key}`))).toString()).toMatch(/^a eyJhfr_[a-z2-7]{26}$/);
    expect(stream.heldBytes).toBe(0);
    stream.push(Buffer.from('gh'));
    expect(stream.heldBytes).toBe(2);
  });

  it('in a variable with a telling name is one', () => {
    const redactor = make();
    redactor.learnEnvironment({ API_TOKEN: 'a-long-value-1', PATH: '/usr/bin:/bin', SHORT_SECRET: 'abc' });
    expect(redactor.text('a-long-value-1 /usr/bin:/bin abc')).toMatch(/^hfr_\S{26} \/usr\/bin:\/bin abc$/);
  });

  const wellKnown = [
    `ghp_${'a1B2'.repeat(9)}`,
    `github_pat_${'a1B2'.repeat(15)}`,
    `sk-proj-${'a1B2'.repeat(10)}`,
    'AKIAIOSFODNN7EXAMPLE',
    `xoxb-${'a1B2'.repeat(6)}`,
    `-----BEGIN PRIVATE KEY-----\n${'MIIE'.repeat(20)}\n-----END PRIVATE KEY-----`,
    `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.${'a1B2'.repeat(8)}`,
  ];

  it.each(wellKnown)('of a well-known form is one: %s', (word) => {
    const told: TokenFacts[] = [];
    const redactor = make(told);
    expect(redactor.text(`x ${word} y`)).toMatch(/^x hfr_[a-z2-7]{26} y$/);
    expect(told).toMatchObject([{ kind: 'pattern' }]);
  });

  it('of a well-known form is found however a stream is cut, and nothing that only begins like one is kept back', () => {
    const text = `x ${wellKnown.join(' y ')} gh sk- eyJ.. xAKIAIOSFODNN7EXAMPL2 -----BEGIN CERTIFICATE----- A`;
    const whole = make().text(text);
    for (const word of wellKnown) expect(whole).not.toContain(word);
    expect(whole).toMatch(/ gh sk- eyJ\.\. xAKIAIOSFODNN7EXAMPL2 -----BEGIN CERTIFICATE----- A$/);
    const bytes = Buffer.from(text);
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 20 }), (cuts) => {
        const stream = make().stream();
        const places = [0, ...cuts.sort((one, other) => one - other), bytes.length];
        const pieces = places.slice(1).map((to, at) => stream.push(bytes.subarray(places[at], to)));
        expect(Buffer.concat([...pieces, stream.end()]).toString()).toBe(whole);
      }),
    );
    const events = make().stream();
    expect(Buffer.from(events.push(Buffer.from('data: 1\n\n'))).toString()).toBe('data: 1\n\n');
    expect(Buffer.from(events.push(Buffer.from('data: ghp_abc\n\n'))).toString()).toBe('data: ghp_abc\n\n');
  });

  const privateKey = wellKnown.find((word) => word.startsWith('-----')) ?? '';
  const others = wellKnown.filter((word) => word !== privateKey);

  it.each(others)('of a well-known form is found with a private key right before or behind it: %s', (word) => {
    const text = `x ${word}${privateKey}${word} y ${word}-----BEGIN nothing`;
    const whole = make().text(text);
    expect(whole).toMatch(/^x hfr_[a-z2-7]{26}hfr_[a-z2-7]{26}hfr_[a-z2-7]{26} y hfr_[a-z2-7]{26}-----BEGIN nothing$/);
    for (let at = 1; at < text.length; at++) {
      const stream = make().stream();
      const pieces = [stream.push(Buffer.from(text.slice(0, at))), stream.push(Buffer.from(text.slice(at)))];
      expect(Buffer.concat([...pieces, stream.end()]).toString()).toBe(whole);
    }
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
