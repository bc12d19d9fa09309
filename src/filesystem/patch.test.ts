import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Files, readTree, TestFiles, writeTree } from '../../test/fixtures/file-store.ts';
import { textOf } from './patch.ts';

let test: TestFiles;
beforeAll(async () => {
  test = await TestFiles.open();
});
afterAll(() => test.close());

let count = 0;

/** The patch between two sets of files, and what `git apply` makes of the first with it. */
async function applied(
  before: Files,
  after: Files,
): Promise<{ patch: string; result: Record<string, string>; wanted: Record<string, string> }> {
  const place = join(test.home, `patch-${count++}`);
  const layers = await test.template(`t-${count}`, { 'data/keep': 'kept\n', ...prefixed(before) });
  const old = await test.sandbox(layers);
  const changed = join(test.upper(old.id), 'data');
  const tree = join(test.tree(layers[0] ?? ''), 'data');
  const wanted = join(place, 'wanted');
  writeTree(wanted, { keep: 'kept\n', ...after });
  // A whole new directory stands for the change: the template's own is compared with it through `template`.
  const next = await test.template(`u-${count}`, { 'data/keep': 'kept\n', ...prefixed(after) });
  const patch = await test.files.patch(
    { layers, workspace: null },
    { layers: next, workspace: null },
    { path: '/data' },
    test.scope,
  );
  const work = join(place, 'work');
  mkdirSync(work, { recursive: true });
  cpSync(tree, join(work, 'data'), { recursive: true, verbatimSymlinks: true });
  if (patch !== '')
    execFileSync('git', ['apply', '--whitespace=nowarn', '-'], {
      cwd: work,
      input: patch,
      env: { ...process.env, GIT_CEILING_DIRECTORIES: place },
    });
  rmSync(changed, { recursive: true, force: true });
  return { patch, result: gitView(join(work, 'data')), wanted: gitView(wanted) };
}

/** What git itself says. */
function gitDiff(before: Files, after: Files): string {
  const work = join(test.home, `git-${count++}`);
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: work, encoding: 'utf8' });
  writeTree(join(work, 'data'), before);
  git('init', '-q');
  git('add', '-A');
  const tree = git('write-tree').trim();
  rmSync(join(work, 'data'), { recursive: true });
  writeTree(join(work, 'data'), after);
  git('add', '-A');
  return git('diff', '--cached', '--full-index', '--no-renames', tree).replace(/^(@@ .* @@).*$/gm, '$1');
}

/** What git knows of a tree: no directories, and of modes only the executable bit. */
function gitView(root: string): Record<string, string> {
  const entries = Object.entries(readTree(root)).filter(([, value]) => !value.startsWith('directory'));
  return Object.fromEntries(
    entries.map(([path, value]) => [
      path,
      value.replace(/^file (\d+)/, (_, mode: string) => `file ${Number.parseInt(mode, 8) & 0o100}`),
    ]),
  );
}

const prefixed = (files: Files): Files =>
  Object.fromEntries(Object.entries(files).map(([path, value]) => [`data/${path}`, value]));

describe('a patch', () => {
  it('is what git writes', async () => {
    const lines = (count: number): string[] => Array.from({ length: count }, (_, line) => `${line}\n`);
    const before = {
      'a.txt': lines(40).join(''),
      'gone.txt': 'x',
      run: { content: '#!/bin/sh\n', mode: 0o644 },
      l: { link: 'a' },
    };
    const changed = lines(40).toSpliced(3, 1, 'three\n').toSpliced(30, 0, 'more\n');
    const after = {
      'a.txt': changed.join(''),
      'new file.txt': 'y',
      run: { content: 'exit\n', mode: 0o755 },
      l: { link: 'b' },
      e: '',
    };
    const { patch } = await applied(before, after);
    expect(patch).toBe(gitDiff(before, after));
  });

  it.each<[string, Files, Files]>([
    [
      'binary files',
      { b: Buffer.from([0, 1, 2, 3]) },
      { b: Buffer.from([0, 255, 7]), c: Buffer.alloc(200_000, 7), d: Buffer.from([255, 254]) },
    ],
    [
      'links, and files that become links',
      { l: { link: 'a' }, f: 'text\n' },
      { l: { link: 'b' }, f: { link: '/etc' }, n: { link: 'x' } },
    ],
    ['empty files', { a: '', b: 'x\n' }, { b: '', c: '' }],
    [
      'names with quotes, spaces and umlauts',
      { 'a "b\\c': '1\n', 'ü ä': '1\n' },
      { 'a "b\\c': '2\n', 'ü ä': '2', 'tab\there': 'x' },
    ],
    ['a missing last newline on either side', { a: 'x\ny', b: 'x\n' }, { a: 'x\ny\n', b: 'x' }],
    ['a directory that becomes a file', { 'd/x': '1\n', 'd/y': '2\n' }, { d: 'file\n' }],
    [
      'carriage returns and no UTF-8',
      { a: 'x\r\ny\r\n', b: Buffer.from('caf\xe9\n', 'latin1') },
      { a: 'x\r\nz\r\n', b: Buffer.from('caf\xe8\n', 'latin1') },
    ],
  ])('carries %s', async (_name, before, after) => {
    const { result, wanted } = await applied(before, after);
    expect(result).toEqual(wanted);
  });

  it('turns any small tree into any other (property)', async () => {
    const content = fc.oneof(
      fc.array(fc.constantFrom('a\n', 'b\n', 'c\n', 'dd\n', '\n'), { maxLength: 30 }).map((lines) => lines.join('')),
      fc.string({ maxLength: 20 }),
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    );
    const files = fc.dictionary(fc.constantFrom('a', 'b', 'c d', 'x/y', 'x/z'), content, { maxKeys: 5 });
    await fc.assert(
      fc.asyncProperty(files, files, async (before, after) => {
        const { result, wanted } = await applied({ ...before }, { ...after });
        expect(result).toEqual(wanted);
      }),
      { numRuns: 25 },
    );
  });

  it('is refused for a file too large for one', async () => {
    const layers = await test.template('large', { 'data/a': 'x' });
    const next = await test.template('larger', { 'data/a': Buffer.alloc(9 * 2 ** 20) });
    const patch = test.files.patch({ layers, workspace: null }, { layers: next, workspace: null }, {}, test.scope);
    await expect(patch).rejects.toMatchObject({ code: 'file-too-large', details: { path: '/data/a' } });
  });
});

it('text is UTF-8 without NUL, at most a megabyte', () => {
  expect(textOf(Buffer.from('ü\n'))).toBe('ü\n');
  expect(textOf(Buffer.from([0xc3]))).toBeNull();
  expect(textOf(Buffer.from([65, 0]))).toBeNull();
  expect(textOf(Buffer.alloc(2 ** 20 + 1, 65))).toBeNull();
});

describe('a difference', () => {
  it('has kind, type, sizes and modes, and can be narrowed to a path', async () => {
    const layers = await test.template('d', { 'data/a': 'one', 'data/m': 'm', 'data/x/y': 'y', 'other/z': 'z' });
    const { id, upper } = await test.sandbox(layers);
    writeTree(test.upper(id), { 'data/a': 'three', 'data/new/file': 'n', 'data/m': 'm', 'other/z': 'Z' });
    chmodSync(join(test.upper(id), 'data/m'), 0o755);
    const from = { layers, workspace: null };
    const to = { layers, workspace: { sandbox: id, upper } };
    expect(await test.files.diff(from, to, { path: '/data/' }, test.scope)).toEqual([
      {
        path: '/data/a',
        kind: 'modified',
        type: 'file',
        sizeBefore: 3,
        sizeAfter: 5,
        modeBefore: 0o644,
        modeAfter: 0o644,
      },
      { path: '/data/m', kind: 'mode', type: 'file', sizeBefore: 1, sizeAfter: 1, modeBefore: 0o644, modeAfter: 0o755 },
      {
        path: '/data/new',
        kind: 'added',
        type: 'directory',
        sizeBefore: null,
        sizeAfter: 0,
        modeBefore: null,
        modeAfter: 0o755,
      },
      {
        path: '/data/new/file',
        kind: 'added',
        type: 'file',
        sizeBefore: null,
        sizeAfter: 1,
        modeBefore: null,
        modeAfter: 0o644,
      },
    ]);
    expect(await test.files.diff(from, from, {}, test.scope)).toEqual([]);
    expect(await test.files.diff(to, to, {}, test.scope)).toEqual([]);
    expect(await test.files.diff(to, from, { path: 'other' }, test.scope)).toMatchObject([
      { path: '/other/z', kind: 'modified' },
    ]);
  });
});
