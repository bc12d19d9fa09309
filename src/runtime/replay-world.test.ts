/** The sandbox of a replay: what it made for itself goes, however it ends. */
import { expect, it } from 'vitest';
import { sampleHead } from '../../test/fixtures/recordings.ts';
import { rootScope, systemClock } from '../base/index.ts';
import { Redactor } from '../network/index.ts';
import { NetworkAgain } from '../noise/index.ts';
import { type ReplayPlace, replayWorld } from './replay-world.ts';

it('leaves no snapshot behind, even when its sandbox cannot be ended', async () => {
  const removed: string[] = [];
  let collected = 0;
  let made = 0;
  const kept: (string | undefined)[] = [];
  await using scope = rootScope({ name: 'test', timeoutMs: 10_000 });
  // As much of the world as a replay's sandbox asks for.
  const place = {
    core: {
      clock: systemClock,
      clockShifts: new Map(),
      networkAgain: new NetworkAgain(),
      contracts: { usual: null },
      store: { snapshots: { getTemplate: () => null, removeSnapshot: (id: string) => removed.push(id) } },
      files: { collectGarbage: async () => collected++ },
      noise: { holds: () => false },
      recordings: { redactorOf: async () => new Redactor(new Uint8Array(32), 'a', () => undefined) },
      controller: {
        snapshot: async (_tenant: string, _id: string, { keepsRoot }: { keepsRoot?: string }) => {
          kept.push(keepsRoot);
          return { id: `snp-${++made}` };
        },
      },
    },
    run: { head: sampleHead(), steps: [], tape: null, lostEvents: 0 },
    clockAt: 'host',
    scope,
    service: {
      createSandbox: async () => ({ id: 'sbx-1' }),
      destroySandbox: () => Promise.reject(new Error('its host does not answer')),
    },
  } as unknown as ReplayPlace;
  const sandbox = await replayWorld(place).open(null, { live: false, faults: undefined });
  await sandbox.snapshot('beside');
  await sandbox.snapshot('sealed');
  expect(kept).toEqual(['always', undefined]);
  await expect(sandbox.close()).rejects.toThrow('its host does not answer');
  expect(removed).toEqual(['snp-2', 'snp-1']);
  expect(collected).toBe(1);
});
