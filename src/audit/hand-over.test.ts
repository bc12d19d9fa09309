/** Many entries in one write: what of them is there when, and what is left of them when it fails. */
import { closeSync, openSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AuditHome, auditHome, toolCall } from '../../test/fixtures/audit-world.ts';
import { TestClock } from '../../test/fixtures/test-clock.ts';
import { systemClock } from '../base/index.ts';
import { Database } from '../state/database.ts';
import { type AuditLog, listEntries } from './index.ts';

let home: AuditHome;
let audit: AuditLog;
beforeEach(async () => {
  home = auditHome();
  audit = await home.open();
});
afterEach(() => home.remove());

/** Entries in the file, and what the log says of its newest. */
const there = (): number[] => [home.lines().filter(Boolean).length, audit.last.sequence];

/** Whoever has that file open can write nothing more to it: the disk is full. */
function fill(path: string): void {
  const found = readdirSync('/proc/self/fd').find((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === path;
    } catch {
      return false; // it was the one that listed them
    }
  });
  closeSync(Number(found));
  const opened: number[] = [];
  do opened.push(openSync('/dev/full', 'r+'));
  while (opened.at(-1) !== Number(found));
  for (const fd of opened.slice(0, -1)) closeSync(fd);
}

describe('entries that are handed over later', () => {
  it('are one write, in their order among the others, and there with whatever waits for them (1)', async () => {
    for (let n = 1; n <= 3; n++) expect(audit.appendLater(toolCall(n))).toBe(n);
    expect(there()).toEqual([0, 0]);
    audit.handOver();
    expect(there()).toEqual([3, 3]);
    audit.appendLater(toolCall(4));
    expect(audit.append(toolCall(5))).toBe(5);
    expect(there()).toEqual([5, 5]);
    for (const wait of [() => audit.durable(), () => audit.checkpoint(), () => new Promise(setImmediate)]) {
      const sequence = audit.appendLater(toolCall(6));
      await wait();
      expect(there()).toEqual([sequence, sequence]);
    }
    expect(await audit.verify()).toMatchObject({ ok: true, entries: 8 });
    const { items } = await listEntries(audit, 'acme', {});
    expect(items.map(({ body }) => body).map((body) => Object(body)['n'])).toEqual([1, 2, 3, 4, 5, 6, 6, 6]);
  });

  it('are signed with what came before when a checkpoint is asked for (1)', async () => {
    audit.append(toolCall(1));
    audit.appendLater(toolCall(2));
    const { tree, hash } = await audit.checkpoint();
    expect([tree.size, hash]).toEqual([2, audit.last.hash]);
  });

  it('wait for no more than fits into a line, and begin a segment where one more would not fit', async () => {
    await home.closeAll();
    audit = await home.open({ segmentBytes: 2 * 1024 * 1024 });
    const body = { text: 'x'.repeat(300_000) };
    for (let n = 1; n <= 8; n++) audit.appendLater(toolCall(n, { body }));
    expect(there()).toEqual([5, 7]);
    audit.handOver();
    expect(home.lines(2).filter(Boolean)).toHaveLength(3);
    expect(await audit.verify()).toMatchObject({ ok: true, entries: 8, segments: 2 });
  });

  it('are missed by whoever hands them over, though a timer was the first to find out (2)', async () => {
    await home.closeAll();
    const clock = new TestClock();
    audit = await home.open({ clock });
    audit.appendLater(toolCall(1));
    fill(home.segment());
    // A flush that nobody waits for.
    clock.advance(20);
    expect(() => audit.handOver()).toThrow(expect.objectContaining({ code: 'audit-unavailable' }));
    clock.advance(250);
    await expect.poll(() => audit.failure, { timeout: 10_000 }).toBeNull();
    expect(audit.append(toolCall(1))).toBe(1);
  });

  it.each([
    ['handed over', () => audit.handOver()],
    ['followed by one that is not', () => audit.append(toolCall(4))],
    ['waited for', () => audit.durable()],
  ])(
    'are not there, nor counted, when they cannot be written as they are %s, and all hear of it (2)',
    async (how, write) => {
      audit.append(toolCall(1));
      await audit.durable();
      for (const n of [2, 3]) audit.appendLater(toolCall(n));
      fill(home.segment());
      const unavailable = expect.objectContaining({ code: 'audit-unavailable' });
      const failures: unknown[] = [];
      // Whoever finds it, and whoever asks for those of this turn.
      for (const each of [write, () => audit.handOver()]) {
        try {
          await each();
        } catch (error) {
          failures.push(error);
        }
      }
      expect(failures).toEqual(how === 'handed over' ? [unavailable] : [unavailable, unavailable]);
      expect(there()).toEqual([1, 1]);
      expect(() => audit.appendLater(toolCall(2))).toThrow(unavailable);
      await expect.poll(() => audit.failure, { timeout: 10_000 }).toBeNull();
      expect(audit.appendLater(toolCall(2))).toBe(2);
      audit.handOver();
      expect(await audit.verify()).toMatchObject({ ok: true, entries: 2 });
    },
  );
});

describe('what is committed with its entries', () => {
  let database: Database;
  beforeEach(() => {
    database = new Database(join(home.home, 'state.db'), systemClock, () => audit.handOver());
    database.statement('CREATE TABLE calls (n INTEGER PRIMARY KEY)').run();
  });
  afterEach(() => database.close());

  /** A row, with its entry. */
  const put = (n: number): number => {
    audit.appendLater(toolCall(n));
    return database.statement('INSERT INTO calls VALUES (?)').run(n);
  };
  const rows = (): unknown[] =>
    database
      .statement('SELECT n FROM calls')
      .all()
      .map(({ n }) => n);
  const undone = new Error('this was undone');

  it.each([
    ['was committed', () => database.transaction(() => put(1)), [1]],
    [
      'was undone',
      () => {
        const work = (): never => {
          put(1);
          throw undone;
        };
        expect(() => database.transaction(work)).toThrow(undone);
      },
      [],
    ],
  ])(
    'is not there when those cannot be written, though in the same turn something else %s before (2)',
    async (_, before, kept) => {
      before();
      const lost: unknown[] = [];
      database.grouped(() => {
        put(2);
        database.onceCommitted(
          () => lost.push('committed'),
          (failure) => lost.push(failure),
        );
      });
      fill(home.segment());
      const unavailable = expect.objectContaining({ code: 'audit-unavailable' });
      const waits = [audit.durable(), database.durable()];
      expect(await Promise.allSettled(waits)).toEqual(waits.map(() => ({ status: 'rejected', reason: unavailable })));
      expect(lost).toEqual([unavailable]);
      expect([rows(), there()]).toEqual([kept, kept.length === 1 ? [1, 1] : [0, 0]]);
    },
  );

  it('is there again as soon as entries are, though nobody asked for those that were lost (2)', async () => {
    expect(() =>
      database.transaction(() => {
        put(1);
        throw undone;
      }),
    ).toThrow(undone);
    fill(home.segment());
    await expect(audit.durable()).rejects.toMatchObject({ code: 'audit-unavailable' });
    await expect.poll(() => audit.failure, { timeout: 10_000 }).toBeNull();
    database.transaction(() => put(2));
    expect([rows(), there()]).toEqual([[2], [1, 1]]);
  });
});
