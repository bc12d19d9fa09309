/** What people in a chat see of a session, whoever leads its agent. */
import { describe, expect, it } from 'vitest';
import { type AgentWorld, agentData, openWorld } from '../../test/fixtures/agent-world.ts';
import type { AgentManifestInput } from '../schema/index.ts';
import { ChatReader } from './chat.ts';

function seen(world: AgentWorld, id: string): string[] {
  const { agent } = world.engine.get(id);
  const reader = new ChatReader(agent);
  let going = new ChatReader(agent);
  return world.entries(id).flatMap((entry) => {
    const heard = reader.take(entry);
    // Whoever begins at an entry with what is kept of those before sees the same.
    going = new ChatReader(agent, going.keep());
    expect([going.take(entry), going.way]).toEqual([heard, reader.way]);
    return heard.map(({ role, text }) => `${role}: ${text}`);
  });
}

const grants = [...agentData('x', []).grants, 'model:ask'];
const led = (more: Partial<AgentManifestInput>): AgentManifestInput =>
  agentData('a', [{ say: 'thought' }], { grants, ...more });

describe('a chat', () => {
  it('sees what a program answers, and what it asks', async () => {
    await using world = openWorld();
    const code = `exports.default = { run: async (ctx, message) => 'you are ' + await ctx.ask('who are you?', { ms: 60000 }) };`;
    const { id } = world.start({ entry: 'a', agents: [led({ tools: ['ask'], program: { code } })] }, 'hello', {
      task: false,
    });
    await world.settled(id, 'waiting');
    expect(seen(world, id)).toEqual(['user: hello', 'assistant: who are you?']);
    world.engine.deliver(id, { event: 'message', data: 'ada' });
    await expect.poll(() => seen(world, id).at(-1)).toBe('assistant: you are ada');
    expect(seen(world, id)).toHaveLength(4);
  });

  it('sees what is said on the way', async () => {
    await using world = openWorld();
    const code = `exports.default = { run: async (ctx) => { await ctx.say('a moment'); return 'done'; } };`;
    const more = { grants: [...grants, 'person:tell'], tools: ['say'], program: { code } };
    const { id } = world.start({ entry: 'a', agents: [led(more)] }, 'hello', { task: false });
    await world.settled(id, 'waiting');
    expect(seen(world, id)).toEqual(['user: hello', 'assistant: a moment', 'assistant: done']);
  });

  it('sees what an expert answers, what is asked on the way, and by which way each was said', async () => {
    await using world = openWorld();
    const expert = agentData(
      'expert',
      [
        { answered: 0, call: [{ tool: 'ask', input: { question: 'which?', withinMs: 60_000 } }] },
        { afterTool: true, say: 'that one' },
        { say: 'what else?' },
      ],
      { tools: ['ask'] },
    );
    const routes = [{ words: ['refund'], to: 'expert' }];
    const desk = agentData('desk', [{ say: 'x' }], { tools: ['delegate'], delegates: ['expert'], routes });
    const { id } = world.start({ entry: 'desk', agents: [desk, expert] }, 'a refund', { task: false });
    await expect.poll(() => world.store.sessions.children(id)[0]?.state).toBe('waiting');
    const child = world.store.sessions.children(id)[0]?.id ?? '';
    world.engine.deliver(child, { event: 'message', data: 'mine' });
    await expect.poll(() => seen(world, id)).toEqual(['user: a refund', 'assistant: [scripted] that one']);
    expect(seen(world, child)).toEqual([
      'user: a refund',
      'assistant: which?',
      'user: mine',
      'assistant: [scripted] that one',
    ]);
    const via = { channel: 'page', linked: true, most: 'write', carries: 'personal', follows: 'nothing' };
    world.engine.deliver(id, { event: 'message', data: { text: 'thanks', via, event: 'e2' } });
    await expect.poll(() => seen(world, id).at(-1)).toBe('assistant: [scripted] x');
  });

  it('sees what a flow answers', async () => {
    await using world = openWorld();
    const flow = { steps: [{ name: 'one', think: '{{input}}' }], answer: 'so: {{one}}' };
    const { id } = world.start({ entry: 'a', agents: [led({ tools: ['think'], flow })] }, 'hello', { task: false });
    await world.settled(id, 'waiting');
    expect(seen(world, id)).toEqual(['user: hello', 'assistant: so: [scripted] thought']);
  });
});
