/**
 * What a program sees of the layers beneath it: overlayfs tells of a directory that lies in two layers another link count, and
 * other blocks, than of one. A replay has to lay its files as the recording did, whenever and however snapshots were taken.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { HoldfastService, ReplayReport, Sandbox } from '../../src/schema/index.ts';
import { RecordedRuns } from '../fixtures/recorded-runs.ts';

const runs = new RecordedRuns();
const { shell, thought, finished } = runs;
let service: HoldfastService;
beforeAll(async () => {
  service = await runs.open();
});
afterAll(() => runs.close());

const listing = 'ls -lR; stat -c "%h %b %n" . lib lib/*';

/** A replay that compares all, and overlooks times only. */
async function again(box: Sandbox): Promise<ReplayReport> {
  const report = await service.replayRecording(await finished(box));
  expect(report.divergence).toBeNull();
  expect(new Set(report.steps.flatMap(({ normalisers }) => normalisers))).not.toContain('numbers');
  return report;
}

const printed = async (box: Sandbox, command: string): Promise<string> => {
  const result = await shell(box.id, command);
  return result.ok ? String((result.output as { stdout: string }).stdout) : result.error.message;
};
const methods = async (box: Sandbox): Promise<string[]> =>
  (await runs.eventsOf(box.id)).flatMap((event) => (event.type === 'snapshot-taken' ? [event.method] : []));

it('snapshots that left the root in its place leave the replay’s there', async () => {
  const box = await service.createSandbox({ record: true });
  await shell(box.id, 'mkdir lib; echo a > lib/a');
  await thought(box.id, 1);
  await shell(box.id, 'echo b > lib/b; mkdir lib/deep');
  await thought(box.id, 2);
  expect(await printed(box, listing)).toMatch(/^3 \d+ lib$/m);
  expect(await methods(box)).toEqual(['copy', 'copy']);
  expect(await again(box)).toMatchObject({ reproduced: true, uncompared: [] });
});

it('a snapshot that sealed what was written is one in the replay too', async () => {
  const box = await service.createSandbox({ record: true });
  await shell(box.id, 'mkdir lib; head -c 3000000 /dev/zero > lib/a');
  await thought(box.id, 1);
  await shell(box.id, 'echo b > lib/b; mkdir lib/deep');
  await thought(box.id, 2);
  expect(await printed(box, listing)).toMatch(/^1 \d+ lib$/m);
  expect((await methods(box))[0]).toBe('rotate');
  const id = await finished(box);
  expect(await service.replayRecording(id)).toMatchObject({ reproduced: true, uncompared: [] });
  // What does not compare files lays them as well.
  expect(await service.replayRecording(id, { files: false })).toMatchObject({ reproduced: true });
  expect(await service.replayRecording(id, { from: 2 })).toMatchObject({ reproduced: true });
});

it('so it is for a snapshot that somebody else asked for', async () => {
  const box = await service.createSandbox({ record: true });
  await shell(box.id, 'mkdir lib; echo a > lib/a');
  await thought(box.id, 1);
  const own = await service.createSnapshot(box.id);
  expect(own.method).toBe('rotate');
  await shell(box.id, 'echo b > lib/b');
  expect(await printed(box, listing)).toMatch(/^1 \d+ lib$/m);
  expect(await again(box)).toMatchObject({ reproduced: true });
});

it('and for what was there when a recording began', async () => {
  const box = await service.createSandbox({});
  await shell(box.id, 'mkdir lib; echo a > lib/a');
  await service.startRecording(box.id);
  await shell(box.id, 'echo b > lib/b');
  await thought(box.id, 1);
  await shell(box.id, listing);
  expect(await again(box)).toMatchObject({ reproduced: true });
});

it('files that went back are compared with those that lay there then', async () => {
  const box = await service.createSandbox({ record: true });
  await shell(box.id, 'mkdir lib; echo a > lib/a');
  const before = await service.createSnapshot(box.id);
  await shell(box.id, 'echo b > lib/b; rm lib/a');
  await thought(box.id, 2);
  await service.rollbackSandbox(box.id, before.id);
  const sinceThen = async (): Promise<string[]> => {
    const events = await runs.eventsOf(box.id);
    const at = events.findIndex((event) => event.type === 'lifecycle' && event.what === 'sandbox-rolled-back');
    return events.slice(at).map(({ type }) => type);
  };
  await expect.poll(sinceThen).toContain('snapshot-taken');
  await shell(box.id, `echo c > lib/c; ${listing}`);
  await thought(box.id, 3);
  expect(await again(box)).toMatchObject({ reproduced: true, uncompared: [] });
});

it('one that begins in the midst says what is not as it was', async () => {
  const box = await service.createSandbox({ record: true });
  for (const [at, command] of ['mkdir lib; echo a > lib/a', 'echo b > lib/b'].entries()) {
    await shell(box.id, command);
    await thought(box.id, at + 1);
  }
  const id = await finished(box);
  const report = await service.replayRecording(id, { from: 2 });
  expect(report).toMatchObject({ reproduced: true, from: 2 });
  expect(report.world.join('\n')).toContain('snapshot of step 1: directories that are written to from there on');
  expect((await service.replayRecording(id)).world.join('\n')).not.toContain('directories');
});
