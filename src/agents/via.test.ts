/** What a message by a channel leads to, here and below; over real channels it is in test/unit/channel-threats.test.ts. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { agentData, openWorld } from '../../test/fixtures/agent-world.ts';
import type { Via } from '../schema/index.ts';
import type { Store, StoredEntry } from '../state/index.ts';
import { readConversation } from './conversation.ts';
import { promptOf } from './prompt.ts';
import { type AgentTool, hostTool } from './tools.ts';
import { isKnown, messageOf, strictest } from './via.ts';

const phone: Via = { channel: 'phone', linked: false, most: 'read', carries: 'internal', follows: 'nothing' };
const page: Via = { channel: 'page', linked: true, most: 'irreversible', carries: 'personal', follows: 'internal' };

describe('a turn by a channel', () => {
  it('does no more below than it may here (1)', async () => {
    const expert = agentData('expert', [
      { answered: 0, call: [{ tool: 'note', input: { text: 'x' } }] },
      { say: 'tried' },
    ]);
    const task = { to: 'expert', task: 'note it' };
    const boss = agentData('boss', [{ sees: 'note', call: [{ tool: 'delegate', input: task }] }, { say: 'well' }], {
      tools: ['delegate', 'note'],
      delegates: ['expert'],
    });
    await using world = openWorld();
    const { id } = world.start({ entry: 'boss', agents: [boss, expert] }, 'hello', { task: false });
    const say = async (data: unknown): Promise<void> => {
      const { position } = await world.settled(id, 'waiting');
      world.engine.deliver(id, { event: 'message', data });
      await expect.poll(() => world.engine.get(id).position).toBeGreaterThan(position + 4);
      await expect.poll(() => world.engine.get(id).state).toBe('waiting');
      await expect.poll(() => world.engine.get(id).waitsFor).toEqual(['message']);
    };
    await say({ text: 'note', via: phone, event: 'e1' });
    expect(world.notes()).toEqual([]);
    const children = world.store.sessions.list({ tenant: 'default', parent: id, all: true }).items;
    const refused = world.entries(children[0]?.id ?? '').find(({ data }) => data['refused'] === true);
    expect(refused?.data['error']).toMatchObject({ code: 'forbidden', details: { channel: 'phone', most: 'read' } });
    await say({ text: 'note', via: page, event: 'e2' });
    expect(world.notes().map((line) => line.split(' ').at(-1))).toEqual(['x']);
  });

  it('calls no tool that may answer what its way may not carry, here and below (3)', async () => {
    const dossier = (store: Store): AgentTool =>
      hostTool(
        {
          name: 'dossier',
          description: 'What is known of somebody.',
          capability: 'notes:write',
          risk: 'read',
          idempotent: true,
          untrusted: false,
          class: 'personal',
          input: z.strictObject({}),
          output: z.string(),
          run: async () => 'born in May',
        },
        store,
      );
    const looking = [{ sees: 'who', call: [{ tool: 'dossier', input: {} }] }, { say: 'well' }];
    const boss = agentData(
      'boss',
      [{ sees: 'ask below', call: [{ tool: 'delegate', input: { to: 'expert', task: 'who is it?' } }] }, ...looking],
      { tools: ['delegate', 'dossier'], delegates: ['expert'] },
    );
    await using world = openWorld({ tools: (store) => [dossier(store)] });
    const expert = agentData('expert', looking, { tools: ['dossier'] });
    const { id } = world.start({ entry: 'boss', agents: [boss, expert] }, 'hello', { task: false });
    const log = (): string =>
      JSON.stringify(
        [
          id,
          ...world.store.sessions.list({ tenant: 'default', parent: id, all: true }).items.map((each) => each.id),
        ].map(world.entries),
      );
    const say = async (data: unknown): Promise<void> => {
      await expect.poll(() => world.engine.get(id).waitsFor).toEqual(['message']);
      world.engine.deliver(id, { event: 'message', data });
      await expect.poll(() => world.engine.get(id).waitsFor).toEqual(['message']);
    };
    await say({ text: 'who is it?', via: phone, event: 'e1' });
    await say({ text: 'ask below', via: phone, event: 'e2' });
    expect(log().match(/the channel phone may not carry what is personal/g)?.length).toBeGreaterThanOrEqual(2);
    expect(log()).not.toContain('born in May');
    await say({ text: 'who is it?', via: page, event: 'e3' });
    expect(log()).toContain('born in May');
  });

  it('is asked for by policies as what it is', async () => {
    const policies = {
      all: 'permit (principal, action, resource);',
      apart:
        'forbid (principal, action, resource == Tool::"note") when { context.channel == "page" && context.linked };',
    };
    const agent = agentData('a', [{ sees: 'go', call: [{ tool: 'note', input: { text: 'x' } }] }, { say: 'well' }], {
      policies,
    });
    await using world = openWorld();
    const { id } = world.start({ entry: 'a', agents: [agent] }, 'hello', { task: false });
    await world.settled(id, 'waiting');
    world.engine.deliver(id, { event: 'message', data: { text: 'go', via: page, event: 'e1' } });
    await expect.poll(() => JSON.stringify(world.entries(id))).toContain('forbidden by apart');
    expect(world.notes()).toEqual([]);
  });
});

it('goes by the strictest of the ways that its messages came by (1)', () => {
  expect(strictest(null, phone)).toEqual(phone);
  expect(strictest(phone, null)).toEqual(phone);
  expect(strictest(phone, page)).toEqual({ ...phone, channel: 'page' });
  expect(strictest(page, { ...phone, most: 'write' })).toMatchObject({
    channel: 'phone',
    linked: false,
    most: 'write',
  });
});

it('knows of elsewhere what follows, and what is the runtime’s own only as the most secret (2)', () => {
  const knowing = (follows: Via['follows']): boolean[] =>
    [page, phone, null].map((said) => isKnown(said, { ...phone, channel: 'here', follows }));
  expect(knowing('nothing')).toEqual([false, false, false]);
  expect(knowing('internal')).toEqual([false, true, false]);
  expect(knowing('personal')).toEqual([true, true, false]);
  expect(knowing('secret')).toEqual([true, true, true]);
  expect([isKnown(phone, phone), isKnown(page, null)]).toEqual([true, true]);
});

it('reads a way that makes no sense as plain text, which allows nothing that the sender could not do anyway', () => {
  for (const data of [
    { text: 'x', via: { ...phone, most: 'all' } },
    { text: 'x' },
    { text: 1, via: phone },
    [1],
    null,
    7,
  ]) {
    expect(messageOf(data)).toEqual({ text: JSON.stringify(data), way: null, event: null });
  }
  expect(messageOf({ text: 'x', via: phone })).toEqual({ text: 'x', way: phone, event: null });
});

it('is no freer for a program that takes over than the answer that came before it', () => {
  const entry = (position: number, kind: string, data: Record<string, unknown>): StoredEntry =>
    ({ session: 's', position, at: '2026-01-02T03:04:05.678Z', kind, data, format: 2 }) as StoredEntry;
  const question = { type: 'call', tool: 'ask', input: { question: 'where?', withinMs: 1000 } };
  const { via } = readConversation(
    [
      entry(1, 'started', { message: 'hi' }),
      entry(2, 'intent', { name: 'model' }),
      entry(3, 'outcome', { name: 'model', ok: true, content: [question] }),
      entry(4, 'received', { event: 'message', data: { text: 'here', via: phone, event: 'e1' } }),
      entry(5, 'began', { agent: 'a' }),
    ],
    'a',
  );
  expect(via).toEqual(phone);
});

describe('a question that is answered by another way', () => {
  const lonely: Via = { ...page, carries: 'personal', follows: 'nothing' };
  const entry = (position: number, kind: string, data: Record<string, unknown>): StoredEntry =>
    ({ session: 's', position, at: '2026-01-02T03:04:05.678Z', kind, data, format: 4 }) as StoredEntry;
  const asked = { type: 'call', tool: 'ask', input: { question: 'where?', withinMs: 1000 } };
  const answered = [
    entry(1, 'started', { message: 'secret of the page', via: lonely }),
    entry(2, 'intent', { name: 'model' }),
    entry(3, 'outcome', { name: 'model', ok: true, content: [asked] }),
    entry(4, 'received', {
      event: 'message',
      data: { text: 'from the phone', via: { ...phone, carries: 'secret' }, event: 'e1' },
    }),
  ];

  it('is an answer without its question there, as the person said it', () => {
    const [system, ...said] = promptOf(readConversation(answered, 'a'), 'You are a.');
    expect(system?.content).toContain('2 messages that were said elsewhere are not known here');
    expect(said).toEqual([{ role: 'user', content: [{ type: 'text', text: 'from the phone' }] }]);
  });

  it('is a question whose answer is not known, where it was asked', () => {
    const later = [
      ...answered,
      entry(5, 'intent', { name: 'model' }),
      entry(6, 'outcome', { name: 'model', ok: true, content: [{ type: 'text', text: 'well' }] }),
      entry(7, 'received', { event: 'message', data: { text: 'and now?', via: lonely, event: 'e2' } }),
    ];
    const prompt = promptOf(readConversation(later, 'a'), 'You are a.');
    expect(prompt.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'tool', 'user']);
    expect(JSON.stringify(prompt[3])).toContain('not known here');
    expect(JSON.stringify(prompt)).not.toContain('from the phone');
  });

  const tool = { type: 'call', tool: 'vault', input: {} };
  const byPhone = { text: 'from the phone', via: phone, event: 'e1' };
  const answer = (position: number): StoredEntry => entry(position, 'received', { event: 'message', data: byPhone });
  const came = (position: number): StoredEntry =>
    entry(position, 'outcome', { name: 'tool', callId: 'c3.0', tool: 'vault', ok: true, output: 'the vault’s secret' });
  const below = [
    entry(4, 'delegated', { callId: 'c3.0', child: 's2' }),
    answer(5),
    entry(6, 'received', {
      event: 'child:s2',
      data: { outcome: { ok: true, output: { text: 'the vault’s secret' } } },
    }),
  ];

  it.each([
    ['before a tool is done', tool, [answer(4), came(5)]],
    ['after a tool is done', tool, [came(4), answer(5)]],
    ['before work below is done', { ...tool, tool: 'delegate' }, below],
  ])('%s, gives nothing but the answer there, and all where it was asked', (_when, beside, later) => {
    const conversation = readConversation(
      [
        entry(1, 'started', { message: 'secret of the owner' }),
        entry(2, 'intent', { name: 'model' }),
        entry(3, 'outcome', { name: 'model', ok: true, content: [beside, asked] }),
        ...later,
      ],
      'a',
    );
    expect(conversation.open).toEqual([]);
    expect(conversation.via).toEqual(phone);
    const [, ...said] = promptOf(conversation, 'You are a.');
    expect(said).toEqual([{ role: 'user', content: [{ type: 'text', text: 'from the phone' }] }]);
    const prompt = promptOf({ ...conversation, via: null }, 'You are a.');
    expect(prompt.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'tool']);
    const results = JSON.stringify(prompt[3]);
    for (const text of ['c3.0', 'the vault’s secret', 'c3.1', 'from the phone']) expect(results).toContain(text);
    expect(prompt[3]?.content).toHaveLength(2);
  });
});
