/** Standing still, or sleeping on disk, that fails half-way. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { sandboxRecord } from '../../test/fixtures/sandbox-record.ts';
import { bootId, rootScope, silentLog, systemClock } from '../base/index.ts';
import type { Substrate } from '../compute/index.ts';
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
const silent = new Error('it does not answer');
const scope = rootScope({ name: 'test' });

let home: string;
let store: Store;
let record: SandboxRecord;
let done: string[];
let lasts: number;
let lives: boolean;
let strays: { sandbox: string; substrate: unknown }[];
let parts: Parts;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'hf-sleep-'));
  store = openStore({ home });
  record = sandboxRecord({ state: 'ready', identity });
  store.sandboxes.insert(record);
  done = [];
  lasts = 0;
  lives = true;
  strays = [];
  const directory = join(home, record.id);
  const image = join(directory, 'image.json');
  const substrate = {
    freeze: async () => void done.push('freeze'),
    thaw: async () => void done.push('thaw'),
    kill: async () => {
      done.push('kill');
      if (lasts-- > 0) throw new Error('it does not end');
    },
    alive: async () => [lives],
    launch: async () => {
      done.push('launch');
      return identity;
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
    substrates: { of: () => substrate, strays: async () => strays },
    connections: {
      use: async () => ({ still: async () => void done.push('still'), lease: () => Promise.reject(silent) }),
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
  expect(done).toEqual(['still', 'freeze', 'tend', 'thaw', 'lease']);
  expect(now()).toMatchObject({ state: 'ready', suspendedAt: null });
});

it('stands still where that is written down after all', async () => {
  const transition = store.sandboxes.transition.bind(store.sandboxes);
  vi.spyOn(store.sandboxes, 'transition').mockImplementationOnce((...given) => {
    transition(...given);
    throw full;
  });
  await expect(suspend(parts, record, 'caller', scope)).rejects.toBe(full);
  expect(done).toEqual(['still', 'freeze', 'tend']);
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
  expect(done).toEqual(['kill', 'wake', 'tend', 'alarm', 'sandbox-resumed']);
  expect(now()?.state).toBe('ready');
});

/** Its row, once it is asleep in this way; what was done for that is forgotten. */
async function asleep(how: 'suspended' | 'hibernated', memory = true): Promise<SandboxRecord> {
  if (how === 'suspended') await suspend(parts, record, 'caller', scope);
  else if (memory) await hibernateWithMemory(parts, record, scope);
  else store.sandboxes.update(record.id, { state: 'hibernated', identity: null });
  done.splice(0);
  return now() as SandboxRecord;
}

it('stands still again when it cannot be written down that it goes on, and room was made before', async () => {
  const still = await asleep('suspended');
  failOnce();
  await expect(resume(parts, still, scope)).rejects.toBe(full);
  expect(done.splice(0)).toEqual(['lease', 'thaw', 'tend', 'still', 'freeze']);
  expect(now()).toEqual(still);
  await resume(parts, still, scope);
  expect(now()?.state).toBe('ready');
});

it('stands still again when its agent does not take its lease, and is looked at again where that fails', async () => {
  const still = await asleep('suspended');
  parts.connections.greeted = () => null;
  await expect(resume(parts, still, scope)).rejects.toBe(silent);
  expect(done.splice(0)).toEqual(['thaw', 'still', 'freeze']);
  vi.spyOn(parts.substrates.of(still), 'freeze').mockRejectedValueOnce(new Error('it does not stop'));
  await expect(resume(parts, still, scope)).rejects.toBe(silent);
  expect(done.splice(0)).toEqual(['thaw', 'still', 'alarm']);
  lives = false;
  await expect(resume(parts, still, scope)).rejects.toBe(silent);
  expect(done).toEqual(['thaw']);
});

it('has its lifetime where it is written down after all that it goes on', async () => {
  const still = await asleep('suspended');
  const transition = store.sandboxes.transition.bind(store.sandboxes);
  vi.spyOn(store.sandboxes, 'transition').mockImplementationOnce((...given) => {
    transition(...given);
    throw full;
  });
  await expect(resume(parts, still, scope)).rejects.toBe(full);
  expect(done).toEqual(['lease', 'thaw', 'tend', 'alarm']);
});

it.each([true, false])(
  'ends what cannot be written down when it is woken from disk, with its memory: %s',
  async (memory) => {
    const before = await asleep('hibernated', memory);
    const started = memory ? 'wake' : 'launch';
    failOnce();
    await expect(resume(parts, before, scope)).rejects.toBe(full);
    expect(done.splice(0)).toEqual([started, 'tend', 'kill']);
    expect(now()).toEqual(before);
    // What does not end is looked at again, and ended before the next is started.
    failOnce();
    lasts = 1;
    await expect(resume(parts, before, scope)).rejects.toBe(full);
    expect(done.splice(0)).toEqual([started, 'tend', 'kill', 'alarm']);
    strays = [{ sandbox: record.id, substrate: parts.substrates.of(before) }];
    await resume(parts, before, scope);
    expect(done).toEqual(['kill', started, 'tend', 'alarm', 'sandbox-resumed']);
  },
);

it('ends what a start left that failed half-way', async () => {
  const before = await asleep('hibernated');
  const memory = parts.substrates.of(before).memory as NonNullable<Substrate['memory']>;
  vi.spyOn(memory, 'wake').mockImplementationOnce(async () => {
    strays = [{ sandbox: record.id, substrate: parts.substrates.of(before) }];
    throw full;
  });
  await expect(resume(parts, before, scope)).rejects.toBe(full);
  expect(done).toEqual(['kill']);
});
