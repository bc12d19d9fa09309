/** What a tenant keeps of sessions is counted with each write, and is what is there. */
import { expect, it } from 'vitest';
import { type AgentWorld, agentData, openWorld } from '../fixtures/agent-world.ts';

const friend = { entry: 'friend', agents: [agentData('friend', [{ say: 'hello' }], { tools: [] })] };
const place = { tenant: 'default', scope: 'user', owner: 'ada', slot: 's' };

function there({ store }: AgentWorld): number {
  const { items } = store.sessions.list({ tenant: 'default', all: true });
  const logs = items.reduce((sum, { bytes }) => sum + bytes, 0);
  const memories = store.memories.list(place, 0).reduce((sum, { key, value }) => {
    return sum + Buffer.byteLength(key) + Buffer.byteLength(JSON.stringify(value));
  }, 0);
  const bundle = store.sessions.getBundle('of the test');
  return logs + memories + (bundle === null ? 0 : Buffer.byteLength(JSON.stringify(bundle)));
}

it('counts logs, memories and bundles, as they come and go', async () => {
  await using world = openWorld();
  const { store, engine } = world;
  const kept = (): number => store.sessions.bytesKept('default');
  expect(kept()).toBe(0);
  const { id } = world.start(friend, 'hi', { task: false });
  await world.settled(id, 'waiting');
  const fork = engine.fork(id, { sandbox: null, message: 'é' });
  await world.settled(fork.id, 'waiting');
  const remember = (key: string, value: string, expiresMs: number): void =>
    store.memories.put({ ...place, key, value, class: 'internal', person: 'ada', writtenAt: '', expiresMs });
  remember('k', 'a zebra', 100);
  remember('k', 'two zebras, é', 100);
  remember('other', 'a quagga', 1);
  store.sessions.putBundle('of the test', { agents: ['é'] }, 'default');
  store.sessions.putBundle('of the test', { agents: [] }, 'default');
  expect(kept()).toBeGreaterThan(0);
  expect(kept()).toBe(there(world));
  expect(() =>
    store.transaction(() => {
      store.sessions.append(id, null, [{ kind: 'paused', data: {} }]);
      throw new Error('not written');
    }),
  ).toThrow('not written');
  expect(kept()).toBe(there(world));
  store.memories.purge(50);
  store.sessions.forgetBundles();
  store.sessions.forget(fork.id);
  expect(kept()).toBe(there(world));
  store.sessions.forget(id);
  store.memories.removeOf('default', 'user', 'ada');
  expect(kept()).toBe(0);
});

it('forgets the conversation of a session that is gone', async () => {
  await using world = openWorld();
  const { id } = world.start(friend, 'hi');
  await world.settled(id, 'done');
  world.store.channels.putLine({ tenant: 'default', agent: 'friend', owner: 'person:ada', session: id });
  world.store.channels.putLine({ tenant: 'default', agent: 'friend', owner: 'person:eve', session: 'another' });
  world.store.sessions.forget(id);
  expect(world.store.channels.line('default', 'friend', 'person:ada')).toBe(null);
  expect(world.store.channels.line('default', 'friend', 'person:eve')).toBe('another');
});
