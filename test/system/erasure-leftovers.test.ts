/** What an erasure does not touch is named: sandboxes, their recordings, living sessions of others, the tape of models. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { Session } from '../../src/schema/index.ts';
import { agentData } from '../fixtures/agent-world.ts';
import { serveWire } from '../fixtures/model-wires.ts';
import { RecordedRuns } from '../fixtures/recorded-runs.ts';

const runs = new RecordedRuns();
afterAll(() => runs.close());

it('are named to whoever asked for it, and stay as they are', { timeout: 60_000 }, async () => {
  const tape = join(runs.home, 'models.jsonl');
  const service = await runs.open({ agents: { modelTape: { record: tape } } });
  const { id: box } = await service.createSandbox({ record: true });
  await using wire = await serveWire('compatible', [{ text: 'a quagga' }]);
  const model = { provider: 'compatible' as const, id: 'm', baseUrl: wire.url, price: 'unpriced' as const };
  const agent = { ...agentData('a', [], { grants: ['sandbox:shell'], tools: ['shell'] }), model };
  const bundle = { entry: 'a', agents: [agent] };
  const start = async (person: string, more: object): Promise<Session> => {
    const { id } = await service.startSession({ bundle, message: 'quagga', person, ...more });
    await expect.poll(async () => (await service.getSession(id)).state, { timeout: 20_000 }).not.toBe('running');
    return service.getSession(id);
  };
  expect((await start('ada', { sandbox: box, task: true })).state).toBe('done');
  const { id: his } = await start('milo', {});
  await runs.service('default', 'ada').sendToSession(his, { data: 'I am here too' });
  await expect.poll(() => wire.asked.length, { timeout: 20_000 }).toBe(3);
  const { items } = await service.listRecordings({ sandbox: box });
  const recording = items[0]?.id ?? '';
  const before = readFileSync(tape, 'utf8');
  expect(before).toContain('quagga');

  const { leftovers } = await service.erasePerson({ person: 'ada' });
  expect(leftovers.map(({ kind, id }) => [kind, id])).toEqual([
    ['sandbox', box],
    ['recording', recording],
    ['session', his],
    ['model-tape', tape],
  ]);
  const erased = (await service.auditEntries({ kind: 'erased' })).items[0];
  expect(erased?.body).toMatchObject({ leftovers });
  expect((await service.getSandbox(box)).state).not.toBe('gone');
  expect(readFileSync(tape, 'utf8')).toBe(before);
  await service.stopRecording(box);
  expect(await service.verifyRecording(recording)).toMatchObject({ ok: true });

  // Where the owner has the tape is nothing for others; that there is one is.
  const acme = await runs.service('acme', 'eve').erasePerson({ person: 'zoe' });
  expect(acme.leftovers).toMatchObject([{ kind: 'model-tape', id: 'of the owner' }]);
});
