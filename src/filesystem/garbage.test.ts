/** Random lives of several sandboxes against a model: what is referenced is never deleted, and always shows the same. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { collect, readTree, TestFiles, untar, writeTree } from '../../test/fixtures/file-store.ts';
import type { SnapshotRecord } from '../state/index.ts';

type Shown = Record<string, string>;

interface Model {
  sandboxes: Map<string, Shown>;
  snapshots: Map<string, Shown>;
}

interface Real {
  test: TestFiles;
  template: string[];
}

type Command = fc.AsyncCommand<Model, Real>;
const pick = (keys: Iterable<string>, seed: number): string => {
  const all = [...keys];
  return all[seed % all.length] ?? '';
};

const create: Command = {
  check: (model) => model.sandboxes.size < 5,
  run: async (model, { test, template }) => {
    model.sandboxes.set((await test.sandbox(template)).id, { base: 'base' });
  },
  toString: () => 'create',
};

const write = (seed: number, path: string, text: string): Command => ({
  check: (model) => model.sandboxes.size > 0,
  run: async (model, { test }) => {
    const id = pick(model.sandboxes.keys(), seed);
    writeTree(test.upper(id), { [`data/${path}`]: text });
    model.sandboxes.set(id, { ...model.sandboxes.get(id), [path]: text });
  },
  toString: () => `write ${seed} ${path}`,
});

const snapshot = (seed: number, method: 'rotate' | 'copy'): Command => ({
  check: (model) => model.sandboxes.size > 0,
  run: async (model, { test }) => {
    const id = pick(model.sandboxes.keys(), seed);
    const taken = await test[method](id);
    model.snapshots.set(taken.id, { ...model.sandboxes.get(id) });
  },
  toString: () => `${method} ${seed}`,
});

async function forkOf(test: TestFiles, source: string): Promise<string> {
  const { layers } = snapshotOf(test, source);
  return await test.files.holding(layers, async () => {
    await test.files.verify(layers, test.scope);
    return (await test.sandbox(layers, { snapshot: source })).id;
  });
}

async function rollBack(test: TestFiles, id: string, snapshot: string): Promise<void> {
  const { layers } = snapshotOf(test, snapshot);
  await test.files.holding(layers, async () => {
    await test.files.verify(layers, test.scope);
    const { upper } = test.record(id);
    const next = test.files.freshUpper(test.record(id));
    await test.workspace(id, next);
    test.store.sandboxes.update(id, { layers, snapshot, upper: next, generation: Number(next) });
    test.files.discardWorkspace(id, upper);
  });
}

function snapshotOf(test: TestFiles, id: string): SnapshotRecord {
  const found = test.store.snapshots.getSnapshot(id);
  if (!found) throw new Error('a snapshot vanished');
  return found;
}

async function forgetAndCollect(test: TestFiles, snapshot: string): Promise<void> {
  test.store.snapshots.removeSnapshot(snapshot);
  await test.files.collectGarbage(test.scope);
}

/** @param isDeleted while it is done, the snapshot it starts from is */
const fork = (seed: number, isDeleted: boolean): Command => ({
  check: (model) => model.snapshots.size > 0 && model.sandboxes.size < 6,
  run: async (model, { test }) => {
    const source = pick(model.snapshots.keys(), seed);
    const forking = forkOf(test, source);
    if (isDeleted) await forgetAndCollect(test, source);
    model.sandboxes.set(await forking, { ...model.snapshots.get(source) });
    if (isDeleted) model.snapshots.delete(source);
  },
  toString: () => `fork ${seed}${isDeleted ? ', deleted' : ''}`,
});

const rollback = (seed: number, isDeleted: boolean): Command => ({
  check: (model) => model.snapshots.size > 0 && model.sandboxes.size > 0,
  run: async (model, { test }) => {
    const id = pick(model.sandboxes.keys(), seed);
    const target = pick(model.snapshots.keys(), seed);
    const rolling = rollBack(test, id, target);
    if (isDeleted) await forgetAndCollect(test, target);
    await rolling;
    model.sandboxes.set(id, { ...model.snapshots.get(target) });
    if (isDeleted) model.snapshots.delete(target);
  },
  toString: () => `rollback ${seed}${isDeleted ? ', deleted' : ''}`,
});

const destroy = (seed: number): Command => ({
  check: (model) => model.sandboxes.size > 0,
  run: async (model, { test }) => {
    const id = pick(model.sandboxes.keys(), seed);
    test.store.sandboxes.update(id, { state: 'gone' });
    await test.files.removeSandbox(id);
    model.sandboxes.delete(id);
  },
  toString: () => `destroy ${seed}`,
});

const forget = (seed: number): Command => ({
  check: (model) => model.snapshots.size > 0,
  run: async (model, { test }) => {
    const id = pick(model.snapshots.keys(), seed);
    test.store.snapshots.removeSnapshot(id);
    model.snapshots.delete(id);
  },
  toString: () => `forget ${seed}`,
});

const collectGarbage: Command = {
  check: () => true,
  run: async (_model, { test }) => {
    await test.files.collectGarbage(test.scope);
  },
  toString: () => 'collect',
};

const restart: Command = {
  check: () => true,
  run: async (_model, { test }) => {
    await test.files.settle();
    await test.reopen({ squashAfter: 3 });
    const report = await test.files.recover();
    expect(report).toEqual({ discardedLayers: [], repairedSandboxes: [], missingLayers: [], discardedSandboxes: [] });
  },
  toString: () => 'restart',
};

async function shown(
  test: TestFiles,
  layers: string[],
  sandbox: { sandbox: string; upper: string } | null,
): Promise<Shown> {
  const out = join(test.home, `out-${test.newId('operation')}`);
  untar(await collect(test.files.exportFiles({ layers, workspace: sandbox }, { path: 'data' }, test.scope)), out);
  return Object.fromEntries(
    Object.entries(readTree(out)).map(([path, value]) => [path, value.replace('file 644 ', '')]),
  );
}

async function agree(model: Model, { test, template }: Real): Promise<void> {
  await test.files.collectGarbage(test.scope);
  for (const [id, files] of model.sandboxes) {
    const { layers, upper } = test.record(id);
    expect(await shown(test, layers, { sandbox: id, upper })).toEqual(files);
  }
  for (const [id, files] of model.snapshots) {
    const { layers = [] } = test.store.snapshots.getSnapshot(id) ?? {};
    await test.files.verifyAgain(layers, test.scope);
    expect(await shown(test, layers, null)).toEqual(files);
  }
  const needed = new Set(template);
  for (const id of model.sandboxes.keys()) for (const layer of test.record(id).layers) needed.add(layer);
  for (const id of model.snapshots.keys())
    for (const layer of test.store.snapshots.getSnapshot(id)?.layers ?? []) needed.add(layer);
  for (const { id, parent } of test.store.snapshots.listLayers()) if (needed.has(id) && parent) needed.add(parent);
  for (const layer of needed) expect(existsSync(test.tree(layer))).toBe(true);
  expect(readdirSync(join(test.home, 'layers')).length).toBe(test.store.snapshots.listLayers().length);
}

it('never deletes what is referenced (property)', async () => {
  const seed = fc.nat({ max: 1000 });
  const commands = [
    fc.constant(create),
    fc
      .tuple(seed, fc.constantFrom('a', 'b', 'c'), fc.string({ minLength: 1, maxLength: 3, unit: 'grapheme-ascii' }))
      .map((args) => write(...args)),
    fc.tuple(seed, fc.constantFrom<('rotate' | 'copy')[]>('rotate', 'copy')).map((args) => snapshot(...args)),
    fc.tuple(seed, fc.boolean()).map((args) => fork(...args)),
    fc.tuple(seed, fc.boolean()).map((args) => rollback(...args)),
    seed.map(destroy),
    seed.map(forget),
    fc.constant(collectGarbage),
    fc.constant(restart),
  ];
  await fc.assert(
    fc.asyncProperty(fc.commands(commands, { maxCommands: 30, size: 'max' }), async (script) => {
      const test = await TestFiles.open({ squashAfter: 3 });
      try {
        const model: Model = { sandboxes: new Map(), snapshots: new Map() };
        const real = { test, template: await test.template('t', { 'data/base': 'base' }) };
        await fc.asyncModelRun(() => ({ model, real }), script);
        await agree(model, real);
      } finally {
        await test.close();
      }
    }),
    { numRuns: 12 },
  );
}, 120_000);
