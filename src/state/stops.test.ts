import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openStore, type StopRecord, type Store } from './index.ts';

let undo: (() => void)[] = [];
afterEach(() => {
  for (const each of undo.reverse()) each();
  undo = [];
});

function open(): Store {
  const home = mkdtempSync(join(tmpdir(), 'holdfast-stops-'));
  const store = openStore({ home });
  undo.push(
    () => rmSync(home, { recursive: true }),
    () => store.close(),
  );
  return store;
}

const stop = (tenant: string, id: string): StopRecord => ({
  tenant,
  agent: '',
  id,
  byTenant: tenant,
  placedBy: 'owner',
  placedAt: '2026-01-01T00:00:00.000Z',
});
const idsOver = (store: Store, tenant: string): string[] => store.stops.over(tenant).map(({ id }) => id);

describe('what is stopped', () => {
  it('is as it was written last, of every tenant and of one', () => {
    const store = open();
    expect(idsOver(store, 'a')).toEqual([]);
    store.stops.put(stop('a', 'one'));
    expect(idsOver(store, 'a')).toEqual(['one']);
    expect(idsOver(store, 'b')).toEqual([]);
    store.stops.put(stop('', 'all'));
    expect(idsOver(store, 'b')).toEqual(['all']);
    store.stops.rename('a', 'owner', 'erased');
    expect(store.stops.over('a').map(({ placedBy }) => placedBy)).toEqual(['owner', 'erased']);
    store.stops.remove(stop('a', 'one'));
    expect(idsOver(store, 'a')).toEqual(['all']);
  });

  it.each<[string, (store: Store, work: () => void) => void]>([
    ['a transaction', (store, work) => store.transaction(work)],
    ['a part of a group', (store, work) => store.grouped(work)],
  ])('stays so when %s that lifted it is undone, though it was asked within', (_, within) => {
    const store = open();
    store.stops.put(stop('a', 'one'));
    const undone = new Error('undone');
    const work = (): void => {
      store.stops.remove(stop('a', 'one'));
      expect(idsOver(store, 'a')).toEqual([]);
      throw undone;
    };
    expect(() => within(store, work)).toThrow(undone);
    expect(idsOver(store, 'a')).toEqual(['one']);
  });

  it('stays so when there is no consent to what lifted it', async () => {
    const refused = new Error('refused');
    let refuses = false;
    const home = mkdtempSync(join(tmpdir(), 'holdfast-stops-'));
    const witness = {
      see: () => undefined,
      consent: () => {
        if (refuses) throw refused;
      },
    };
    const store = openStore({ home, witness });
    undo.push(
      () => rmSync(home, { recursive: true }),
      () => store.close(),
    );
    store.stops.put(stop('a', 'one'));
    refuses = true;
    store.grouped(() => {
      store.stops.remove(stop('a', 'one'));
      expect(idsOver(store, 'a')).toEqual([]);
    });
    await expect(store.consented()).rejects.toBe(refused);
    refuses = false;
    expect(idsOver(store, 'a')).toEqual(['one']);
  });
});
