/** What a person finds of what agents remember, however much others have there. */
import { expect, it } from 'vitest';
import { agentData, openWorld } from '../../test/fixtures/agent-world.ts';
import { TestClock } from '../../test/fixtures/test-clock.ts';
import type { MemoryRecord } from '../state/index.ts';
import { searchMemories } from './memory-verbs.ts';

const one: MemoryRecord = {
  tenant: 'acme',
  scope: 'user',
  owner: 'ada',
  slot: 's',
  key: 'k',
  value: 'a zebra',
  class: 'personal',
  person: 'ada',
  writtenAt: '2026-01-01T00:00:00.000Z',
  expiresMs: 4e12,
};

it('is theirs, though very much newer is somebody else’s', async () => {
  await using world = openWorld();
  const { store } = world;
  store.memories.put(one);
  for (let n = 0; n < 1001; n++) {
    store.memories.put({ ...one, owner: 'milo', key: `k${n}`, writtenAt: '2026-01-02T00:00:00.000Z' });
  }
  const find = (person: string | null, limit = 1000): string[] =>
    searchMemories({ store, clock: new TestClock() }, { tenant: 'acme', person }, { query: 'zebra', limit }).map(
      ({ owner }) => owner,
    );
  expect(find('ada')).toEqual(['ada']);
  expect(find('ada', 1)).toEqual(['ada']);
  expect(find('eve')).toEqual([]);
  expect(new Set(find('milo'))).toEqual(new Set(['milo']));
  // A key that names nobody is the tenant's, and finds everybody's: the newest.
  expect(find(null)).toHaveLength(1000);
});

it('is what they, their sessions and all of the tenant keep', async () => {
  await using world = openWorld();
  const bundle = { entry: 'a', agents: [agentData('a', [{ say: 'x' }], { tools: [] })] };
  const begin = (person: string, tenant: string): string => world.start(bundle, 'go', { person, tenant }).id;
  const [hers, his, elsewhere] = [begin('ada', 'acme'), begin('milo', 'acme'), begin('ada', 'globex')];
  const kept = [
    { key: 'tenant', scope: 'tenant', owner: 'acme' },
    { key: 'hers', scope: 'user', owner: 'ada' },
    { key: 'his', scope: 'user', owner: 'milo' },
    { key: 'her session', scope: 'session', owner: hers },
    { key: 'her turn', scope: 'turn', owner: `${hers}/3` },
    { key: 'his session', scope: 'session', owner: his },
    { key: 'his turn', scope: 'turn', owner: `${his}/3` },
    { key: 'her session elsewhere', scope: 'session', owner: elsewhere },
    { key: 'nobody', scope: 'session', owner: 'ses-0' },
    // Who is called like a session, or a session like somebody, has nothing of it.
    { key: 'called so', scope: 'user', owner: hers },
    { key: 'session called so', scope: 'session', owner: 'ada' },
  ];
  for (const each of kept) world.store.memories.put({ ...one, ...each });
  const { store } = world;
  const find = (person: string, more = {}): string[] =>
    searchMemories({ store, clock: new TestClock() }, { tenant: 'acme', person }, { query: 'zebra', ...more })
      .map(({ key }) => key)
      .toSorted();
  expect(find('ada')).toEqual(['her session', 'her turn', 'hers', 'tenant']);
  expect(find('milo')).toEqual(['his', 'his session', 'his turn', 'tenant']);
  expect(find('ada', { scope: 'session' })).toEqual(['her session']);
  expect(find('ada', { scope: 'user', owner: 'milo' })).toEqual([]);
  expect(find('ada', { scope: 'turn', owner: `${his}/3`, slot: 's' })).toEqual([]);
});
