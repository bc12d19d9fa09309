/** What of a conversation goes along with what an agent gives away: what it declares, and nothing beyond. */
import type { LanguageModelV4 } from '@ai-sdk/provider';
import { describe, expect, it } from 'vitest';
import { type AgentWorld, agentData, openWorld } from '../../test/fixtures/agent-world.ts';
import { type AgentManifestInput, agentManifestSchema, type ScriptedRule } from '../schema/index.ts';
import type { StoredEntry } from '../state/index.ts';
import { readConversation } from './conversation.ts';
import { programLibrary } from './gate/library.ts';
import { scriptedModel } from './models/scripted.ts';
import { toolsFor } from './toolbox.ts';

/** By agent, what its model was shown last. */
function listening(shown: Map<string, string>): (facts: { rules?: readonly ScriptedRule[] }) => LanguageModelV4 {
  return ({ rules = [] }) => {
    const model = scriptedModel(rules);
    return {
      ...model,
      doStream: (options) => {
        const [system] = options.prompt;
        const name = /You are (\w+)/.exec(JSON.stringify(system))?.[1] ?? '';
        shown.set(name, JSON.stringify(options.prompt));
        return model.doStream(options);
      },
    };
  };
}

async function talk(
  desk: Partial<AgentManifestInput>,
  rules: ScriptedRule[],
): Promise<{ shown: string; world: AgentWorld }> {
  const shown = new Map<string, string>();
  const world = openWorld({ open: listening(shown) as never });
  const agents = [
    agentData('desk', rules, {
      tools: ['delegate', 'handoff'],
      delegates: ['expert'],
      handoffs: ['expert'],
      passes: { expert: 'all' },
      ...desk,
    }),
    agentData('expert', [{ say: 'expert here' }], { tools: [] }),
  ];
  const { id } = world.start({ entry: 'desk', agents }, 'my secret is kelp', { task: false });
  for (const text of ['the second thing', 'now go']) {
    await world.settled(id, 'waiting');
    world.engine.deliver(id, { event: 'message', data: text });
    await expect.poll(() => world.engine.get(id).state).not.toBe('waiting');
  }
  await expect.poll(() => shown.get('expert'), { timeout: 10_000 }).toBeDefined();
  await expect.poll(() => world.engine.running, { timeout: 10_000 }).toBe(0);
  return { shown: shown.get('expert') ?? '', world };
}

const giving = (tool: string, input: Record<string, unknown>): ScriptedRule[] => [
  { sees: 'now go', call: [{ tool, input: input as never }] },
  { say: 'I hear you' },
];
const delegate = giving('delegate', { to: 'expert', task: 'look at it' });
const handoff = giving('handoff', { to: 'expert', reason: 'look at it' });

describe('a task', () => {
  it('goes with nothing of the conversation where nothing is said', async () => {
    const { shown, world } = await talk({ handoffs: [], passes: {} }, delegate);
    await world.close();
    expect(shown).toContain('look at it');
    expect(shown).not.toMatch(/kelp|second thing|now go/);
  });

  it('goes with as many of the last turns as are declared', async () => {
    const { shown, world } = await talk({ passes: { expert: 2 } }, delegate);
    await world.close();
    expect(shown).toMatch(/person: the second thing.*person: now go/);
    expect(shown).toContain('agent: [scripted] I hear you');
    expect(shown).not.toContain('kelp');
    const all = await talk({ passes: { expert: 'all' } }, delegate);
    await all.world.close();
    expect(all.shown).toMatch(/kelp.*second thing.*now go/);
  });
});

describe('a conversation', () => {
  it('is handed over with all of its turns, or with those that are declared', async () => {
    const all = await talk({}, handoff);
    await all.world.close();
    expect(all.shown).toMatch(/kelp.*second thing.*now go/);
    const two = await talk({ passes: { expert: 2 } }, handoff);
    const [parent] = two.world.store.sessions.list({ tenant: 'default', all: true }).items;
    const given = two.world.entries(parent?.id ?? '').find(({ kind }) => kind === 'handed-off');
    expect(given?.data).toMatchObject({ to: 'expert', messages: 2 });
    await two.world.close();
    expect(two.shown).toMatch(/second thing.*now go/);
    expect(two.shown).not.toContain('kelp');
  });

  it('has how much was left out in its log, and goes on without what an earlier version left out', () => {
    const entry = (position: number, kind: string, data: Record<string, unknown>): StoredEntry =>
      ({ session: 's', position, at: '2026-01-02T03:04:05.678Z', kind, data, format: 3 }) as StoredEntry;
    const handoff = { type: 'call', tool: 'handoff', input: { to: 'expert', reason: 'look at it' } };
    const step = (position: number, content: unknown[]): StoredEntry[] => [
      entry(position, 'intent', { name: 'model' }),
      entry(position + 1, 'outcome', { name: 'model', ok: true, content }),
    ];
    const known = (more: Record<string, unknown>): string => {
      const entries = [
        entry(1, 'started', { message: 'my secret is kelp' }),
        ...step(2, [{ type: 'call', tool: 'note', input: {} }]),
        entry(4, 'received', { event: 'message', data: 'now go' }),
        entry(5, 'outcome', { name: 'tool', callId: 'c3.0', ok: true, output: 'noted' }),
        ...step(6, [handoff]),
        entry(8, 'handed-off', { callId: 'c7.0', from: 'desk', to: 'expert', ...more }),
      ];
      const { messages, left } = readConversation(entries, 'desk');
      return JSON.stringify([left, messages.flatMap(({ role, parts }) => [role, ...parts])]);
    };
    // A message that joined a turn under way was one of its own then.
    const passed = known({ turns: 1 });
    expect(passed).toMatch(/^\[3,\["user".*now go/);
    expect(passed).not.toContain('kelp');
    expect(known({ messages: 3 })).toBe(passed);
    expect(known({ messages: 0 })).toContain('kelp');
  });
});

it('has to be said of a conversation, also by a schema that let it go unsaid before', async () => {
  await using world = openWorld();
  const agents = [agentData('a', [{ say: 'x' }], { handoffs: ['b', 'constructor'], passes: { b: 1 } })];
  agents.push(...['b', 'constructor'].map((name) => agentData(name, [{ say: 'x' }])));
  expect(() => world.start({ entry: 'a', agents }, 'go')).toThrow(
    expect.objectContaining({
      message:
        'agents: a.passes: may hand the conversation to "constructor", and does not say how much of it goes along',
      hint: 'Say passes: { constructor: all }, or how many of the last turns.',
    }),
  );
});

it('goes as a whole where agents of before do not say', async () => {
  await using world = openWorld();
  const rules = [{ sees: 'now go', call: [{ tool: 'handoff', input: { to: 'b', reason: 'x' } }] }, { say: 'yes?' }];
  const agents = [
    agentData('a', rules, { tools: ['handoff'], handoffs: ['b'] }),
    agentData('b', [{ say: 'x' }], { tools: [] }),
  ];
  const { id } = world.startUnchecked({ entry: 'a', agents }, 'my secret is kelp', { task: false });
  await world.settled(id, 'waiting');
  world.engine.deliver(id, { event: 'message', data: 'now go' });
  await expect.poll(() => readConversation(world.entries(id), 'a').agent).toBe('b');
  const { messages, left } = readConversation(world.entries(id), 'a');
  expect(left).toBe(0);
  expect(JSON.stringify(messages)).toContain('kelp');
});

it('is told to whoever gives work away, as it is', () => {
  const told = (passes: AgentManifestInput['passes']): unknown[] => {
    const gives = { tools: ['delegate', 'handoff'], delegates: ['one', 'two'], handoffs: ['three'], passes };
    const manifest = agentManifestSchema.parse(agentData('desk', [{ say: 'x' }], gives as Partial<AgentManifestInput>));
    const [delegate, handoff] = toolsFor([], manifest, { capabilities: new Set(manifest.grants) });
    const { task } = delegate?.inputSchema.properties ?? {};
    return [typeof task === 'object' ? task.description : undefined, handoff?.description];
  };
  const handsOver = 'Hands this conversation over to another agent, which goes on with it';
  expect(told({ three: 'all' })).toEqual([
    'All it needs to know: it sees nothing of this conversation.',
    `${handsOver}.`,
  ]);
  expect(told({ one: 2, three: 1 })).toEqual([
    'All it needs to know: of this conversation one sees what was said in its last 2 turns, and others nothing.',
    `${handsOver}: three with what was said and done in its last turn.`,
  ]);
  expect(told({ one: 'all', two: 1, three: 3 })).toEqual([
    'All it needs to know: of this conversation one sees what was said in it, two sees what was said in its last turn.',
    `${handsOver}: three with what was said and done in its last 3 turns.`,
  ]);
  // What a program is written against says it of any agent.
  expect(programLibrary({})).toContain('which sees it and of the conversation what `passes` says, else nothing');
});

it('is passed to nobody to whom nothing is given', async () => {
  const agent = agentData('a', [{ say: 'x' }], { passes: { nobody: 1 } });
  await using world = openWorld();
  expect(() => world.start({ entry: 'a', agents: [agent] }, 'go')).toThrow(/passes turns to "nobody"/);
});
