/** An agent that does not answer any more: who changes its sandbox is not held up past their own time. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { buildGuest } from '../../scripts/build-guest.ts';
import { FakeSubstrate, type LaunchRequest, type RootView, type SandboxIdentity } from '../compute/index.ts';
import type { HoldfastService } from '../schema/index.ts';
import { createRuntime, type Runtime } from './index.ts';

const guestBinary = buildGuest();

class Silenced extends FakeSubstrate {
  agent: SandboxIdentity | null = null;
  isSilentAfterSwap = false;

  override async launch(request: LaunchRequest): Promise<SandboxIdentity> {
    this.agent = await super.launch(request);
    return this.agent;
  }

  override async swapRoot(identity: SandboxIdentity, root: RootView): Promise<{ pauseMs: number }> {
    const swapped = await super.swapRoot(identity, root);
    if (this.isSilentAfterSwap) await this.freeze(identity);
    return swapped;
  }
}

let home: string;
let substrate: Silenced;
let runtime: Runtime;
let service: HoldfastService;
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'hf-silent-agent-'));
  substrate = new Silenced({ binary: guestBinary });
  runtime = await createRuntime({ home, ephemeral: true, substrate, guestBinary });
  service = runtime.service();
});
afterEach(async () => {
  await runtime.close();
  rmSync(home, { recursive: true, force: true });
});

it.each(['extendSandbox', 'connectSandbox'] as const)(
  '%s ends with its own time',
  async (verb) => {
    const { id, expiresAt } = await service.createSandbox({ isolation: 'none', lifetimeMs: 60_000 });
    if (substrate.agent) await substrate.freeze(substrate.agent);
    const lifetimeMs = 3_600_000;
    const asked =
      verb === 'extendSandbox'
        ? service.extendSandbox(id, lifetimeMs, { timeoutMs: 500 })
        : service.connectSandbox(id, { lifetimeMs }, { timeoutMs: 500 });
    await expect(asked).rejects.toMatchObject({ code: 'deadline-exceeded' });
    expect((await service.getSandbox(id)).expiresAt > expiresAt).toBe(true);
  },
  20_000,
);

it('a rollback is done, and told', async () => {
  const { id } = await service.createSandbox({ isolation: 'none' });
  const { id: snapshot } = await service.createSnapshot(id);
  substrate.isSilentAfterSwap = true;
  expect(await service.rollbackSandbox(id, snapshot, { timeoutMs: 10_000 })).toMatchObject({ id, state: 'ready' });
  const told = (await service.journal({ sandbox: id })).items.map(({ type }) => type);
  expect(told).toContain('sandbox-rolled-back');
}, 20_000);
