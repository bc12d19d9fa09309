/** Which events are written without a reader's whole check: those of which it is plain that it would pass them. */
import { expect, it } from 'vitest';
import { z } from 'zod';
import { type RecordingEventBody, recordingEventSchema } from '../schema/index.ts';
import { fitting, plainlyFits } from './fit.ts';

type Json = Record<string, unknown>;

/** Every bound of the schema that a value of the right type can be out of, with the name of the field. */
function bounds(schema: unknown, field = ''): { field: string; kind: string; bound: number }[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const own = ['maxLength', 'maxItems', 'maximum'].flatMap((kind) => {
    const bound = (schema as Json)[kind];
    return typeof bound === 'number' && bound < Number.MAX_SAFE_INTEGER ? [{ field, kind, bound }] : [];
  });
  const inner = Object.entries(schema).flatMap(([key, value]) =>
    key === 'properties'
      ? Object.entries(value as Json).flatMap(([name, one]) => bounds(one, name))
      : Array.isArray(value)
        ? value.flatMap((one) => bounds(one, field))
        : bounds(value, field),
  );
  return [...own, ...inner];
}

it('what plainly fits is below every bound there is', () => {
  const all = bounds(z.toJSONSchema(recordingEventSchema, { unrepresentable: 'any' }));
  expect(all.length).toBeGreaterThan(50);
  for (const { field, kind, bound } of all) {
    const value = { maxLength: 'x'.repeat(bound + 1), maxItems: Array(bound + 1).fill(0), maximum: bound + 1 }[kind];
    expect(plainlyFits({ [field]: value }), `${field} ${kind} ${bound}`).toBe(false);
  }
});

it('keys are texts too, and numbers are numbers', () => {
  expect(plainlyFits({ facts: { [`k${'x'.repeat(256)}`]: 1 } })).toBe(false);
  for (const odd of [Number.NaN, Number.POSITIVE_INFINITY]) expect(plainlyFits({ durationMs: odd })).toBe(false);
  expect(plainlyFits({ argv: ['a', { deep: ['x'.repeat(257)] }] })).toBe(false);
  expect(plainlyFits({ step: 3, note: null, text: 'x'.repeat(60_000), list: [1, 'a', true] })).toBe(true);
});

it('what does not is cut, or refused as before', () => {
  const note = (text: string): RecordingEventBody => ({ type: 'note', atMs: 1, by: 'a', text });
  const [short, long] = [note('x'), note('x'.repeat(70_000))];
  expect(fitting(short)).toBe(short);
  expect(fitting(long)).toMatchObject({ text: expect.stringMatching(/\[cut from 70000 characters\]$/) });
  const lost: RecordingEventBody = { type: 'gap', atMs: 1, lostEvents: Number.NaN, reason: '' };
  expect(() => fitting(lost)).toThrow('does not fit into a recording');
});
