/** Ten thousand sessions that wait and some at work, ended at once: what is over when, what logs say, and what a crash leaves. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CallContext } from '../../src/agents/index.ts';
import { idMaker, systemClock, systemRandom } from '../../src/base/index.ts';
import { HoldfastError } from '../../src/schema/index.ts';
import type { SessionRecord, Witness } from '../../src/state/index.ts';
import {
  type AgentWorld,
  agentData,
  openWorld,
  standardHostTools,
  type WorldOptions,
} from '../fixtures/agent-world.ts';

let home = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'hf-many-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const newId = idMaker(systemClock, systemRandom);
const host = { entry: 'host', agents: [agentData('host', [{ say: 'well' }], { tools: [] })] };
const all = { tenant: null, agent: null, reason: 'all were cancelled', by: 'milo' };

/** So many that have answered and wait for a message, as copies of one; their ids. */
async function park(world: AgentWorld, count: number, tenant = 'default'): Promise<string[]> {
  const { id } = world.start(host, 'hi', { task: false, tenant });
  const one = await world.settled(id, 'waiting');
  const entries = world.entries(id);
  const copies = Array.from({ length: count - 1 }, () => newId('session'));
  world.store.transaction(() => {
    for (const copy of copies) {
      world.store.sessions.insert({ ...one, id: copy, root: copy, position: 0 });
      world.store.sessions.append(copy, null, entries);
    }
  });
  return [id, ...copies];
}

/** Steps that last until they are cut off. */
const hanging: WorldOptions['tools'] = (store, place) =>
  standardHostTools(store, place).map((tool) =>
    tool.name === 'note'
      ? {
          ...tool,
          call: async (_input: unknown, { scope }: CallContext) => {
            await new Promise((resolve) => scope.signal.addEventListener('abort', resolve, { once: true }));
            throw scope.signal.reason;
          },
        }
      : tool,
  );
const call = { call: [{ tool: 'note', input: { text: 'x' } }] };
const worker = { entry: 'worker', agents: [agentData('worker', [call])] };

const ends = (world: AgentWorld, id: string): unknown[] =>
  world.entries(id).flatMap(({ kind, data }) => (kind === 'ended' ? [data] : []));
const states = (world: AgentWorld, ids: readonly string[]): Set<unknown> =>
  new Set(ids.map((id) => world.store.sessions.get(id)?.state));

const count = 10_000;
const boundMs = 1000;

it(`are over within ${boundMs} ms, ${count} that wait beside 32 at work, and each log says so once, after a restart too`, {
  timeout: 120_000,
}, async () => {
  const told = new Set<string>();
  const onEvent: WorldOptions['onEvent'] = (type, { id }) => void (type === 'session-ended' && told.add(id));
  let world = openWorld({ home, tools: hanging, onEvent });
  const parked = await park(world, count);
  const busy = Array.from({ length: 32 }, () => world.start(worker, 'go').id);
  await expect.poll(() => busy.every((id) => world.entries(id).at(-1)?.data['name'] === 'tool')).toBe(true);
  const startedMs = performance.now();
  expect(await world.engine.cancelAll(all)).toEqual({ ended: count + 32, paused: 0 });
  const tookMs = performance.now() - startedMs;
  await expect.poll(() => world.engine.running).toBe(0);
  process.stderr.write(`${count} sessions that wait were over in ${tookMs.toFixed(0)} ms\n`);
  expect(tookMs).toBeLessThan(boundMs);
  expect(states(world, [...parked, ...busy])).toEqual(new Set(['cancelled']));
  expect(world.store.sessions.livingIds(null, null)).toEqual([]);
  // Before their logs say it, too.
  expect(world.store.sessions.owing(count).length).toBeGreaterThan(count / 2);
  const last = parked.at(-1) ?? '';
  expect(() => world.engine.deliver(last, { event: 'message', data: 'more' })).toThrow(/it is cancelled/);
  const { endedAt, outcome } = world.engine.get(last);
  // Whoever looks at one finds its end.
  expect(world.engine.find('default', last)).toMatchObject({ state: 'cancelled', owedEnd: null });
  expect(ends(world, last)).toEqual([{ ...outcome, by: 'milo', endedAt }]);
  const first: string[] = [];
  const [reading = ''] = parked.slice(-2);
  for await (const update of world.engine.follow(reading, 0, new AbortController().signal)) {
    if (update.type === 'entry') first.push(update.entry.kind);
  }
  expect(first.at(-1)).toBe('ended');

  await world.close(true);
  const before = told.size;
  world = openWorld({ home, tools: hanging, onEvent });
  // Nobody asks for them.
  await expect.poll(() => world.store.sessions.owing(1), { timeout: 60_000 }).toEqual([]);
  expect(before).toBeLessThan(count);
  expect(told.size).toBe(count + 32);
  expect(parked.filter((id) => ends(world, id).length !== 1)).toEqual([]);
  expect(busy.filter((id) => ends(world, id).length !== 1)).toEqual([]);
  await world.close();
});

describe('a crowd that waits', () => {
  it('is of whom it was said, with all below, and nothing that is at work or newer', async () => {
    await using world = openWorld({ home, tools: hanging });
    const boss = agentData('boss', [{ call: [{ tool: 'delegate', input: { to: 'hand', task: 'work' } }] }], {
      tools: ['delegate'],
      delegates: ['hand'],
    });
    const asking = { call: [{ tool: 'ask', input: { question: 'which?', withinMs: 3_600_000 } }] };
    const below = (rule: typeof call | typeof asking, tools: string[]) =>
      world.start({ entry: 'boss', agents: [boss, agentData('hand', [rule], { tools })] }, 'go');
    const parked = await park(world, 300);
    const others = await park(world, 300, 'acme');
    const waits = below(asking, ['ask']);
    const works = below(call, ['note']);
    const newer = parked[10] ?? '';
    world.store.sessions.append(newer, null, [], { format: 99 });
    const childOf = ({ id }: SessionRecord): string => world.store.sessions.children(id)[0]?.id ?? '';
    await expect.poll(() => world.entries(childOf(works)).at(-1)?.data['name']).toBe('tool');
    await expect.poll(() => world.store.sessions.get(childOf(waits))?.state).toBe('waiting');
    await world.settled(waits.id, 'waiting');
    expect(await world.engine.cancelAll({ ...all, tenant: 'default' })).toEqual({ ended: 299 + 4, paused: 0 });
    expect(states(world, others)).toEqual(new Set(['waiting']));
    // What is at work is cut off.
    await expect.poll(() => world.engine.running).toBe(0);
    expect(world.engine.get(newer)).toMatchObject({ state: 'waiting', owedEnd: null });
    await world.engine.endsWritten();
    for (const id of [waits.id, childOf(waits), works.id, childOf(works), parked[0] ?? '']) {
      expect([id, ends(world, id).length, world.engine.get(id).state]).toEqual([id, 1, 'cancelled']);
      // Nothing is kept back for what is over, and nobody was told of an end above that is over too.
      expect(world.engine.get(id).held.steps).toBe(0);
    }
    expect(world.entries(waits.id).filter(({ kind }) => kind === 'received')).toEqual([]);
    expect((await world.engine.cancelAll({ ...all, tenant: 'acme', agent: 'host' })).ended).toBe(300);
  });

  it('stands still as a whole where that cannot be logged, and is over when it can', async () => {
    await using world = openWorld({ home });
    const parked = await park(world, 300);
    const logCrowd = (): never => {
      throw new HoldfastError('audit-unavailable', 'no room');
    };
    expect(await world.engine.cancelAll({ ...all, logCrowd })).toEqual({ ended: 0, paused: 300 });
    expect(parked.every((id) => world.engine.get(id).paused)).toBe(true);
    expect(states(world, parked)).toEqual(new Set(['waiting']));
    expect(world.store.sessions.owing(1)).toEqual([]);
    let counted = 0;
    const logged = (sessions: number): void => {
      counted = sessions;
    };
    const ending = { ...all, logCrowd: logged };
    expect(await world.engine.cancelAll(ending)).toEqual({ ended: 300, paused: 0 });
    expect(counted).toBe(300);
  });

  it('owes its ends until they can be logged, and none is written twice', async () => {
    let refuse = true;
    const see: Witness['see'] = (_session, entries) => {
      if (refuse && entries.some(({ kind }) => kind === 'ended'))
        throw new HoldfastError('audit-unavailable', 'no room');
    };
    await using world = openWorld({ home, witness: { see, consent: () => undefined } });
    const parked = await park(world, 300);
    expect((await world.engine.cancelAll(all)).ended).toBe(300);
    await expect(world.engine.endsWritten()).rejects.toMatchObject({ code: 'audit-unavailable' });
    const [one = ''] = parked;
    expect(world.engine.find('default', one)).toMatchObject({ state: 'cancelled', owedEnd: { by: 'milo' } });
    // A reader waits for the end, and does not take what there is for all.
    const kinds: string[] = [];
    const read = (async () => {
      for await (const update of world.engine.follow(one, 0, new AbortController().signal)) {
        if (update.type === 'entry') kinds.push(update.entry.kind);
      }
    })();
    await expect.poll(() => kinds.at(-1)).toBe('waiting');
    refuse = false;
    await read;
    expect(kinds.at(-1)).toBe('ended');
    await expect.poll(() => world.store.sessions.owing(1), { timeout: 10_000 }).toEqual([]);
    expect(parked.filter((id) => ends(world, id).length !== 1)).toEqual([]);
    // Who ended them is another name then, if it was erased meanwhile.
    expect(world.store.sessions.renameMentions('default', 'milo', 'erased')).toBe(300);
    expect(JSON.stringify(parked.map((id) => ends(world, id)))).not.toContain('milo');
  });

  it('has those in it that woke while others were ended', async () => {
    await using world = openWorld({ home, tools: hanging });
    const parked = await park(world, 300);
    // More than are ended before others get their turn.
    const busy = Array.from({ length: 40 }, () => world.start(worker, 'go').id);
    await expect.poll(() => busy.every((id) => world.entries(id).at(-1)?.data['name'] === 'tool')).toBe(true);
    const ending = world.engine.cancelAll(all);
    const [woken = ''] = parked;
    world.engine.deliver(woken, { event: 'message', data: 'are you there?' });
    expect(await ending).toEqual({ ended: 340, paused: 0 });
    expect(states(world, [...parked, ...busy])).toEqual(new Set(['cancelled']));
    await world.engine.endsWritten();
    expect(ends(world, woken)).toHaveLength(1);
  });
});
