/** Sessions whose writes fail, or are lost with others' of the same group. */
import { describe, expect, it } from 'vitest';
import { HoldfastError } from '../../src/schema/index.ts';
import type { Store } from '../../src/state/index.ts';
import { agentData, openWorld } from '../fixtures/agent-world.ts';

describe('a write that could not be kept', () => {
  const noter = {
    entry: 'noter',
    agents: [
      agentData('noter', [{ answered: 0, call: [{ tool: 'note', input: { text: 'once' } }] }, { say: 'noted' }]),
    ],
  };

  it('lets a session go on when there is room again, and does nothing twice', async () => {
    let refused = 0;
    const full = new HoldfastError('host-disk-full', 'no space left');
    const wrap = (store: Store): Store => ({
      ...store,
      durable: () => (refused++ < 2 ? Promise.reject(full) : store.durable()),
    });
    await using world = openWorld({ wrap });
    const { id } = world.start(noter, 'go');
    expect((await world.settled(id, 'done')).outcome).toMatchObject({ ok: true });
    expect(world.notes().map((line) => line.split(' ')[1])).toEqual(['once']);
  });

  it('is seen by its session, which goes on from what its log has', async () => {
    let lost = 0;
    const undo = new Error('undone');
    const wrap = (store: Store): Store => ({
      ...store,
      // The result of the first step is gone with somebody else's write.
      grouped: (work) => {
        let result: ReturnType<typeof work> | undefined;
        if (++lost !== 2) return store.grouped(work);
        try {
          store.transaction(() => {
            result = work();
            throw undo;
          });
        } catch (error) {
          if (error !== undo) throw error;
        }
        return result as ReturnType<typeof work>;
      },
    });
    await using world = openWorld({ wrap });
    const { id } = world.start(noter, 'go');
    expect((await world.settled(id, 'done')).outcome).toMatchObject({ ok: true });
    expect(world.entries(id).map(({ kind }) => kind)).toEqual([
      'started',
      'intent',
      'outcome',
      'intent',
      'outcome',
      'intent',
      'outcome',
      'ended',
    ]);
    expect(world.notes().map((line) => line.split(' ')[1])).toEqual(['once']);
  });
});
