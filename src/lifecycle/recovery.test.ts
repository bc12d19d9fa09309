import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sandboxRecord } from '../../test/fixtures/sandbox-record.ts';
import { bootId, rootScope, silentLog, systemClock } from '../base/index.ts';
import { openStore, type Store } from '../state/index.ts';
import type { Parts } from './parts.ts';
import { Pools } from './pools.ts';
import { recover } from './recovery.ts';

let home = '';
let store: Store;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'hf-recovery-'));
  store = openStore({ home });
});
afterEach(() => {
  store.close();
  rmSync(home, { recursive: true, force: true });
});

/** What recovery asks of a substrate on which nothing is alive any more, in order. */
function partsOf(asked: string[]): Parts {
  const substrate = {
    thaw: async () => void asked.push('thaw'),
    kill: async () => void asked.push('kill'),
    upperOf: async () => null,
  };
  // What recovery needs of them.
  return {
    store,
    substrates: { of: () => substrate, strays: async () => [], alive: async () => new Set() },
    files: { recover: async () => ({ repairedSandboxes: [] }), removeSandbox: async () => undefined },
    connections: { close: () => undefined },
    alarm: { clear: () => undefined },
    reserve: { tend: () => undefined },
    clock: systemClock,
    log: silentLog,
    socketPath: (id: string) => join(home, `${id}.sock`),
    memoryPath: (id: string) => join(home, id),
    report: () => undefined,
  } as unknown as Parts;
}

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

describe('a daemon that died while memory went to disk', () => {
  it.each([
    ['goes no further than its image, when that is whole', true, ['kill'], 'hibernated'],
    ['is let go on, when it is not', false, ['thaw', 'kill'], 'gone'],
  ] as const)('leaves a sandbox that %s', async (_, isWhole, expected, state) => {
    const record = sandboxRecord({ state: 'ready', identity });
    store.sandboxes.insert(record);
    store.operations.begin({ id: 'op-1', kind: 'hibernate', sandbox: record.id, payload: {} });
    mkdirSync(join(home, record.id));
    if (isWhole) writeFileSync(join(home, record.id, 'image.json'), '{}');
    const asked: string[] = [];
    const parts = partsOf(asked);
    await using scope = rootScope({ name: 'recover' });
    await recover(parts, new Pools(parts, []), scope);
    expect(asked).toEqual(expected);
    expect(store.sandboxes.get(record.id)).toMatchObject({ state, memoryKept: isWhole });
    expect(store.operations.listOpen()).toEqual([]);
  });
});
