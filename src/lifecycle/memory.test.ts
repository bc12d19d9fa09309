/** What is answered of a sandbox that was put on disk. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { sandboxRecord } from '../../test/fixtures/sandbox-record.ts';
import { bootId, rootScope, systemClock } from '../base/index.ts';
import { openStore } from '../state/index.ts';
import { hibernateWithMemory } from './memory.ts';
import type { Parts } from './parts.ts';

it('is on the disk itself before it is answered, its row too', async () => {
  const home = mkdtempSync(join(tmpdir(), 'hf-memory-'));
  const store = openStore({ home });
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
