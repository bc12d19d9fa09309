/** A function of the host that does not heed its end is not waited for. */
import { expect, it } from 'vitest';
import { agentData, openWorld, standardHostTools } from '../../test/fixtures/agent-world.ts';

it('is left behind when the time of its step is used up, and the session ends at its limit', async () => {
  let begun = 0;
  await using world = openWorld({
    tools: (store, home) =>
      standardHostTools(store, home).map((tool) => {
        if (tool.name !== 'note') return tool;
        return {
          ...tool,
          call: () => {
            begun++;
            return new Promise<never>(() => undefined);
          },
        };
      }),
  });
  const agent = agentData('a', [{ answered: 0, call: [{ tool: 'note', input: { text: 'x' } }] }, { say: 'well' }], {
    limits: { steps: 10, tokens: 100_000, cents: 0, wallMs: 300, depth: 0 },
  });
  const { id } = world.start({ entry: 'a', agents: [agent] }, 'go');
  const { outcome, spent, held } = await world.settled(id, 'failed');
  expect(begun).toBe(1);
  expect(outcome).toMatchObject({ ok: false, error: { code: 'budget-exhausted', details: { limit: 'wallMs' } } });
  expect(spent.wallMs).toBeLessThanOrEqual(300);
  expect(held.wallMs).toBe(0);
  const result = world.entries(id).find(({ data }) => data['tool'] === 'note');
  expect(result?.data).toMatchObject({ ok: false, error: { code: 'budget-exhausted' } });
});
