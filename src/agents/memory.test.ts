import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type AgentWorld, agentData, openWorld } from '../../test/fixtures/agent-world.ts';
import { TestClock } from '../../test/fixtures/test-clock.ts';
import type { MemoryScope, Via } from '../schema/index.ts';
import { type MemoryRecord, openStore } from '../state/index.ts';
import { migrations } from '../state/migrations.ts';

const day = 86_400_000;

/** Keeps a value, or tells what is kept; answers the results of its calls. */
async function run(
  world: AgentWorld,
  scope: MemoryScope,
  tool: 'remember' | 'recall',
  who: { tenant?: string; person?: string } = {},
  input: Record<string, unknown> = { slot: 's', key: 'k' },
): Promise<unknown[]> {
  const value = tool === 'remember' && !('value' in input) ? { value: 'mine' } : {};
  const agent = agentData('a', [{ answered: 0, call: [{ tool, input: { ...input, ...value } }] }, { say: 'x' }], {
    tools: ['remember', 'recall'],
    memory: { s: { scope, retentionDays: 30, class: 'personal' } },
  });
  const { id } = world.start({ entry: 'a', agents: [agent] }, 'go', who);
  await world.settled(id, 'done');
  return world
    .entries(id)
    .flatMap(({ kind, data }) =>
      kind === 'outcome' && data['name'] === 'tool' ? [data['output'] ?? data['error']] : [],
    );
}

describe('memory', () => {
  it('of a person is that person’s, in every session of one tenant', async () => {
    await using world = openWorld();
    await run(world, 'user', 'remember', { person: 'ada' });
    expect(await run(world, 'user', 'recall', { person: 'ada' })).toEqual([{ value: 'mine' }]);
    expect(await run(world, 'user', 'recall', { person: 'ada' }, { slot: 's' })).toEqual([{ k: 'mine' }]);
    expect(await run(world, 'user', 'recall', { person: 'milo' })).toEqual([{ value: null }]);
    expect(await run(world, 'user', 'recall', { person: 'ada', tenant: 'other' })).toEqual([{ value: null }]);
  });

  it('of a person is theirs too where whoever got work kept it, and stays', async () => {
    await using world = openWorld();
    const memory = { s: { scope: 'user', retentionDays: 30, class: 'personal' } } as const;
    const keeps = { tool: 'remember', input: { slot: 's', key: 'k', value: 'kept below' } };
    const gives = { tool: 'delegate', input: { to: 'below', task: 'keep it' } };
    const agents = [
      agentData('top', [{ answered: 0, call: [gives] }, { say: 'x' }], { tools: ['delegate'], delegates: ['below'] }),
      agentData('below', [{ answered: 0, call: [keeps] }, { say: 'x' }], { tools: ['remember'], memory }),
    ];
    await world.settled(world.start({ entry: 'top', agents }, 'go', { person: 'ada' }).id, 'done');
    expect(await run(world, 'user', 'recall', { person: 'ada' })).toEqual([{ value: 'kept below' }]);
    expect(await run(world, 'user', 'recall', { person: 'milo' })).toEqual([{ value: null }]);
  });

  it('of a tenant is everybody’s there and nobody’s elsewhere', async () => {
    await using world = openWorld();
    await run(world, 'tenant', 'remember', { person: 'ada' });
    expect(await run(world, 'tenant', 'recall', { person: 'milo' })).toEqual([{ value: 'mine' }]);
    expect(await run(world, 'tenant', 'recall', { person: 'ada', tenant: 'other' })).toEqual([{ value: null }]);
    // A person that is called like a tenant has nothing of it.
    expect(await run(world, 'user', 'recall', { person: 'default' })).toEqual([{ value: null }]);
  });

  it('is as secret as whoever kept it said, whatever whoever reads it declares', async () => {
    await using world = openWorld();
    const slot = (dataClass: 'public' | 'secret'): object => ({
      tools: ['remember', 'recall'],
      memory: { cases: { scope: 'tenant', retentionDays: 30, class: dataClass } },
    });
    const keeps = { tool: 'remember', input: { slot: 'cases', key: 'k', value: 'kelp' } };
    const keeper = agentData('keeper', [{ answered: 0, call: [keeps] }, { say: 'x' }], slot('secret'));
    await world.settled(world.start({ entry: 'keeper', agents: [keeper] }, 'go').id, 'done');
    const asked = [{ key: 'k' }, {}, { query: 'kelp' }];
    const ask = async (dataClass: 'public' | 'secret', carries: Via['carries']): Promise<unknown[]> => {
      const call = asked.map((input) => ({ tool: 'recall', input: { slot: 'cases', ...input } }));
      const page: Via = { channel: 'page', linked: true, most: 'write', carries, follows: 'nothing' };
      const reader = agentData('reader', [{ sees: 'ask', call }, { say: 'well' }], slot(dataClass));
      const { id } = world.start({ entry: 'reader', agents: [reader] }, 'hi', { task: false });
      await world.settled(id, 'waiting');
      world.engine.deliver(id, { event: 'message', data: { text: 'ask', via: page, event: 'e1' } });
      const found = (): unknown[] =>
        world
          .entries(id)
          .flatMap(({ kind, data }) =>
            kind === 'outcome' && data['name'] === 'tool' ? [data['output'] ?? data['error']] : [],
          );
      await expect.poll(() => found().length, { timeout: 10_000 }).toBe(asked.length);
      return found();
    };
    const refused = (message: string): unknown => expect.objectContaining({ code: 'forbidden', message });
    const told = refused('what was kept in cases is secret, and the slot is public here');
    expect(await ask('public', 'public')).toEqual([told, told, told]);
    expect(await ask('public', 'secret')).toEqual([told, told, told]);
    const carried = refused('the channel page may not carry what is secret');
    expect(await ask('secret', 'personal')).toEqual([carried, carried, carried]);
    expect(JSON.stringify(await ask('secret', 'secret'))).toBe(
      '[{"value":"kelp"},{"k":"kelp"},{"found":[{"key":"k","value":"kelp"}]}]',
    );
  });

  it('of a session ends with it', async () => {
    await using world = openWorld();
    await run(world, 'session', 'remember');
    expect(await run(world, 'session', 'recall')).toEqual([{ value: null }]);
  });

  it('of a turn is there until its answer, in that session', async () => {
    await using world = openWorld();
    const tools = ['remember', 'recall'];
    const recall = { tool: 'recall', input: { slot: 's', key: 'k' } };
    const agent = agentData(
      'a',
      [
        { answered: 0, call: [{ tool: 'remember', input: { slot: 's', key: 'k', value: 'mine' } }] },
        { answered: 1, call: [recall] },
        { answered: 2, say: 'one' },
        { answered: 3, call: [recall] },
        { say: 'two' },
      ],
      { tools, memory: { s: { scope: 'turn', retentionDays: 30, class: 'personal' } } },
    );
    const { id } = world.start({ entry: 'a', agents: [agent] }, 'go', { task: false });
    await world.settled(id, 'waiting');
    world.engine.deliver(id, { event: 'message', data: 'again' });
    await world.settled(id, 'waiting');
    const outputs = world
      .entries(id)
      .flatMap(({ kind, data }) => (kind === 'outcome' && data['name'] === 'tool' ? [data['output']] : []));
    expect(outputs).toEqual([{ kept: true }, { value: 'mine' }, { value: null }]);
    expect(world.store.memories.removeTurnsOf('default', id)).toBe(1);
  });

  it('is gone when its time is over', async () => {
    const clock = new TestClock();
    await using world = openWorld({ clock });
    await run(world, 'user', 'remember');
    clock.advance(30 * day - 1);
    expect(await run(world, 'user', 'recall')).toEqual([{ value: 'mine' }]);
    clock.advance(1);
    expect(await run(world, 'user', 'recall')).toEqual([{ value: null }]);
    expect(world.store.memories.purge(clock.nowMs())).toBe(1);
  });

  it('is not recalled all at once when that is more than an agent can be told', async () => {
    await using world = openWorld();
    const put = (count: number): void => {
      for (let n = 0; n < count; n++) {
        const value = `kelp ${'x'.repeat(60_000)}`;
        const record = { tenant: 'default', scope: 'user' as const, owner: 'ada', slot: 's', key: `k${n}`, value };
        const times = { writtenAt: '2026-01-01T00:00:00.000Z', expiresMs: Number.MAX_SAFE_INTEGER };
        world.store.memories.put({ ...record, ...times, class: 'personal', person: 'ada' });
      }
    };
    const recall = (input: object): Promise<unknown[]> =>
      run(world, 'user', 'recall', { person: 'ada' }, { slot: 's', ...input });
    put(4);
    expect(JSON.stringify(await recall({}))).toContain('kelp');
    expect(JSON.stringify(await recall({ query: 'kelp' }))).toContain('kelp');
    put(6);
    const tooMuch = [expect.objectContaining({ code: 'file-too-large' })];
    expect(await recall({})).toEqual(tooMuch);
    expect(await recall({ query: 'kelp' })).toEqual(tooMuch);
    expect(JSON.stringify(await recall({ key: 'k5' }))).toContain('kelp');
    // Of very many only the newest are looked through.
    put(60);
    const found = world.store.memories.search({ tenant: 'default', query: 'kelp', limit: 1000 }, 0);
    expect(found.length).toBeGreaterThan(20);
    expect(found.length).toBeLessThan(40);
  });

  it('takes no slot, key or value that is not as it is declared', async () => {
    await using world = openWorld();
    const refused = [expect.objectContaining({ code: 'invalid-argument' })];
    for (const input of [
      { slot: '__proto__', key: 'k' },
      { slot: 'other', key: 'k' },
      { slot: 's', key: '' },
    ]) {
      expect(await run(world, 'user', 'remember', {}, input)).toEqual(refused);
    }
    expect(await run(world, 'user', 'remember', {}, { slot: 's', key: 'k', value: 7 })).toEqual(refused);
    expect(await run(world, 'user', 'remember', {}, { slot: 's', key: 'k', value: 'x'.repeat(70_000) })).toEqual(
      refused,
    );
  });
});

describe('a search of memories', () => {
  const kept = (world: AgentWorld, more: Partial<MemoryRecord>): void =>
    world.store.memories.put({
      tenant: 'acme',
      scope: 'user',
      owner: 'ada',
      slot: 's',
      key: 'k',
      value: '',
      class: 'personal',
      person: 'ada',
      writtenAt: '2026-01-01T00:00:00.000Z',
      expiresMs: Number.MAX_SAFE_INTEGER,
      ...more,
    });
  const place = { tenant: 'acme', scope: 'user', owner: 'ada', slot: 's' };
  const find = (world: AgentWorld, query: string, more = {}, nowMs = 0): string[] =>
    world.store.memories.search({ ...place, query, limit: 20, ...more }, nowMs).map(({ key }) => key);

  it('finds by words, whatever their case and accents, what has most of them first', async () => {
    await using world = openWorld();
    kept(world, { key: 'one', value: 'The Café refunds invoices.' });
    kept(world, { key: 'two', value: 'A refund of an invoice at the cafe', writtenAt: '2026-01-02T00:00:00.000Z' });
    kept(world, { key: 'three', value: 'Nothing of that kind' });
    expect(find(world, 'CAFÉ')).toEqual(['two', 'one']);
    expect(find(world, 'refund invoice cafe')).toEqual(['two', 'one']);
    expect(find(world, 'invoices the')).toEqual(['one', 'two']);
    expect(find(world, 'three')).toEqual(['three']);
    expect(find(world, 'kin')).toEqual(['three']);
    expect(find(world, 'in')).toEqual([]);
    expect(find(world, 'refund', { limit: 1 })).toEqual(['two']);
  });

  it('finds what stands there now: not what was replaced, removed or is over', async () => {
    await using world = openWorld();
    kept(world, { value: 'zebra', expiresMs: 100 });
    expect(find(world, 'zebra', {}, 99)).toEqual(['k']);
    expect(find(world, 'zebra', {}, 100)).toEqual([]);
    kept(world, { value: 'okapi', expiresMs: 100 });
    expect([find(world, 'zebra'), find(world, 'okapi')]).toEqual([[], ['k']]);
    world.store.memories.purge(100);
    kept(world, { key: 'other', value: 'quagga' });
    expect(world.store.memories.removeOf('acme', 'user', 'ada')).toBe(1);
    expect([find(world, 'okapi'), find(world, 'quagga')]).toEqual([[], []]);
    world.store.secrets.flush();
    await world.close(true);
    expect(readFileSync(join(world.home, 'state.db'), 'latin1')).not.toMatch(/zebra|okapi|quagga/);
    rmSync(world.home, { recursive: true });
  });

  it('never leaves its place: other tenants, people, sessions and slots are not there', async () => {
    await using world = openWorld();
    const elsewhere = [
      { tenant: 'evil' },
      { owner: 'milo' },
      { slot: 't' },
      { scope: 'session', owner: 'ses-1' },
      { scope: 'session', owner: 'ada' },
      { scope: 'tenant', owner: 'acme' },
      { scope: 'tenant', owner: 'ada' },
    ];
    for (const [n, more] of elsewhere.entries()) kept(world, { ...more, key: `k${n}`, value: 'zebra' });
    expect(find(world, 'zebra')).toEqual([]);
    // All of a tenant's, and none of another's.
    const all = world.store.memories.search({ tenant: 'acme', query: 'zebra', limit: 100 }, 0);
    expect(all.map(({ tenant }) => tenant)).toEqual(Array.from({ length: 6 }, () => 'acme'));
    const byColumn = world.store.memories.search({ tenant: 'acme', scope: 'session', query: 'zebra', limit: 100 }, 0);
    expect(byColumn.map(({ owner }) => owner).sort()).toEqual(['ada', 'ses-1']);
  });

  it('takes words for words, whatever language a query is in', async () => {
    await using world = openWorld();
    kept(world, { tenant: 'evil', key: 'theirs', value: 'zebra secret' });
    kept(world, { key: 'mine', value: 'NEAR the column place: OR' });
    const token = Buffer.from(JSON.stringify(['evil'])).toString('hex');
    for (const query of [
      'zebra',
      `place : ${token}`,
      `" OR place : "${token}" OR "`,
      `zebra") OR place:("${token}`,
      'zebra*',
      '*',
      '^zebra',
      'NOT nothing',
      'zebra NEAR(secret, 1)',
      "'; DROP TABLE memories; --",
      '{place key}: zebra',
      'rowid:1 OR 1',
      '\u0000zebra',
      '""""',
      '(',
      '-place',
      token,
    ]) {
      expect(
        find(world, query).filter((key) => key !== 'mine'),
        query,
      ).toEqual([]);
      const all = world.store.memories.search({ tenant: 'acme', query, limit: 100 }, 0);
      expect(
        all.filter(({ tenant }) => tenant !== 'acme'),
        query,
      ).toEqual([]);
    }
    expect(find(world, 'near')).toEqual(['mine']);
    expect(find(world, 'OR')).toEqual(['mine']);
    expect(find(world, '?!')).toEqual([]);
  });

  it('is an agent’s by recall, in its own slots only', async () => {
    await using world = openWorld();
    await run(world, 'user', 'remember', { person: 'ada' }, { slot: 's', key: 'k', value: 'likes zebras' });
    await run(world, 'user', 'remember', { person: 'milo' }, { slot: 's', key: 'k', value: 'hates zebras' });
    const query = { slot: 's', query: 'zebra' };
    expect(await run(world, 'user', 'recall', { person: 'ada' }, query)).toEqual([
      { found: [{ key: 'k', value: 'likes zebras' }] },
    ]);
    expect(await run(world, 'user', 'recall', { person: 'ada', tenant: 'other' }, query)).toEqual([{ found: [] }]);
    const refused = [expect.objectContaining({ code: 'invalid-argument' })];
    for (const input of [
      { ...query, key: 'k' },
      { slot: 's', query: '' },
      { slot: 'other', query: 'x' },
      { slot: 's', query: 7 },
    ]) {
      expect(await run(world, 'user', 'recall', { person: 'ada' }, input)).toEqual(refused);
    }
  });
});

it('keeps what an older version remembered, and finds it', () => {
  const home = mkdtempSync(join(tmpdir(), 'hf-memories-'));
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
  const old = new DatabaseSync(join(home, 'state.db'));
  const before = migrations.findIndex(({ name }) => name.startsWith('memories found'));
  old.exec('PRAGMA application_id = 1212957766');
  old.exec('CREATE TABLE migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL, appliedAt TEXT NOT NULL) STRICT');
  for (const [index, { name, sql }] of migrations.slice(0, before).entries()) {
    old.exec(sql);
    old.prepare('INSERT INTO migrations VALUES (?, ?, ?)').run(index + 1, name, '2026-01-01T00:00:00.000Z');
  }
  old
    .prepare('INSERT INTO memories VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)')
    .run('acme', 'user', 'ada', 's', 'k', '"an old zebra"', 'personal', '2026-01-01T00:00:00.000Z', 1e15);
  old.close();
  using store = openStore({ home });
  const place = { tenant: 'acme', scope: 'user', owner: 'ada', slot: 's' };
  expect(store.memories.get({ ...place, key: 'k' }, 0)?.value).toBe('an old zebra');
  expect(store.memories.search({ ...place, query: 'zebra', limit: 5 }, 0)).toHaveLength(1);
  rmSync(home, { recursive: true });
});
