import { expect, it } from 'vitest';
import { agentData, openWorld } from '../../test/fixtures/agent-world.ts';
import type { StoredEntry } from '../state/index.ts';

const friend = { entry: 'friend', agents: [agentData('friend', [{ say: 'hello' }], { tools: [] })] };

it('keeps what each entry was written as, so that what an earlier version wrote is read as that', async () => {
  const first = openWorld();
  const { id } = first.start(friend, 'one', { task: false });
  await first.settled(id, 'waiting');
  const { format } = first.engine.get(id);
  await first.close(true);

  const upgraded: number[] = [];
  const seen: StoredEntry[][] = [];
  await using world = openWorld({
    home: first.home,
    // The version that comes next, where what people say is told in another way.
    program: (program) => ({
      ...program,
      format: format + 1,
      upgrades: {
        ...program.upgrades,
        [format]: (entry) => {
          upgraded.push(entry.position);
          return { ...entry, data: { ...entry.data, isUpgraded: true } };
        },
      },
      turn: (context) => {
        seen.push([...context.entries]);
        return program.turn(context);
      },
    }),
  });
  world.engine.deliver(id, { event: 'message', data: 'two' });
  await expect.poll(() => world.engine.get(id).state).toBe('waiting');
  await expect.poll(() => seen.length).toBeGreaterThan(0);
  const before = world.entries(id).filter((entry) => entry.format === format).length;
  expect(world.engine.get(id).format).toBe(format + 1);
  upgraded.splice(0);
  const fork = world.engine.fork(id, { sandbox: null });
  await world.settled(fork.id, 'waiting');
  const copied = world.entries(fork.id);
  expect(copied.filter((entry) => entry.format === format)).toHaveLength(before);
  expect(upgraded).toHaveLength(before);
  const [started] = seen.at(-1) ?? [];
  expect(started?.data).toMatchObject({ message: 'one', isUpgraded: true });
});
