import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { idMaker, systemClock, systemRandom } from '../base/index.ts';
import { openStore } from './store.ts';
import type { LayerRecord, SnapshotRecord, Store, TemplateRecord } from './types.ts';

let home: string;
let store: Store;
const newId = idMaker(systemClock, systemRandom);

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'holdfast-store-'));
  store = openStore({ home });
});
afterEach(() => {
  store.close();
  rmSync(home, { recursive: true });
});

function layer(parent: string | null, sealed = true): string {
  const record: LayerRecord = {
    id: newId('layer'),
    parent,
    files: 0,
    bytes: 0,
    digest: null,
    xattrPrefix: 'user.',
    sealed: false,
    createdAt: '2026-01-01T00:00:00.000Z',
  };
  store.snapshots.insertLayer(record);
  if (sealed) store.snapshots.sealLayer(record.id, { files: 1, bytes: 2, digest: 'd' });
  return record.id;
}

function snapshot(layers: string[], changes: Partial<SnapshotRecord> = {}): SnapshotRecord {
  const record: SnapshotRecord = {
    id: newId('snapshot'),
    name: null,
    tenant: 'a',
    sandbox: null,
    parent: null,
    contract: null,
    template: 'host',
    createdAt: '2026-01-01T00:00:00.000Z',
    method: 'rotate',
    addedFiles: 1,
    addedBytes: 10,
    pauseMs: 1.5,
    digest: 'd',
    layers,
    ...changes,
  };
  store.snapshots.insertSnapshot(record);
  return record;
}

const template = (name: string, layers: string[]): TemplateRecord => ({
  name,
  kind: 'directory',
  createdAt: '2026-01-01T00:00:00.000Z',
  sizeBytes: 1,
  files: 1,
  digest: 'd',
  warm: ['10-server'],
  layers,
});

describe('layers', () => {
  it('are sealed once', () => {
    const id = layer(null, false);
    expect(store.snapshots.sealLayer(id, { files: 3, bytes: 4, digest: 'x' })).toBe(true);
    expect(store.snapshots.sealLayer(id, { files: 9, bytes: 9, digest: 'y' })).toBe(false);
    expect(store.snapshots.getLayer(id)).toMatchObject({ files: 3, bytes: 4, digest: 'x', sealed: true });
    expect(store.snapshots.discardLayer(id)).toBe(false);
    const unfinished = layer(null, false);
    expect(store.snapshots.unreferencedLayers().map(({ id: found }) => found)).toEqual([id]);
    expect(store.snapshots.discardLayer(unfinished)).toBe(true);
  });

  it('must be complete to be part of a snapshot or template (1)', () => {
    const open = layer(null, false);
    expect(() => snapshot([open])).toThrow(expect.objectContaining({ code: 'snapshot-corrupt' }));
    expect(() => snapshot(['lay-missing'])).toThrow(expect.objectContaining({ code: 'snapshot-corrupt' }));
    expect(() => store.snapshots.putTemplate(template('t', [open]))).toThrow(
      expect.objectContaining({ code: 'snapshot-corrupt' }),
    );
    expect(store.snapshots.listSnapshots({ tenant: 'a' }).items).toEqual([]);
    expect(store.snapshots.listTemplates()).toEqual([]);
  });

  it('are never removed while anything refers to them (2)', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(3), fc.nat(9), fc.nat(9)), { minLength: 1, maxLength: 30 }), (steps) => {
        const chains: string[][] = [[layer(null)]];
        const pick = <T>(items: T[], n: number): T | undefined => items[n % Math.max(1, items.length)];
        const kept: SnapshotRecord[] = [];
        for (const [what, one, other] of steps) {
          const chain = pick(chains, one) ?? [];
          if (what === 0) chains.push([layer(chain[0] ?? null), ...chain]);
          if (what === 1) kept.push(snapshot(chain));
          if (what === 2) {
            const dropped = kept.splice(other % Math.max(1, kept.length), 1)[0];
            if (dropped) store.snapshots.removeSnapshot(dropped.id);
          }
          if (what === 3) {
            for (const { id } of store.snapshots.unreferencedLayers()) store.snapshots.removeLayer(id);
            chains.splice(0, chains.length, ...chains.filter((ids) => ids.every((id) => store.snapshots.getLayer(id))));
            if (chains.length === 0) chains.push([layer(null)]);
          }
          for (const { id, layers } of kept) {
            expect(store.snapshots.getSnapshot(id)?.layers).toEqual(layers);
            expect(layers.every((each) => store.snapshots.getLayer(each)?.sealed)).toBe(true);
          }
        }
        for (const { id } of kept) store.snapshots.removeSnapshot(id);
        for (
          let left = store.snapshots.unreferencedLayers();
          left.length > 0;
          left = store.snapshots.unreferencedLayers()
        ) {
          for (const { id } of left) expect(store.snapshots.removeLayer(id)).toBe(true);
        }
        expect(store.snapshots.listLayers()).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});

describe('snapshots', () => {
  it('keep their chain and are listed for their tenant', () => {
    const base = layer(null);
    const top = layer(base);
    const first = snapshot([top, base], { sandbox: 's' });
    const second = snapshot([base], { parent: first.id });
    snapshot([base], { tenant: 'b' });
    expect(store.snapshots.getSnapshot(first.id)).toEqual(first);
    expect(store.snapshots.findSnapshot('b', first.id)).toBeNull();
    const ids = store.snapshots.listSnapshots({ tenant: 'a' }).items.map(({ id }) => id);
    expect(ids).toEqual([first.id, second.id].sort());
    expect(store.snapshots.listSnapshots({ tenant: 'a', sandbox: 's' }).items).toEqual([first]);
    expect(store.snapshots.unreferencedSnapshots('a').map(({ id }) => id)).toEqual([second.id]);
    expect(store.sandboxes.usage('a')).toMatchObject({ snapshots: 2, snapshotBytes: 20 });
    const own = snapshot([base], { tenant: 'b', name: 'run a' });
    snapshot([base], { name: 'other run a' });
    expect(store.snapshots.named('run ').map(({ id }) => id)).toEqual([own.id]);
    const later = snapshot([base], { name: 'other run a' });
    expect(store.snapshots.newestNamed('a', 'other run a')).toEqual(later);
    expect(store.snapshots.newestNamed('a', 'run a')).toBeNull();
    store.snapshots.removeSnapshot(later.id);
    expect(store.snapshots.removeLayer(base)).toBe(false);
    expect(store.snapshots.removeSnapshot(first.id)).toBe(true);
    expect(store.snapshots.removeSnapshot(first.id)).toBe(false);
    expect(store.snapshots.removeLayer(top)).toBe(true);
  });
});

describe('templates', () => {
  it('are replaced by name and hold their layers', () => {
    const one = layer(null);
    const two = layer(null);
    store.snapshots.putTemplate(template('t', [one]));
    store.snapshots.putTemplate(template('t', [two]));
    store.snapshots.putTemplate(template('host', []));
    expect(store.snapshots.getTemplate('t')?.layers).toEqual([two]);
    expect(store.snapshots.listTemplates().map(({ name }) => name)).toEqual(['host', 't']);
    expect(store.snapshots.unreferencedLayers().map(({ id }) => id)).toEqual([one]);
    expect(store.snapshots.removeTemplate('t')).toBe(true);
    expect(store.snapshots.removeTemplate('t')).toBe(false);
    expect(store.snapshots.removeLayer(two)).toBe(true);
  });
});
