/** Models that are away, with a clock that the test moves; peers are in peers/ask-peer.test.ts. */
import { rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type AgentWorld, agentData, openWorld } from '../../test/fixtures/agent-world.ts';
import { serveWire, type WireAnswer, type WireServer } from '../../test/fixtures/model-wires.ts';
import { TestClock } from '../../test/fixtures/test-clock.ts';
import type { AgentBundleInput, AgentManifestInput } from '../schema/index.ts';
import type { StoredEntry } from '../state/index.ts';
import { parseBundle } from './manifest.ts';
import { openModel } from './models/open.ts';
import { absenceOf, wasNeverSent } from './patience.ts';

const left: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of left.splice(0)) await close();
});

async function serve(answers: WireAnswer[]): Promise<WireServer> {
  const server = await serveWire('compatible', answers);
  left.push(() => server[Symbol.asyncDispose]());
  return server;
}

const limits = { steps: 5, tokens: 100_000, cents: 1000, wallMs: 600_000, depth: 0 };
const asking = (baseUrl: string, more: Partial<AgentManifestInput> = {}): AgentBundleInput => ({
  entry: 'a',
  agents: [
    {
      ...agentData('a', [], { tools: [], grants: [], limits, ...more }),
      model: { provider: 'compatible', id: 'm', baseUrl, price: 'unpriced', maxOutputTokens: 50 },
    },
  ],
});

const minuteMs = 60_000;
const busy: WireAnswer = { status: 429, retryAfter: '30' };
const answer: WireAnswer = { status: 200, text: 'at last' };

/** Time passes until it tries again. Answers how long that was. */
async function passed(world: AgentWorld, clock: TestClock, id: string): Promise<number> {
  await world.settled(id, 'waiting');
  const { waitsFor, wakeMs, position } = world.engine.get(id);
  expect(waitsFor).toEqual(['model:a']);
  await expect.poll(() => clock.timers).toBeGreaterThan(0);
  const ms = (wakeMs ?? 0) - clock.nowMs();
  clock.advance(ms);
  await expect.poll(() => world.engine.get(id).position).toBeGreaterThan(position + 1);
  return ms;
}

describe('a model that is away', () => {
  it('is waited for as long as it says, at no cost, and the session goes on (1, 3)', async () => {
    const { url, asked } = await serve([busy, busy, busy, answer]);
    const clock = new TestClock();
    await using world = openWorld({ clock });
    const { id } = world.start(asking(url), 'hi');
    for (let tries = 1; tries <= 3; tries++) {
      await world.settled(id, 'waiting');
      expect(asked.length).toBe(tries);
      // Whatever else wakes it, it is not asked before.
      world.engine.deliver(id, { event: 'model:a', data: null });
      await expect.poll(() => world.engine.get(id).state).toBe('waiting');
      expect(await passed(world, clock, id)).toBeGreaterThanOrEqual(29_000);
    }
    const { outcome, spent } = await world.settled(id, 'done');
    expect(outcome).toMatchObject({ ok: true, output: { text: 'at last' } });
    expect(asked.length).toBe(4);
    expect(spent).toMatchObject({ steps: 1, tokens: 18 });
  });

  it('is asked again later each time where it does not say, until patience is over (2, 3)', async () => {
    const { url, asked } = await serve([{ status: 503 }]);
    const clock = new TestClock();
    await using world = openWorld({ clock });
    const { id } = world.start(asking(url, { attempts: 1, patienceMs: 20 * minuteMs }), 'hi');
    const startedMs = clock.nowMs();
    const pausesMs: number[] = [];
    while (clock.nowMs() < startedMs + 20 * minuteMs) pausesMs.push(await passed(world, clock, id));
    expect(pausesMs.slice(0, 4)).toEqual([1000, 2000, 4000, 8000]);
    expect(Math.max(...pausesMs)).toBe(5 * minuteMs);
    const { outcome, spent } = await world.settled(id, 'failed');
    expect(outcome).toMatchObject({ ok: false, error: { code: 'model-failed' } });
    expect(asked.length).toBe(pausesMs.length + 1);
    expect(clock.nowMs()).toBe(startedMs + 20 * minuteMs);
    expect(spent).toMatchObject({ steps: 0, tokens: 0 });
  });

  it('is not waited for where nobody has patience, or where it says that it is away for longer (3)', async () => {
    const none = await serve([busy, answer]);
    const long = await serve([{ status: 429, retryAfter: '7200' }, answer]);
    await using world = openWorld({ clock: new TestClock() });
    const { id } = world.start(asking(none.url, { patienceMs: 0 }), 'hi');
    const other = world.start(asking(long.url), 'hi');
    await world.settled(id, 'failed');
    await world.settled(other.id, 'failed');
    expect([none.asked.length, long.asked.length]).toEqual([1, 1]);
  });

  it('is waited for over a restart, and what is said meanwhile is said to it (1)', async () => {
    const { url, asked } = await serve([busy, answer]);
    const clock = new TestClock();
    const before = openWorld({ clock });
    const { id } = before.start(asking(url), 'hi');
    await before.settled(id, 'waiting');
    before.engine.deliver(id, { event: 'message', data: 'and mind the kelp' });
    expect(before.engine.get(id).state).toBe('waiting');
    await before.close(true);
    left.push(() => rmSync(before.home, { recursive: true, force: true }));
    await using world = openWorld({ home: before.home, clock });
    expect(await passed(world, clock, id)).toBe(30_000);
    expect((await world.settled(id, 'done')).outcome).toMatchObject({ output: { text: 'at last' } });
    expect(asked.map(({ body }) => JSON.stringify(body).includes('mind the kelp'))).toEqual([false, true]);
  });

  it('is asked at once when a person resumes the session, and patience begins anew (2)', async () => {
    const { url, asked } = await serve([busy, busy, answer]);
    const clock = new TestClock();
    await using world = openWorld({ clock });
    const { id } = world.start(asking(url, { patienceMs: 40_000 }), 'hi');
    await world.settled(id, 'waiting');
    clock.advance(20_000);
    world.engine.pause(id);
    world.engine.resume(id);
    await expect.poll(() => asked.length).toBe(2);
    expect(await passed(world, clock, id)).toBe(30_000);
    await world.settled(id, 'done');
  });

  it('is waited for by what a flow thinks, too', async () => {
    const { url, asked } = await serve([busy, answer]);
    const clock = new TestClock();
    await using world = openWorld({ clock });
    const flow = { steps: [{ name: 'one', think: 'What of {{input}}?' }], answer: 'It is: {{one}}' };
    const { id } = world.start(asking(url, { tools: ['think'], grants: ['model:ask'], flow }), 'kelp');
    expect(await passed(world, clock, id)).toBe(30_000);
    expect((await world.settled(id, 'done')).outcome).toMatchObject({ output: { text: 'It is: at last' } });
    expect(asked.length).toBe(2);
  });

  it('that nothing can be sent to is waited for, and nothing is used', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const clock = new TestClock();
    await using world = openWorld({ clock });
    const { id } = world.start(asking(`http://127.0.0.1:${port}/v1`, { attempts: 1 }), 'hi');
    await passed(world, clock, id);
    const { spent } = await world.settled(id, 'waiting');
    expect(spent).toMatchObject({ steps: 0, tokens: 0 });
  });

  it('whose answer broke off may have to be paid, each time', async () => {
    const half: WireAnswer = { status: 200, text: 'half of', breaks: 'reset' };
    const { url } = await serve([half, answer]);
    const clock = new TestClock();
    await using world = openWorld({ clock });
    const { id } = world.start(asking(url, { attempts: 1 }), 'hi');
    await world.settled(id, 'waiting');
    expect(world.engine.get(id).spent.steps).toBe(1);
    expect(world.engine.get(id).spent.tokens).toBeGreaterThan(50);
    await passed(world, clock, id);
    expect((await world.settled(id, 'done')).outcome).toMatchObject({ output: { text: 'at last' } });
  });
});

describe('a message that a rule would give to another agent', () => {
  const billing = agentData('billing', [{ say: 'It is refunded.' }], {
    tools: [],
    grants: [],
    limits: { ...limits, depth: 0 },
  });
  const desk = (url: string): AgentBundleInput => {
    const routes = [{ words: ['refund'], to: 'billing' }];
    const more = { tools: ['delegate'], grants: ['agent:delegate'], delegates: ['billing'], routes };
    const { agents, entry } = asking(url, { ...more, limits: { ...limits, depth: 1 } });
    return { entry, agents: [...agents, billing] };
  };
  const routed = (world: AgentWorld, id: string): unknown[] =>
    world.entries(id).flatMap(({ kind, data }) => (kind === 'routed' ? [data['task']] : []));

  it.each(['told to go on by itself', 'resumed'])(
    'is said to the model that another message waits for; the next one goes to that agent (4): %s',
    async (how) => {
      const { url, asked } = await serve([busy, answer]);
      const clock = new TestClock();
      await using world = openWorld({ clock });
      const { id } = world.start(desk(url), 'hello', { task: false });
      await world.settled(id, 'waiting');
      if (how === 'resumed') world.engine.pause(id);
      world.engine.deliver(id, { event: 'message', data: 'and a refund' });
      if (how === 'resumed') world.engine.resume(id);
      else await passed(world, clock, id);
      await expect.poll(() => world.engine.get(id).waitsFor, { timeout: 10_000 }).toEqual(['message']);
      const told = JSON.stringify(asked.at(-1)?.body);
      expect([asked.length, told.includes('hello'), told.includes('and a refund')]).toEqual([2, true, true]);
      expect(routed(world, id)).toEqual([]);
      world.engine.deliver(id, { event: 'message', data: 'now a refund' });
      await expect.poll(() => routed(world, id)).toEqual(['now a refund']);
    },
  );

  it('goes there when the model has answered what a crash cut off (4)', async () => {
    const { url, asked } = await serve([answer]);
    const silent = Promise.withResolvers<never>();
    const called = Promise.withResolvers<void>();
    const before = openWorld({
      open: (...given) => {
        called.resolve();
        return { ...openModel(...given), doStream: () => silent.promise };
      },
    });
    left.push(() => rmSync(before.home, { recursive: true, force: true }));
    const { id } = before.start(desk(url), 'hello', { task: false });
    await called.promise;
    before.engine.deliver(id, { event: 'message', data: 'a refund' });
    await before.close(true);
    await using world = openWorld({ home: before.home });
    await expect.poll(() => routed(world, id), { timeout: 10_000 }).toEqual(['a refund']);
    expect(asked.map(({ body }) => JSON.stringify(body).includes('hello'))).toEqual([true]);
  });
});

it.each(['routed', 'handed-off'] as const)(
  'of tries before the conversation was %s nothing is known after that',
  (kind) => {
    const nowMs = Date.parse('2026-01-01T10:00:00Z');
    const entry = (position: number, at: string, rest: Pick<StoredEntry, 'kind' | 'data'>): StoredEntry => ({
      session: 'ses-1',
      position,
      at,
      format: 4,
      ...rest,
    });
    const data = { name: 'model', ok: false, away: true, error: { code: 'model-failed' } };
    const entries = [
      entry(1, '2026-01-01T01:00:00Z', { kind: 'outcome', data }),
      entry(2, '2026-01-01T01:00:01Z', { kind, data: {} }),
      entry(3, '2026-01-01T10:00:00Z', { kind: 'outcome', data }),
    ];
    const [manifest] = parseBundle(asking('http://127.0.0.1:1/v1'), []).agents;
    if (!manifest) throw new Error('there is no agent');
    const of = (some: StoredEntry[]): unknown => absenceOf({ entries: some, nowMs: () => nowMs }, manifest);
    expect(of(entries)).toEqual({ event: 'model:a', untilMs: nowMs + 1000 });
    expect(of(entries.filter(({ position }) => position !== 2))).toEqual({ over: data.error });
  },
);

it('tells what was never sent', () => {
  const refused = Object.assign(new Error('no'), { code: 'ECONNREFUSED' });
  const reset = Object.assign(new Error('no'), { code: 'ECONNRESET' });
  const all = (...errors: Error[]): Error => new Error('fetch failed', { cause: new AggregateError(errors) });
  expect([refused, all(refused, refused), new Error('x', { cause: all(refused) })].map((e) => wasNeverSent(e))).toEqual(
    [true, true, true],
  );
  expect([reset, all(refused, reset), new Error('x'), null].map((e) => wasNeverSent(e))).toEqual(Array(4).fill(false));
});
