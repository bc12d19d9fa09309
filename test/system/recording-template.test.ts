/** Recordings whose template was built anew since: what begins with it says so. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { HoldfastService } from '../../src/schema/index.ts';
import { RecordedRuns } from '../fixtures/recorded-runs.ts';
import { makeSmallRoot } from '../fixtures/small-root.ts';

const runs = new RecordedRuns();
const root = mkdtempSync(join(tmpdir(), 'hf-recorded-root-'));
let service: HoldfastService;
beforeAll(async () => {
  service = await runs.open();
  makeSmallRoot(root);
});
afterAll(async () => {
  await runs.close();
  rmSync(root, { recursive: true, force: true });
});

async function build(made: string): Promise<void> {
  writeFileSync(join(root, 'etc/made'), made);
  await service.buildTemplate({ name: 'small', from: 'directory', directory: root });
}

async function* once(data: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield data;
}

it('a fork, a bisection and a test say it, and a test that fails then blames it', { timeout: 120_000 }, async () => {
  await build('one');
  const id = await runs.recorded(['cat /etc/made > got', 'echo noise > noise'], { template: 'small' });
  const predicate = { command: 'grep -q one got' };
  const pieces: Uint8Array[] = [];
  for await (const piece of await service.exportTest(id, { predicate, runs: 1 })) pieces.push(piece);
  const test = Buffer.concat(pieces);
  expect(JSON.parse(test.toString())).toMatchObject({ expect: 'exited 0', passed: 1, steps: [{ step: 1 }] });
  const fork = async (step: number): Promise<string> => {
    const { sandbox, notes } = await service.forkRecording(id, { step });
    await service.destroySandbox(sandbox.id);
    return notes.join();
  };
  expect(await fork(0)).toBe('');
  expect(await service.bisectRecording(id, { predicate, runs: 1 })).toMatchObject({ step: 1, notes: [] });
  expect(await service.runTest(once(test))).toMatchObject({ ok: true, templateChanged: false, blame: null });

  await build('two');
  const changed = 'the template small is another one than when it was recorded';
  expect(await fork(0)).toBe(changed);
  // A snapshot lies on the template of then.
  expect(await fork(1)).toBe('');
  expect(await service.bisectRecording(id, { predicate, runs: 1 })).toMatchObject({ step: 1, notes: [changed] });
  const failed = { ok: false, actual: 'exited 1', templateChanged: true, blame: 'world' };
  const report = await service.runTest(once(test));
  expect(report).toMatchObject(failed);
  expect(report.notes.at(-1)).toBe(changed);
  // Done again it goes another way than in the recording: that is no test.
  await expect(service.exportTest(id, { predicate, runs: 1 })).rejects.toMatchObject({
    message: expect.stringContaining('in the recording exited 0, done again exited 1'),
  });
});
