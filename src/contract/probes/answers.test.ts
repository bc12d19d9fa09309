import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { observe } from '../capture/observe.ts';
import { fieldRegistry } from '../fields/index.ts';
import { longestValue, mostMembers, observationSchema } from '../profile/index.ts';
import { hear, mostOutputBytes } from './answers.ts';

const mark = 'cafe0123';
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const heard = (stdout: Uint8Array | string, fields = ['identity.user', 'environment.path', 'environment.names']) =>
  hear({
    mark,
    fields,
    stdout: typeof stdout === 'string' ? bytes(stdout) : stdout,
    ending: 'exit 1',
    timedOut: false,
    nowMs: 1_000_000,
  });

describe('what a program printed', () => {
  it('is taken by kind', () => {
    const { readings, troubles } = heard(
      `=${mark} value identity.user\n|root\n=${mark} list environment.path\n|/b\n|/a\n=${mark} set environment.names\n|B\n|A\n|B\n|\n`,
    );
    expect(readings).toEqual([
      { field: 'identity.user', kind: 'value', value: 'root' },
      { field: 'environment.path', kind: 'list', items: ['/b', '/a'] },
      { field: 'environment.names', kind: 'set', members: ['A', 'B'] },
    ]);
    expect(troubles).toEqual([]);
  });

  it('leaves fields without an answer unmeasured, with what is known of why', () => {
    expect(heard('sh: not found\n').readings[0]).toEqual({
      field: 'identity.user',
      kind: 'could-not-measure',
      lost: { side: 'runtime', code: 'garbage' },
      reason: 'no answer: exit 1',
    });
  });

  it('does not take a last answer that was cut off', () => {
    expect(heard(`=${mark} value identity.user\n|ro`).readings[0]?.kind).toBe('could-not-measure');
  });

  it('cannot speak for a field that was not asked, nor twice, nor in unknown kinds; and that is told', () => {
    const { readings, troubles } = heard(
      `=${mark} value exec.blocking\n|yes\n=${mark} value identity.user\n|first\n=${mark} value identity.user\n|second\n=${mark} evil environment.path\n|x\n`,
    );
    expect(readings[0]).toEqual({ field: 'identity.user', kind: 'value', value: 'first' });
    expect(readings.map(({ field }) => field)).not.toContain('exec.blocking');
    expect(troubles.map(({ side, code }) => `${side} ${code}`)).toEqual(Array(3).fill('runtime garbage'));
  });

  it('ignores whoever does not know the mark', () => {
    expect(heard('=deadbeef value identity.user\n|evil\nhello\n').readings[0]?.kind).toBe('could-not-measure');
  });

  it('cuts what is too long or too much, and keeps what is no text out', () => {
    const [user] = heard(`=${mark} value identity.user\n|${'x'.repeat(1_000_000)}\n`).readings;
    expect(user?.kind === 'value' && user.value.length).toBe(longestValue + 1);
    const many = Array.from({ length: 5000 }, (_, at) => `|v${at}`).join('\n');
    const [, , names] = heard(`=${mark} set environment.names\n${many}\n`).readings;
    expect(names?.kind === 'set' && names.members.length).toBe(mostMembers);
    const binary = Buffer.concat([
      bytes(`=${mark} value identity.user\n|`),
      Buffer.from([0, 27, 91, 255, 254]),
      bytes('\n'),
    ]);
    const [odd] = heard(binary).readings;
    expect(odd).toEqual({ field: 'identity.user', kind: 'value', value: '\ufffd\ufffd[\ufffd\ufffd' });
  });

  it('is not read beyond its bound', () => {
    const { troubles } = heard(new Uint8Array(mostOutputBytes + 1).fill(0x61));
    expect(troubles[0]?.message).toContain('the rest was not read');
  });

  it('becomes a valid observation, whatever it is', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        `=${mark} value identity.user\n|`,
        `=${mark} set environment.names\n|`,
        `=${mark} now clock.skew\n|`,
      ),
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\n', '\n|', '\r\n', '=', ' ', '\ud800'),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), fc.uint8Array({ maxLength: 20 }), (pieces, noise) => {
        const { readings } = heard(Buffer.concat([bytes(pieces.join('')), noise]), [
          'identity.user',
          'clock.skew',
          'environment.names',
        ]);
        expect(readings.length).toBe(3);
        for (const seen of observe([readings, readings])) observationSchema.parse(seen);
      }),
    );
  });
});

describe('readings', () => {
  const reading = (value: string) => ({ field: 'identity.user', kind: 'value' as const, value });
  const seen = (...values: string[]) =>
    observe(values.map((value) => [reading(value)])).find(({ id }) => id === 'identity.user');

  it('that agree are a value', () => {
    expect(seen('root', 'root')).toEqual({
      id: 'identity.user',
      section: 'identity',
      kind: 'value',
      value: 'root',
      readings: 2,
    });
  });

  it('that differ are unstable, most frequent first, whatever the order was', () => {
    const unstable = {
      kind: 'unstable',
      seen: [
        { reading: 'b', times: 2 },
        { reading: 'a', times: 1 },
      ],
    };
    expect(seen('a', 'b', 'b')).toMatchObject(unstable);
    expect(seen('b', 'b', 'a')).toMatchObject(unstable);
  });

  it('that are missing in some sessions are unstable too', () => {
    const missing = { field: 'identity.user', kind: 'could-not-measure' as const, reason: 'there is no id' };
    const [user] = observe([[reading('root')], [missing]]);
    expect(user).toMatchObject({
      kind: 'unstable',
      seen: [{ reading: 'could not measure: there is no id' }, { reading: 'root' }],
    });
  });

  it('never taken leave the field unmeasured, and every field of the registry has an observation', () => {
    const all = observe([]);
    expect(all.map(({ id }) => id)).toEqual(fieldRegistry.map(({ id }) => id));
    expect(all.every(({ kind }) => kind === 'could-not-measure')).toBe(true);
  });
});
