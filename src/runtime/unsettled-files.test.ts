/** A snapshot that failed, and could not be undone, has moved the files: they are found again before anybody looks at them. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { buildGuest } from '../../scripts/build-guest.ts';
import { FakeSubstrate, type SandboxIdentity, type SnapshotRequest } from '../compute/index.ts';
import { createRuntime, type Runtime } from './index.ts';

const guestBinary = buildGuest();

/** What it copied stands for what was moved, with another directory to write to. */
class Lost extends FakeSubstrate {
  override async snapshot(identity: SandboxIdentity, request: SnapshotRequest): Promise<never> {
    await super.snapshot(identity, request);
    mkdirSync(request.freshUpper);
    throw new Error('lost the answer');
  }
}

it('is compared as it is', async () => {
  const home = mkdtempSync(join(tmpdir(), 'hf-unsettled-'));
  const open = (): Promise<Runtime> =>
    createRuntime({ home, substrate: new Lost({ binary: guestBinary }), guestBinary });
  const before = await open();
  const { id } = await before.service().createSandbox({ isolation: 'none' });
  await before.service().writeFile(id, '/workspace/f', new TextEncoder().encode('kept'));
  await before.close();
  // No layer can be recorded until there is another sandbox.
  const database = new DatabaseSync(join(home, 'state.db'));
  database.exec(`CREATE TRIGGER full BEFORE UPDATE ON layers
    WHEN (SELECT count(*) FROM sandboxes) < 2 BEGIN SELECT RAISE(ABORT, 'no room'); END`);
  database.close();
  const runtime = await open();
  const service = runtime.service();
  await expect(service.createSnapshot(id)).rejects.toThrow('lost the answer');
  await expect(service.diff({ to: id })).rejects.toThrow('no room');
  const { id: other } = await service.createSandbox({ isolation: 'none' });
  const { entries } = await service.diff({ to: id });
  expect(entries).toContainEqual(expect.objectContaining({ path: '/workspace/f', kind: 'added' }));
  for (const sandbox of [id, other]) await service.destroySandbox(sandbox);
  await runtime.close();
  rmSync(home, { recursive: true, force: true });
});
