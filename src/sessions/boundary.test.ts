/** Where a log can be forked. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { EntryKind } from '../schema/index.ts';
import type { StoredEntry } from '../state/index.ts';
import { logUpTo } from './boundary.ts';
import { openIntent } from './context.ts';

const entry = (kind: EntryKind, data: Record<string, unknown>, index: number): StoredEntry => ({
  session: 'ses-x',
  position: index + 1,
  kind,
  at: '2026-01-01T00:00:00.000Z',
  format: 1,
  data,
});
const sessionsOf = (log: readonly StoredEntry[]) => ({
  entries: (_id: string, after: number, limit: number) => log.slice(after, after + limit),
});

/** What it means, entry by entry. */
function isBoundary(log: readonly StoredEntry[]): boolean {
  const hasEnded = (child: unknown, from: number): boolean =>
    log.some(
      ({ kind, data, position }) => kind === 'received' && data['event'] === `child:${child}` && position > from,
    );
  const below = log.filter(({ kind }) => kind === 'delegated');
  return below.every(({ data, position }) => hasEnded(data['child'], position)) && openIntent(log) === null;
}

const kinds = ['intent', 'outcome', 'delegated', 'received', 'waiting'] as const;
const anyLog = fc
  .array(fc.tuple(fc.constantFrom(...kinds), fc.nat(2)), { maxLength: 24 })
  .map((given) =>
    given.map(([kind, child], index) =>
      entry(kind, kind === 'received' ? { event: `child:${child}` } : { child: String(child) }, index),
    ),
  );

it('finds those points of any log after which nothing is under way, and no others', () => {
  fc.assert(
    fc.property(anyLog, (log) => {
      const points = [...log.keys(), log.length].filter((at) => isBoundary(log.slice(0, at)));
      const newest = points.at(-1) ?? 0;
      expect(logUpTo(sessionsOf(log), 'ses-x', undefined)).toEqual({ at: newest, kept: log.slice(0, newest) });
      for (const at of [...log.keys(), log.length, log.length + 1]) {
        const found = (): unknown => logUpTo(sessionsOf(log), 'ses-x', at);
        if (points.includes(at)) expect(found()).toEqual({ at, kept: log.slice(0, at) });
        else expect(found).toThrow(expect.objectContaining({ code: 'wrong-state', details: { at, boundary: newest } }));
      }
    }),
  );
});

it('looks at each entry once, however much came after the last of them', () => {
  let looks = 0;
  const count = 50_000;
  const log = [...Array(count).keys()].map((index) => {
    const one =
      index === 4 ? entry('delegated', { child: 'x' }, index) : entry('received', { event: 'message' }, index);
    return Object.defineProperty({ ...one }, 'kind', {
      get: () => {
        looks++;
        return one.kind;
      },
    });
  });
  expect(logUpTo(sessionsOf(log), 'ses-x', undefined)).toMatchObject({ at: 4 });
  expect(looks).toBe(count);
  expect(() => logUpTo(sessionsOf(log), 'ses-x', 5)).toThrow('is no point where nothing was under way');
  expect(looks).toBe(2 * count);
});
