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
let record: { id: string; tenant: string; state: string; identity: unknown; clock: null };
/** What comes of a sandbox that is put to sleep. */
let onSuspend: () => void;
let means: Means & { clockIsRight(sandbox: string): void };

beforeEach(() => {
  did = [];
  record = { id: 'sbx-1', tenant: 'a', state: 'ready', identity, clock: null };
  onSuspend = () => undefined;
  const substrate = {
    setClock: async (_identity: unknown, clockMs: number) => did.push(clockMs),
    fillDisk: async (_identity: unknown, isFull: boolean) => did.push(isFull),
  };
  const controller = {
    inside: async () => undefined,
    suspend: async () => onSuspend(),
    resume: async () => {
      throw new Error('it does not wake');
    },
  };
  const core = { store: { sandboxes: { get: () => record } }, substrates: { of: () => substrate }, controller };
  // As much of it as clocks and disks are put back with, and as sandboxes are put to sleep with.
  means = noiseMeans(() => ({ ...core, clock: { nowMs: () => 0, sleep: async () => undefined } }) as unknown as Core);
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

describe.each(['lifecycle.suspend-gap', 'lifecycle.restart'] as const)('%s', (kind) => {
  const fault = faultSchema.parse({ id: 'f', kind });
  const happen = () => means.happen(fault, 'sbx-1', () => did.push('has come'), scope);

  it('has come once the sandbox sleeps, though it does not wake, or that was not told', async () => {
    for (const lost of [false, true]) {
      did = [];
      onSuspend = () => {
        record.state = 'suspended';
        if (lost) throw new Error('the call is over');
      };
      await expect(happen()).rejects.toThrow(lost ? 'the call is over' : 'it does not wake');
      expect(did).toEqual(['has come']);
    }
  });

  it('has not where the sandbox could not be put to sleep', async () => {
    onSuspend = () => {
      throw new Error('busy');
    };
    await expect(happen()).rejects.toThrow('busy');
    expect(did).toEqual([]);
  });
});
