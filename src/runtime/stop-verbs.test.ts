/** Whose agents the switch for emergencies stops: the owner's for anybody, a tenant's for itself. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { agentData } from '../../test/fixtures/agent-world.ts';
import { FakeSubstrate } from '../compute/index.ts';
import type { HoldfastService, Session } from '../schema/index.ts';
import { createRuntime, type Runtime } from './index.ts';

const guestBinary = '/bin/true';
const bundle = { entry: 'clerk', agents: [agentData('clerk', [{ say: 'well' }], { tools: [] })] };
let home: string;
let runtime: Runtime;
let owner: HoldfastService;
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'hf-switched-'));
  runtime = await createRuntime({ home, substrate: new FakeSubstrate({ binary: guestBinary }), guestBinary });
  owner = runtime.service('default', 'milo');
});
afterEach(async () => {
  await runtime.close();
  rmSync(home, { recursive: true, force: true });
});

const states = async (tenant: string): Promise<string[]> =>
  (await runtime.service(tenant).listSessions({ all: true })).items.map(({ state }) => state);

async function talk(...tenants: string[]): Promise<void> {
  for (const tenant of tenants) {
    await runtime.service(tenant).startSession({ bundle, message: 'hi', person: 'ada' });
    await expect.poll(async () => (await states(tenant)).at(-1), { timeout: 10_000 }).toBe('waiting');
  }
}

it('stops one other tenant for the owner, and nobody else, until the owner lifts it', async () => {
  await talk('default', 'acme', 'globex');
  const acme = runtime.service('acme');
  expect(await owner.stopAgents({ tenant: 'acme', cancel: true })).toMatchObject({
    stop: { agent: null, tenant: 'acme', everyTenant: false, placedBy: null },
    sessions: 1,
    cancelled: { cancelled: 1, paused: 0 },
  });
  expect([await states('default'), await states('acme'), await states('globex')]).toEqual([
    ['waiting'],
    ['cancelled'],
    ['waiting'],
  ]);
  await expect(talk('acme')).rejects.toMatchObject({ code: 'forbidden' });
  await talk('globex', 'default');
  expect(await owner.listStops()).toMatchObject([{ agent: null, tenant: 'acme', everyTenant: false }]);
  expect(await acme.listStops()).toMatchObject([{ tenant: 'acme', placedBy: null }]);
  expect(await runtime.service('globex').listStops()).toEqual([]);
  // What is said of somebody else is not what was said of oneself.
  await expect(owner.allowAgents()).rejects.toMatchObject({ code: 'not-found' });
  expect(await owner.allowAgents({ tenant: 'acme' })).toMatchObject({ tenant: 'acme' });
  await talk('acme');
  await owner.stopAgents({ agent: 'clerk', tenant: 'acme' });
  await owner.allowAgents({ agent: 'clerk', tenant: 'acme' });
  expect(await owner.cancelSessions({ tenant: 'acme' })).toMatchObject({ cancelled: 1 });
  expect(await states('default')).toEqual(['waiting', 'waiting']);
  const { items } = await owner.auditEntries({ kind: 'kill-switch' });
  expect(items.map(({ body }) => body)).toEqual(
    ['stop', undefined, 'allow', 'stop', 'allow', undefined].map((does) =>
      expect.objectContaining({ tenant: 'acme', everyTenant: false, ...(does === undefined ? {} : { does }) }),
    ),
  );
  // That it was an owner's person is in the owner's log, and not in the tenant's.
  const ended = await acme.auditEntries({ kind: 'session-ended' });
  expect(ended.items.map(({ actor }) => actor)).toEqual([null, null]);
});

it('is about nobody but themselves for others, and about one or all', async () => {
  await talk('acme');
  const globex = runtime.service('globex', 'eve');
  for (const tenant of ['acme', 'default']) {
    for (const verb of ['stopAgents', 'allowAgents', 'cancelSessions'] as const)
      await expect(globex[verb]({ tenant })).rejects.toMatchObject({ code: 'forbidden' });
  }
  expect(await owner.listStops()).toEqual([]);
  expect(await states('acme')).toEqual(['waiting']);
  expect(await globex.stopAgents({ tenant: 'globex' })).toMatchObject({ stop: { tenant: 'globex', placedBy: 'eve' } });
  await globex.allowAgents();
  await expect(owner.stopAgents({ tenant: 'acme', everyTenant: true })).rejects.toMatchObject({
    code: 'invalid-argument',
  });
});

it('ends very many that wait in one write, with one entry that says how many and one for each after it, before who is concerned is erased', {
  timeout: 60_000,
}, async () => {
  const many = 300;
  const start = (): Promise<Session> => runtime.service().startSession({ bundle, message: 'hi', person: 'ada' });
  const ids = (await Promise.all(Array.from({ length: many }, start))).map(({ id }) => id);
  await expect
    .poll(async () => (await owner.listSessions({ state: 'waiting', limit: 1000 })).items.length, { timeout: 30_000 })
    .toBe(many);
  expect(await owner.stopAgents({ cancel: true })).toMatchObject({
    sessions: many,
    cancelled: { cancelled: many, paused: 0 },
  });
  expect(new Set(await states('default'))).toEqual(new Set(['cancelled']));
  const [one] = (await owner.listSessions({ all: true, limit: 1 })).items;
  // Who ended them is in every entry, though that one is erased at once; and nothing of either is written down after that.
  await runtime.service().erasePerson({ person: 'milo' });
  await runtime.service().erasePerson({ person: 'ada' });
  const switched = (await owner.auditEntries({ kind: 'kill-switch' })).items;
  expect(switched.map(({ body }) => body)).toMatchObject([{ does: 'stop' }, {}, { does: 'end', sessions: many }]);
  const ended = (await owner.auditEntries({ kind: 'session-ended', limit: 1000 })).items;
  expect(ended.map(({ session }) => session).toSorted()).toEqual(ids.toSorted());
  expect(ended.every(({ sequence, erased }) => sequence > (switched.at(-1)?.sequence ?? 0) && erased)).toBe(true);
  expect(new Set(ended.map(({ actor }) => typeof actor))).toEqual(new Set(['string']));
  expect(one?.endedAt).toBeTruthy();
  expect((await owner.verifyAudit()).ok).toBe(true);
  const journal = await owner.journal({ limit: 10_000 });
  expect(journal.items.filter(({ type }) => type === 'session-ended')).toHaveLength(many);
});
