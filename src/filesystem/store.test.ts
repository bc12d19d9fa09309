import { existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { collect, readTree, TestFiles, untar, writeTree } from '../../test/fixtures/file-store.ts';
import { silentLog } from '../base/index.ts';
import { HoldfastError } from '../schema/index.ts';
import type { TreeOperations } from './types.ts';

let test: TestFiles;
afterEach(() => test.close());

const base = { 'etc/motd': 'hello\n', 'data/a.txt': 'one\n', 'data/b.txt': 'two\n' };

/** What a chain shows, frame left out. */
async function merged(layers: string[]): Promise<Record<string, string>> {
  const into = join(test.home, `out-${test.newId('operation')}`);
  untar(await collect(test.files.exportFiles({ layers, workspace: null }, {}, test.scope)), into);
  return readTree(into, (path) => !path.startsWith('data'));
}

/** The next `times` renames into the trash after that step fail. */
function noTrashAfter(failing: string, times: number): <T>(step: string, work: () => T) => T {
  let left = 0;
  return (step, work) => {
    if (step === 'move to the trash' && left-- > 0) throw new Error('no room');
    if (step === failing) left = times;
    return work();
  };
}

describe('snapshots', () => {
  it('of stopped sandboxes move the files into a layer and the sandbox on (invariant 1)', async () => {
    test = await TestFiles.open();
    const layers = await test.template('t', base);
    const { id } = await test.sandbox(layers);
    writeTree(test.upper(id), { 'data/a.txt': 'changed\n', 'data/new.txt': 'new\n' });
    const snapshot = await test.rotate(id);
    const after = test.record(id);
    expect(snapshot).toMatchObject({ method: 'rotate', addedFiles: 2, addedBytes: 12, sandbox: id, parent: null });
    expect(after).toMatchObject({ layers: snapshot.layers, upper: '2', generation: 2, snapshot: snapshot.id });
    expect(readdirSync(test.upper(id))).toEqual([]);
    expect(existsSync(join(test.home, 'sandboxes', id, '1'))).toBe(false);
    expect(await merged(snapshot.layers)).toMatchObject({
      'data/a.txt': 'file 644 changed\n',
      'data/new.txt': 'file 644 new\n',
      'data/b.txt': 'file 644 two\n',
    });
    const second = await test.rotate(id);
    expect(second.parent).toBe(snapshot.id);
    expect(second.layers).toHaveLength(3);
  });

  it('of living sandboxes leave the sandbox on its chain (invariant 2)', async () => {
    test = await TestFiles.open();
    const layers = await test.template('t', base);
    const { id } = await test.sandbox(layers);
    writeTree(test.upper(id), { 'data/a.txt': 'changed\n' });
    const first = await test.copy(id);
    writeTree(test.upper(id), { 'data/c.txt': 'third\n' });
    const second = await test.copy(id);
    expect(test.record(id)).toMatchObject({ layers, upper: '1', snapshot: second.id });
    expect(second).toMatchObject({ parent: first.id, layers: [second.layers[0], ...layers] });
    expect(await merged(first.layers)).not.toHaveProperty(['data/c.txt']);
    expect(await merged(second.layers)).toMatchObject({
      'data/a.txt': 'file 644 changed\n',
      'data/c.txt': 'file 644 third\n',
    });
  });

  it('record nothing when sealing fails, and the sandbox goes on', async () => {
    test = await TestFiles.open();
    const layers = await test.template('t', base);
    const { id } = await test.sandbox(layers);
    writeTree(test.upper(id), { 'data/a.txt': 'kept\n' });
    const taken = test.files.takeSnapshot(
      { sandbox: test.record(id), name: null, seal: () => Promise.reject(new Error('no')) },
      test.scope,
    );
    await expect(taken).rejects.toThrow('no');
    expect(test.record(id)).toMatchObject({ layers, upper: '1', snapshot: null });
    expect(readFileSync(join(test.upper(id), 'data/a.txt'), 'utf8')).toBe('kept\n');
    expect(readdirSync(join(test.home, 'layers'))).toEqual(layers);
    expect(test.store.snapshots.listLayers().map((layer) => layer.id)).toEqual(layers);
  });

  it('put the sandbox right when the files were moved and the rest failed (invariant 3)', async () => {
    test = await TestFiles.open();
    const layers = await test.template('t', base);
    const { id } = await test.sandbox(layers);
    writeTree(test.upper(id), { 'data/a.txt': 'kept\n' });
    const taken = test.files.takeSnapshot(
      {
        sandbox: test.record(id),
        name: null,
        seal: async (request, scope) => {
          await test.files.sealStopped(request, scope);
          throw new Error('lost the answer');
        },
      },
      test.scope,
    );
    await expect(taken).rejects.toThrow('lost the answer');
    const after = test.record(id);
    expect(after).toMatchObject({ upper: '2', snapshot: null });
    expect(await merged(after.layers)).toMatchObject({ 'data/a.txt': 'file 644 kept\n' });
  });

  it.each(['rotate', 'copy'] as const)(
    'record nothing that may not be kept (%s), and the sandbox goes on',
    async (way) => {
      test = await TestFiles.open();
      const layers = await test.template('t', base);
      const { id } = await test.sandbox(layers);
      writeTree(test.upper(id), { 'data/a.txt': 'kept\n' });
      const asked: number[] = [];
      const refuse = (addedBytes: number): void => {
        asked.push(addedBytes);
        throw new Error('too much');
      };
      await expect(test[way](id, refuse)).rejects.toThrow('too much');
      expect(asked).toEqual([5]);
      const after = test.record(id);
      expect([after.snapshot, test.store.snapshots.listSnapshots({ tenant: after.tenant }).items]).toEqual([null, []]);
      writeTree(test.upper(id), { 'data/b.txt': 'more\n' });
      const { layers: chain } = await test[way](id);
      expect(await merged(chain)).toMatchObject({ 'data/a.txt': 'file 644 kept\n', 'data/b.txt': 'file 644 more\n' });
    },
  );

  it('put the sandbox right when whoever wanted one gave up while the moved files were read (invariant 3)', async () => {
    test = await TestFiles.open();
    const layers = await test.template('t', base);
    const { id } = await test.sandbox(layers);
    writeTree(test.upper(id), { 'data/a.txt': 'kept\n' });
    const impatient = test.scope.child({ name: 'impatient' });
    const scan: TreeOperations['scan'] = async (tree, options, scope, onEntry) => {
      if (scope === impatient) await impatient.close();
      return await test.trees.scan(tree, options, scope, onEntry);
    };
    await test.reopen({ trees: { ...test.trees, scan } });
    await expect(test.rotate(id, undefined, impatient)).rejects.toMatchObject({ code: 'cancelled' });
    expect(test.record(id)).toMatchObject({ upper: '2', snapshot: null });
    writeTree(test.upper(id), { 'data/c.txt': 'later\n' });
    const { layers: chain } = await test.rotate(id);
    await test.files.verifyAgain(chain, test.scope);
    expect(await merged(chain)).toMatchObject({ 'data/a.txt': 'file 644 kept\n', 'data/c.txt': 'file 644 later\n' });
  });

  it('that could not be undone either are undone before anything else is done to those files (invariant 3)', async () => {
    test = await TestFiles.open();
    const layers = await test.template('t', base);
    const { id } = await test.sandbox(layers);
    writeTree(test.upper(id), { 'data/a.txt': 'kept\n' });
    const failing = ['record a snapshot', 'record a rotation', 'record a rotation'];
    const durable = <T>(step: string, work: () => T): T => {
      if (failing[0] !== step) return work();
      failing.shift();
      throw new Error(`could not ${step}`);
    };
    await test.reopen({ durable });
    await expect(test.rotate(id)).rejects.toThrow('could not record a snapshot');
    expect(test.record(id)).toMatchObject({ upper: '1' });
    writeTree(join(test.home, 'sandboxes', id, '2', 'upper'), { 'data/c.txt': 'later\n' });
    await expect(test.rotate(id)).rejects.toThrow('could not record a rotation');
    expect(await test.files.putRight(test.record(id))).toMatchObject({ upper: '2', generation: 2 });
    const { layers: chain } = await test.rotate(id);
    expect(await merged(chain)).toMatchObject({ 'data/a.txt': 'file 644 kept\n', 'data/c.txt': 'file 644 later\n' });
  });

  it('that could not be undone are undone once, whoever asks for it, and go with their sandbox (invariant 3)', async () => {
    test = await TestFiles.open();
    const layers = await test.template('t', base);
    for (const isRemoved of [false, true]) {
      const { id } = await test.sandbox(layers);
      writeTree(test.upper(id), { 'data/a.txt': 'kept\n' });
      const failing = ['record a snapshot', 'record a rotation'];
      const durable = <T>(step: string, work: () => T): T => {
        if (failing[0] !== step) return work();
        failing.shift();
        throw new Error(`could not ${step}`);
      };
      await test.reopen({ durable });
      await expect(test.rotate(id)).rejects.toThrow('could not record a snapshot');
      if (!isRemoved) {
        const right = await Promise.all([0, 1].map(() => test.files.putRight(test.record(id))));
        expect(right.map(({ upper }) => upper)).toEqual(['2', '2']);
      }
      test.store.sandboxes.update(id, { state: 'stopping' });
      await test.files.removeSandbox(id);
      test.store.sandboxes.update(id, { state: 'gone' });
      await test.files.collectGarbage(test.scope);
      expect(readdirSync(join(test.home, 'layers'))).toEqual(layers);
      expect(test.store.snapshots.listLayers().map((layer) => layer.id)).toEqual(layers);
    }
  });

  it('are undone later when what reads the moved files ends, and not taken for unreadable (invariant 3)', async () => {
    test = await TestFiles.open();
    const layers = await test.template('t', base);
    const { id } = await test.sandbox(layers);
    writeTree(test.upper(id), { 'data/a.txt': 'kept\n' });
    let ends = 2;
    const scan: TreeOperations['scan'] = async (tree, options, scope, onEntry) => {
      if (ends-- > 0) throw new HoldfastError('launch-failed', 'the launcher ended');
      return await test.trees.scan(tree, options, scope, onEntry);
    };
    await test.reopen({ trees: { ...test.trees, scan } });
    await expect(test.rotate(id)).rejects.toMatchObject({ code: 'launch-failed' });
    const { layers: chain } = await test.files.putRight(test.record(id));
    await test.files.verifyAgain(chain, test.scope);
    expect(await merged(chain)).toMatchObject({ 'data/a.txt': 'file 644 kept\n' });
  });

  it.each([
    ['rotate', 1],
    ['rotate', 2],
    ['copy', 1],
    ['copy', 2],
  ] as const)('once recorded stay, whatever cannot be removed then (%s, %i times; invariant 5)', async (way, times) => {
    test = await TestFiles.open();
    const layers = await test.template('t', base);
    const { id } = await test.sandbox(layers);
    writeTree(test.upper(id), { 'data/a.txt': 'kept\n' });
    await test.reopen({ durable: noTrashAfter('record a snapshot', times) });
    const { layers: first } = await test[way](id);
    writeTree(test.upper(id), { 'data/c.txt': 'later\n' });
    await test.files.putRight(test.record(id));
    const { layers: second } = await test[way](id);
    await test.files.verifyAgain([...first, ...second], test.scope);
    expect(await merged(second)).toMatchObject({ 'data/a.txt': 'file 644 kept\n', 'data/c.txt': 'file 644 later\n' });
  });

  it('that failed and were put right stay so, whatever cannot be removed then (invariant 5)', async () => {
    test = await TestFiles.open();
    const layers = await test.template('t', base);
    const { id } = await test.sandbox(layers);
    writeTree(test.upper(id), { 'data/a.txt': 'kept\n' });
    await test.reopen({ durable: noTrashAfter('record a rotation', 1) });
    const refuse = (): void => {
      throw new Error('too much');
    };
    await expect(test.rotate(id, refuse)).rejects.toThrow('too much');
    writeTree(test.upper(id), { 'data/c.txt': 'later\n' });
    await test.files.putRight(test.record(id));
    const { layers: chain } = await test.rotate(id);
    await test.files.verifyAgain(chain, test.scope);
    expect(await merged(chain)).toMatchObject({ 'data/a.txt': 'file 644 kept\n', 'data/c.txt': 'file 644 later\n' });
  });

  it('stay when they are recorded and nobody hears of it (invariant 5)', async () => {
    test = await TestFiles.open();
    const layers = await test.template('t', base);
    const { id } = await test.sandbox(layers);
    writeTree(test.upper(id), { 'data/a.txt': 'kept\n' });
    const durable = <T>(step: string, work: () => T): T => {
      const done = work();
      if (step === 'record a snapshot') throw new Error('not told');
      return done;
    };
    await test.reopen({ durable });
    await expect(test.rotate(id)).rejects.toThrow('not told');
    await test.files.putRight(test.record(id));
    const after = test.record(id);
    await test.files.verifyAgain(after.layers, test.scope);
    expect(test.store.snapshots.getSnapshot(after.snapshot ?? '')).toMatchObject({ layers: after.layers });
    expect(readdirSync(test.upper(id))).toEqual([]);
  });

  it('never takes away what a sandbox writes to, whoever asks', async () => {
    test = await TestFiles.open();
    const { id } = await test.sandbox(await test.template('t', base));
    const told = Promise.withResolvers<unknown>();
    await test.reopen({ log: { ...silentLog, warn: (fields: unknown) => told.resolve(fields) } });
    test.files.discardWorkspace(id, test.record(id).upper);
    expect(await told.promise).toMatchObject({ sandbox: id, error: expect.stringContaining('writes to') });
    expect(readdirSync(test.upper(id))).toEqual([]);
  });

  it('never take a directory away to write there', async () => {
    test = await TestFiles.open();
    const layers = await test.template('t', base);
    const { id } = await test.sandbox(layers);
    const other = join(test.home, 'sandboxes', id, '2', 'upper');
    writeTree(other, { 'data/c.txt': 'mounted\n' });
    await test.rotate(id);
    expect(test.record(id)).toMatchObject({ upper: '3', generation: 3 });
    expect(readFileSync(join(other, 'data/c.txt'), 'utf8')).toBe('mounted\n');
  });

  it('merge long chains without changing what they show (invariant 4)', async () => {
    test = await TestFiles.open({ squashAfter: 4 });
    const layers = await test.template('t', base);
    const { id } = await test.sandbox(layers);
    for (let round = 0; round < 12; round++) {
      writeTree(test.upper(id), { [`data/round-${round}`]: `${round}\n`, 'data/a.txt': `round ${round}\n` });
      await test.rotate(id);
    }
    const { layers: chain } = test.record(id);
    expect(chain.length).toBeLessThanOrEqual(6);
    const files = await merged(chain);
    expect(Object.keys(files).filter((path) => path.includes('round-'))).toHaveLength(12);
    expect(files['data/a.txt']).toBe('file 644 round 11\n');
  });
});

describe('verification', () => {
  it('refuses a layer in which one byte was flipped, and names the path', async () => {
    test = await TestFiles.open();
    const layers = await test.template('t', base);
    const { id } = await test.sandbox(layers);
    writeTree(test.upper(id), { 'data/a.txt': 'changed\n' });
    const { layers: chain } = await test.rotate(id);
    const path = join(test.tree(chain[0] ?? ''), 'data/a.txt');
    const { mtime, atime } = statSync(path);
    writeFileSync(path, 'chanGed\n');
    utimesSync(path, atime, mtime);
    await test.reopen();
    const verified = test.files.verify(chain, test.scope);
    await expect(verified).rejects.toMatchObject({ code: 'snapshot-corrupt', details: { path: '/data/a.txt' } });
    await expect(verified).rejects.toThrow(/data\/a\.txt/);
  });

  it('notices added, removed and re-owned files, and a layer that is gone', async () => {
    test = await TestFiles.open();
    const [layer = ''] = await test.template('t', base);
    await test.files.verify([layer], test.scope);
    writeTree(test.tree(layer), { 'data/extra': '' });
    await expect(test.files.verifyAgain([layer], test.scope)).rejects.toMatchObject({ code: 'snapshot-corrupt' });
    await expect(test.files.verify(['lay-nothing'], test.scope)).rejects.toMatchObject({ code: 'snapshot-corrupt' });
    await expect(test.files.root(['lay-nothing'], 'sbx-x', '1')).rejects.toMatchObject({ code: 'snapshot-corrupt' });
  });

  it('reads a layer once and then remembers it', async () => {
    test = await TestFiles.open();
    const layers = await test.template('t', base);
    let scans = 0;
    const trees = {
      ...test.trees,
      scan: (...args: Parameters<typeof test.trees.scan>) => {
        scans++;
        return test.trees.scan(...args);
      },
    };
    await test.reopen({ trees });
    await Promise.all(Array.from({ length: 8 }, () => test.files.verify(layers, test.scope)));
    await test.files.verify(layers, test.scope);
    expect(scans).toBe(1);
    await test.files.verifyAgain(layers, test.scope);
    expect(scans).toBe(2);
  });
});

describe('forks and garbage', () => {
  it('cost two empty directories each', async () => {
    test = await TestFiles.open();
    const layers = await test.template('t', base);
    const { id } = await test.sandbox(layers);
    writeTree(test.upper(id), { 'data/a.txt': 'changed\n' });
    const { layers: chain } = await test.rotate(id);
    for (let child = 0; child < 5; child++) {
      const fork = await test.sandbox(chain);
      const root = await test.files.root(chain, fork.id, fork.upper);
      expect(root.lower).toEqual(chain.map((layer) => test.tree(layer)));
      expect(readdirSync(root.upper)).toEqual([]);
      expect(readdirSync(root.work)).toEqual([]);
    }
  });

  it('keeps what is held, whoever deletes all that refers to it', async () => {
    test = await TestFiles.open();
    const layers = await test.template('t', base);
    const { id } = await test.sandbox(layers);
    const { id: snapshot, layers: chain } = await test.copy(id);
    const isThere = () => existsSync(test.tree(chain[0] ?? ''));
    await test.files.holding(chain, async () => {
      test.store.snapshots.removeSnapshot(snapshot);
      await test.files.collectGarbage(test.scope);
      expect(isThere()).toBe(true);
    });
    await test.files.collectGarbage(test.scope);
    expect(isThere()).toBe(false);
  });

  it('holds nothing that was deleted already', async () => {
    test = await TestFiles.open();
    const holding = test.files.holding([test.newId('layer')], async () => 'held');
    await expect(holding).rejects.toMatchObject({ code: 'snapshot-not-found' });
  });

  it('keeps what is referenced and frees the rest, children before parents', async () => {
    test = await TestFiles.open();
    const layers = await test.template('t', base);
    const { id } = await test.sandbox(layers);
    const snapshots = [];
    for (let round = 0; round < 3; round++) {
      writeTree(test.upper(id), { [`data/${round}`]: 'x' });
      snapshots.push(await test.rotate(id));
    }
    expect((await test.files.collectGarbage(test.scope)).layers).toBe(0);
    test.store.sandboxes.update(id, { state: 'gone' });
    for (const snapshot of snapshots.slice(1)) test.store.snapshots.removeSnapshot(snapshot.id);
    expect((await test.files.collectGarbage(test.scope)).layers).toBe(2);
    await test.files.verify(snapshots[0]?.layers ?? [], test.scope);
    test.store.snapshots.removeSnapshot(snapshots[0]?.id ?? '');
    test.files.removeTemplate('t');
    expect((await test.files.collectGarbage(test.scope)).layers).toBe(2);
    await test.files.settle();
    expect(readdirSync(join(test.home, 'layers'))).toEqual([]);
    expect(readdirSync(join(test.home, 'trash'))).toEqual([]);
  });
});

describe('templates', () => {
  it('host is made at first use, has a frame and no secrets, and is not made twice', async () => {
    test = await TestFiles.open();
    const template = await test.files.useTemplate('host', test.scope);
    const tree = test.tree(template.layers[0] ?? '');
    const etc = readdirSync(join(tree, 'etc'));
    for (const name of ['shadow', 'gshadow', 'sudoers', 'ssh', 'gitconfig']) expect(etc).not.toContain(name);
    expect(existsSync(join(tree, 'etc/ssl/private'))).toBe(false);
    expect(readFileSync(join(tree, 'etc/passwd'), 'utf8')).toContain('agent:x:1000:1000:');
    expect(statSync(join(tree, 'tmp')).mode & 0o7777).toBe(0o1777);
    expect(readTree(tree)).toMatchObject({
      'etc/hostname': 'link /run/holdfast/hostname',
      'etc/machine-id': 'link /run/holdfast/machine-id',
      bin: 'link usr/bin',
      workspace: 'directory 775',
    });
    const root = await test.files.root(template.layers, 'sbx-1', '1');
    expect(root.binds).toEqual([{ source: '/usr', target: '/usr' }]);
    await test.reopen();
    expect((await test.files.useTemplate('host', test.scope)).layers).toEqual(template.layers);
    expect(() => test.files.removeTemplate('host')).toThrow(/always there/);
  });

  it('are refused with a name, a source or a device that cannot be', async () => {
    test = await TestFiles.open();
    const build = (name: string, directory: string): Promise<unknown> =>
      test.files.buildTemplate({ name, from: 'directory', directory }, () => undefined, test.scope);
    await expect(build('host', '/tmp')).rejects.toMatchObject({ code: 'invalid-argument' });
    await expect(build('../x', '/tmp')).rejects.toMatchObject({ code: 'invalid-argument' });
    await expect(build('x', join(test.home, 'absent'))).rejects.toMatchObject({ code: 'file-not-found' });
    await expect(test.files.useTemplate('x', test.scope)).rejects.toMatchObject({ code: 'template-not-found' });
    expect(readdirSync(join(test.home, 'layers'))).toEqual([]);
    const suite = { name: 'x', from: 'debian', suite: '--help' } as const;
    await expect(test.files.buildTemplate(suite, () => undefined, test.scope)).rejects.toMatchObject({
      code: 'invalid-argument',
    });
  });
});

describe('adding a directory of the machine', () => {
  it('copies it with .git and links, owned by the user inside, under directories like those below', async () => {
    test = await TestFiles.open();
    const layers = await test.template('t', { 'srv/x': { content: 'x', mode: 0o600 } });
    const { id, upper } = await test.sandbox(layers);
    const source = join(test.home, 'repository');
    writeTree(source, { '.git/HEAD': 'ref\n', 'src/a.c': 'int a;\n', link: { link: '../outside' } });
    const request = { sandbox: id, upper, source, path: '/workspace/project', user: 'agent' as const };
    expect(await test.files.addDirectory(request, test.scope)).toEqual({ files: 3, bytes: 11 });
    expect(readTree(test.upper(id))).toMatchObject({
      'workspace/project/.git/HEAD': 'file 644 ref\n',
      'workspace/project/link': 'link ../outside',
    });
    await expect(
      test.files.addDirectory({ ...request, path: '/workspace/other', maxBytes: 5 }, test.scope),
    ).rejects.toMatchObject({ code: 'file-too-large' });
    expect(existsSync(join(test.upper(id), 'workspace/other'))).toBe(false);
    await expect(test.files.addDirectory({ ...request, path: '/bin/../x' }, test.scope)).rejects.toMatchObject({
      code: 'invalid-argument',
    });
    await expect(test.files.addDirectory({ ...request, path: '/srv/x/y' }, test.scope)).rejects.toMatchObject({
      code: 'invalid-argument',
    });
  });
});
