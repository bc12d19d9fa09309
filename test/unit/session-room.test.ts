/** Logs have bounds: what others send is refused before they are reached, and what the session itself needs is not. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { hostTool } from '../../src/agents/index.ts';
import { sendToSessionSchema } from '../../src/schema/index.ts';
import { mostBytes, mostEntries, refuseFull } from '../../src/sessions/room.ts';
import type { Store } from '../../src/state/index.ts';
import { type AgentWorld, agentData, openWorld } from '../fixtures/agent-world.ts';

const friend = { entry: 'friend', agents: [agentData('friend', [{ say: 'hello' }], { tools: [] })] };
const careful = {
  entry: 'careful',
  agents: [
    agentData(
      'careful',
      [
        { answered: 0, call: [{ tool: 'send', input: { text: 'mail' } }] },
        { sees: 'not approved', say: 'refused' },
        { say: 'sent' },
      ],
      { tools: ['send'], approvals: [{ tools: ['send'], withinMs: 60_000 }] },
    ),
  ],
};
const tooMuch = expect.objectContaining({ code: 'quota-exceeded' });
const mebi = 1024 * 1024;

/** As if somebody had sent so many events, or so much in some. */
function fill({ store }: AgentWorld, id: string, to: { entries: number } | { bytes: number }): void {
  const { position, bytes } = store.sessions.get(id) ?? { position: 0, bytes: 0 };
  const data = 'entries' in to ? 'x' : 'x'.repeat(mebi);
  const count = 'entries' in to ? to.entries - position : Math.ceil((to.bytes - bytes) / mebi);
  const event = { kind: 'received', data: { event: 'x', data } } as const;
  store.sessions.append(
    id,
    null,
    Array.from({ length: count }, () => event),
  );
}

async function waiting(world: AgentWorld, bundle: typeof friend): Promise<string> {
  const { id } = world.start(bundle, 'go', { task: false });
  await world.settled(id, 'waiting');
  return id;
}

describe('an event', () => {
  it('says no more than a message may, as a text or as JSON', () => {
    const isTaken = (data: unknown): boolean => sendToSessionSchema.safeParse({ data }).success;
    expect(isTaken('é'.repeat(262_144))).toBe(true);
    expect(isTaken('é'.repeat(262_145))).toBe(false);
    expect(isTaken(['x'.repeat(262_144)])).toBe(false);
    expect(isTaken({ a: 'x'.repeat(262_000) })).toBe(true);
    expect(isTaken(null)).toBe(true);
  });

  it.each([
    ['entries', { entries: mostEntries / 2 }],
    ['bytes', { bytes: mostBytes / 2 }],
  ])('is refused by a log with half of the %s it may have, and what the session waits for is not', async (_, half) => {
    await using world = openWorld();
    const id = await waiting(world, friend);
    world.engine.deliver(id, { event: 'x', data: 1 });
    fill(world, id, half);
    expect(() => world.engine.deliver(id, { event: 'x', data: 2 })).toThrow(tooMuch);
    const { position } = world.engine.get(id);
    world.engine.deliver(id, { event: 'message', data: 'still there?' });
    await world.settled(id, 'waiting');
    const said = world.store.sessions.entries(id, position, 100);
    expect(said.map(({ kind }) => kind)).toEqual(['received', 'intent', 'outcome', 'waiting']);
  });

  it('that decides about an approval is taken by a log that is half full', { timeout: 20_000 }, async () => {
    await using world = openWorld();
    const { id } = world.start(careful, 'go');
    await world.settled(id, 'waiting');
    const [asked] = world.store.sessions.asked('default');
    fill(world, id, { entries: mostEntries / 2 });
    expect(() => world.engine.deliver(id, { event: 'x', data: 2 })).toThrow(tooMuch);
    const event = `approval:${asked?.position}`;
    const data = { approve: true, by: 'milo', reason: null };
    expect(world.engine.deliver(id, { event, data, key: `${event}:milo` })).toBe(true);
    expect((await world.settled(id, 'done')).outcome).toMatchObject({ ok: true });
  });

  it('that decides is taken whatever the session does at that moment, and however full its log is', () => {
    const full = {
      id: 's',
      tenant: 't',
      position: mostEntries,
      bytes: mostBytes,
      state: 'running',
      waitsFor: [],
    } as const;
    expect(() => refuseFull({ ...full, waitsFor: [] }, 'approval:7')).not.toThrow();
    expect(() => refuseFull({ ...full, waitsFor: ['message'] }, 'message')).toThrow(tooMuch);
    expect(() => refuseFull({ ...full, state: 'waiting', waitsFor: ['message'] }, 'message')).not.toThrow();
    expect(() => refuseFull({ ...full, state: 'waiting', waitsFor: ['message'] }, 'x')).toThrow(tooMuch);
  });
});

describe('a log', () => {
  it('is as long as what its entries say, in a fork too', async () => {
    await using world = openWorld();
    const id = await waiting(world, friend);
    const fork = world.engine.fork(id, { sandbox: null, message: 'é' });
    await world.settled(fork.id, 'waiting');
    for (const each of [id, fork.id]) {
      const sizes = world.entries(each).map(({ data }) => Buffer.byteLength(JSON.stringify(data)));
      expect(world.engine.get(each).bytes).toBe(sizes.reduce((sum, size) => sum + size, 0));
    }
  });

  it('beyond its bound ends its session when a daemon would go on with it, and is not read for that', async () => {
    const first = openWorld();
    const id = await waiting(first, friend);
    fill(first, id, { bytes: mostBytes });
    first.store.sessions.append(id, null, [], { state: 'running', waitsFor: [], wakeMs: null });
    await first.close(true);
    const read: string[] = [];
    const wrap = (store: Store): Store => ({
      ...store,
      sessions: new Proxy(store.sessions, {
        get: (target, name) => {
          if (name === 'entries') read.push(String(name));
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      }),
    });
    await using world = openWorld({ home: first.home, wrap });
    const { outcome } = await world.settled(id, 'failed');
    expect(outcome).toMatchObject({ ok: false, error: { code: 'quota-exceeded', details: { session: id } } });
    expect(read).toEqual([]);
  });

  it('takes no further step of its session beyond its bound', async () => {
    const large = (store: Store) =>
      hostTool(
        {
          name: 'large',
          description: '',
          capability: 'notes:write',
          risk: 'write',
          idempotent: true,
          untrusted: false,
          input: z.strictObject({}),
          output: z.strictObject({ text: z.string() }),
          run: async () => ({ text: 'x'.repeat(200_000) }),
        },
        store,
      );
    const rules = [{ answered: 1, call: [{ tool: 'large', input: {} }] }, { say: 'hello' }];
    const bundle = { entry: 'loud', agents: [agentData('loud', rules, { tools: ['large'] })] };
    await using world = openWorld({ tools: (store) => [large(store)] });
    const id = await waiting(world, bundle);
    fill(world, id, { bytes: mostBytes - mebi });
    const event = { kind: 'received', data: { event: 'x', data: 'x'.repeat(50_000) } } as const;
    while ((world.store.sessions.get(id)?.bytes ?? 0) < mostBytes - 100_000) {
      world.store.sessions.append(id, null, [event]);
    }
    world.engine.deliver(id, { event: 'message', data: 'again' });
    const { outcome } = await world.settled(id, 'failed');
    expect(outcome).toMatchObject({ ok: false, error: { code: 'quota-exceeded' } });
    expect(
      world.store.sessions
        .entries(id, 0, 100_000)
        .slice(-2)
        .map(({ kind }) => kind),
    ).toEqual(['outcome', 'ended']);
  });
});
