/** Sessions whose writes are lost with others' of the same group, for real: the transaction of all of them fails at its end. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { idMaker, type OwnedScope, rootScope, silentLog, systemClock, systemRandom } from '../../src/base/index.ts';
import {
  type DurableContext,
  type Program,
  SessionEngine,
  type StepResult,
  type TurnEnd,
} from '../../src/sessions/index.ts';
import { Database } from '../../src/state/database.ts';
import { SessionTable } from '../../src/state/sessions.ts';
import { StopTable } from '../../src/state/stops.ts';
import { settled } from '../fixtures/agent-world.ts';

let home: string;
let database: Database;
let sessions: SessionTable;
let scope: OwnedScope;
let engine: SessionEngine;
let performed: string[];

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'hf-lost-'));
  database = new Database(join(home, 'state.db'), systemClock);
  sessions = new SessionTable(database, systemClock);
  scope = rootScope({ name: 'lost' });
  performed = [];
  // A constraint that is looked at when the transaction ends.
  const reference = 'REFERENCES notes (id) DEFERRABLE INITIALLY DEFERRED';
  database.statement(`CREATE TABLE notes (id INTEGER PRIMARY KEY, of INTEGER ${reference})`).run();
});
afterEach(async () => {
  await engine.close();
  await scope.close();
  database.close();
  rmSync(home, { recursive: true, force: true });
});

/** Of somebody else; the group it joins cannot be committed any more. */
const spoil = (): unknown => database.grouped(() => database.statement('INSERT INTO notes VALUES (1, 99)').run());

function start(turn: Program['turn']): string {
  engine = new SessionEngine({
    store: {
      sessions,
      stops: new StopTable(database),
      transaction: (work) => database.transaction(work),
      grouped: (work) => database.grouped(work),
      consented: () => database.consented(),
      onceCommitted: (tell, lost) => database.onceCommitted(tell, lost),
      durable: () => database.durable(),
    },
    clock: systemClock,
    newId: idMaker(systemClock, systemRandom),
    log: silentLog,
    scope,
    program: { format: 1, upgrades: {}, turn },
  });
  const limits = { steps: 100, tokens: 1e6, cents: 100, wallMs: 1e6, depth: 3 };
  const who = { tenant: 'default', agent: 'worker', manifest: 'm', bundle: 'b', person: 'ada' };
  return engine.start({ ...who, limits, input: {} }).id;
}

const log = (id: string): string[] =>
  sessions.entries(id, 0, 100).map(({ kind, data }) => [kind, data['name'] ?? data['event']].filter(Boolean).join(' '));

/** Does what the log has no result of; answers whether it did. */
async function step(context: DurableContext, name: string): Promise<boolean> {
  if (context.entries.some(({ kind, data }) => kind === 'outcome' && data['name'] === name)) return false;
  const perform = async (key: string): Promise<StepResult> => {
    performed.push(`${name} as ${key.split('/')[1]}`);
    return { data: {} };
  };
  await context.step({ name, request: { name }, hold: { steps: 1 }, timeoutMs: 5000, perform });
  return true;
}

const over: TurnEnd = { end: { ok: true, output: null } };

describe('a result that was lost with somebody else’s write', () => {
  it('is in the log before its session ends', async () => {
    const id = start(async (context) => {
      if ((await step(context, 'one')) && performed.length === 1) spoil();
      return over;
    });
    await settled(engine, id, 'done');
    expect(log(id)).toEqual(['started', 'intent one', 'outcome one', 'ended']);
    // Under the same key: who was asked knows that it is the same.
    expect(performed).toEqual(['one as 2', 'one as 2']);
  });

  it('is in the log before the next step, though somebody else’s entry took its place', async () => {
    const id = start(async (context) => {
      if ((await step(context, 'one')) && performed.length === 1) {
        spoil();
        engine.deliver(id, { event: 'message', data: 'x' });
      }
      await step(context, 'two');
      return over;
    });
    await settled(engine, id, 'done');
    const before = ['started', 'intent one', 'received message', 'outcome one'];
    expect(log(id)).toEqual([...before, 'intent two', 'outcome two', 'ended']);
    expect(performed).toEqual(['one as 2', 'one as 2', 'two as 5']);
  });

  it('is in the log before it waits', async () => {
    const id = start(async (context) => {
      if ((await step(context, 'one')) && performed.length === 1) spoil();
      return context.entries.some(({ kind }) => kind === 'received')
        ? over
        : { wait: { events: ['go'], untilMs: null } };
    });
    await settled(engine, id, 'waiting');
    expect(log(id)).toEqual(['started', 'intent one', 'outcome one', 'waiting']);
    engine.deliver(id, { event: 'go', data: '' });
    await settled(engine, id, 'done');
  });
});
