/** What people in a chat see of a session, whoever leads its agent. */
import { describe, expect, it } from 'vitest';
import { type AgentWorld, agentData, openWorld } from '../../test/fixtures/agent-world.ts';
import type { AgentManifestInput } from '../schema/index.ts';
import { ChatReader } from './chat.ts';

function seen(world: AgentWorld, id: string): string[] {
  const reader = new ChatReader(world.engine.get(id).agent);
  return world.entries(id).flatMap((entry) => reader.take(entry).map(({ role, text }) => `${role}: ${text}`));
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

  it('sees what a flow answers', async () => {
    await using world = openWorld();
    const flow = { steps: [{ name: 'one', think: '{{input}}' }], answer: 'so: {{one}}' };
    const { id } = world.start({ entry: 'a', agents: [led({ tools: ['think'], flow })] }, 'hello', { task: false });
    await world.settled(id, 'waiting');
    expect(seen(world, id)).toEqual(['user: hello', 'assistant: so: [scripted] thought']);
  });
});
