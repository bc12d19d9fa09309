import { expect, it } from 'vitest';
import { z } from 'zod';
import { issueWords } from './issue-words.ts';

const said = (schema: z.ZodType, value: unknown): string => {
  const [issue] = schema.safeParse(value).error?.issues ?? [];
  return issueWords(issue?.message ?? 'it fits');
};

it.each<[z.ZodType, unknown, string]>([
  [z.enum(['a', 'b-c']), 'nope', 'takes a, b-c'],
  [z.literal('holdfast-world/1'), 'x', 'takes holdfast-world/1'],
  [z.object({}), 'x', 'must be an object of names and values'],
  [z.record(z.string(), z.string()), 1, 'must be an object of names and values'],
  [z.array(z.string()), 'x', 'must be a list'],
  [z.int(), 0.5, 'must be a whole number'],
  [z.string(), 1, 'must be text'],
  [z.string(), undefined, 'is missing, and must be text'],
  [z.boolean(), 'yes', 'must be true or false'],
  [z.string().min(1), '', 'must have at least 1 character'],
  [z.string().max(2), 'abc', 'must have at most 2 characters'],
  [z.array(z.string()).min(2), ['a'], 'must have at least 2 items'],
  [z.number().min(0.01), 0, 'must be at least 0.01'],
  [z.number().positive(), 0, 'must be more than 0'],
  [z.number().lt(3), 3, 'must be less than 3'],
  [z.number().max(-1), 3, 'must be at most -1'],
  [z.string().regex(/^a/, 'lower-case letters'), 'b', 'lower-case letters'],
])('says it of the value: %#', (schema, value, words) => {
  expect(said(schema, value)).toBe(words);
});
