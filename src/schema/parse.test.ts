import { expect, it } from 'vitest';
import { z } from 'zod';
import { markParsed, parseInput } from './parse.ts';
import { sendToSessionSchema } from './session.ts';

it('refuses data that is nested without end as its sender’s mistake', () => {
  const deep: unknown = JSON.parse(`${'['.repeat(200_000)}${']'.repeat(200_000)}`);
  expect(() => parseInput(sendToSessionSchema, { data: deep }, 'send')).toThrow(
    expect.objectContaining({ code: 'invalid-argument', fault: 'caller', message: 'send: it is nested too deeply' }),
  );
  expect(parseInput(sendToSessionSchema, { data: [[[1]]] }, 'send').data).toEqual([[[1]]]);
});

it('is looked at once: what a schema made is that schema’s, and no copy of it is', () => {
  let looks = 0;
  const schema = z.strictObject({ name: z.string().refine(() => ++looks > 0) });
  const made = parseInput(schema, { name: 'a' }, 'it');
  markParsed(schema, made);
  expect(parseInput(schema, made, 'it')).toBe(made);
  expect(looks).toBe(1);
  parseInput(schema, { ...made }, 'it');
  expect(looks).toBe(2);
  expect(() => parseInput(z.strictObject({ other: z.string() }), made, 'it')).toThrow('other');
});
