import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../base/index.ts';
import { Database } from './database.ts';
import type { SessionRecord } from './session-types.ts';
import { SessionTable } from './sessions.ts';

const amounts = { steps: 100, tokens: 100, cents: 100, wallMs: 100, depth: 3 };
const nothing = { steps: 0, tokens: 0, cents: 0, wallMs: 0, depth: 0 };

const row = (id: string, parent: string | null): SessionRecord => ({
  id,
  tenant: 't',
  name: null,
  parent,
  root: 'a',
  agent: 'worker',
  manifest: 'm',
  bundle: 'b',
  person: 'ada',
  format: 1,
  state: 'waiting',
  paused: false,
  sandbox: null,
  waitsFor: ['message'],
  wakeMs: null,
  fence: 0,
  position: 0,
  bytes: 0,
  outcome: null,
  origin: null,
  createdAt: '2026-01-01T00:00:00.000Z',
  endedAt: null,
  limits: amounts,
  spent: nothing,
  held: nothing,
  owedEnd: null,
});

let home: string;
let database: Database;
let sessions: SessionTable;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'holdfast-rows-'));
  database = new Database(join(home, 'state.db'), systemClock);
  sessions = new SessionTable(database, systemClock);
});
afterEach(() => {
  database.close();
  rmSync(home, { recursive: true });
});

const ids = ['a', 'b', 'c'];
/** As a reader finds it that never read before. */
const anew = (id: string): SessionRecord | null => new SessionTable(database, systemClock).get(id);
const undone = new Error('undone');

const works = {
  append: (id: string) => void sessions.append(id, null, [{ kind: 'received', data: { event: 'x', data: undefined } }]),
  wait: (id: string) => void sessions.append(id, null, [], { state: 'waiting', waitsFor: ['x'], wakeMs: 5 }),
  end: (id: string) =>
    void sessions.append(id, null, [], {
      state: 'done',
      outcome: { ok: true, output: { left: undefined } },
      endedAt: 'now',
    }),
  take: (id: string) => void sessions.take(id),
  hold: (id: string) => void sessions.hold(`${id}/1`, id, { steps: 1, cents: 0.5 }),
  settle: (id: string) => void sessions.settle(`${id}/1`, { steps: 1 }),
  pauseParked: () => void sessions.pauseParked('t', null, 1),
  endParked: () =>
    void sessions.endParked('t', null, 1, { outcome: { ok: true, output: null }, endedAt: 'now', by: 'ada' }),
  remove: (id: string) => {
    sessions.forget(id);
    sessions.insert(row(id, ids[ids.indexOf(id) - 1] ?? null));
  },
} satisfies Record<string, (id: string) => void>;

const within = {
  nothing: (work) => work(),
  'a transaction': (work) => database.transaction(work),
  'a group': (work) => database.grouped(work),
  'a transaction that is undone': (work) => undo(() => database.transaction(() => spoil(work))),
  'a part of a group that is undone': (work) => undo(() => database.grouped(() => spoil(work))),
} satisfies Record<string, (work: () => void) => void>;

function spoil(work: () => void): never {
  work();
  for (const id of ids) sessions.get(id);
  throw undone;
}

function undo(work: () => void): void {
  expect(work).toThrow(undone);
}

describe('rows that are remembered', () => {
  it('are what a reader finds that never read before, whatever was written and undone', () => {
    const step = fc.record({
      work: fc.constantFrom(...(Object.keys(works) as (keyof typeof works)[])),
      id: fc.constantFrom(...ids),
      within: fc.constantFrom(...(Object.keys(within) as (keyof typeof within)[])),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        for (const id of ids) works.remove(id);
        database.statement('DELETE FROM holds').run();
        for (const { work, id, within: how } of steps) {
          within[how](() => {
            // A hold that is there already is not held twice.
            if (work !== 'hold' || sessions.openHolds(id).length === 0) works[work](id);
            for (const each of ids) expect(sessions.get(each)).toStrictEqual(anew(each));
          });
          for (const each of ids) expect(sessions.get(each)).toStrictEqual(anew(each));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('show nobody outside of a group what could not be committed', () => {
    sessions.insert(row('a', null));
    sessions.get('a');
    const reference = 'REFERENCES notes (id) DEFERRABLE INITIALLY DEFERRED';
    database.statement(`CREATE TABLE notes (id INTEGER PRIMARY KEY, of INTEGER ${reference})`).run();
    database.grouped(() => {
      works.append('a');
      database.statement('INSERT INTO notes VALUES (1, 99)').run();
      expect(sessions.get('a')?.position).toBe(1);
    });
    expect(sessions.get('a')?.position).toBe(0);
  });

  it('are not remembered without a bound, and are nobody’s to change', () => {
    for (let n = 0; n < 600; n++) sessions.insert(row(`s${n}`, null));
    for (let n = 0; n < 600; n++) expect(sessions.get(`s${n}`)?.id).toBe(`s${n}`);
    const read = (): unknown => sessions.get('s599');
    expect(read()).toBe(read());
    expect(sessions.get('s1')).toEqual(anew('s1'));
    expect(() => Object.assign(read() as object, { tenant: 'u' })).toThrow(TypeError);
  });
});
