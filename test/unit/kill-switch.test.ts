/** How long it takes until nothing is under way any more. */
import { expect, it } from 'vitest';
import type { CallContext } from '../../src/agents/index.ts';
import { type AgentWorld, agentData, openWorld, standardHostTools } from '../fixtures/agent-world.ts';

const atOnce = 256;
const waiting = 200;
const boundMs = 2000;

/** A step that lasts until it is cut off. */
async function hang(_input: unknown, { scope }: CallContext): Promise<never> {
  await new Promise((resolve) => scope.signal.addEventListener('abort', resolve, { once: true }));
  throw scope.signal.reason;
}

const hanging = (call: typeof hang): AgentWorld =>
  openWorld({
    tools: (store, home) =>
      standardHostTools(store, home).map((tool) => (tool.name === 'note' ? { ...tool, call } : tool)),
  });

it(`cuts off ${atOnce} steps under way, of two tenants, and ends ${waiting} sessions that wait, within ${boundMs} ms`, async () => {
  let under = 0;
  let cutOff = 0;
  let lastMs = 0;
  const counted = async (input: unknown, context: CallContext): Promise<never> => {
    under++;
    return hang(input, context).finally(() => {
      cutOff++;
      lastMs = performance.now();
    });
  };
  await using world = hanging(counted);
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
  const turns = countTurns();
  const { ended, paused } = await world.engine.cancelAll({ tenant: null, agent: null, reason: 'all' });
  const rowsMs = performance.now() - startedMs;
  // Nobody else stood still for all of it.
  expect(turns()).toBeGreaterThan(2);
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

/** Turns of the event loop from now on. */
function countTurns(): () => number {
  let count = 0;
  const next = (): void => {
    count++;
    turn = setImmediate(next);
  };
  let turn = setImmediate(next);
  return () => {
    clearImmediate(turn);
    return count;
  };
}

it('ends what is under way before what waits, and nothing twice', async () => {
  await using world = hanging(hang);
  const hand = agentData('hand', [{ call: [{ tool: 'note', input: { text: 'x' } }] }]);
  const boss = agentData('boss', [{ call: [{ tool: 'delegate', input: { to: 'hand', task: 'work' } }] }], {
    tools: ['delegate'],
    delegates: ['hand'],
  });
  const idle = agentData('idle', [{ say: 'well' }], { tools: [] });
  const waits = world.start({ entry: 'idle', agents: [idle] }, 'hi', { task: false });
  await world.settled(waits.id, 'waiting');
  const { id } = world.start({ entry: 'boss', agents: [boss, hand] }, 'go');
  await world.settled(id, 'waiting');
  const [below] = world.store.sessions.children(id);
  // The one above first: who hears of an end below goes on.
  expect(world.store.sessions.livingIds(null, null)).toEqual([id, below?.id, waits.id]);
  expect(await world.engine.cancelAll({ tenant: null, agent: null, reason: 'stop' })).toEqual({ ended: 3, paused: 0 });
  const ends = (each: string): number => world.entries(each).filter(({ kind }) => kind === 'ended').length;
  expect([id, below?.id ?? '', waits.id].map(ends)).toEqual([1, 1, 1]);
});

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
  expect((await world.engine.cancelAll({ tenant: 'default', agent: 'expert', reason: 'stop' })).ended).toBe(1);
  expect(world.engine.get(handed.id).state).toBe('cancelled');
  expect(world.engine.get(other.id).state).toBe('waiting');
  const again = world.start(bundle, 'three', { task: false });
  await world.settled(again.id, 'waiting');
  // Who began it answers for it too.
  expect((await world.engine.cancelAll({ tenant: 'default', agent: 'desk', reason: 'stop' })).ended).toBe(1);
});
