/** Imports that nobody is to keep go with what was made of them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildGuest } from '../../scripts/build-guest.ts';
import { FakeSubstrate } from '../compute/index.ts';
import type { HoldfastService } from '../schema/index.ts';
import { createRuntime, type Runtime } from './index.ts';
import { throwAwayName } from './throw-away.ts';

const home = mkdtempSync(join(tmpdir(), 'hf-throw-away-'));
const guestBinary = buildGuest();
let runtime: Runtime;
let service: HoldfastService;
async function open(): Promise<void> {
  runtime = await createRuntime({ home, substrate: new FakeSubstrate({ binary: guestBinary }), guestBinary });
  service = runtime.service();
}
beforeAll(open);
afterAll(async () => {
  for (const { id } of (await service.listSandboxes()).items) await service.destroySandbox(id);
  await runtime.close();
  rmSync(home, { recursive: true, force: true });
});

async function* noFiles(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(1024);
}
const imported = async (input: { throwAway?: boolean; name?: string } = { throwAway: true }): Promise<string> =>
  (await service.importFiles(noFiles(), { isolation: 'none', ...input })).id;
const boxOf = async (template: string): Promise<string> =>
  (await service.createSandbox({ isolation: 'none', template })).id;
const isThere = (id: string): Promise<boolean> =>
  service.getSnapshot(id).then(
    () => true,
    () => false,
  );

it('goes with the last sandbox made of it', async () => {
  const copy = await imported();
  const [one, other] = [await boxOf(copy), await boxOf(copy)];
  await service.destroySandbox(one);
  expect(await isThere(copy)).toBe(true);
  await service.destroySandbox(other);
  expect(await isThere(copy)).toBe(false);
});

it('stays while something else needs it, and when it was to be kept', async () => {
  const [copy, kept] = [await imported(), await imported({ name: 'kept' })];
  const [box, other] = [await boxOf(copy), await boxOf(kept)];
  await service.createSnapshot(box);
  for (const id of [box, other]) await service.destroySandbox(id);
  expect([await isThere(copy), await isThere(kept)]).toEqual([true, true]);
});

it('goes with a sandbox that could not be made of it', async () => {
  const copy = await imported();
  const refused = service.createSandbox({ isolation: 'none', template: copy, limits: { memoryBytes: 2 ** 30 } });
  await expect(refused).rejects.toMatchObject({ code: 'limit-unsupported' });
  expect(await isThere(copy)).toBe(false);
});

it('is known by a name that nobody else may give', async () => {
  const refused = { code: 'invalid-argument' };
  await expect(imported({ throwAway: true, name: 'mine' })).rejects.toMatchObject(refused);
  await expect(imported({ name: throwAwayName })).rejects.toMatchObject(refused);
  const box = await service.createSandbox({ isolation: 'none' });
  await expect(service.createSnapshot(box.id, { name: throwAwayName })).rejects.toMatchObject(refused);
});

it('keeps no sandbox from its end when it cannot be removed', async () => {
  const copy = await imported();
  const box = await boxOf(copy);
  const changed = async (change: string): Promise<void> => {
    await runtime.close();
    const database = new DatabaseSync(join(home, 'state.db'));
    database.exec(change);
    database.close();
    await open();
  };
  await changed(`CREATE TRIGGER full BEFORE DELETE ON snapshots BEGIN SELECT RAISE(ABORT, 'no room'); END`);
  expect(await service.destroySandbox(box)).toMatchObject({ state: 'gone' });
  expect(await isThere(copy)).toBe(true);
  await changed('DROP TRIGGER full');
});
