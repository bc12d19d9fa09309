/** Creates with a key, repeated after the sandbox had gone on, or was refused for what it is. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildGuest } from '../../scripts/build-guest.ts';
import { FakeSubstrate } from '../compute/index.ts';
import type { CreateSandboxInput, HoldfastService } from '../schema/index.ts';
import { createRuntime, type Runtime } from './index.ts';

const guestBinary = buildGuest();
let home: string;
let runtime: Runtime;
let service: HoldfastService;
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'hf-again-'));
  const substrate = new FakeSubstrate({ binary: guestBinary });
  runtime = await createRuntime({ home, ephemeral: true, substrate, guestBinary });
  service = runtime.service();
});
afterEach(async () => {
  await runtime.close();
  rmSync(home, { recursive: true, force: true });
});

/** Its first command is looked at. */
const heldTo = (umask: string): CreateSandboxInput => ({
  isolation: 'none',
  idempotencyKey: 'k',
  contract: {
    format: 'holdfast-contract/1',
    contract: 'mine/1.0.0',
    date: '2026-11-28',
    fields: { 'identity.umask': { level: 'promise', value: umask } },
  },
});

describe('a create that is repeated', () => {
  it('leaves a sandbox that stands still as it is', async () => {
    const { id } = await service.createSandbox(heldTo('0022'));
    await service.suspendSandbox(id);
    expect(await service.createSandbox(heldTo('0022'))).toMatchObject({ id, state: 'suspended' });
    expect(await service.resumeSandbox(id)).toMatchObject({ id, state: 'ready' });
  });

  it('is refused again where the first one was, and leaves nothing', async () => {
    for (const _ of ['first', 'second'])
      await expect(service.createSandbox(heldTo('0077'))).rejects.toMatchObject({
        code: 'capability-missing',
        details: { field: 'identity.umask' },
      });
    expect((await service.listSandboxes()).items).toEqual([]);
  });
});
