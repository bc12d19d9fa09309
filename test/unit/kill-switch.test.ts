/** How long it takes until nothing is under way any more. */
import { expect, it } from 'vitest';
import type { CallContext } from '../../src/agents/index.ts';
import { agentData, openWorld, standardHostTools } from '../fixtures/agent-world.ts';

const atOnce = 256;
const waiting = 200;
const boundMs = 2000;

it(`cuts off ${atOnce} steps under way, of two tenants, and ends ${waiting} sessions that wait, within ${boundMs} ms`, async () => {
  let under = 0;
  let cutOff = 0;
  let lastMs = 0;
  const hang = async (_input: unknown, { scope }: CallContext): Promise<never> => {
    under++;
    await new Promise((resolve) => scope.signal.addEventListener('abort', resolve, { once: true }));
    cutOff++;
    lastMs = performance.now();
    throw scope.signal.reason;
  };
  await using world = openWorld({
    tools: (store, home) =>
      standardHostTools(store, home).map((tool) => (tool.name === 'note' ? { ...tool, call: hang } : tool)),
  });
  const agent = agentData('a', [{ sees: 'work', call: [{ tool: 'note', input: { text: 'x' } }] }, { say: 'done' }]);
  for (let n = 0; n < waiting; n++) world.start({ entry: 'a', agents: [agent] }, 'rest', { task: false });
  await expect
    .poll(() => world.store.sessions.list({ tenant: 'default', state: 'waiting', limit: 1000 }).items.length, {
      timeout: 60_000,
    })
    .toBe(waiting);
  for (let n = 0; n < atOnce; n++) {
    world.start({ entry: 'a', agents: [agent] }, 'work', { tenant: n % 2 === 0 ? 'default' : 'acme' });
  }
  await expect.poll(() => under, { timeout: 60_000 }).toBe(atOnce);
  const startedMs = performance.now();
  const { ended, paused } = world.engine.cancelAll(null, null, 'all');
  const rowsMs = performance.now() - startedMs;
  await expect.poll(() => cutOff, { timeout: 10_000 }).toBe(atOnce);
  const effectsMs = lastMs - startedMs;
  process.stderr.write(
    `kill switch: ${ended} sessions ended in ${rowsMs.toFixed(0)} ms, the last of ${atOnce} steps cut off after ${effectsMs.toFixed(0)} ms\n`,
  );
  expect({ ended, paused, living: world.store.sessions.livingIds(null, null) }).toEqual({
    ended: atOnce + waiting,
    paused: 0,
    living: [],
  });
  expect(Math.max(rowsMs, effectsMs)).toBeLessThan(boundMs);
}, 180_000);

it('ends what an agent has the conversation of, though another began it', async () => {
  await using world = openWorld();
  const desk = agentData('desk', [{ call: [{ tool: 'handoff', input: { to: 'expert', reason: 'x' } }] }], {
    tools: ['handoff'],
    handoffs: ['expert'],
    passes: { expert: 'all' },
  });
  const expert = agentData('expert', [{ say: 'I have it' }], { tools: [] });
  const bundle = { entry: 'desk', agents: [desk, expert] };
  const handed = world.start(bundle, 'one', { task: false });
  const other = world.start({ entry: 'expert-not', agents: [{ ...expert, name: 'expert-not' }] }, 'two', {
    task: false,
  });
  await world.settled(handed.id, 'waiting');
  await world.settled(other.id, 'waiting');
  expect(world.engine.cancelAll('default', 'expert', 'stop').ended).toBe(1);
  expect(world.engine.get(handed.id).state).toBe('cancelled');
  expect(world.engine.get(other.id).state).toBe('waiting');
  const again = world.start(bundle, 'three', { task: false });
  await world.settled(again.id, 'waiting');
  // Who began it answers for it too.
  expect(world.engine.cancelAll('default', 'desk', 'stop').ended).toBe(1);
});
