/** What the state database keeps for sessions however long nobody goes on with them. */
import { expect, it } from 'vitest';
import { agentData, openWorld, standardHostTools } from '../../test/fixtures/agent-world.ts';
import { TestClock } from '../../test/fixtures/test-clock.ts';
import { rootScope } from '../base/index.ts';

const day = 86_400_000;

it('a key of a step is kept until its session is over: what was done is not done again after a long stillstand', async () => {
  const clock = new TestClock();
  const agent = agentData('a', [{ say: 'x' }], { tools: ['stamp'] });
  await using world = openWorld({ clock });
  const { id } = world.start({ entry: 'a', agents: [agent] }, 'go', { task: false });
  await world.settled(id, 'waiting');
  const stamp = standardHostTools(world.store, world.home).find(({ name }) => name === 'stamp');
  await using scope = rootScope({ name: 'test', clock });
  const call = (key: string): Promise<unknown> | undefined =>
    stamp?.call(
      { text: 'paid' },
      { key, tenant: 'default', person: 'ada', agents: ['a'], session: id, sandbox: null, scope },
    );
  expect(await call(`${id}/7`)).toMatchObject({ ok: true });
  clock.advance(20 * day);
  // As each start of a daemon does.
  expect(world.store.idempotency.purge(clock.nowMs() - 7 * day)).toBe(0);
  expect(await call(`${id}/7`)).toMatchObject({ ok: true });
  expect(world.notes()).toHaveLength(1);
  world.engine.cancel(id, 'enough');
  expect(world.store.idempotency.purge(clock.nowMs() - 7 * day)).toBe(1);
});
