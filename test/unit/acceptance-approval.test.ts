/** Acceptance: an approval three agents deep, a process killed while it waits and while it acts, three days between. */
import { expect, it } from 'vitest';
import { agentData } from '../fixtures/agent-world.ts';
import { twoRuntimes } from '../fixtures/two-runtimes.ts';

const day = 86_400_000;
const grants = ['marks:write', 'agent:delegate'];
const giver = (name: string, to: string, depth: number): ReturnType<typeof agentData> =>
  agentData(
    name,
    [{ answered: 0, call: [{ tool: 'delegate', input: { to, task: 'go on' } }] }, { say: 'it is done' }],
    {
      grants,
      tools: ['delegate'],
      delegates: [to],
      limits: { steps: 100, tokens: 1_000_000, cents: 0, wallMs: 600_000, depth },
    },
  );
const bundle = {
  entry: 'top',
  agents: [
    giver('top', 'middle', 2),
    giver('middle', 'bottom', 1),
    agentData(
      'bottom',
      [{ answered: 0, call: [{ tool: 'mark', input: {} }] }, { sees: 'not approved', say: 'no' }, { say: 'marked' }],
      {
        grants,
        tools: ['mark'],
        approvals: [{ tools: ['mark'], withinMs: 7 * day }],
        limits: { steps: 100, tokens: 1_000_000, cents: 0, wallMs: 600_000, depth: 0 },
      },
    ),
  ],
};

it('waits for an approval at depth 3 over kills and three days, takes none from the requester, and acts once', async () => {
  await using pair = twoRuntimes();
  const { a: runtime } = pair;
  const { service } = runtime;
  runtime.configure({ bundles: [bundle] });
  await runtime.start();
  const { id } = await service.startSession({ agent: 'top', message: 'go', person: 'ada', task: true });
  await expect.poll(async () => (await service.listApprovals()).length, { timeout: 20_000 }).toBe(1);
  await runtime.kill();

  runtime.configure({ bundles: [bundle], laterMs: 3 * day });
  await runtime.start();
  const [approval] = await service.listApprovals();
  expect(approval).toMatchObject({ agent: 'bottom', tool: 'mark', requester: 'ada', approvedBy: [] });
  expect(approval?.session).not.toBe(id);
  const ref = approval?.id ?? '';
  await expect(runtime.as('ada').decideApproval(ref, { approve: true })).rejects.toMatchObject({ code: 'forbidden' });
  expect(runtime.marks()).toEqual([]);

  // Killed while it does what was approved: the same call is done again, under the same key.
  await runtime.as('milo').decideApproval(ref, { approve: true });
  await expect.poll(() => runtime.marks().length, { timeout: 20_000 }).toBe(1);
  await runtime.kill();
  runtime.letGo(3);
  await runtime.start();
  await expect
    .poll(async () => (await service.getSession(id)).outcome, { timeout: 20_000 })
    .toMatchObject({ ok: true, output: { text: '[scripted] it is done' } });
  expect(runtime.marks()).toMatchObject([{ tenant: 'acme', person: 'ada', agents: ['top', 'middle', 'bottom'] }]);
  expect(runtime.marks()).toHaveLength(1);
  await expect(runtime.as('ines').decideApproval(ref, { approve: true })).rejects.toMatchObject({ code: 'not-found' });
}, 120_000);
