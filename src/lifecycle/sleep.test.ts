/** Standing still, or sleeping on disk, that fails half-way. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { sandboxRecord } from '../../test/fixtures/sandbox-record.ts';
import { bootId, rootScope, silentLog, systemClock } from '../base/index.ts';
import { openStore, type SandboxRecord, type Store } from '../state/index.ts';
import { hibernateWithMemory } from './memory.ts';
import type { Parts } from './parts.ts';
import { resume, suspend } from './sleep.ts';

const identity = {
  sandbox: '',
  pid: 1,
  startTicks: 1,
  bootId: bootId(),
  socketPath: '',
  cgroup: '',
  limitGroups: [],
  agentIncarnation: '',
};
const full = new Error('the disk is full');
const scope = rootScope({ name: 'test' });

let home: string;
let store: Store;
let record: SandboxRecord;
let done: string[];
let lasts: number;
let parts: Parts;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'hf-sleep-'));
  store = openStore({ home });
  record = sandboxRecord({ state: 'ready', identity });
  store.sandboxes.insert(record);
  done = [];
  lasts = 0;
  const directory = join(home, record.id);
  const image = join(directory, 'image.json');
  const substrate = {
    freeze: async () => void done.push('freeze'),
    thaw: async () => void done.push('thaw'),
    kill: async () => {
      done.push('kill');
      if (lasts-- > 0) throw new Error('it does not end');
    },
    memory: {
      hibernate: async () => {
        mkdirSync(directory, { recursive: true });
        writeFileSync(image, '{}');
        done.push('freeze');
      },
      wake: async () => {
        done.push('wake');
        return identity;
      },
    },
    counters: async () => ({ oomKills: 0, processesDenied: 0, memoryBytes: 0 }),
  };
  // What a sleep needs of them.
  parts = {
    store,
    substrates: { of: () => substrate },
    connections: {
      use: async () => ({ still: async () => undefined }),
      greeted: () => ({ lease: async () => void done.push('lease') }),
      close: () => undefined,
      open: async () => undefined,
    },
    files: { root: async () => ({ lower: [], upper: '', work: '', binds: [] }) },
    random: (count: number) => new Uint8Array(count),
    alarm: { clear: () => undefined, set: () => void done.push('alarm') },
    reserve: { tend: () => void done.push('tend') },
    clock: systemClock,
    log: silentLog,
    scope,
    newId: () => 'op-1',
    socketPath: (id: string) => join(home, `${id}.sock`),
    memoryPath: () => directory,
    report: (type: string) => void done.push(type),
  } as unknown as Parts;
});
afterEach(() => {
  vi.restoreAllMocks();
  store.close();
  rmSync(home, { recursive: true });
});

const failOnce = (): void => {
  vi.spyOn(store.sandboxes, 'transition').mockImplementationOnce(() => {
    throw full;
  });
};
const now = (): SandboxRecord | null => store.sandboxes.get(record.id);

it('goes on when it cannot be written down that it stands still, and room was made before', async () => {
  failOnce();
  await expect(suspend(parts, record, 'caller', scope)).rejects.toBe(full);
  expect(done).toEqual(['freeze', 'tend', 'thaw', 'lease']);
  expect(now()).toMatchObject({ state: 'ready', suspendedAt: null });
});

it('stands still where that is written down after all', async () => {
  const transition = store.sandboxes.transition.bind(store.sandboxes);
  vi.spyOn(store.sandboxes, 'transition').mockImplementationOnce((...given) => {
    transition(...given);
    throw full;
  });
  await expect(suspend(parts, record, 'caller', scope)).rejects.toBe(full);
  expect(done).toEqual(['freeze', 'tend']);
  expect(now()?.state).toBe('suspended');
});

it('goes on when it cannot be written down that its memory is on disk, and that is gone', async () => {
  failOnce();
  await expect(hibernateWithMemory(parts, record, scope)).rejects.toBe(full);
  expect(done).toEqual(['freeze', 'tend', 'thaw', 'alarm']);
  expect(now()).toMatchObject({ state: 'ready', memoryKept: false });
  expect(store.operations.listOpen()).toEqual([]);
  expect(existsSync(join(home, record.id))).toBe(false);
});

it('is woken from disk only once what ran before has ended', async () => {
  lasts = 1;
  await expect(hibernateWithMemory(parts, record, scope)).rejects.toThrow('it does not end');
  const asleep = store.sandboxes.get(record.id);
  if (!asleep) throw new Error('its row is gone');
  expect(asleep).toMatchObject({ state: 'hibernated', memoryKept: true, identity });
  expect(done.splice(0)).toEqual(['freeze', 'tend', 'kill', 'alarm']);
  await resume(parts, asleep, scope);
  expect(done).toEqual(['kill', 'wake', 'alarm', 'sandbox-resumed']);
  expect(now()?.state).toBe('ready');
});
