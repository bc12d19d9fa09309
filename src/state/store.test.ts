import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sandboxRecord } from '../../test/fixtures/sandbox-record.ts';
import { systemClock } from '../base/index.ts';
import { openStore } from './store.ts';
import type { SandboxRecord, Store } from './types.ts';

let home: string;
let store: Store;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'holdfast-store-'));
  store = openStore({ home });
});
afterEach(() => {
  store.close();
  rmSync(home, { recursive: true });
});

function reopen(): void {
  store.close();
  store = openStore({ home });
}

function insert(changes: Partial<SandboxRecord> = {}): SandboxRecord {
  const record = sandboxRecord(changes);
  store.sandboxes.insert(record);
  return record;
}

describe('the database', () => {
  it('belongs to one opener at a time (1)', () => {
    expect(() => openStore({ home })).toThrow(
      expect.objectContaining({ code: 'in-use', message: expect.stringContaining(join(home, 'state.db')) }),
    );
    const other = `import { openStore } from ${JSON.stringify(join(import.meta.dirname, 'store.ts'))};
      try { openStore({ home: ${JSON.stringify(home)} }); } catch (error) { process.stdout.write(error.code); }`;
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', other], { encoding: 'utf8' });
    expect(output).toBe('in-use');
    reopen();
  });

  it('refuses a newer format and names both (3)', () => {
    store.close();
    const database = new DatabaseSync(join(home, 'state.db'));
    database.exec("INSERT INTO migrations VALUES (99, 'of the future', '')");
    database.close();
    expect(() => openStore({ home })).toThrow(
      expect.objectContaining({ code: 'state-unusable', message: expect.stringMatching(/format is 99.*up to \d+$/) }),
    );
  });

  it('refuses a file that is no database, or not ours', () => {
    store.close();
    const path = join(home, 'state.db');
    rmSync(path);
    const foreign = new DatabaseSync(path);
    foreign.exec('CREATE TABLE recipes (name TEXT)');
    foreign.close();
    expect(() => openStore({ home })).toThrow(/not one of Holdfast/);
    writeFileSync(path, 'x'.repeat(4096));
    expect(() => openStore({ home })).toThrow(expect.objectContaining({ code: 'state-unusable' }));
    expect(existsSync(path)).toBe(true);
    rmSync(path);
  });

  it('does all of a transaction or nothing', () => {
    const record = sandboxRecord();
    expect(() =>
      store.transaction(() => {
        store.sandboxes.insert(record);
        store.transaction(() => store.operations.begin({ id: 'o', kind: 'x', sandbox: null, payload: {} }));
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(store.sandboxes.get(record.id)).toBeNull();
    expect(store.operations.listOpen()).toEqual([]);
    store.transaction(() => store.sandboxes.insert(record));
    expect(store.sandboxes.get(record.id)).toEqual(record);
  });

  it('loses nothing of a writer that is killed, and is free again at once (1, 2)', async () => {
    store.close();
    for (let round = 1; round <= 5; round++) {
      const written = await writeUntilKilled(home, 100 * round);
      store = openStore({ home });
      for (const id of written) expect(store.sandboxes.get(id)).toMatchObject({ state: 'ready' });
      store.close();
    }
    store = openStore({ home });
  });

  it('prints no warning while it loads', () => {
    const script = `import { openStore } from ${JSON.stringify(join(import.meta.dirname, 'store.ts'))}; openStore;
      process.on('warning', (warning) => process.stdout.write(warning.message));
      try { openStore({ home: ${JSON.stringify(home)} }) } catch {}
      process.emitWarning('something else');`;
    expect(
      execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8', stdio: 'pipe' }),
    ).toBe('something else');
  });
});

describe('sandboxes', () => {
  it('come back as they were put, also after a restart', () => {
    const record = insert({
      name: 'box',
      metadata: { a: '1' },
      limits: { cpus: 0.5 },
      layers: ['l2', 'l1'],
      pooled: false,
      memoryKept: false,
      seed: null,
      clock: null,
      identity: {
        sandbox: 's',
        agentIncarnation: 'i',
        pid: 1,
        startTicks: 2,
        bootId: 'b',
        socketPath: '/s',
        cgroup: '/c',
        limitGroups: ['/m', '/p'],
      },
    });
    expect(store.sandboxes.get(record.id)).toEqual(record);
    reopen();
    expect(store.sandboxes.getByName('a', 'box')).toEqual(record);
    expect(store.sandboxes.living()).toEqual([record]);
  });

  it('have a name no other living one of the tenant has', () => {
    const first = insert({ name: 'box' });
    insert({ name: 'box', tenant: 'b' });
    const second = insert({ name: 'other' });
    const taken = expect.objectContaining({ code: 'name-taken', message: 'a sandbox named box exists already' });
    expect(() => insert({ name: 'box' })).toThrow(taken);
    expect(() => store.sandboxes.update(second.id, { name: 'box' })).toThrow(taken);
    store.sandboxes.update(first.id, { state: 'gone' });
    const third = insert({ name: 'box' });
    expect(store.sandboxes.getByName('a', 'box')?.id).toBe(third.id);
  });

  it('are found only by their owner, by id or name (S6)', () => {
    const mine = insert({ name: 'box' });
    const pooled = insert({ tenant: '', pooled: true });
    expect(store.sandboxes.find('a', mine.id)).toEqual(mine);
    expect(store.sandboxes.find('a', 'box')).toEqual(mine);
    expect(store.sandboxes.find('b', mine.id)).toBeNull();
    expect(store.sandboxes.find('b', 'box')).toBeNull();
    expect(store.sandboxes.find('', pooled.id)).toBeNull();
  });

  it('change state only from where they are expected to be', () => {
    const { id } = insert({ state: 'ready' });
    expect(store.sandboxes.transition(id, ['creating', 'suspended'], 'stopping')).toBe(false);
    expect(store.sandboxes.transition(id, ['creating', 'ready'], 'suspended', { suspendedAt: 'now' })).toBe(true);
    expect(store.sandboxes.transition('sbx-unknown', ['ready'], 'gone')).toBe(false);
    expect(store.sandboxes.transition(id, [], 'gone')).toBe(false);
    expect(store.sandboxes.get(id)).toMatchObject({ state: 'suspended', suspendedAt: 'now' });
  });

  it('take patches, absent fields staying as they are', () => {
    const record = insert({ name: 'box' });
    expect(store.sandboxes.update(record.id, { metadata: { x: 'y' }, name: null, lastUsedMs: 5 })).toBe(true);
    expect(store.sandboxes.get(record.id)).toEqual({ ...record, metadata: { x: 'y' }, name: null, lastUsedMs: 5 });
    expect(store.sandboxes.update(record.id, {})).toBe(true);
    expect(store.sandboxes.update('sbx-unknown', { lastUsedMs: 5 })).toBe(false);
    const wrong: object = { 'state = 1 --': 1 };
    expect(() => store.sandboxes.update(record.id, wrong)).toThrow(/no field/);
  });

  it('are listed by state and metadata, page by page, while more come', () => {
    const made = Array.from({ length: 7 }, (_, n) =>
      insert({ state: n === 3 ? 'gone' : 'ready', metadata: { 'a "b" $.c': `v${n % 2}`, ö: 'x' } }),
    ).map((record) => record.id);
    made.sort();
    insert({ tenant: 'b' });
    insert({ pooled: true });
    const ids = (query: object): string[] => store.sandboxes.list({ tenant: 'a', ...query }).items.map(({ id }) => id);
    expect(ids({ all: true })).toEqual(made);
    expect(ids({})).toHaveLength(6);
    expect(ids({ state: 'gone' })).toHaveLength(1);
    expect(ids({ all: true, metadata: { 'a "b" $.c': 'v1', ö: 'x' } })).toHaveLength(3);
    expect(ids({ metadata: { 'a "b" $.c': 'v1', ö: 'y' } })).toEqual([]);

    const first = store.sandboxes.list({ tenant: 'a', all: true, limit: 4 });
    const late = insert().id;
    const second = store.sandboxes.list({ tenant: 'a', all: true, limit: 4, cursor: first.nextCursor ?? '' });
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual([...made, late]);
    expect(second.nextCursor).toBeNull();
    expect(() => store.sandboxes.list({ tenant: 'a', cursor: "' OR 1" })).toThrow(
      expect.objectContaining({ code: 'invalid-argument' }),
    );
  });

  it('are counted for their tenant', () => {
    insert({ state: 'ready', limits: { memoryBytes: 100, cpus: 0.5 } });
    insert({ state: 'suspended', limits: { memoryBytes: 200, cpus: 1, diskBytes: 7 } });
    insert({ state: 'gone', limits: { memoryBytes: 400 } });
    insert({ tenant: 'b', limits: { memoryBytes: 800 } });
    insert({ pooled: true, limits: { memoryBytes: 1600 } });
    expect(store.sandboxes.usage('a')).toEqual({
      sandboxes: 2,
      suspended: 1,
      memoryBytes: 300,
      cpus: 1.5,
      diskBytes: 7,
      snapshots: 0,
      snapshotBytes: 0,
    });
    expect(store.sandboxes.usage('nobody').sandboxes).toBe(0);
  });

  it('are forgotten when gone, and pooled ones are not', () => {
    const gone = insert({ state: 'gone' });
    const other = insert({ state: 'gone', tenant: 'b' });
    const waiting = insert({ pooled: true, template: 't' });
    expect(store.sandboxes.forgetGone('a')).toEqual([gone.id]);
    expect(store.sandboxes.forgetGone()).toEqual([other.id]);
    expect(store.sandboxes.get(waiting.id)).not.toBeNull();
  });

  it('are forgotten some time after they went, but for those that left something', () => {
    const went = (atMs: number, changes: Partial<SandboxRecord> = {}): string =>
      insert({ state: 'gone', leaseEndsMs: atMs, lastUsedMs: 1, ...changes }).id;
    const old = went(99, { tenant: 'b' });
    const [young, recorded, saved] = [went(100), went(99), went(99)];
    const before = went(0, { lastUsedMs: 100 }); // as earlier versions wrote it
    const { id: living } = insert({ state: 'suspended', leaseEndsMs: 1, lastUsedMs: 1 });
    store.recordings.insert({
      id: 'rec-1',
      name: null,
      tenant: 'a',
      sandbox: recorded,
      state: 'closed',
      createdAt: '',
      endedAt: '',
      steps: 0,
      events: 0,
      failures: { agent: 0, injected: 0, infrastructure: 0, unknown: 0 },
      bytes: 0,
      tape: null,
      parent: null,
    });
    store.snapshots.insertSnapshot({
      id: 'snp-1',
      name: null,
      tenant: 'a',
      sandbox: saved,
      parent: null,
      contract: null,
      template: 'host',
      createdAt: '',
      method: 'copy',
      addedFiles: 0,
      addedBytes: 0,
      pauseMs: 0,
      digest: 'd',
      layers: [],
    });
    expect(store.sandboxes.forgetEnded(100)).toBe(1);
    const kept = [old, young, recorded, saved, before, living].filter((id) => store.sandboxes.get(id) !== null);
    expect(kept).toEqual([young, recorded, saved, before, living]);
    store.snapshots.removeSnapshot('snp-1');
    expect(store.sandboxes.forgetEnded(100)).toBe(1);
    expect(store.sandboxes.get(saved)).toBeNull();
  });
});

describe('keys of repeated requests', () => {
  const key = { tenant: 'a', scope: 'create-sandbox', key: 'k' };

  it('find the first result, and refuse another request', () => {
    expect(store.idempotency.claim(key, 'd')).toEqual({ state: 'new' });
    expect(store.idempotency.claim(key, 'd')).toEqual({ state: 'running' });
    store.idempotency.complete(key, 'sbx-1');
    expect(store.idempotency.claim(key, 'd')).toEqual({ state: 'done', reference: 'sbx-1' });
    expect(() => store.idempotency.claim(key, 'e')).toThrow(expect.objectContaining({ code: 'idempotency-conflict' }));
    expect(store.idempotency.claim({ ...key, tenant: 'b' }, 'e')).toEqual({ state: 'new' });
    expect(store.idempotency.claim({ ...key, scope: 'other' }, 'e')).toEqual({ state: 'new' });
  });

  it('say when an earlier run never answered', () => {
    store.idempotency.claim(key, 'd');
    reopen();
    expect(store.idempotency.claim(key, 'd')).toEqual({ state: 'interrupted' });
    store.idempotency.release(key);
    expect(store.idempotency.claim(key, 'd')).toEqual({ state: 'new' });
    store.idempotency.complete(key, 'r');
    store.idempotency.release(key);
    expect(store.idempotency.claim(key, 'd')).toEqual({ state: 'done', reference: 'r' });
    expect(store.idempotency.purge(0)).toBe(0);
    expect(store.idempotency.purge(systemClock.nowMs() + 1000)).toBe(1);
  });
});

describe('operations', () => {
  it('stay open over a restart until they are finished', () => {
    const one = store.operations.begin({ id: 'o1', kind: 'fork', sandbox: 's', payload: { count: 2 } });
    store.operations.begin({ id: 'o2', kind: 'destroy', sandbox: null, payload: {} });
    store.operations.advance('o1', 'launched', { count: 2, made: ['x'] });
    reopen();
    expect(store.operations.listOpen()).toMatchObject([
      { ...one, step: 'launched', payload: { count: 2, made: ['x'] } },
      { id: 'o2', step: 'begun' },
    ]);
    store.operations.finish('o1');
    store.operations.finish('o1');
    expect(store.operations.listOpen().map(({ id }) => id)).toEqual(['o2']);
    expect(() => store.operations.advance('o1', 'x')).toThrow(/not open/);
  });
});

/** Kills the writer with SIGKILL once it has printed so many ids; answers all it printed. */
async function writeUntilKilled(directory: string, count: number): Promise<string[]> {
  const writer = join(import.meta.dirname, '../../test/fixtures/store-writer.ts');
  const child = spawn(process.execPath, [writer, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  child.stdout.on('data', (data) => {
    printed += data;
    if (printed.split('\n').length > count) child.kill('SIGKILL');
  });
  await once(child, 'close');
  return printed.split('\n').slice(0, -1);
}
