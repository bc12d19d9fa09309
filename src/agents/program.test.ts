import { describe, expect, it } from 'vitest';
import { agentData, openWorld } from '../../test/fixtures/agent-world.ts';

const call = (tool: string, input: unknown): Record<string, unknown> => ({ tool, input });
const one = (agent: ReturnType<typeof agentData>) => ({ entry: agent.name, agents: [agent] });

describe('an agent', () => {
  it('calls a model and a tool, one step each, and answers (1)', async () => {
    await using world = openWorld();
    const agent = agentData('clerk', [
      { answered: 0, call: [call('note', { text: 'hello' })] },
      { answered: 1, afterTool: true, say: 'noted' },
    ]);
    const { id } = world.start(one(agent), 'note hello');
    const ended = await world.settled(id);
    expect(ended.outcome).toEqual({ ok: true, output: { text: '[scripted] noted', untrusted: false } });
    expect(world.notes()).toEqual([`${id}/4 hello`]);
    expect(world.entries(id).map(({ kind, data }) => [kind, data['name'] ?? null])).toEqual([
      ['started', null],
      ['intent', 'model'],
      ['outcome', 'model'],
      ['intent', 'tool'],
      ['outcome', 'tool'],
      ['intent', 'model'],
      ['outcome', 'model'],
      ['ended', null],
    ]);
    expect(ended.spent).toMatchObject({ steps: 3 });
    expect(ended.held).toEqual({ steps: 0, tokens: 0, cents: 0, wallMs: 0, depth: 0 });
  });

  it('waits for the next message, and goes on with it', async () => {
    await using world = openWorld();
    const agent = agentData('friend', [{ sees: 'again', say: 'second' }, { say: 'first' }]);
    const { id } = world.start(one(agent), 'hi', { task: false });
    expect((await world.settled(id)).waitsFor).toEqual(['message']);
    expect(world.engine.running).toBe(0);
    world.engine.deliver(id, { event: 'message', data: 'again', key: 'm1' });
    expect(world.engine.deliver(id, { event: 'message', data: 'again', key: 'm1' })).toBe(false);
    await world.settled(id, 'waiting');
    const said = world.entries(id).filter(({ data }) => data['name'] === 'model' && data['ok'] === true);
    expect(said.map(({ data }) => data['content'])).toEqual([
      [{ type: 'text', text: '[scripted] first' }],
      [{ type: 'text', text: '[scripted] second' }],
    ]);
  });

  it('is told why a call is refused, and nothing was done (4)', async () => {
    await using world = openWorld();
    const agent = agentData('clerk', [
      { answered: 0, call: [call('send', { text: 'x' }), call('nothing', {}), call('note', { wrong: 1 })] },
      { answered: 1, say: 'so be it' },
    ]);
    const { id } = world.start(one(agent), 'do it');
    await world.settled(id, 'done');
    const codes = world.entries(id).flatMap(({ kind, data }) => {
      const error = data['error'] as { code: string } | undefined;
      return kind === 'outcome' && error ? [error.code] : [];
    });
    expect(codes).toEqual(['not-found', 'not-found', 'invalid-argument']);
    expect(world.notes()).toEqual([]);
  });
});
