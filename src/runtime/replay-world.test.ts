/** The sandbox of a replay: what it made for itself goes, however it ends. */
import { expect, it } from 'vitest';
import { sampleHead } from '../../test/fixtures/recordings.ts';
import { systemClock } from '../base/index.ts';
import { NetworkAgain } from '../noise/index.ts';
import { type ReplayPlace, replayWorld } from './replay-world.ts';

it('leaves no snapshot behind, even when its sandbox cannot be ended', async () => {
  const removed: string[] = [];
  let collected = 0;
  let made = 0;
  // As much of the world as a replay's sandbox asks for.
  const place = {
    core: {
      clock: systemClock,
      clockShifts: new Map(),
      networkAgain: new NetworkAgain(),
      contracts: { usual: null },
      store: { snapshots: { getTemplate: () => null, removeSnapshot: (id: string) => removed.push(id) } },
      files: { collectGarbage: async () => collected++ },
    },
    run: { head: sampleHead(), tape: null, lostEvents: 0 },
    clockAt: 'host',
    service: {
      createSandbox: async () => ({ id: 'sbx-1' }),
      createSnapshot: async () => ({ id: `snp-${++made}` }),
      destroySandbox: () => Promise.reject(new Error('its host does not answer')),
    },
  } as unknown as ReplayPlace;
  const sandbox = await replayWorld(place).open(null, { live: false, faults: undefined });
  await sandbox.snapshot();
  await sandbox.snapshot();
  await expect(sandbox.close()).rejects.toThrow('its host does not answer');
  expect(removed).toEqual(['snp-2', 'snp-1']);
  expect(collected).toBe(1);
});
