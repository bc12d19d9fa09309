/** Recordings on a disk that is full, for real: none is begun, and what there is is stopped, gone on with and deleted. */
import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { createRuntime, type Runtime } from '../../src/runtime/index.ts';
import type { HoldfastService, Sandbox } from '../../src/schema/index.ts';

const home = mkdtempSync(join(tmpdir(), 'hf-recording-full-'));
const disk = join(home, 'recordings');
const filler = join(disk, 'filler');
const possible = canMount();
const full = expect.objectContaining({ code: 'host-disk-full' });

afterEach(() => rmSync(filler, { force: true }));
afterAll(() => {
  if (possible) execFileSync('umount', ['--lazy', disk]);
  rmSync(home, { recursive: true, force: true });
});

function canMount(): boolean {
  mkdirSync(disk);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=512k,mode=0700', 'tmpfs', disk], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function fill(): void {
  const file = openSync(filler, 'a');
  try {
    for (;;) writeSync(file, Buffer.alloc(4096));
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENOSPC' });
  } finally {
    closeSync(file);
  }
}

const clear = (): void => rmSync(filler);
const run = (service: HoldfastService, { id }: Sandbox) => service.exec(id, { argv: ['true'] });
const manifestOf = (id: string): { closed: { reason: string } | null } =>
  JSON.parse(readFileSync(join(disk, id, 'recording.json'), 'utf8'));

/** What the last page of a file still holds is no news. */
async function fillEvents(service: HoldfastService, { id }: Sandbox): Promise<void> {
  fill();
  const note = { type: 'note', by: 'a', text: 'x' } as const;
  for (let turn = 0; turn < 100; turn++) {
    const error = await service.recordEvent(id, note).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    if (error === null) continue;
    expect(error).toEqual(full);
    return;
  }
  throw new Error('it is never full');
}

describe.skipIf(!possible)('on a full disk (skipped: needs root)', { timeout: 120_000 }, () => {
  it('none begins, what is recorded is refused and then stopped, and deleting makes room', async () => {
    await using runtime = await createRuntime({ home, ephemeral: true });
    const service = runtime.service();
    const box = await service.createSandbox({});
    const first = await service.startRecording(box.id);
    await fillEvents(service, box);
    await expect(run(service, box)).rejects.toEqual(full);
    expect(await service.stopRecording(box.id)).toMatchObject({ id: first.id, state: 'closed' });
    expect(manifestOf(first.id).closed).toBeNull();
    expect(await run(service, box)).toMatchObject({ exitCode: 0 });
    await expect(service.startRecording(box.id)).rejects.toEqual(full);
    expect((await service.listRecordings()).items).toHaveLength(1);
    expect(await service.verifyRecording(first.id)).toMatchObject({ ok: true });

    clear();
    const second = await service.startRecording(box.id);
    await run(service, box);
    expect(await service.stopRecording(box.id)).toMatchObject({ id: second.id, state: 'closed', steps: 1 });
    expect(manifestOf(first.id).closed).toMatchObject({ reason: 'stopped' });
    expect(await service.verifyRecording(first.id)).toMatchObject({ ok: true });

    fill();
    for (const { id } of [first, second]) {
      await service.deleteRecording(id);
      expect(existsSync(join(disk, id))).toBe(false);
    }
    expect(await service.startRecording(box.id)).toMatchObject({ state: 'open' });
  });

  it('a start of the daemon goes on with a recording as soon as there is room, and it can be stopped before', async () => {
    const begun = await createRuntime({ home });
    const box = await begun.service().createSandbox({ record: true });
    const [recording] = (await begun.service().listRecordings({ sandbox: box.id })).items;
    const id = recording?.id ?? '';
    await run(begun.service(), box);
    await fillEvents(begun.service(), box);
    const next = await again(begun);
    await expect(run(next.service(), box)).rejects.toMatchObject({
      code: 'host-disk-full',
      message: expect.stringContaining(id),
    });
    expect(await next.service().getRecording(id)).toMatchObject({ state: 'open' });
    await expect(next.service().deleteRecording(id)).rejects.toMatchObject({ code: 'in-use' });
    clear();
    expect(await run(next.service(), box)).toMatchObject({ exitCode: 0 });
    expect(await next.service().getRecording(id)).toMatchObject({ state: 'open', steps: 2 });

    await fillEvents(next.service(), box);
    await using last = await again(next, { ephemeral: true });
    const service = last.service();
    await expect(run(service, box)).rejects.toEqual(full);
    expect(await service.stopRecording(box.id)).toMatchObject({ id, state: 'closed' });
    expect(await run(service, box)).toMatchObject({ exitCode: 0 });
    await service.deleteRecording(id);
    expect(existsSync(join(disk, id))).toBe(false);
  });
});

async function again(runtime: Runtime, more: { ephemeral?: boolean } = {}): Promise<Runtime> {
  await runtime.close();
  return createRuntime({ home, ...more });
}
