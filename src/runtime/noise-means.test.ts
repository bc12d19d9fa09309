/** What physical faults are put back with, as the host is asked for it. */
import { beforeEach, describe, expect, it } from 'vitest';
import { rootScope } from '../base/index.ts';
import type { Means } from '../noise/index.ts';
import { faultSchema } from '../schema/index.ts';
import type { Core } from './core.ts';
import { noiseMeans } from './noise-means.ts';

const scope = rootScope({ name: 'test', timeoutMs: 10_000 });
const identity = { pid: 1 };
/** What the host did, in its order. */
let did: unknown[];
let record: { id: string; state: string; identity: unknown; clock: null };
let means: Means & { clockIsRight(sandbox: string): void };

beforeEach(() => {
  did = [];
  record = { id: 'sbx-1', state: 'ready', identity, clock: null };
  const substrate = {
    setClock: async (_identity: unknown, clockMs: number) => did.push(clockMs),
    fillDisk: async (_identity: unknown, isFull: boolean) => did.push(isFull),
  };
  const core = { store: { sandboxes: { get: () => record } }, substrates: { of: () => substrate } };
  // As much of it as clocks and disks are put back with.
  means = noiseMeans(() => ({ ...core, clock: { nowMs: () => 0 } }) as unknown as Core);
});

describe('a clock', () => {
  const fault = (offsetMs: number) => faultSchema.parse({ id: 'off', kind: 'clock.offset', offsetMs });
  const shift = (offsetMs: number) => means.begin(fault(offsetMs), {}, 'sbx-1', scope);
  const unshift = (shiftMs: number) => means.undo('clock.offset', { shiftMs }, 'sbx-1', scope);

  it('is off by all that holds, and right when nothing does', async () => {
    await shift(1000);
    await shift(500);
    await unshift(1000);
    await unshift(500);
    expect(did).toEqual([1000, 1500, 500, 0]);
  });

  it('that was put back while nothing ran is off by nothing of it later', async () => {
    await shift(1000);
    record.state = 'suspended';
    await unshift(1000);
    record.state = 'ready';
    await shift(500);
    expect(did).toEqual([1000, 500]);
  });

  it('of a sandbox that woke up is right: only what came after that is put back', async () => {
    await shift(1000);
    means.clockIsRight('sbx-1');
    await shift(500);
    await unshift(1000);
    await unshift(500);
    expect(did).toEqual([1000, 500, 500, 0]);
  });
});

it('a full disk stays held while nobody is there to empty it', async () => {
  record = { ...record, state: 'hibernated', identity: null };
  const undo = () => means.undo('filesystem.no-space', {}, 'sbx-1', scope);
  await expect(undo()).rejects.toMatchObject({ code: 'wrong-state', hint: expect.stringContaining('resume sbx-1') });
  record = { ...record, state: 'ready', identity };
  await undo();
  expect(did).toEqual([false]);
});
