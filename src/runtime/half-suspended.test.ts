/** What fails when all stands still for it already, a suspension or a snapshot, lets the sandbox go on. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { buildGuest } from '../../scripts/build-guest.ts';
import { FakeSubstrate, type SandboxIdentity } from '../compute/index.ts';
import { createRuntime } from './index.ts';

const guestBinary = buildGuest();

class Forgetful extends FakeSubstrate {
  override async freeze(identity: SandboxIdentity): Promise<void> {
    await super.freeze(identity);
    throw new Error('it cannot be written down');
  }

  override async snapshot(identity: SandboxIdentity): Promise<never> {
    await super.freeze(identity);
    throw new Error('it cannot be written down');
  }
}

it.each(['suspendSandbox', 'createSnapshot'] as const)('%s', async (verb) => {
  const home = mkdtempSync(join(tmpdir(), 'hf-half-suspended-'));
  const substrate = new Forgetful({ binary: guestBinary });
  const runtime = await createRuntime({ home, ephemeral: true, substrate, guestBinary });
  const service = runtime.service();
  const { id } = await service.createSandbox({ isolation: 'none' });
  await expect(service[verb](id)).rejects.toThrow('it cannot be written down');
  expect(await service.getSandbox(id)).toMatchObject({ state: 'ready' });
  expect(await service.exec(id, { argv: ['true'], timeoutMs: 20_000 })).toMatchObject({ exitCode: 0 });
  await runtime.close();
  rmSync(home, { recursive: true, force: true });
});
