/**
 * Death before each durable step of a small life, then recovery. A step is everything that goes through
 * `StoreContext.durable`; after the death nothing more reaches the disk.
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { collect, readTree, TestFiles, untar, writeTree } from '../../test/fixtures/file-store.ts';
import type { SandboxRecord } from '../state/index.ts';
import type { TakeSnapshot } from './store-types.ts';

class Death extends Error {}

/** Lets `steps` durable steps through, then none ever again. */
function mortal(steps: number): { durable: <T>(step: string, work: () => T) => T; reached: string[] } {
  const reached: string[] = [];
  const durable = <T>(step: string, work: () => T): T => {
    if (reached.length >= steps) throw new Death(step);
    reached.push(step);
    return work();
  };
  return { durable, reached };
}

/** What a sandbox wrote since it last started from somewhere: a crash may undo the snapshot, never the files. */
const ownWrites = new Map<string, string[]>();

function write(test: TestFiles, id: string, path: string): void {
  writeTree(test.upper(id), { [path]: `${path}\n` });
  ownWrites.set(id, [...(ownWrites.get(id) ?? []), path]);
}

/** Writes, seals in place, writes, copies, forks, rolls back, deletes and collects. */
async function life(test: TestFiles, layers: string[]): Promise<void> {
  const { id } = await test.sandbox(layers);
  write(test, id, 'data/a');
  const first = await test.rotate(id);
  write(test, id, 'data/b');
  const second = await test.copy(id);
  const fork = await test.sandbox(second.layers);
  write(test, fork.id, 'data/fork');
  await test.copy(fork.id);
  await test.rotate(fork.id);
  await test.rotate(fork.id);
  await test.workspace(fork.id, '9');
  ownWrites.delete(fork.id);
  test.store.sandboxes.update(fork.id, { layers: first.layers, upper: '9', generation: 9, snapshot: first.id });
  test.files.discardWorkspace(fork.id, '3');
  test.store.sandboxes.update(id, { state: 'gone' });
  await test.files.removeSandbox(id);
  test.store.snapshots.removeSnapshot(second.id);
  await test.files.collectGarbage(test.scope);
  await test.files.settle();
}

/** What must hold after any recovery. */
async function check(test: TestFiles, template: string[]): Promise<void> {
  const records = test.store.snapshots;
  const layers = records.listLayers();
  expect(layers.every(({ sealed }) => sealed)).toBe(true);
  expect(readdirSync(join(test.home, 'layers')).sort()).toEqual(layers.map(({ id }) => id).sort());
  const living = test.store.sandboxes.living();
  expect(living.map(({ id }) => id)).toEqual(expect.arrayContaining(readdirSync(join(test.home, 'sandboxes'))));
  for (const sandbox of living) await checkSandbox(test, sandbox);
  for (const snapshot of records.listSnapshots({ tenant: 'a' }).items)
    await test.files.verifyAgain(snapshot.layers, test.scope);
  await test.files.verifyAgain(template, test.scope);
  await test.files.settle();
  expect(readdirSync(join(test.home, 'trash'))).toEqual([]);
}

/** Whatever was written is still shown, and nothing but the recorded writable directory is left. */
async function checkSandbox(test: TestFiles, sandbox: SandboxRecord): Promise<void> {
  await test.files.verifyAgain(sandbox.layers, test.scope);
  const directory = join(test.home, 'sandboxes', sandbox.id);
  const made = existsSync(directory) ? readdirSync(directory) : [];
  if (!existsSync(test.upper(sandbox.id))) {
    // It died while its workspace was made, so it wrote nothing.
    expect(ownWrites.get(sandbox.id) ?? []).toEqual([]);
    return;
  }
  expect(made).toEqual([sandbox.upper]);
  const out = join(test.home, `out-${test.newId('operation')}`);
  const source = { layers: sandbox.layers, workspace: { sandbox: sandbox.id, upper: sandbox.upper } };
  untar(await collect(test.files.exportFiles(source, {}, test.scope)), out);
  const shown = readTree(out, (path) => !path.startsWith('data/'));
  expect(shown['data/base']).toBe('file 644 base\n');
  for (const path of ownWrites.get(sandbox.id) ?? []) expect([path, path in shown]).toEqual([path, true]);
}

it('survives death before every durable step', async () => {
  const whole = await TestFiles.open();
  const counted = mortal(Number.POSITIVE_INFINITY);
  const template = await whole.template('t', { 'data/base': 'base\n' });
  await whole.reopen({ durable: counted.durable });
  await life(whole, template);
  await whole.reopen();
  await whole.files.recover();
  await check(whole, template);
  await whole.close();
  expect(counted.reached.length).toBeGreaterThan(40);

  for (let steps = 0; steps < counted.reached.length; steps++) {
    const test = await TestFiles.open();
    const layers = await test.template('t', { 'data/base': 'base\n' });
    await test.reopen({ durable: mortal(steps).durable });
    await life(test, layers).catch(() => undefined);
    await test.files.settle();
    await test.reopen();
    await test.files.recover();
    const again = await test.files.recover();
    expect(again).toEqual({ discardedLayers: [], repairedSandboxes: [], missingLayers: [], discardedSandboxes: [] });
    await check(test, layers);
    await test.close();
  }
}, 120_000);

it('gives the sandbox its files back when death came between sealing and recording', async () => {
  const test = await TestFiles.open();
  const layers = await test.template('t', { 'data/base': 'base\n' });
  const { id } = await test.sandbox(layers);
  writeTree(test.upper(id), { 'data/precious': 'precious\n' });
  let sealed = false;
  const durable = <T>(step: string, work: () => T): T => {
    if (sealed) throw new Death(step);
    sealed = step === 'seal the files';
    return work();
  };
  await test.reopen({ durable });
  await expect(test.rotate(id)).rejects.toBeInstanceOf(Death);
  await test.reopen();
  expect((await test.files.recover()).repairedSandboxes).toEqual([id]);
  const record = test.record(id);
  expect(record).toMatchObject({ upper: '2', snapshot: null });
  expect(readFileSync(join(test.tree(record.layers[0] ?? ''), 'data/precious'), 'utf8')).toBe('precious\n');
  expect(readdirSync(test.upper(id))).toEqual([]);
  await test.close();
});

it.each([
  ['a failure', new Error('no room for the rest')],
  ['death', new Death('seal the files')],
])('takes no half of a copy for the files of a sandbox with a disk limit, after %s', async (_, why) => {
  const test = await TestFiles.open();
  const layers = await test.template('t', { 'data/base': 'base\n' });
  const { id, upper } = await test.sandbox(layers, { limits: { diskBytes: 2 ** 25 } });
  // Its files are in an image beside the directory.
  rmSync(test.upper(id), { recursive: true });
  const image = `${test.upper(id)}.image`;
  writeFileSync(image, 'all files');
  let isDead = false;
  const durable = <T>(step: string, work: () => T): T => {
    if (isDead) throw new Death(step);
    return work();
  };
  await test.reopen({ durable });
  const seal: TakeSnapshot['seal'] = async ({ layerTree }) => {
    writeTree(layerTree, { 'data/half': 'half\n' });
    isDead = why instanceof Death;
    throw why;
  };
  const taking = test.files.takeSnapshot({ sandbox: test.record(id), name: null, seal }, test.scope);
  await expect(taking).rejects.toBe(why);
  await test.reopen();
  expect((await test.files.recover()).repairedSandboxes).toEqual([]);
  expect(test.record(id)).toMatchObject({ upper, layers });
  expect(readFileSync(image, 'utf8')).toBe('all files');
  expect(readdirSync(join(test.home, 'layers'))).toEqual(layers);
  await test.close();
});

it('reports a recorded layer that is gone and removes it when nothing needs it', async () => {
  const test = await TestFiles.open();
  const [layer = ''] = await test.template('t', { 'data/base': 'base\n' });
  rmSync(join(test.home, 'layers', layer), { recursive: true });
  await test.reopen();
  expect((await test.files.recover()).missingLayers).toEqual([layer]);
  await expect(test.files.useTemplate('t', test.scope)).rejects.toMatchObject({ code: 'snapshot-corrupt' });
  test.files.removeTemplate('t');
  expect((await test.files.recover()).missingLayers).toEqual([]);
  expect(test.store.snapshots.listLayers()).toEqual([]);
  await test.close();
});
