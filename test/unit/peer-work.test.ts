/** Work given to another runtime, when answers are lost and when the one that gives it dies. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { buildGuest } from '../../scripts/build-guest.ts';
import { type Peer, peerKeys } from '../../src/agents/index.ts';
import { FakeSubstrate } from '../../src/compute/index.ts';
import { createRuntime, type Runtime } from '../../src/runtime/index.ts';
import { HoldfastError, type HoldfastService, type Session } from '../../src/schema/index.ts';
import { agentData } from '../fixtures/agent-world.ts';

type Asked = ReturnType<NonNullable<Peer['serviceOf']>>;

const seeds = { a: new Uint8Array(32).fill(1), b: new Uint8Array(32).fill(2) };
const homes = { a: '', b: '' };
const open: Runtime[] = [];
let b: HoldfastService;

const limits = { steps: 100, tokens: 1_000_000, cents: 5, wallMs: 600_000, depth: 1 };
const away = agentData('away', [], {
  grants: [],
  tools: [],
  limits,
  model: { provider: 'peer', peer: 'b', agent: 'friend' },
});
const friend = agentData('friend', [{ say: 'hello' }], { grants: [], tools: [], limits: { ...limits, depth: 0 } });

beforeEach(async () => {
  for (const name of ['a', 'b'] as const) {
    homes[name] = mkdtempSync(join(tmpdir(), `hf-peer-${name}-`));
    writeFileSync(join(homes[name], 'peer.key'), seeds[name], { mode: 0o600 });
  }
  const { publicKey } = peerKeys(seeds.a);
  const peers = [{ name: 'a', publicKey, tenants: ['default'], agents: ['friend'] }];
  b = await begin('b', { bundles: [{ entry: 'friend', agents: [friend] }], peers });
});
afterEach(async () => {
  for (const runtime of open.splice(0)) await runtime.close();
  for (const home of Object.values(homes)) rmSync(home, { recursive: true, force: true });
});

async function begin(
  name: 'a' | 'b',
  agents: NonNullable<Parameters<typeof createRuntime>[0]>['agents'] = {},
): Promise<HoldfastService> {
  const guestBinary = buildGuest();
  const substrate = new FakeSubstrate({ binary: guestBinary });
  const runtime = await createRuntime({ home: homes[name], substrate, guestBinary, agents });
  open.push(runtime);
  return runtime.service();
}

function beginA(asked: Partial<Asked>): Promise<HoldfastService> {
  const { publicKey } = peerKeys(seeds.b);
  const serviceOf = (): Asked => ({ startSession: b.startSession, getSession: b.getSession, ...asked });
  return begin('a', { peers: [{ name: 'b', publicKey, tenants: ['default'], serviceOf }] });
}

const request = { bundle: { entry: 'away', agents: [away] }, message: 'hi', task: true };
async function ended(service: HoldfastService, id: string): Promise<Session> {
  await expect.poll(async () => (await service.getSession(id)).endedAt, { timeout: 15_000 }).not.toBe(null);
  return service.getSession(id);
}
const lost = new HoldfastError('daemon-unreachable', 'the answer was lost');
const started = async (): Promise<number> => (await b.listSessions({ all: true })).items.length;

it('is begun once when the answer is lost, and looked after when the other is away', async () => {
  let [starts, looks] = [0, 0];
  const a = await beginA({
    startSession: async (...given) => {
      const made = await b.startSession(...given);
      if (++starts === 1) throw lost;
      return made;
    },
    getSession: async (...given) => {
      if (++looks < 3) throw lost;
      return b.getSession(...given);
    },
  });
  const { id } = await a.startSession(request);
  expect(await ended(a, id)).toMatchObject({ outcome: { ok: true, output: { text: '[scripted] hello' } } });
  expect([starts, looks, await started()]).toEqual([2, 3, 1]);
});

it('is begun once when the one that gives it dies, and what was given counts as used once', async () => {
  const begun = Promise.withResolvers<void>();
  const first = await beginA({
    startSession: async (...given) => {
      await b.startSession(...given);
      begun.resolve();
      await sleep(60_000, undefined, given[1]?.signal ? { signal: given[1].signal } : {});
      throw lost;
    },
  });
  const { id } = await first.startSession(request);
  await begun.promise;
  await open.pop()?.close();
  const a = await beginA({});
  const { outcome, budget } = await ended(a, id);
  expect(outcome).toMatchObject({ ok: true, output: { text: '[scripted] hello' } });
  expect(await started()).toBe(1);
  // All but the room that was kept, and a step more for doing it again; never more than its limits.
  expect(budget.spent).toMatchObject({ steps: 94, tokens: 1_000_000, cents: 5 });
  expect(budget.spent.wallMs).toBeGreaterThanOrEqual(300_000);
  expect(budget.spent.wallMs).toBeLessThanOrEqual(600_000);
});

it('is given once the other can be reached, and nothing was used for that before', async () => {
  let starts = 0;
  const closed = new HoldfastError('daemon-unreachable', 'nobody listens', {
    cause: Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }),
  });
  const a = await beginA({
    startSession: async (...given) => {
      if (++starts <= 2) throw closed;
      return b.startSession(...given);
    },
  });
  const { id } = await a.startSession(request);
  await expect.poll(async () => (await a.getSession(id)).waitsFor, { timeout: 10_000 }).toEqual(['model:away']);
  expect((await a.getSession(id)).budget.spent).toMatchObject({ steps: 0, tokens: 0, cents: 0 });
  expect(await ended(a, id)).toMatchObject({ outcome: { ok: true, output: { text: '[scripted] hello' } } });
  expect([starts, await started()]).toEqual([3, 1]);
});

it('is begun once when the other takes it and its answer is lost, again and again', async () => {
  let starts = 0;
  const a = await beginA({
    startSession: async (...given) => {
      const made = await b.startSession(...given);
      if (++starts <= 5) throw lost;
      return made;
    },
  });
  const { id } = await a.startSession(request);
  const { outcome, budget } = await ended(a, id);
  expect(outcome).toMatchObject({ ok: true, output: { text: '[scripted] hello' } });
  expect([starts, await started()]).toEqual([6, 1]);
  // All but the room that was kept, and the step that came through; never more than its limits.
  expect(budget.spent).toMatchObject({ steps: 94, tokens: 1_000_000, cents: 5 });
}, 30_000);

it('ends as a failure that says why, when the other refuses it or answers nonsense', async () => {
  const refusing = await beginA({
    startSession: (input, ...rest) => b.startSession({ ...input, message: 'something else' }, ...rest),
  });
  const refused = await refusing.startSession(request);
  expect(await ended(refusing, refused.id)).toMatchObject({
    outcome: { ok: false, error: { code: 'forbidden', message: expect.stringContaining('another request') } },
  });
  expect(await started()).toBe(0);
  await open.pop()?.close();
  const a = await beginA({
    getSession: async (...given) => ({ ...(await b.getSession(...given)), outcome: { ok: true, output: 42 } }),
  });
  const { id } = await a.startSession(request);
  expect(await ended(a, id)).toMatchObject({ outcome: { ok: false, error: { code: 'model-failed' } } });
});

it('is named when the person is erased for whom it was given', async () => {
  const a = await beginA({});
  const { id } = await a.startSession({ ...request, person: 'ada' });
  await ended(a, id);
  const [there] = (await b.listSessions({ all: true })).items;
  const { leftovers } = await a.erasePerson({ person: 'ada' });
  expect(leftovers).toEqual([{ kind: 'peer', id: `b/${there?.id}`, why: expect.stringContaining('the peer b') }]);
});
