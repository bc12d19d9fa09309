/** What people decided about calls of a session stands in the recording of its sandbox, and not who they are. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { HoldfastService } from '../../src/schema/index.ts';
import { agentData } from '../fixtures/agent-world.ts';
import { RecordedRuns } from '../fixtures/recorded-runs.ts';

const runs = new RecordedRuns();
let service: HoldfastService;
beforeAll(async () => {
  service = await runs.open();
});
afterAll(() => runs.close());

it('is in it before the step that was allowed, or the answer that it was not', { timeout: 60_000 }, async () => {
  const { tenant, id: box } = await service.createSandbox({ record: true });
  const command = (text: string) => ({ call: [{ tool: 'shell', input: { command: text } }] });
  const worker = agentData(
    'worker',
    [{ answered: 0, ...command('echo one > one') }, { answered: 1, ...command('echo two > two') }, { say: 'done' }],
    { grants: ['sandbox:shell'], tools: ['shell'], approvals: [{ tools: ['shell'], withinMs: 60_000 }] },
  );
  const bundle = { entry: 'worker', agents: [worker] };
  const { id } = await service.startSession({ bundle, message: 'go', sandbox: box, task: true, person: 'ada' });
  const milo = runs.service(tenant, 'milo');
  for (const approve of [true, false]) {
    const open = async () => (await service.listApprovals()).map(({ id: approval }) => approval);
    await expect.poll(open, { timeout: 20_000 }).toHaveLength(1);
    await milo.decideApproval((await open())[0] ?? '', { approve });
  }
  await expect.poll(async () => (await service.getSession(id)).state, { timeout: 20_000 }).toBe('done');
  const recording = await runs.finished({ id: box });
  const { items } = await service.recordingEvents(recording, { limit: 1000 });
  const told = items.filter(({ type }) => type === 'approval' || type === 'step-begun');
  expect(told).toMatchObject([
    { type: 'approval', step: 0, by: 'person', decision: 'allowed', about: expect.stringContaining('echo one > one') },
    { type: 'step-begun', step: 1 },
    { type: 'approval', step: 1, decision: 'denied', about: expect.stringMatching(/: shell of worker with .*two/) },
  ]);
  expect(JSON.stringify(told)).not.toContain('milo');
});
