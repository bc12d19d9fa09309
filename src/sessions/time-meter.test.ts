import { expect, it } from 'vitest';
import { agentData, openWorld } from '../../test/fixtures/agent-world.ts';
import { TestClock } from '../../test/fixtures/test-clock.ts';
import { TimeMeter } from './time-meter.ts';

it('holds nothing more for a session that is over', async () => {
  const clock = new TestClock();
  await using world = openWorld({ clock });
  const agent = agentData('a', [{ say: 'hi' }], { tools: [] });
  const { id } = world.start({ entry: 'a', agents: [agent] }, 'hi', { task: false });
  await world.settled(id, 'waiting');
  const key = `${id}/99`;
  world.store.sessions.hold(key, id, { steps: 1, wallMs: 100 });
  using meter = new TimeMeter({ clock, store: world.store }, id, { key, sliceMs: 100 });
  clock.advance(100);
  expect(world.store.sessions.openHolds(id)).toEqual([key, `${key} time 1`]);
  world.engine.cancel(id, 'enough');
  expect(world.store.sessions.openHolds(id)).toEqual([]);
  // Its step is still being closed, and would ask for its next slice now.
  clock.advance(3_600_000);
  expect(world.store.sessions.openHolds(id)).toEqual([]);
  expect(world.engine.get(id).held.wallMs).toBe(0);
  expect(meter.signal.aborted).toBe(false);
});
