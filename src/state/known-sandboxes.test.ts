/** What `get` remembers of a sandbox is what the database holds, whatever was written, undone or forgotten meanwhile. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { sandboxRecord } from '../../test/fixtures/sandbox-record.ts';
import { openStore } from './store.ts';
import type { SandboxRecord, Store } from './types.ts';

let home: string;
let store: Store;
let record: SandboxRecord;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'holdfast-known-'));
  store = openStore({ home });
  record = sandboxRecord({ state: 'ready' });
  store.sandboxes.insert(record);
  expect(store.sandboxes.get(record.id)?.state).toBe('ready');
});
afterEach(() => {
  store.close();
  rmSync(home, { recursive: true });
});

const stateNow = (): string | undefined => store.sandboxes.get(record.id)?.state;

it('is read once while nothing is written', () => {
  expect(store.sandboxes.get(record.id)).toBe(store.sandboxes.get(record.id));
});

it('follows every write', () => {
  store.sandboxes.update(record.id, { leaseEndsMs: 5 });
  expect(store.sandboxes.get(record.id)?.leaseEndsMs).toBe(5);
  store.sandboxes.transition(record.id, ['ready'], 'suspended');
  expect(stateNow()).toBe('suspended');
  store.sandboxes.transition(record.id, ['suspended'], 'gone');
  expect(stateNow()).toBe('gone');
  store.sandboxes.forgetGone();
  expect(store.sandboxes.get(record.id)).toBeNull();
});

it.each(['transaction', 'grouped'] as const)('keeps nothing of a %s that is undone', (way) => {
  const undone = (): void =>
    store[way](() => {
      store.sandboxes.update(record.id, { state: 'suspended' });
      expect(stateNow()).toBe('suspended');
      throw new Error('undone');
    });
  expect(undone).toThrow('undone');
  expect(stateNow()).toBe('ready');
});

it('is not answered out of a group of writes before that is committed', () => {
  store.grouped(() => {
    store.sandboxes.update(record.id, { state: 'suspended' });
    expect(stateNow()).toBe('suspended');
  });
  let isCommitted = false;
  const committed = (): void => {
    isCommitted = true;
  };
  store.onceCommitted(committed, (failure) => {
    throw failure;
  });
  expect(isCommitted).toBe(false);
  expect(stateNow()).toBe('suspended');
  expect(isCommitted).toBe(true);
});

it('is nobody’s to change', () => {
  const known = store.sandboxes.get(record.id);
  expect(() => Object.assign(known?.metadata ?? {}, { a: 'b' })).toThrow(TypeError);
  expect(() => Object.assign(known ?? {}, { state: 'gone' })).toThrow(TypeError);
  expect(store.sandboxes.get(record.id)?.metadata).toEqual(record.metadata);
});
