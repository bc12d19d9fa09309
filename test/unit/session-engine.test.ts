import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { hostTool } from '../../src/agents/index.ts';
import { limitNames } from '../../src/schema/index.ts';
import type { SessionRecord, StoredEntry } from '../../src/state/index.ts';
import { type AgentWorld, agentData, openWorld, type WorldOptions } from '../fixtures/agent-world.ts';
import { TestClock } from '../fixtures/test-clock.ts';

const day = 86_400_000;
const friend = { entry: 'friend', agents: [agentData('friend', [{ say: 'hello' }], { tools: [] })] };

/** An agent whose only tool waits for the test. */
function gated(): { options: WorldOptions; bundle: typeof friend; begun: Promise<void>; open: () => void } {
  const gate = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const rules = [{ answered: 0, call: [{ tool: 'hold', input: {} }] }, { say: 'let go' }];
  return {
    begun: begun.promise,
    open: gate.resolve,
    bundle: { entry: 'holder', agents: [agentData('holder', rules, { tools: ['hold'] })] },
    options: {
      tools: (store) => [
        hostTool(
          {
            name: 'hold',
            description: '',
            capability: 'notes:write',
            risk: 'write',
            idempotent: true,
            untrusted: false,
            input: z.strictObject({}),
            output: z.strictObject({ done: z.boolean() }),
            run: async () => {
              begun.resolve();
              await gate.promise;
              return { done: true };
            },
          },
          store,
        ),
      ],
    },
  };
}

const kinds = (world: AgentWorld, id: string): string[] => world.entries(id).map(({ kind }) => kind);

describe('the engine', () => {
  it('lets nobody write who was overtaken (1)', async () => {
    const { options, bundle, begun, open } = gated();
    await using world = openWorld(options);
    const { id } = world.start(bundle, 'go');
    await begun;
    const before = kinds(world, id);
    const fence = world.store.sessions.take(id);
    open();
    // The result of the one that was overtaken is refused; the one that took over does the step again.
    expect((await world.settled(id, 'done')).fence).toBeGreaterThan(fence);
    expect(kinds(world, id)).toEqual([...before, 'outcome', 'intent', 'outcome', 'ended']);
    expect(() => world.store.sessions.append(id, fence, [{ kind: 'paused', data: {} }])).toThrow(
      expect.objectContaining({ code: 'stale-handle' }),
    );
  });

  it('keeps nothing for those that wait but one timer for all (2)', async () => {
    const clock = new TestClock();
    await using world = openWorld({ clock });
    for (let count = 0; count < 50; count++) world.start(friend, 'hi', { task: false });
    await expect.poll(() => world.engine.running).toBe(0);
    expect(world.store.sessions.list({ tenant: 'default', state: 'waiting' }).items).toHaveLength(50);
    expect(clock.timers).toBe(1);
    clock.advance(31 * day);
    await expect.poll(() => world.store.sessions.list({ tenant: 'default' }).items.length).toBe(0);
  });

  it('misses no event, before, while and after it waits (3)', async () => {
    await using world = openWorld();
    const { id } = world.start(friend, 'one', { task: false });
    for (let count = 0; count < 20; count++) {
      world.engine.deliver(id, { event: 'message', data: `m${count}` });
      if (count % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
      if (count % 7 === 0) await world.settled(id, 'waiting');
    }
    await world.settled(id, 'waiting');
    const asked = world.entries(id);
    const lastModel = asked.findLastIndex(({ kind, data }) => kind === 'intent' && data['name'] === 'model');
    const lastMessage = asked.findLastIndex(({ data }) => data['event'] === 'message');
    expect(lastModel).toBeGreaterThan(lastMessage);
    expect(world.engine.running).toBe(0);
  });

  it('does not go to wait when something came that its program did not see (3)', async () => {
    let late: (() => void) | null = null;
    await using world = openWorld({
      program: (program) => ({
        ...program,
        turn: async (context) => {
          const end = await program.turn(context);
          late?.();
          late = null;
          return end;
        },
      }),
    });
    const { id } = world.start(friend, 'one', { task: false });
    late = () => world.engine.deliver(id, { event: 'message', data: 'two' });
    await expect.poll(() => kinds(world, id).filter((kind) => kind === 'outcome').length, { timeout: 5000 }).toBe(2);
    await world.settled(id, 'waiting');
  });

  it('goes on after a restart with what was under way, and with what waits (4)', async () => {
    const { options, bundle, begun, open } = gated();
    const first = openWorld(options);
    const { id } = first.start(bundle, 'go');
    const waiting = first.start(friend, 'hi', { task: false });
    await begun;
    await first.settled(waiting.id, 'waiting');
    const closing = first.close(true);
    expect(first.engine.get(id).state).toBe('running');
    await closing;
    open();
    await using world = openWorld({ ...options, home: first.home });
    expect((await world.settled(id, 'done')).outcome).toMatchObject({
      ok: true,
      output: { text: '[scripted] let go' },
    });
    world.engine.deliver(waiting.id, { event: 'message', data: 'still there?' });
    await world.settled(waiting.id, 'waiting');
    expect(kinds(world, waiting.id).filter((kind) => kind === 'outcome')).toHaveLength(2);
  });

  it('pauses after the step that is under way, and goes on from there', async () => {
    const { options, bundle, begun, open } = gated();
    await using world = openWorld(options);
    const { id } = world.start(bundle, 'go');
    await begun;
    world.engine.pause(id);
    open();
    await expect.poll(() => world.engine.running).toBe(0);
    expect(kinds(world, id).slice(-3)).toEqual(['intent', 'paused', 'outcome']);
    world.engine.deliver(id, { event: 'message', data: 'are you there?' });
    expect(world.engine.running).toBe(0);
    world.engine.resume(id);
    expect((await world.settled(id, 'done')).outcome).toMatchObject({ ok: true });
    expect(() => world.engine.pause(id)).toThrow(expect.objectContaining({ code: 'wrong-state' }));
  });

  it('cancels at once, with all below, and cuts off what is under way (5)', async () => {
    const { options, bundle, begun, open } = gated();
    await using world = openWorld(options);
    const boss = agentData(
      'boss',
      [{ answered: 0, call: [{ tool: 'delegate', input: { to: 'holder', task: 'hold' } }] }, { say: 'x' }],
      {
        tools: ['delegate'],
        delegates: ['holder'],
      },
    );
    const { id } = world.start({ entry: 'boss', agents: [boss, ...bundle.agents] }, 'go');
    await begun;
    await world.settled(id, 'waiting');
    world.engine.cancel(id, 'enough');
    const all = world.store.sessions.list({ tenant: 'default', all: true }).items;
    expect(all.map(({ state }) => state)).toEqual(['cancelled', 'cancelled']);
    await expect.poll(() => world.engine.running).toBe(0);
    open();
    expect(all.map(({ id: each }) => kinds(world, each).at(-1))).toEqual(['ended', 'ended']);
    expect(all.map(({ held }) => held.steps)).toEqual([0, 0]);
    expect(() => world.engine.deliver(id, { event: 'message', data: 1 })).toThrow(
      expect.objectContaining({ code: 'wrong-state' }),
    );
  });

  it('ends all that are at work at once, of one agent or of all (5)', async () => {
    const { options, bundle, begun } = gated();
    await using world = openWorld(options);
    for (let count = 0; count < 100; count++) world.start(bundle, 'go', { tenant: count % 2 === 0 ? 'a' : 'b' });
    const waiting = world.start(friend, 'hi', { task: false, tenant: 'a' });
    await begun;
    await world.settled(waiting.id, 'waiting');
    expect((await world.engine.cancelAll({ tenant: 'a', agent: 'nobody', reason: 'stop' })).ended).toBe(0);
    const startedMs = performance.now();
    expect((await world.engine.cancelAll({ tenant: 'a', agent: 'holder', reason: 'stop' })).ended).toBe(50);
    expect(world.engine.get(waiting.id).state).toBe('waiting');
    expect((await world.engine.cancelAll({ tenant: null, agent: null, reason: 'stop' })).ended).toBe(51);
    await expect.poll(() => world.engine.running).toBe(0);
    // On a busy machine it takes longer, and less than this.
    expect(performance.now() - startedMs).toBeLessThan(10_000);
    expect(world.store.sessions.livingIds(null, null)).toEqual([]);
  });

  it('tells nobody and begins no turn before it is written for good (6)', async () => {
    let depth = 0;
    const told: string[] = [];
    const begun: number[] = [];
    await using world = openWorld({
      wrap: (store) => ({
        ...store,
        transaction: (work) => {
          depth++;
          try {
            return store.transaction(work);
          } finally {
            depth--;
          }
        },
      }),
      program: (program) => ({
        ...program,
        turn: (context) => {
          begun.push(depth);
          return program.turn(context);
        },
      }),
      onEvent: (type) => told.push(`${type} ${depth}`),
    });
    const boss = agentData(
      'boss',
      [{ answered: 0, call: [{ tool: 'delegate', input: { to: 'friend', task: 'hi' } }] }, { say: 'x' }],
      { tools: ['delegate'], delegates: ['friend'] },
    );
    const { id } = world.start({ entry: 'boss', agents: [boss, ...friend.agents] }, 'go');
    await world.settled(id, 'done');
    expect(told).toEqual(
      ['started', 'started', 'waiting', 'ended', 'woken', 'ended'].map((what) => `session-${what} 0`),
    );
    expect(begun.length).toBeGreaterThan(2);
    expect(new Set(begun)).toEqual(new Set([0]));
  });

  it('says nothing of a start that could not be written (6)', async () => {
    const told: string[] = [];
    await using world = openWorld({
      wrap: (store) => ({
        ...store,
        transaction: (work) =>
          store.transaction(() => {
            work();
            throw new Error('database or disk is full');
          }),
      }),
      onEvent: (type) => told.push(type),
    });
    expect(() => world.start(friend, 'hi')).toThrow('full');
    expect(told).toEqual([]);
    expect(world.engine.running).toBe(0);
  });

  it('shows any number of readers the same, from where each likes', async () => {
    const { options, bundle, begun, open } = gated();
    await using world = openWorld(options);
    const { id } = world.start(bundle, 'go');
    const never = new AbortController().signal;
    const read = async (after: number): Promise<number[]> => {
      const seen: number[] = [];
      for await (const update of world.engine.follow(id, after, never)) {
        if (update.type === 'entry') seen.push(update.entry.position);
      }
      return seen;
    };
    const early = read(0);
    await begun;
    const late = [read(0), read(2), read(2)];
    const left = new AbortController();
    const leaving = (async () => {
      for await (const _ of world.engine.follow(id, 0, left.signal));
    })();
    left.abort();
    await leaving;
    open();
    const whole = [1, 2, 3, 4, 5, 6, 7, 8];
    expect(await early).toEqual(whole);
    expect(await Promise.all(late)).toEqual([whole, whole.slice(2), whole.slice(2)]);
    expect(await read(7)).toEqual([8]);
  });

  it('forks where nothing is under way, and both go on by themselves', async () => {
    await using world = openWorld();
    const agent = agentData('clerk', [
      { answered: 0, call: [{ tool: 'note', input: { text: 'a' } }] },
      { say: 'done' },
    ]);
    const { id } = world.start({ entry: 'clerk', agents: [agent] }, 'go');
    await world.settled(id, 'done');
    expect(() => world.engine.fork(id, { at: 4, sandbox: null })).toThrow(
      expect.objectContaining({ code: 'wrong-state', hint: 'The newest such point is 8.' }),
    );
    const before = world.engine.get(id);
    const forked = world.engine.fork(id, { at: 3, sandbox: null });
    expect(forked).toMatchObject({ parent: null, root: forked.id });
    expect((await world.settled(forked.id, 'done')).outcome).toEqual(world.engine.get(id).outcome);
    expect(world.notes().map((line) => line.split('/')[0])).toEqual([id, forked.id]);
    expect(world.engine.get(forked.id).spent.steps).toBe(before.spent.steps + 2);
  });

  it('has no more to use for all forks together than for none', async () => {
    await using world = openWorld();
    const { id } = world.start(friend, 'one', { task: false });
    const left = ({ limits, spent }: SessionRecord): number[] => limitNames.map((name) => limits[name] - spent[name]);
    const depth = limitNames.indexOf('depth');
    await world.settled(id, 'waiting');
    const had = left(world.engine.get(id));
    const forks: SessionRecord[] = [];
    for (let count = 0; count < 12; count++) {
      // Also one that is over, and forks of forks.
      if (count === 6) world.engine.cancel(id, 'enough');
      forks.push(world.engine.fork(count % 3 === 2 ? (forks.at(-1)?.id ?? id) : id, { sandbox: null }));
      await world.settled(forks.at(-1)?.id ?? '', 'waiting');
    }
    const all = [id, ...forks.map((each) => each.id)].map((each) => left(world.engine.get(each)));
    had.forEach((amount, at) => {
      const sum = all.reduce((total, each) => total + (each[at] ?? 0), 0);
      if (at !== depth) expect(sum).toBeLessThanOrEqual(amount + 1e-6);
      for (const each of all) expect(each[at]).toBeGreaterThanOrEqual(0);
    });
    expect(all.every((each) => each[depth] === had[depth])).toBe(true);
  });

  it('holds the quota of a tenant for forks and for what is delegated', async () => {
    await using world = openWorld({ mostSessions: 1 });
    const over = world.start(friend, 'hi');
    await world.settled(over.id, 'done');
    const rules = [
      { answered: 0, call: [{ tool: 'delegate', input: { to: 'friend', task: 'hi' } }] },
      { say: 'alone' },
    ];
    const boss = agentData('boss', rules, { tools: ['delegate'], delegates: ['friend'] });
    const { id } = world.start({ entry: 'boss', agents: [boss, ...friend.agents] }, 'go', { task: false });
    await world.settled(id, 'waiting');
    expect(world.store.sessions.children(id)).toEqual([]);
    const refused = world.entries(id).find(({ data }) => data['refused'] === true);
    expect(refused?.data['error']).toMatchObject({
      code: 'quota-exceeded',
      details: { quota: 'sessions', ceiling: 1 },
    });
    const { spent } = world.engine.get(over.id);
    expect(() => world.engine.fork(over.id, { sandbox: null })).toThrow(
      expect.objectContaining({ code: 'quota-exceeded' }),
    );
    expect(world.engine.get(over.id).spent).toEqual(spent);
    expect(world.store.sessions.living('default')).toBe(1);
  });

  it('keeps no tenant waiting because another has many sessions at work', async () => {
    const { options, bundle, begun, open } = gated();
    await using world = openWorld(options);
    const loud = Array.from({ length: 260 }, () => world.start(bundle, 'go', { tenant: 'loud' }));
    await begun;
    const { id } = world.start(friend, 'hi', { tenant: 'calm' });
    await world.settled(id, 'done');
    expect(world.engine.running).toBeGreaterThanOrEqual(loud.length);
    open();
    for (const each of loud) await world.settled(each.id, 'done');
  });

  it('starts once for a key, and refuses the key for anything else', async () => {
    await using world = openWorld();
    const first = world.start(friend, 'hi', { origin: 'start k' });
    expect(world.start(friend, 'hi', { origin: 'start k' }).id).toBe(first.id);
    expect(() => world.start(friend, 'other', { origin: 'start k' })).toThrow(
      expect.objectContaining({ code: 'idempotency-conflict' }),
    );
    expect(world.start(friend, 'hi', { origin: 'start k', tenant: 'b' }).id).not.toBe(first.id);
  });
});

describe('a log of another version', () => {
  const anyUpgrade = Object.fromEntries([1, 2, 3, 4, 5, 6].map((from) => [from, (entry: StoredEntry) => entry]));
  /** As if the next version began every message with a word. */
  const upgrade = (entry: StoredEntry): StoredEntry =>
    entry.kind === 'started'
      ? { ...entry, data: { ...entry.data, message: `upgraded ${String(entry.data['message'])}` } }
      : entry;

  it('is read as the current one, parked or under way, and written on in it', async () => {
    const first = openWorld();
    const { id } = first.start(friend, 'hi', { task: false });
    await first.settled(id, 'waiting');
    const { format: was } = first.engine.get(id);
    await first.close(true);
    await using world = openWorld({
      home: first.home,
      program: (program) => ({ ...program, format: was + 1, upgrades: { [was]: upgrade } }),
    });
    world.engine.deliver(id, { event: 'message', data: 'again' });
    await world.settled(id, 'waiting');
    expect(world.engine.get(id).format).toBe(was + 1);
    expect(kinds(world, id).filter((kind) => kind === 'upgraded')).toHaveLength(1);
    expect(new Set(world.entries(id).map(({ format }) => format))).toEqual(new Set([was, was + 1]));
  });

  it('acceptance test 7: is left untouched when it is newer, with a clear refusal', async () => {
    const first = openWorld({ program: (program) => ({ ...program, format: 7 }) });
    const { id } = first.start(friend, 'hi', { task: false });
    await first.settled(id, 'waiting');
    await first.close(true);
    const clock = new TestClock();
    await using world = openWorld({ home: first.home, clock });
    const before = world.engine.get(id);
    const verbs = [
      () => world.engine.deliver(id, { event: 'message', data: 'x' }),
      () => world.engine.pause(id),
      () => world.engine.resume(id),
      () => world.engine.cancel(id, 'enough'),
      () => world.engine.fork(id, { sandbox: null }),
    ];
    for (const verb of verbs) {
      expect(verb).toThrow(
        expect.objectContaining({ code: 'state-unusable', message: expect.stringContaining('format 7') }),
      );
    }
    const known = world.start(friend, 'hi', { task: false });
    await world.settled(known.id, 'waiting');
    expect((await world.engine.cancelAll({ tenant: null, agent: null, reason: 'stop' })).ended).toBe(1);
    // Its time comes and goes, and no timer fires for it again and again.
    clock.advance(10 * 366 * day);
    expect({ timers: clock.timers, running: world.engine.running }).toEqual({ timers: 0, running: 0 });
    expect(world.engine.get(id)).toEqual(before);
    expect(before).toMatchObject({ state: 'waiting', wakeMs: expect.any(Number) });
    expect(kinds(world, id).at(-1)).toBe('waiting');
  });

  it('does not go on below a newer one, which could not be told how it ended', async () => {
    const { options, bundle, begun, open } = gated();
    const first = openWorld(options);
    const boss = agentData(
      'boss',
      [{ answered: 0, call: [{ tool: 'delegate', input: { to: 'holder', task: 'hold' } }] }, { say: 'x' }],
      { tools: ['delegate'], delegates: ['holder'] },
    );
    const { id } = first.start({ entry: 'boss', agents: [boss, ...bundle.agents] }, 'go');
    await begun;
    await first.settled(id, 'waiting');
    first.store.sessions.append(id, null, [], { format: 7 });
    await first.close(true);
    open();
    const world = openWorld({ ...options, home: first.home });
    const before = world.entries(id);
    const [child] = world.store.sessions.children(id);
    await expect.poll(() => world.engine.running).toBe(0);
    expect(world.engine.get(child?.id ?? '').state).toBe('running');
    expect(() => world.engine.cancel(child?.id ?? '', 'enough')).toThrow(
      expect.objectContaining({ code: 'state-unusable' }),
    );
    expect(world.entries(id)).toEqual(before);
    await world.close(true);
    // Back under the newer version both come to their end.
    await using back = openWorld({
      ...options,
      home: first.home,
      program: (program) => ({ ...program, format: 7, upgrades: anyUpgrade }),
    });
    await back.settled(id, 'done');
  });
});
