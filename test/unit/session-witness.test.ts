/** Sessions whose witness, the audit log, refuses an entry now and then: nothing is done that it did not see, or done again. */
import { describe, expect, it } from 'vitest';
import { openModel } from '../../src/agents/index.ts';
import { HoldfastError } from '../../src/schema/index.ts';
import type { StoredEntry, Witness } from '../../src/state/index.ts';
import { type AgentWorld, agentData, openWorld } from '../fixtures/agent-world.ts';

const down = (): never => {
  throw new HoldfastError('audit-unavailable', 'the audit log cannot be written: no room');
};

const agent = agentData(
  'a',
  [
    { answered: 0, call: [{ tool: 'stamp', input: { text: 'one' } }] },
    { answered: 1, call: [{ tool: 'remember', input: { slot: 's', key: 'k', value: 'v' } }] },
    { say: 'done' },
  ],
  { tools: ['stamp', 'remember'], memory: { s: { scope: 'user', retentionDays: 1, class: 'internal' } } },
);

/** A world that counts how often its model is asked, and refuses what the test says: an entry, or consent to all since the last. */
function world(
  refuse: (entry: StoredEntry) => boolean,
  refuseAll: () => boolean = () => false,
): { world: AgentWorld; asked: () => number; seen: string[] } {
  let asked = 0;
  let agreed = 0;
  const seen: string[] = [];
  const witness: Witness = {
    see: (_session, entries) => {
      for (const entry of entries) if (refuse(entry)) down();
      seen.push(...entries.map(({ kind, position }) => `${position} ${kind}`));
    },
    consent: () => {
      if (seen.length === agreed) return;
      if (refuseAll()) {
        seen.length = agreed;
        down();
      }
      agreed = seen.length;
    },
  };
  const made = openWorld({
    witness,
    open: async (facts) => {
      const model = await openModel(facts);
      return new Proxy(model, {
        get: (target, name) => {
          if (name === 'doStream') asked++;
          return Reflect.get(target, name, target);
        },
      });
    },
  });
  return { world: made, asked: () => asked, seen };
}

const kept = ({ store }: AgentWorld): unknown =>
  store.memories.get({ tenant: 'default', scope: 'user', owner: 'ada', slot: 's', key: 'k' }, 0)?.value;

describe('a session whose witness refuses', () => {
  it('any one entry, once, comes to the same end, having asked and done each thing once', {
    timeout: 60_000,
  }, async () => {
    const plain = world(() => false);
    const { id } = plain.world.start({ entry: 'a', agents: [agent] }, 'go');
    await plain.world.settled(id, 'done');
    const entries = plain.world.entries(id);
    const asked = plain.asked();
    await plain.world.close();
    expect(entries.length).toBeGreaterThan(9);
    expect(asked).toBe(3);
    for (const { position } of entries.slice(1)) {
      let refused = false;
      const one = world((entry) => {
        if (refused || entry.position !== position) return false;
        refused = true;
        return true;
      });
      await using made = one.world;
      const session = made.start({ entry: 'a', agents: [agent] }, 'go');
      await made.settled(session.id, 'done');
      expect(refused, String(position)).toBe(true);
      expect(
        made.entries(session.id).map(({ kind }) => kind),
        String(position),
      ).toEqual(entries.map(({ kind }) => kind));
      expect(one.seen).toEqual(entries.map((entry) => `${entry.position} ${entry.kind}`));
      expect({ asked: one.asked(), notes: made.notes().length, kept: kept(made) }).toEqual({
        asked,
        notes: 1,
        kept: 'v',
      });
      expect(made.engine.blockedBy(session.id)).toBeNull();
    }
  });

  it('consent to what it has seen, once, comes to the same end, having asked and done each thing once', {
    timeout: 60_000,
  }, async () => {
    const run = async (which: number): Promise<{ consents: number; found: unknown }> => {
      let consents = 0;
      const one = world(
        () => false,
        () => ++consents === which,
      );
      await using made = one.world;
      const { id } = made.start({ entry: 'a', agents: [agent] }, 'go');
      await made.settled(id, 'done');
      expect(made.engine.blockedBy(id)).toBeNull();
      const entries = made.entries(id).map(({ kind, position }) => `${position} ${kind}`);
      const found = { entries, seen: one.seen, asked: one.asked(), notes: made.notes().length, kept: kept(made) };
      return { consents, found };
    };
    const plain = await run(0);
    expect(plain.found).toMatchObject({ asked: 3, notes: 1, kept: 'v' });
    expect(plain.consents).toBeGreaterThan(9);
    // The first one is to its start.
    for (let which = 2; which <= plain.consents; which++) {
      expect((await run(which)).found, String(which)).toEqual(plain.found);
    }
  });

  it('for good does nothing more, keeps nothing that was not seen, and says why', async () => {
    const isRemembered = ({ kind, data }: StoredEntry): boolean => kind === 'outcome' && data['tool'] === 'remember';
    const { world: made } = world(isRemembered);
    await using one = made;
    const { id } = one.start({ entry: 'a', agents: [agent] }, 'go');
    await expect.poll(() => one.engine.blockedBy(id)?.code, { timeout: 10_000 }).toBe('audit-unavailable');
    expect(kept(one)).toBeUndefined();
    expect(one.engine.get(id).state).toBe('running');
    const { world: mute } = world(({ kind }) => kind === 'intent');
    await using other = mute;
    const second = other.start({ entry: 'a', agents: [agent] }, 'go');
    await expect.poll(() => other.engine.blockedBy(second.id)?.code, { timeout: 10_000 }).toBe('audit-unavailable');
    expect(other.entries(second.id)).toHaveLength(1);
    expect(other.store.sessions.openHolds(second.id)).toEqual([]);
  });

  it('its start was never started', async () => {
    const { world: made } = world(({ kind }) => kind === 'started');
    await using one = made;
    expect(() => one.start({ entry: 'a', agents: [agent] }, 'go')).toThrow(/audit log/);
    expect(one.store.sessions.livingIds(null, null)).toEqual([]);
  });

  it('its end is cut off and stands still, with all below it', async () => {
    let refuse = false;
    const { world: made } = world(({ kind }) => refuse && kind === 'ended');
    await using one = made;
    const { id } = one.start({ entry: 'a', agents: [agent] }, 'go', { task: false });
    await one.settled(id, 'waiting');
    refuse = true;
    expect(() => one.engine.cancel(id, 'stop')).toThrow(expect.objectContaining({ code: 'audit-unavailable' }));
    expect(one.engine.get(id)).toMatchObject({ paused: true, endedAt: null });
    expect(await one.engine.cancelAll({ tenant: null, agent: null, reason: 'stop' })).toEqual({ ended: 0, paused: 1 });
    refuse = false;
    expect(await one.engine.cancelAll({ tenant: null, agent: null, reason: 'stop' })).toEqual({ ended: 1, paused: 0 });
  });

  it('some ends of very many, leaves whole what it saw, and all others standing still', async () => {
    let seen = 0;
    let most = 35;
    const { world: made } = world(({ kind }) => kind === 'ended' && ++seen > most);
    await using one = made;
    // Those of one millisecond are in no order.
    const ids = Array.from(
      { length: 40 },
      () => one.start({ entry: 'a', agents: [agent] }, 'go', { task: false, person: 'ada' }).id,
    ).sort();
    for (const id of ids) await one.settled(id, 'waiting');
    const { ended, paused } = await one.engine.cancelAll({ tenant: null, agent: null, reason: 'stop' });
    const states = ids.map((id) => one.engine.get(id)).map(({ endedAt, paused: held }) => [endedAt !== null, held]);
    expect([ended > 0, paused > 4, ended + paused]).toEqual([true, true, 40]);
    expect(states).toEqual(ids.map((_, at) => (at < ended ? [true, false] : [false, true])));
    const lastOf = (id: string): string | undefined => one.entries(id).at(-1)?.kind;
    expect(ids.map(lastOf)).toEqual(ids.map((_, at) => (at < ended ? 'ended' : 'waiting')));
    most = Number.POSITIVE_INFINITY;
    expect(await one.engine.cancelAll({ tenant: null, agent: null, reason: 'stop' })).toEqual({
      ended: paused,
      paused: 0,
    });
  });
});
