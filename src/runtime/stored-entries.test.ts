import { expect, it } from 'vitest';
import type { StoredEntry } from '../state/index.ts';
import { storedEntries } from './stored-entries.ts';

const entry = (position: number): StoredEntry => ({
  session: 's',
  position,
  kind: 'received',
  at: '2026-01-01T00:00:00.000Z',
  format: 1,
  data: {},
});

it('reads a log page by page, and what was there when it began', async () => {
  const asked: number[] = [];
  const entries = (_: string, after: number, limit: number): StoredEntry[] => {
    asked.push(limit);
    return Array.from({ length: Math.min(limit, 10_000 - after) }, (_, index) => entry(after + index + 1));
  };
  const read: number[] = [];
  for await (const { position } of storedEntries({ entries }, { id: 's', position: 1000 }, 10)) read.push(position);
  expect(read).toEqual(Array.from({ length: 990 }, (_, index) => index + 11));
  expect(Math.max(...asked)).toBeLessThanOrEqual(256);
});

it('ends where the log was removed meanwhile', async () => {
  const entries = (_: string, after: number, limit: number): StoredEntry[] =>
    after === 0 ? Array.from({ length: limit }, (_, index) => entry(index + 1)) : [];
  const read: number[] = [];
  for await (const { position } of storedEntries({ entries }, { id: 's', position: 1000 }, 0)) read.push(position);
  expect(read).toHaveLength(256);
});
