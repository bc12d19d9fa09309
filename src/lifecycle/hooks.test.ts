/** Hooks that fail where a memory goes on: what is somebody's own goes on, and nothing is made of it for others. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sandboxRecord } from '../../test/fixtures/sandbox-record.ts';
import { bootId, isoTime, rootScope, silentLog, systemClock } from '../base/index.ts';
import { openStore, type SandboxRecord, type Store } from '../state/index.ts';
import { launchNew, makeReady, type Start } from './create.ts';
import { forkMemory } from './memory.ts';
import type { Parts } from './parts.ts';
import { resume } from './sleep.ts';

const identity = {
  ...{ sandbox: '', pid: 1, startTicks: 1, bootId: bootId(), socketPath: '', cgroup: '' },
  ...{ limitGroups: [], agentIncarnation: '' },
};
const scope = rootScope({ name: 'test' });
const stderr = Buffer.from('/etc/holdfast/renewed.d/10-a ended with status 1\n');

let home: string;
let store: Store;
let parts: Parts;
let told: { type: string; data: unknown }[];
/** By sandbox; of all others they are well. */
let fails: Set<string>;
let asked: string[];

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'hf-hooks-'));
  store = openStore({ home });
  [told, asked, fails] = [[], [], new Set()];
  const guest = (id: string) => ({
    hello: async () => {
      asked.push(id);
      return { startedMs: 0 };
    },
    listProcesses: async () => [
      { processId: 'renewed-1', startedAt: isoTime(0), exit: { reason: 'exited', exitCode: fails.has(id) ? 1 : 0 } },
    ],
    exec: async () => ({ reason: 'exited', exitCode: 1, signal: null, stderr }),
  });
  const substrate = {
    keepsWarm: true,
    launch: async () => identity,
    kill: async () => undefined,
    memory: {
      wake: async () => identity,
      forkLive: async (_parent: unknown, requests: unknown[]) => ({
        identities: requests.map(() => identity),
        pauseMs: 1,
      }),
    },
  };
  // What a memory that goes on needs of them.
  parts = {
    store,
    substrates: { of: () => substrate, strays: async () => [] },
    connections: {
      use: async ({ id }: SandboxRecord) => guest(id),
      open: async () => undefined,
      close: () => undefined,
    },
    files: {
      root: async () => ({ lower: [join(home, 'layer')], upper: '', work: '', binds: [] }),
      removeSandbox: async () => undefined,
    },
    random: (count: number) => new Uint8Array(count),
    alarm: { clear: () => undefined, set: () => undefined },
    reserve: { tend: () => undefined },
    clock: systemClock,
    log: silentLog,
    scope,
    newId: (kind: string) => `${kind}-1`,
    socketPath: (id: string) => join(home, `${id}.sock`),
    memoryPath: () => join(home, 'image'),
    report: (type: string, _record: unknown, data: unknown) => void told.push({ type, data }),
  } as unknown as Parts;
});
afterEach(() => {
  store.close();
  rmSync(home, { recursive: true });
});

function inserted(patch: Partial<SandboxRecord>): SandboxRecord {
  const record = sandboxRecord(patch);
  store.sandboxes.insert(record);
  return record;
}
const stateOf = (id: string) => store.sandboxes.get(id)?.state;
const refused = { code: 'hook-failed', message: '/etc/holdfast/renewed.d/10-a of the template ended with status 1' };

describe('a hook that fails', () => {
  it('keeps a create from a saved memory from being anybody’s, where there may be hooks at all', async () => {
    const make = async (fail: boolean): Promise<string> => {
      const record = inserted({ state: 'creating' });
      if (fail) fails.add(record.id);
      const start = { substrate: parts.substrates.of(record), warm: [] } as unknown as Start;
      const made = makeReady(parts, await launchNew(parts, record, start, scope), scope);
      await made.catch((error: unknown) => expect(error).toMatchObject(refused));
      return record.id;
    };
    expect(stateOf(await make(true))).toBe('ready');
    expect(asked).toEqual([]);
    mkdirSync(join(home, 'layer/etc/holdfast/renewed.d'), { recursive: true });
    expect(stateOf(await make(false))).toBe('ready');
    expect(stateOf(await make(true))).toBe('gone');
    expect(asked).toHaveLength(2);
  });

  it('keeps all children of a fork from being made', async () => {
    const parent = inserted({ state: 'ready', identity });
    const children = [1, 2].map(() => inserted({ state: 'creating' }));
    fails.add(children[1]?.id ?? '');
    await expect(forkMemory(parts, parent, () => children, scope)).rejects.toMatchObject(refused);
    expect(children.map(({ id }) => stateOf(id))).toEqual(['gone', 'gone']);
    expect(told.filter(({ type }) => type === 'sandbox-ready')).toEqual([]);
    const others = [1, 2].map(() => inserted({ state: 'creating' }));
    await forkMemory(parts, parent, () => others, scope);
    expect(others.map(({ id }) => stateOf(id))).toEqual(['ready', 'ready']);
  });

  it('is told of a sandbox that goes on from its own memory, which is not kept from that', async () => {
    const asleep = { state: 'hibernated', memoryKept: true, identity: null } as const;
    const [well, other] = [inserted(asleep), inserted(asleep)];
    fails.add(other.id);
    for (const record of [well, other]) expect((await resume(parts, record, scope)).state).toBe('ready');
    expect(told.map(({ type }) => type)).toEqual(['sandbox-resumed', 'sandbox-resumed', 'hook-failed']);
    expect(told.at(-1)?.data).toMatchObject({ message: refused.message, hook: '10-a', exitCode: 1 });
  });
});
