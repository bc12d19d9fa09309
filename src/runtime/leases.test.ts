/** Leases that run out while something else is done to the sandbox, or whose end fails. Time is the test's. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildGuest } from '../../scripts/build-guest.ts';
import { TestClock } from '../../test/fixtures/test-clock.ts';
import { FakeSubstrate, type SandboxIdentity, type SnapshotOutcome, type SnapshotRequest } from '../compute/index.ts';
import type { HoldfastService, SandboxState } from '../schema/index.ts';
import { createRuntime, type Runtime } from './index.ts';

const guestBinary = buildGuest();

class Slow extends FakeSubstrate {
  /** What it waits in until it may end. */
  waitsIn: 'snapshot' | 'thaw' | null = null;
  readonly begun = Promise.withResolvers<void>();
  readonly mayEnd = Promise.withResolvers<void>();
  failures = 0;

  override async snapshot(identity: SandboxIdentity, request: SnapshotRequest): Promise<SnapshotOutcome> {
    await this.#wait('snapshot');
    return await super.snapshot(identity, request);
  }

  override async thaw(identity: SandboxIdentity): Promise<void> {
    await this.#wait('thaw');
    await super.thaw(identity);
  }

  override async freeze(identity: SandboxIdentity): Promise<void> {
    if (this.failures-- > 0) throw new Error('it would not stand still');
    await super.freeze(identity);
  }

  async #wait(where: Slow['waitsIn']): Promise<void> {
    if (where !== this.waitsIn) return;
    this.begun.resolve();
    await this.mayEnd.promise;
  }
}

let home: string;
let clock: TestClock;
let substrate: Slow;
let runtime: Runtime;
let service: HoldfastService;
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'hf-leases-'));
  clock = new TestClock();
  substrate = new Slow({ binary: guestBinary });
  runtime = await createRuntime({ home, ephemeral: true, substrate, guestBinary, clock });
  service = runtime.service();
});
afterEach(async () => {
  await runtime.close();
  rmSync(home, { recursive: true, force: true });
});

const make = (more: Parameters<HoldfastService['createSandbox']>[0]) =>
  service.createSandbox({ isolation: 'none', ...more });
const patience = { timeout: 10_000 };
const stateOf = async (id: string): Promise<SandboxState> => (await service.getSandbox(id)).state;
/** In the midst of one. */
async function snapshotOf(id: string): Promise<() => Promise<unknown>> {
  substrate.waitsIn = 'snapshot';
  const taken = service.createSnapshot(id);
  await substrate.begun.promise;
  return () => {
    substrate.mayEnd.resolve();
    return taken;
  };
}
/** What had to wait for the snapshot has had its turn. */
const turnOver = (id: string) => service.resumeSandbox(id).catch(() => undefined);

describe('a lease that runs out while a snapshot is taken', () => {
  it('is over no more when the sandbox was extended meanwhile', async () => {
    const { id } = await make({ lifetimeMs: 1000 });
    const finish = await snapshotOf(id);
    const extended = service.extendSandbox(id, 60_000);
    clock.advance(2000);
    await finish();
    await extended;
    await turnOver(id);
    expect(await stateOf(id)).toBe('ready');
    clock.advance(61_000);
    await expect.poll(() => stateOf(id), patience).toBe('gone');
  });

  it('is over no more when the idle sandbox is used again', async () => {
    const { id } = await make({ idleMs: 1000 });
    const finish = await snapshotOf(id);
    clock.advance(2000);
    expect(await service.exec(id, { argv: ['true'] })).toMatchObject({ exitCode: 0 });
    await finish();
    await turnOver(id);
    expect(await stateOf(id)).toBe('ready');
    clock.advance(2000);
    await expect.poll(() => stateOf(id), patience).toBe('gone');
    expect(await service.getSandbox(id)).toMatchObject({ exitReason: 'evicted' });
  });
});

describe('a sandbox that stands still', () => {
  const hour = 3_600_000;
  const endsInMs = async (id: string): Promise<number> =>
    Date.parse((await service.getSandbox(id)).expiresAt) - clock.nowMs();

  it.each([true, false])('lives as long as it was extended once it goes on, memory kept: %s', async (memory) => {
    const { id } = await make({ lifetimeMs: 60_000 });
    await service.suspendSandbox(id, { memory });
    clock.advance(5 * hour);
    await service.extendSandbox(id, 2 * hour);
    expect(await endsInMs(id)).toBe(2 * hour);
    clock.advance(hour);
    await service.resumeSandbox(id);
    expect(await endsInMs(id)).toBe(2 * hour);
  });

  it('lives as long as it was extended while it was about to go on', async () => {
    const { id } = await make({ lifetimeMs: 60_000 });
    await service.suspendSandbox(id);
    substrate.waitsIn = 'thaw';
    const resumed = service.resumeSandbox(id);
    await substrate.begun.promise;
    const extended = service.extendSandbox(id, 9 * hour);
    substrate.mayEnd.resolve();
    await Promise.all([resumed, extended]);
    expect(await endsInMs(id)).toBe(9 * hour);
  });
});

it('a suspension at the end of a lifetime that fails is tried again', async () => {
  substrate.failures = 2;
  const { id } = await make({ lifetimeMs: 1000, onLifetimeEnd: 'suspend' });
  clock.advance(1001);
  for (const left of [1, 0]) {
    await expect.poll(() => substrate.failures, patience).toBe(left);
    await turnOver(id);
    expect(await stateOf(id)).toBe('ready');
    clock.advance(10_000);
  }
  await expect.poll(() => stateOf(id), patience).toBe('suspended');
});

it('until it is tried again, its agent does not end it, however long ago the lifetime ended', async () => {
  substrate.failures = 1;
  const { id } = await make({ lifetimeMs: 1000, onLifetimeEnd: 'suspend' });
  clock.advance(300_000);
  await expect.poll(() => substrate.failures, patience).toBe(0);
  await turnOver(id);
  // Longer than an agent lives whose lease and grace are over.
  await new Promise((resolve) => setTimeout(resolve, 2000));
  expect(await service.exec(id, { argv: ['true'] })).toMatchObject({ exitCode: 0 });
  clock.advance(10_000);
  await expect.poll(() => stateOf(id), patience).toBe('suspended');
});
