import { expect, it } from 'vitest';
import { agentData, openWorld } from '../../test/fixtures/agent-world.ts';
import { rememberedIn } from './remembered.ts';

const memory = { case: { scope: 'session' as const, retentionDays: 30, class: 'internal' as const } };
const put = (value: unknown): object => ({ tool: 'remember', input: { slot: 'case', key: 'k', value } });

it('finds what a model and what a program remembered, and nothing that was refused', async () => {
  await using world = openWorld();
  const keeper = agentData('keeper', [{ answered: 0, call: [put('one'), put(2), put('three')] }, { say: 'done' }], {
    tools: ['remember'],
    memory,
  });
  const code = `exports.default = { run: async (ctx) => {
    await ctx.remember('case', 'k', 'four');
    return 'done';
  } };`;
  const led = agentData('led', [], {
    grants: ['memory:write'],
    model: { provider: 'scripted', rules: [{ say: 'x' }] },
    tools: ['remember'],
    memory,
    program: { code },
  });
  for (const [agent, values] of [
    [keeper, ['one', 'three']],
    [led, ['four']],
  ] as const) {
    const { id } = world.start({ entry: agent.name, agents: [agent] }, 'go');
    expect((await world.settled(id)).outcome).toMatchObject({ ok: true });
    const at = expect.stringMatching(/^\d{4}-.*Z$/);
    expect(rememberedIn(world.entries(id))).toEqual(values.map((value) => ({ slot: 'case', key: 'k', value, at })));
  }
});
