/** Tree work against what the kernel itself makes and shows: real overlay mounts, as root. */
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { readTree, TestFiles, writeTree } from '../../test/fixtures/file-store.ts';
import { mountOverlay } from '../../test/fixtures/overlay.ts';

let test: TestFiles;
afterEach(() => test.close());

const names = ['a', 'b', 'c', 'd'];
const paths = [
  ...names,
  ...names.flatMap((name) => names.map((inner) => `${name}/${inner}`)),
  'a/a/a',
  'a/b/c',
  'b/a/d',
  'c/d/b',
];
const path = fc.constantFrom(...paths);

/** guest/layers/index.c says 20; times of files are behind by up to a tick of the kernel's. */
const surelyTicksMs = 10;

type Change = (root: string) => void;

/** Each does nothing where it is impossible: the kernel's errors are not what is tested. */
function attempt(change: Change): Change {
  return (root) => {
    try {
      change(root);
    } catch (error) {
      if (!(error instanceof Error && 'syscall' in error)) throw error;
    }
  };
}

const change: fc.Arbitrary<Change> = fc.oneof(
  fc
    .tuple(path, fc.string({ maxLength: 4 }))
    .map(([to, text]) => attempt((root) => writeFileSync(join(root, to), text))),
  path.map((to) => attempt((root) => mkdirSync(join(root, to)))),
  path.map((to) => attempt((root) => rmSync(join(root, to), { recursive: true }))),
  fc.tuple(path, path).map(([from, to]) => attempt((root) => renameSync(join(root, from), join(root, to)))),
  fc.tuple(path, path).map(([from, to]) => attempt((root) => renameSync(join(root, from), join(root, to)))),
  fc.tuple(path, path).map(([from, to]) => attempt((root) => linkSync(join(root, from), join(root, to)))),
  fc.tuple(path, path).map(([from, to]) => attempt((root) => symlinkSync(from, join(root, to)))),
  fc.tuple(path, fc.constantFrom(0o700, 0o755, 0o644)).map(([to, mode]) =>
    attempt((root) => {
      if (!lstatSync(join(root, to)).isSymbolicLink()) chmodSync(join(root, to), mode);
    }),
  ),
);

/** A base and one layer per list of changes, made by the kernel; newest first. */
function makeChain(rounds: Change[][]): { chain: string[]; shown: Record<string, string>[] } {
  const place = join(test.home, 'staging', test.newId('layer'));
  const base = join(place, 'base');
  writeTree(base, { 'a/a/a': '1', 'a/b/c': '2', 'b/a': '3', 'c/d/b': '4', d: '5' });
  const chain = [base];
  const shown = [readTree(base)];
  for (const [round, changes] of rounds.entries()) {
    const writable = { upper: join(place, `upper-${round}`), work: join(place, `work-${round}`) };
    mkdirSync(writable.upper);
    mkdirSync(writable.work);
    using mounted = mountOverlay(join(place, `mount-${round}`), chain, writable);
    for (const apply of changes) apply(mounted.path);
    shown.push(readTree(mounted.path));
    chain.unshift(writable.upper);
  }
  return { chain, shown };
}

function showChain(chain: string[]): Record<string, string> {
  const place = join(test.home, 'staging', test.newId('layer'));
  mkdirSync(dirname(place), { recursive: true });
  using mounted = mountOverlay(place, chain, null);
  return readTree(mounted.path);
}

const rounds = (count: number): fc.Arbitrary<Change[][]> =>
  fc.array(fc.array(change, { minLength: 1, maxLength: 12 }), { minLength: count, maxLength: count + 2 });

describe('squash', () => {
  it('shows over any base, under any newer layer, what the layers showed (property)', async () => {
    test = await TestFiles.open({ rootMode: true });
    await fc.assert(
      fc.asyncProperty(rounds(3), fc.nat({ max: 2 }), async (changes, keep) => {
        const { chain, shown } = makeChain(changes);
        const newer = chain.slice(0, Math.min(keep, chain.length - 3));
        const deltas = chain.slice(newer.length, -1);
        const target = join(test.home, 'staging', test.newId('layer'));
        await test.trees.squash({ trees: deltas, target }, test.scope);
        expect(showChain([...newer, target, ...chain.slice(-1)])).toEqual(shown.at(-1));
      }),
      { numRuns: 150 },
    );
  }, 180_000);
});

describe('copy', () => {
  it('of a writable directory shows the same (property)', async () => {
    test = await TestFiles.open({ rootMode: true });
    await fc.assert(
      fc.asyncProperty(rounds(2), async (changes) => {
        const { chain, shown } = makeChain(changes);
        const [newest = '', ...rest] = chain;
        const target = join(test.home, 'staging', test.newId('layer'));
        await test.trees.copy({ source: newest, target, kind: 'layer' }, test.scope);
        expect(showChain([target, ...rest])).toEqual(shown.at(-1));
        const scans = await Promise.all(
          [newest, target].map((tree) => test.trees.scan(tree, { digests: true }, test.scope)),
        );
        expect(scans[1]).toEqual(scans[0]);
      }),
      { numRuns: 40 },
    );
  }, 120_000);
});

describe('a copy of a living sandbox', () => {
  it('links what did not change and nothing else (property)', async () => {
    test = await TestFiles.open({ rootMode: true });
    await fc.assert(
      fc.asyncProperty(rounds(3), async (changes) => {
        const upper = join(test.home, 'staging', test.newId('layer'));
        writeTree(upper, { 'a/a/a': '1', 'a/b/c': '2', 'b/a': '3', 'c/d/b': '4', d: '5' });
        let previous: string | null = null;
        for (const apply of changes) {
          // Past the ticks within which a second change could get the first one's time.
          await new Promise((resolve) => setTimeout(resolve, 25));
          const copy = join(test.home, 'layers', test.newId('layer'), 'tree');
          mkdirSync(dirname(copy), { recursive: true });
          await test.trees.copy({ source: upper, target: copy, kind: 'live', previous, mapped: ['b'] }, test.scope);
          const scans = await Promise.all(
            [upper, copy].map((tree) => test.trees.scan(tree, { digests: true }, test.scope)),
          );
          expect(scans[1]).toEqual(scans[0]);
          for (const change of apply) change(upper);
          previous = copy;
        }
      }),
      { numRuns: 60 },
    );
  }, 120_000);

  it('copies again what changed, what was mapped, and what changed a moment before', async () => {
    test = await TestFiles.open({ rootMode: true });
    const upper = join(test.home, 'staging', 'upper');
    writeTree(upper, {
      'data/kept': 'kept',
      'data/changed': 'old',
      'data/mapped': 'mapped',
      'data/swapped/x': '1',
      'data/other/x': '2',
    });
    const copy = async (
      name: string,
      previous: string | null,
      mapped: string[],
    ): Promise<{ tree: string; files: number }> => {
      const tree = join(test.home, 'layers', name, 'tree');
      mkdirSync(dirname(tree), { recursive: true });
      const { files } = await test.trees.copy(
        { source: upper, target: tree, kind: 'live', previous, mapped },
        test.scope,
      );
      return { tree, files };
    };
    await new Promise((resolve) => setTimeout(resolve, 25));
    const first = await copy('1', null, ['mapped']);
    expect(first.files).toBe(5);
    const changed = join(upper, 'data/changed');
    writeFileSync(changed, 'new');
    renameSync(join(upper, 'data/swapped'), join(upper, 'data/between'));
    renameSync(join(upper, 'data/other'), join(upper, 'data/swapped'));
    renameSync(join(upper, 'data/between'), join(upper, 'data/other'));
    // A copy that a busy machine began late is made again: `changed` must have changed within the last ticks before it.
    let second = await copy('2', first.tree, []);
    for (let at = 0; statSync(second.tree).birthtimeMs - statSync(changed).ctimeMs > surelyTicksMs; at++) {
      chmodSync(changed, 0o644);
      second = await copy(`2-${at}`, first.tree, []);
    }
    expect(readTree(second.tree)).toEqual(readTree(upper));
    const inode = (tree: string, name: string): number => lstatSync(join(tree, 'data', name)).ino;
    expect(inode(second.tree, 'kept')).toBe(inode(first.tree, 'kept'));
    for (const name of ['changed', 'mapped', 'swapped/x', 'other/x'])
      expect(inode(second.tree, name)).not.toBe(inode(first.tree, name));
    expect(second.files).toBe(4);
    // The next change of `changed` could have looked the same.
    const third = await copy('3', second.tree, []);
    expect(inode(third.tree, 'changed')).not.toBe(inode(second.tree, 'changed'));
    expect(inode(third.tree, 'mapped')).toBe(inode(second.tree, 'mapped'));
    expect(inode(upper, 'kept')).not.toBe(inode(third.tree, 'kept'));
  });
});

describe('diff', () => {
  it('finds exactly what a comparison of everything finds, between any two of a chain (property)', async () => {
    test = await TestFiles.open({ rootMode: true });
    await fc.assert(
      fc.asyncProperty(rounds(3), fc.nat(), fc.nat(), async (changes, from, to) => {
        const { chain, shown } = makeChain(changes);
        const [older, newer] = [from % shown.length, to % shown.length];
        const view = (index: number): string[] => chain.slice(chain.length - 1 - index);
        const touched = chain.slice(
          chain.length - 1 - Math.max(older, newer),
          chain.length - 1 - Math.min(older, newer),
        );
        const { differences } = await test.trees.diff(
          {
            before: { lower: view(older), upper: null },
            after: { lower: view(newer), upper: null },
            touched,
            contentBytes: 0,
            limit: 10_000,
          },
          test.scope,
        );
        const before = shown[older] ?? {};
        const after = shown[newer] ?? {};
        const different = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
          (name) => before[name] !== after[name],
        );
        expect([...new Set(differences.map((difference) => difference.path))].sort()).toEqual(different.sort());
      }),
      { numRuns: 150 },
    );
  }, 180_000);
});

describe('owners', () => {
  it('are the ids sandboxes map to: root and agent of the host template, agent for what is added', async () => {
    test = await TestFiles.open({ rootMode: true });
    const { layers } = await test.files.useTemplate('host', test.scope);
    const tree = test.tree(layers[0] ?? '');
    const owner = (host: string): number[] =>
      [lstatSync(host).uid, lstatSync(host).gid].map((id) => id - 1_879_048_192);
    for (const name of ['', 'etc', 'etc/passwd', 'bin', 'tmp', 'etc/ssl/certs'])
      expect([name, ...owner(join(tree, name))]).toEqual([name, 0, 0]);
    expect(owner(join(tree, 'home/agent'))).toEqual([1000, 1000]);
    // Its group is root's, so that root inside, which has no capability, can write there too.
    expect(owner(join(tree, 'workspace'))).toEqual([1000, 0]);
    const { id, upper } = await test.sandbox(layers);
    const source = join(test.home, 'repository');
    writeTree(source, { '.git/HEAD': 'ref', a: 'a' });
    await test.files.addDirectory(
      { sandbox: id, upper, source, path: '/workspace/project', user: 'agent' },
      test.scope,
    );
    expect(owner(test.upper(id))).toEqual([0, 0]);
    expect(owner(join(test.upper(id), 'workspace'))).toEqual([1000, 0]);
    for (const name of ['workspace/project', 'workspace/project/.git/HEAD'])
      expect(owner(join(test.upper(id), name))).toEqual([1000, 1000]);
    expect(existsSync(join(tree, 'etc/shadow'))).toBe(false);
  });

  it('of a directory template move up by the base, and past 65535 are refused', async () => {
    test = await TestFiles.open({ rootMode: true });
    const { chownSync } = await import('node:fs');
    const source = join(test.home, 'root');
    writeTree(source, { 'srv/x': 'x' });
    chownSync(join(source, 'srv/x'), 33, 34);
    const build = () =>
      test.files.buildTemplate({ name: 'r', from: 'directory', directory: source }, () => undefined, test.scope);
    const { layers } = await build();
    expect(lstatSync(join(test.tree(layers[0] ?? ''), 'srv/x'))).toMatchObject({
      uid: 1_879_048_192 + 33,
      gid: 1_879_048_192 + 34,
    });
    chownSync(join(source, 'srv/x'), 70_000, 34);
    await expect(build()).rejects.toThrow(/past the ids of a sandbox/);
    expect(readdirSync(join(test.home, 'layers'))).toEqual(layers);
  });
});
