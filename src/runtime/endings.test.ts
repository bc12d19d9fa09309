/** The end of a sandbox, or of its processes, that fails: it is told, and tried again by itself. Time is the test's. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { buildGuest } from '../../scripts/build-guest.ts';
import { TestClock } from '../../test/fixtures/test-clock.ts';
import { FakeSubstrate, type LaunchRequest, type SandboxIdentity } from '../compute/index.ts';
import { createRuntime, type Runtime } from './index.ts';

const guestBinary = buildGuest();

class Lasting extends FakeSubstrate {
  failures = 0;
  readonly launched: SandboxIdentity[] = [];

  override async launch(request: LaunchRequest): Promise<SandboxIdentity> {
    const identity = await super.launch(request);
    this.launched.push(identity);
    return identity;
  }

  override async kill(identity: SandboxIdentity): Promise<void> {
    if (this.failures > 0) {
      this.failures--;
      throw new Error('a process does not end');
    }
    await super.kill(identity);
  }
}

let home: string;
let clock: TestClock;
let substrate: Lasting;
let runtime: Runtime;
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'hf-endings-'));
  clock = new TestClock();
  substrate = new Lasting({ binary: guestBinary });
  runtime = await createRuntime({ home, ephemeral: true, substrate, guestBinary, clock });
});
afterEach(async () => {
  substrate.failures = 0;
  await runtime.close();
  rmSync(home, { recursive: true, force: true });
});

it('is through after as many tries as it takes', async () => {
  const service = runtime.service();
  const { id } = await service.createSandbox({ isolation: 'none' });
  substrate.failures = 3;
  await expect(service.destroySandbox(id)).rejects.toThrow('a process does not end');
  for (const left of [1, 0]) {
    expect((await service.getSandbox(id)).state).toBe('stopping');
    clock.advance(10_000);
    await expect.poll(() => substrate.failures, { timeout: 10_000 }).toBe(left);
    // It is asked under the same lock: what failed has been noted.
    await expect(service.resumeSandbox(id)).rejects.toMatchObject({ code: 'sandbox-gone' });
  }
  clock.advance(10_000);
  await expect.poll(async () => (await service.getSandbox(id)).state, { timeout: 10_000 }).toBe('gone');
  expect(await service.getSandbox(id)).toMatchObject({ exitReason: 'cancelled', exitDetail: 'it was removed' });
});

it('is through some time later where the sandbox sleeps on disk, and is told then', async () => {
  const service = runtime.service();
  const { id } = await service.createSandbox({ isolation: 'none' });
  substrate.failures = 1;
  await expect(service.suspendSandbox(id, { memory: false })).rejects.toThrow('a process does not end');
  const told = async (): Promise<number> =>
    (await service.journal({ sandbox: id })).items.filter(({ type }) => type === 'sandbox-suspended').length;
  const lives = async (): Promise<boolean[]> => substrate.alive(substrate.launched);
  expect([await lives(), await told(), (await service.getSandbox(id)).state]).toEqual([[true], 0, 'hibernated']);
  clock.advance(10_000);
  await expect.poll(lives, { timeout: 10_000 }).toEqual([false]);
  await expect.poll(told, { timeout: 10_000 }).toBe(1);
  await service.resumeSandbox(id);
  expect(await service.exec(id, { argv: ['true'] })).toMatchObject({ exitCode: 0 });
});
