/** A program that gives the conversation away: its run is over, and whoever takes it goes on with less, never more. */
import { rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { agentData, openWorld } from '../../../test/fixtures/agent-world.ts';
import type { AgentBundleInput, AgentManifestInput } from '../../schema/index.ts';

const codeOf = (body: string): string => `exports.default = { run: async (ctx, message) => { ${body} } };`;
const grants = [...agentData('x', []).grants, 'model:ask'];

function desk(
  body: string,
  more: Partial<AgentManifestInput> = {},
  target: Partial<AgentManifestInput> = {},
): AgentBundleInput {
  return {
    entry: 'desk',
    agents: [
      agentData('desk', [{ say: 'thought' }], {
        grants,
        tools: ['note', 'handoff'],
        handoffs: ['expert'],
        passes: { expert: 'all' },
        program: { code: codeOf(body) },
        ...more,
      }),
      agentData('expert', [{ sees: 'deeper', say: 'deeper' }, { say: 'I take over' }], {
        grants: ['notes:write'],
        ...target,
      }),
    ],
  };
}

describe('a program', () => {
  it('hands the conversation over: its run ends there, and the other answers from then on', async () => {
    await using world = openWorld();
    const body = `await ctx.call('note', { text: 'seen' });
      await ctx.handoff('expert', 'it is about kelp');
      await ctx.call('note', { text: 'never' });
      return 'never';`;
    const { id } = world.start(desk(body), 'what of kelp?', { task: false });
    await world.settled(id, 'waiting');
    expect(world.notes().map((line) => line.split(' ').at(-1))).toEqual(['seen']);
    const [over] = world.entries(id).filter(({ kind }) => kind === 'handed-off');
    expect(over?.data).toMatchObject({ from: 'desk', to: 'expert', reason: 'it is about kelp' });
    const said = (): unknown => world.entries(id).findLast(({ data }) => data['name'] === 'model')?.data['content'];
    expect(JSON.stringify(said())).toContain('I take over');
    // One call, the handoff, one answer.
    expect(world.engine.get(id).spent.steps).toBe(3);
    world.engine.deliver(id, { event: 'message', data: 'deeper' });
    await expect.poll(() => JSON.stringify(said())).toContain('deeper');
    await world.settled(id, 'waiting');
    expect(world.entries(id).filter(({ kind }) => kind === 'began')).toHaveLength(1);
  });

  it('is told by a failure when it may not, and goes on', async () => {
    await using world = openWorld();
    const refused = `return await ctx.handoff('boss', 'x').catch((error) => error.message);`;
    const { id } = world.start(desk(refused), 'hello');
    expect((await world.settled(id, 'done')).outcome).toMatchObject({
      output: { text: 'desk may not give work to "boss"' },
    });
    const policies = { calls: 'permit (principal, action, resource) unless { resource == Tool::"handoff" };' };
    const other = world.start(desk(refused.replace('boss', 'expert'), { policies }), 'hello');
    expect((await world.settled(other.id, 'done')).outcome).toMatchObject({
      output: { text: expect.stringContaining('a policy of desk does not let it call handoff') },
    });
  });

  it('gives nobody more than it has', async () => {
    await using world = openWorld();
    const rules = [{ answered: 1, call: [{ tool: 'note', input: { text: 'x' } }] }, { say: 'tried' }];
    const model = { provider: 'scripted' as const, rules };
    const bundle = desk(
      `await ctx.handoff('expert', 'go');`,
      { grants: ['agent:handoff'], tools: ['handoff'] },
      { model },
    );
    const { id } = world.startUnchecked(bundle, 'go');
    await world.settled(id, 'done');
    expect(world.notes()).toEqual([]);
    expect(JSON.stringify(world.entries(id))).toContain("its chain does not hold 'notes:write'");
  });

  it('hands on what makes the conversation untrusted', async () => {
    await using world = openWorld();
    const rules = [{ answered: 1, call: [{ tool: 'send', input: { text: 'x' } }] }, { say: 'tried' }];
    const bundle = desk(
      `await ctx.call('fetch', { text: 'page' }); await ctx.handoff('expert', 'go');`,
      { tools: ['fetch', 'handoff'] },
      { model: { provider: 'scripted', rules }, tools: ['send'], grants: ['mail:send'] },
    );
    const { id } = world.start(bundle, 'go');
    const { outcome } = await world.settled(id, 'done');
    expect(outcome).toMatchObject({ output: { untrusted: true } });
    expect(JSON.stringify(world.entries(id))).toContain('send cannot be undone');
    expect(world.notes()).toEqual([]);
  });

  it('pays for it, so that two that hand over to each other come to an end', async () => {
    await using world = openWorld();
    const limits = { steps: 3, tokens: 100_000, cents: 1, wallMs: 60_000, depth: 0 };
    const back = `await ctx.handoff('desk', 'back');`;
    const bundle = desk(
      `await ctx.handoff('expert', 'there');`,
      { limits },
      {
        limits,
        grants,
        tools: ['note', 'handoff'],
        handoffs: ['desk'],
        passes: { desk: 'all' },
        program: { code: codeOf(back) },
      },
    );
    const { id } = world.start(bundle, 'go');
    const { outcome, spent } = await world.settled(id, 'failed');
    expect(outcome).toMatchObject({ ok: false, error: { code: 'budget-exhausted', details: { limit: 'steps' } } });
    expect(spent.steps).toBe(3);
  });

  it('pays for each session below that it starts', async () => {
    await using world = openWorld();
    const limits = { steps: 2, tokens: 100_000, cents: 1, wallMs: 60_000, depth: 2 };
    const bundle = desk(
      `for (;;) await ctx.delegate('expert', 'x');`,
      { limits, tools: ['note', 'delegate'], handoffs: [], delegates: ['expert'] },
      { limits, program: { code: codeOf(`return 'at once';`) } },
    );
    const { id } = world.start(bundle, 'go');
    const { outcome, spent } = await world.settled(id, 'failed');
    expect(outcome).toMatchObject({ error: { code: 'budget-exhausted', details: { limit: 'steps' } } });
    expect(spent.steps).toBe(2);
    expect(world.store.sessions.children(id)).toHaveLength(2);
  });

  it('hands over once, though the daemon ends before the other has said a word', async () => {
    const asked = Promise.withResolvers<void>();
    const silent = {
      specificationVersion: 'v4' as const,
      provider: 'silent',
      modelId: 'silent',
      supportedUrls: {},
      doGenerate: () => new Promise<never>(() => undefined),
      doStream: () => {
        asked.resolve();
        return new Promise<never>(() => undefined);
      },
    };
    const first = openWorld({ open: () => silent });
    const { id } = first.start(desk(`await ctx.handoff('expert', 'go');`), 'what of kelp?', { task: false });
    await asked.promise;
    await first.close(true);
    await using second = openWorld({ home: first.home });
    await second.settled(id, 'waiting');
    const kinds = second.entries(id).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'handed-off' || kind === 'began')).toEqual(['began', 'handed-off']);
    expect(JSON.stringify(second.entries(id))).toContain('I take over');
    rmSync(first.home, { recursive: true, force: true });
  });
});
