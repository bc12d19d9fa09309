/** Who gets a message of a `supervisor()`: a rule decides, else its model, else the one that is named for the rest. */
import { expect, it } from 'vitest';
import { type AgentWorld, openWorld } from '../../test/fixtures/agent-world.ts';
import type { AgentBundle, ScriptedRule } from '../schema/index.ts';
import { agent, agentsOf, limits, supervisor } from './constructs/constructs.ts';

const free = (rules: ScriptedRule[]) => ({ provider: 'scripted' as const, rules });
const expert = <const Name extends string>(name: Name, say: string) =>
  agent({
    name,
    purpose: `Knows ${name}.`,
    instructions: '',
    model: free([{ say }]),
    grants: [],
    tools: [],
    limits: limits({ steps: 10, tokens: 100_000, cents: 1, wallMs: 60_000, depth: 0 }),
  });
const experts = [
  expert('billing', 'It is refunded.'),
  expert('shipping', 'On its way.'),
  expert('general', 'Hello.'),
] as const;

type Otherwise = Parameters<typeof supervisor<'desk', [], never, typeof experts>>[0]['otherwise'];

function desk(otherwise: Otherwise): AgentBundle {
  const made = supervisor({
    name: 'desk',
    purpose: 'Sends messages to who knows.',
    instructions: '',
    model: free([
      { sees: 'On its way', say: 'Shipping says: on its way.' },
      { sees: 'parcel', call: [{ tool: 'delegate', input: { to: 'shipping', task: 'the parcel' } }] },
      { say: 'I do not know.' },
    ]),
    grants: [],
    limits: limits({ steps: 100, tokens: 1_000_000, cents: 10, wallMs: 600_000, depth: 1 }),
    experts,
    routes: [{ words: ['refund'], to: 'billing' }],
    otherwise,
  });
  const [bundle] = agentsOf(made).bundles;
  if (!bundle) throw new Error('no bundle');
  return bundle;
}

async function answered(world: AgentWorld, bundle: AgentBundle, message: string) {
  const { id } = world.start(bundle, message);
  await expect.poll(() => world.engine.get(id).endedAt).not.toBe(null);
  const entries = world.entries(id);
  return {
    output: world.engine.get(id).outcome,
    routed: entries.filter(({ kind }) => kind === 'routed').map(({ data }) => data),
    asked: entries.filter(({ kind, data }) => kind === 'intent' && data['name'] === 'model').length,
    to: entries.filter(({ kind }) => kind === 'delegated').map(({ data }) => data['to']),
  };
}
const text = (said: string): unknown => ({ ok: true, output: { text: `[scripted] ${said}`, untrusted: false } });

it('goes by a rule first, without a model', async () => {
  await using world = openWorld();
  expect(await answered(world, desk({ model: true, unroutable: 'general' }), 'My refund, please')).toEqual({
    output: text('It is refunded.'),
    routed: [{ to: 'billing', task: 'My refund, please', by: 'rule', words: ['refund'] }],
    asked: 0,
    to: ['billing'],
  });
});

it('goes where its model says next, whose answer is the last word', async () => {
  await using world = openWorld();
  expect(await answered(world, desk({ model: true, unroutable: 'general' }), 'Where is my parcel?')).toEqual({
    output: text('Shipping says: on its way.'),
    routed: [],
    asked: 2,
    to: ['shipping'],
  });
});

it('goes to the named default when its model gives it to nobody', async () => {
  await using world = openWorld();
  expect(await answered(world, desk({ model: true, unroutable: 'general' }), 'Good day')).toEqual({
    output: text('Hello.'),
    routed: [{ to: 'general', task: 'Good day', by: 'default', words: [], after: 'model' }],
    asked: 1,
    to: ['general'],
  });
});

it('ends with what its model says when nobody is named, and asks it nothing when somebody gets the rest', async () => {
  await using world = openWorld();
  expect(await answered(world, desk('model'), 'Good day')).toMatchObject({
    output: text('I do not know.'),
    routed: [],
  });
  expect(await answered(world, desk('general'), 'Good day')).toMatchObject({
    output: text('Hello.'),
    routed: [{ by: 'default' }],
    asked: 0,
  });
});

it('routes each message of a conversation anew, also one that came while another was answered', async () => {
  await using world = openWorld();
  const { id } = world.start(desk({ model: true, unroutable: 'general' }), 'Good day', { task: false });
  world.engine.deliver(id, { event: 'message', data: 'And my refund?' });
  const routes = (): unknown[] =>
    world.entries(id).flatMap(({ kind, data }) => (kind === 'routed' ? [[data['to'], data['task']]] : []));
  await expect.poll(routes).toHaveLength(2);
  await world.settled(id, 'waiting');
  world.engine.deliver(id, { event: 'message', data: 'Good night' });
  await expect.poll(() => routes().at(-1)).toEqual(['general', 'Good night']);
  await expect.poll(() => world.engine.get(id).state).toBe('waiting');
  expect(routes()).toContainEqual(['billing', expect.stringContaining('And my refund?')]);
});

it('is refused when it names somebody who is no expert of it, or two defaults', async () => {
  await using world = openWorld();
  const bundle = desk({ model: true, unroutable: 'general' });
  const changed = (more: object): AgentBundle => ({
    ...bundle,
    agents: bundle.agents.map((each) => (each.name === 'desk' ? { ...each, ...more } : each)),
  });
  expect(() => world.start(changed({ unroutable: 'nobody' }), 'x')).toThrow(/routes to "nobody"/);
  expect(() => world.start(changed({ routeDefault: 'billing' }), 'x')).toThrow(/leaves nothing to its model/);
  // @ts-expect-error nobody of that name is an expert of it
  expect(() => world.start(desk({ model: true, unroutable: 'nobody' }), 'x')).toThrow(/routes to "nobody"/);
});
