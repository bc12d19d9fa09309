/** What is answered of a sandbox that was put on disk, and what a fork leaves that cannot be made. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { sandboxRecord } from '../../test/fixtures/sandbox-record.ts';
import { bootId, rootScope, systemClock } from '../base/index.ts';
import { openStore } from '../state/index.ts';
import { forkMemory, hibernateWithMemory } from './memory.ts';
import type { Parts } from './parts.ts';

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

it('is on the disk itself before it is answered, its row too', async () => {
  const home = mkdtempSync(join(tmpdir(), 'hf-memory-'));
  const store = openStore({ home });
  const record = sandboxRecord({ state: 'ready', identity });
  store.sandboxes.insert(record);
  const done: string[] = [];
  const substrate = {
    memory: { hibernate: async () => void done.push('saved') },
    kill: async () => void done.push('ended'),
  };
  // What a sleep needs of them.
  const parts = {
    store,
    substrates: { of: () => substrate },
    connections: { close: () => undefined },
    alarm: { clear: () => undefined },
    reserve: { tend: () => undefined },
    clock: systemClock,
    newId: () => 'op-1',
    socketPath: (id: string) => join(home, `${id}.sock`),
    memoryPath: (id: string) => join(home, id),
    report: (type: string) => void done.push(type),
  } as unknown as Parts;
  const durable = store.durable.bind(store);
  vi.spyOn(store, 'durable').mockImplementation(async () => {
    done.push(`durable: ${store.sandboxes.get(record.id)?.state}`);
    await durable();
  });
  await using scope = rootScope({ name: 'test', timeoutMs: 10_000 });
  await hibernateWithMemory(parts, record, scope);
  expect(done).toEqual(['saved', 'ended', 'durable: hibernated', 'sandbox-suspended']);
  store.close();
  rmSync(home, { recursive: true });
});

it('a fork whose rows cannot be made is over, and so is its operation (4)', async () => {
  const operations: string[] = [];
  const parts = {
    store: {
      operations: {
        begin: ({ kind }: { kind: string }) => {
          operations.push(kind);
          return { id: 'op-1' };
        },
        finish: (id: string) => operations.push(`finished ${id}`),
      },
    },
    substrates: { of: () => ({ memory: {} }) },
    newId: () => 'op-1',
  } as unknown as Parts;
  const insert = (): never => {
    throw new Error('no room');
  };
  await using scope = rootScope({ name: 'test', timeoutMs: 10_000 });
  const parent = sandboxRecord({ state: 'ready', identity });
  await expect(forkMemory(parts, parent, insert, scope)).rejects.toThrow('no room');
  expect(operations).toEqual(['fork-memory', 'finished op-1']);
});
