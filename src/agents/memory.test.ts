import { describe, expect, it } from 'vitest';
import { type AgentWorld, agentData, openWorld } from '../../test/fixtures/agent-world.ts';
import { TestClock } from '../../test/fixtures/test-clock.ts';
import type { MemoryScope } from '../schema/index.ts';

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

  it('of a tenant is everybody’s there and nobody’s elsewhere', async () => {
    await using world = openWorld();
    await run(world, 'tenant', 'remember', { person: 'ada' });
    expect(await run(world, 'tenant', 'recall', { person: 'milo' })).toEqual([{ value: 'mine' }]);
    expect(await run(world, 'tenant', 'recall', { person: 'ada', tenant: 'other' })).toEqual([{ value: null }]);
    // A person that is called like a tenant has nothing of it.
    expect(await run(world, 'user', 'recall', { person: 'default' })).toEqual([{ value: null }]);
  });

  it('of a session ends with it', async () => {
    await using world = openWorld();
    await run(world, 'session', 'remember');
    expect(await run(world, 'session', 'recall')).toEqual([{ value: null }]);
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
