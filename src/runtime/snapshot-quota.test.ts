/** Quotas of snapshots hold whatever makes one, and the one that would go over them, not only the next. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { buildGuest } from '../../scripts/build-guest.ts';
import { FakeSubstrate } from '../compute/index.ts';
import type { HoldfastService, Quotas, Snapshot } from '../schema/index.ts';
import { createRuntime, type Runtime } from './index.ts';

const home = mkdtempSync(join(tmpdir(), 'hf-snapshot-quota-'));
const guestBinary = buildGuest();
const kib = 1024;
let runtime: Runtime;
let service: HoldfastService;
let quotas: Quotas;
let count = 0;
beforeAll(async () => {
  const substrate = new FakeSubstrate({ binary: guestBinary });
  runtime = await createRuntime({ home, substrate, guestBinary, quotas: () => quotas });
});
beforeEach(() => {
  quotas = {};
  service = runtime.service(`tenant-${++count}`);
});
afterAll(async () => {
  await runtime.close();
  rmSync(home, { recursive: true, force: true });
});

const imported = (bytes: number, tar: AsyncIterable<Uint8Array> = tarOf(bytes)): Promise<Snapshot> =>
  service.importFiles(tar, { isolation: 'none' });
const kept = async (): Promise<number> => (await service.listSnapshots()).items.length;

function tarOf(bytes: number): AsyncIterable<Uint8Array> {
  const tar = pack();
  tar.entry({ name: 'file' }, Buffer.alloc(bytes, 'x'));
  tar.finalize();
  return tar as unknown as AsyncIterable<Uint8Array>;
}

it('counts imports', async () => {
  quotas = { snapshots: 1 };
  await imported(1);
  const details = { quota: 'snapshots', ceiling: 1, used: 1 };
  await expect(imported(1)).rejects.toMatchObject({ code: 'quota-exceeded', details });
});

it.each(['snapshotBytes', 'keptBytes'] as const)(
  'refuses an import that goes over %s, and keeps nothing of it',
  async (quota) => {
    quotas = { [quota]: 100 * kib };
    await imported(60 * kib);
    await expect(imported(60 * kib)).rejects.toMatchObject({
      code: 'quota-exceeded',
      details: { quota, used: 60 * kib },
    });
    expect(await kept()).toBe(1);
    expect((await imported(40 * kib)).addedBytes).toBe(40 * kib);
  },
);

it('refuses it as soon as that is known, however much is still to come', async () => {
  quotas = { snapshotBytes: 100 * kib };
  let sent = 0;
  async function* large(): AsyncGenerator<Uint8Array> {
    const tar = pack();
    tar.entry({ name: 'file', size: 1024 ** 3 }).on('error', () => undefined);
    for await (const header of tar as unknown as AsyncIterable<Uint8Array>) {
      yield header;
      break;
    }
    for (; sent < 1024 ** 3; sent += 64 * kib) yield new Uint8Array(64 * kib);
  }
  await expect(imported(0, large())).rejects.toMatchObject({ code: 'quota-exceeded' });
  expect(sent).toBeLessThan(10 * 1024 * kib);
});

it('lets in one of two that fit alone and not together', async () => {
  quotas = { snapshotBytes: 100 * kib };
  const outcomes = await Promise.allSettled([imported(60 * kib), imported(60 * kib)]);
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(await kept()).toBe(1);
});

it('refuses a snapshot of a sandbox that adds more than is left; the sandbox goes on', async () => {
  quotas = { snapshotBytes: 100 * kib };
  const { id } = await service.createSandbox({ isolation: 'none' });
  await service.writeFile(id, '/workspace/file', new Uint8Array(200 * kib));
  const refused = { code: 'quota-exceeded', details: { quota: 'snapshotBytes', used: 0 } };
  await expect(service.createSnapshot(id)).rejects.toMatchObject(refused);
  expect(await kept()).toBe(0);
  expect(await service.statFile(id, '/workspace/file')).toMatchObject({ sizeBytes: 200 * kib });
  quotas = { snapshotBytes: 300 * kib };
  await service.createSnapshot(id);
  expect(await kept()).toBe(1);
  await service.destroySandbox(id);
});
