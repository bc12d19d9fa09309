/** What agents wait for from outside: events, people who may decide; and what they say on the way. */
import { describe, expect, it } from 'vitest';
import { type AgentWorld, agentData, openWorld } from '../../test/fixtures/agent-world.ts';
import { TestClock } from '../../test/fixtures/test-clock.ts';
import type { AgentBundleInput, AgentManifestInput } from '../schema/index.ts';

const grants = [...agentData('x', []).grants, 'event:wait', 'person:tell', 'person:escalate'];
const call = (tool: string, input: unknown): Record<string, unknown> => ({ answered: 0, call: [{ tool, input }] });

function one(rules: Record<string, unknown>[], more: Partial<AgentManifestInput> = {}): AgentBundleInput {
  const tools = ['waitFor', 'say', 'escalate', 'send'];
  return { entry: 'a', agents: [agentData('a', rules, { grants, tools, ...more })] };
}
const program = (body: string): AgentBundleInput =>
  one([{ say: 'x' }], { program: { code: `exports.default = { run: async (ctx, message) => { ${body} } };` } });
const results = (world: AgentWorld, id: string): unknown[] =>
  world
    .entries(id)
    .flatMap(({ kind, data }) =>
      kind === 'outcome' && data['name'] === 'tool' ? [data['output'] ?? data['error']] : [],
    );

describe('waitFor', () => {
  const waiting = one([call('waitFor', { event: 'ci:finished', withinMs: 60_000 }), { say: 'well' }]);

  it('waits for an event of that name, and takes what came with it as untrusted', async () => {
    await using world = openWorld();
    const { id } = world.start(waiting, 'go');
    expect((await world.settled(id, 'waiting')).waitsFor).toEqual(['ci:finished']);
    world.engine.deliver(id, { event: 'ci:started', data: 1 });
    world.engine.deliver(id, { event: 'ci:finished', data: { green: true } });
    expect((await world.settled(id, 'done')).outcome).toMatchObject({ output: { untrusted: true } });
    expect(results(world, id)).toEqual([{ data: { green: true } }]);
  });

  it('has one that came before, and each only once', async () => {
    await using world = openWorld();
    const body = `await ctx.escalate('ready?', { ms: 60000 });
      const all = [await ctx.waitFor('ci:finished', { ms: 60000 }), await ctx.waitFor('ci:finished', { ms: 60000 })];
      return all.join(' ') + ' ' + await ctx.waitFor('ci:finished', { ms: 1000 }).catch((error) => error.code);`;
    const { id } = world.start(program(body), 'go');
    await world.settled(id, 'waiting');
    for (const n of [1, 2]) world.engine.deliver(id, { event: 'ci:finished', data: n, key: `e${n}` });
    world.engine.deliver(id, { event: 'ci:finished', data: 2, key: 'e2' });
    const [{ position } = { position: 0 }] = world.store.sessions.asked('default');
    world.engine.deliver(id, { event: `approval:${position}`, data: { approve: true, by: 'milo', reason: null } });
    expect((await world.settled(id, 'done')).outcome).toMatchObject({ output: { text: '1 2 deadline-exceeded' } });
  });

  it('ends in time, and what comes after that is too late', async () => {
    const clock = new TestClock();
    await using world = openWorld({ clock });
    const { id } = world.start(waiting, 'go');
    await world.settled(id, 'waiting');
    world.engine.pause(id);
    clock.advance(60_001);
    world.engine.deliver(id, { event: 'ci:finished', data: 1 });
    world.engine.resume(id);
    await world.settled(id, 'done');
    expect(results(world, id)).toMatchObject([{ code: 'deadline-exceeded' }]);
  });

  it.each(['message', 'child:ses-1', 'approval:1', 'peer:x', 'Upper', '', 7])(
    'waits for no event %s',
    async (event) => {
      await using world = openWorld();
      const { id } = world.start(one([call('waitFor', { event, withinMs: 60_000 }), { say: 'well' }]), 'go');
      await world.settled(id, 'done');
      expect(results(world, id)).toMatchObject([{ code: 'invalid-argument' }]);
    },
  );

  it.each([undefined, 0, 999, Number.MAX_SAFE_INTEGER])('does not wait without an end: %s', async (withinMs) => {
    await using world = openWorld();
    const { id } = world.start(
      one([call('waitFor', { event: 'x', ...(withinMs === undefined ? {} : { withinMs }) }), { say: 'well' }]),
      'go',
    );
    await world.settled(id, 'done');
    expect(results(world, id)).toMatchObject([{ code: 'invalid-argument' }]);
  });
});

describe('escalate', () => {
  const asking = one([call('escalate', { question: 'May I?', withinMs: 60_000 }), { say: 'well' }]);
  const decide = (world: AgentWorld, id: string, by: string, approve: boolean, reason: string | null): void => {
    const [{ position } = { position: 0 }] = world.store.sessions.asked('default');
    const event = `approval:${position}`;
    world.engine.deliver(id, { event, data: { approve, by, reason }, key: `${event}:${by}` });
  };

  it.each([true, false])('answers what somebody else decided and said: %s', async (approve) => {
    await using world = openWorld();
    const { id } = world.start(asking, 'go');
    await world.settled(id, 'waiting');
    decide(world, id, 'ada', true, 'I say so');
    expect((await world.settled(id, 'waiting')).waitsFor[0]).toMatch(/^approval:/);
    decide(world, id, 'milo', approve, 'as you like');
    await world.settled(id, 'done');
    expect(results(world, id)).toEqual([{ approved: approve, answer: 'as you like' }]);
    // Who decided stands where it can be erased, and nowhere else.
    const named = world.entries(id).filter((entry) => JSON.stringify(entry.data).includes('milo'));
    expect(named.map(({ kind }) => kind)).toEqual(['received']);
  });

  it('is nobody’s yes when nobody says it in time', async () => {
    const clock = new TestClock();
    await using world = openWorld({ clock });
    const { id } = world.start(asking, 'go');
    await world.settled(id, 'waiting');
    clock.advance(60_000);
    await world.settled(id, 'done');
    expect(results(world, id)).toMatchObject([{ code: 'forbidden', details: { approval: 'expired' } }]);
  });
});

it('says something on the way, and goes on', async () => {
  await using world = openWorld();
  const { id } = world.start(program(`await ctx.say('a moment'); return 'done';`), 'go');
  expect((await world.settled(id, 'done')).outcome).toMatchObject({ output: { text: 'done' } });
  expect(results(world, id)).toEqual([{ said: true }]);
});

it('is not done by an agent that was not granted it', async () => {
  await using world = openWorld();
  const bundle = one([call('escalate', { question: 'May I?', withinMs: 60_000 }), { say: 'well' }], { grants: [] });
  expect(() => world.start(bundle, 'go')).toThrow(/needs 'person:escalate'/);
  const { id } = world.startUnchecked(bundle, 'go');
  await world.settled(id, 'done');
  expect(results(world, id)).toMatchObject([{ code: 'forbidden' }]);
});
