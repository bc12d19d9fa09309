import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../../test/fixtures/cli.ts';
import { directoryService } from '../../test/fixtures/directory-service.ts';
import { closest } from '../base/suggest.ts';
import { packDirectory } from './pack.ts';
import { relocate, splitPatch } from './patch.ts';
import { unpackInto } from './unpack.ts';
import { parseValue } from './values.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-copy-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

interface Item {
  name: string;
  type?: 'file' | 'directory' | 'symlink' | 'link' | 'fifo' | 'character-device';
  linkname?: string;
  text?: string;
  mode?: number;
}

function tarOf(items: Item[]): AsyncIterable<Uint8Array> {
  const tar = pack();
  for (const { text = '', ...header } of items) {
    if (header.type === undefined || header.type === 'file') tar.entry({ type: 'file', ...header }, text);
    else tar.entry({ ...header, size: 0 });
  }
  tar.finalize();
  return tar as AsyncIterable<Uint8Array>;
}

const target = (): string => join(directory, 'out');
const nothingElse = async (): Promise<void> =>
  expect((await readdir(directory)).filter((name) => name.includes('holdfast-'))).toEqual([]);

describe('unpacking what a sandbox sent', () => {
  it('lays down files, directories, symlinks and hard links, and leaves devices out', async () => {
    const tar = tarOf([
      { name: 'd', type: 'directory', mode: 0o500 },
      { name: 'd/file', text: 'hello', mode: 0o4755 },
      { name: 'd/link', type: 'symlink', linkname: '/etc/passwd' },
      { name: 'hard', type: 'link', linkname: 'd/file' },
      { name: 'pipe', type: 'fifo' },
      { name: 'null', type: 'character-device' },
    ]);
    expect(await unpackInto(tar, target())).toMatchObject({ files: 2, bytes: 5, skipped: ['pipe', 'null'] });
    expect(await readFile(join(target(), 'hard'), 'utf8')).toBe('hello');
    expect((await lstat(join(target(), 'd/file'))).mode & 0o7777).toBe(0o755);
    expect(await readlink(join(target(), 'd/link'))).toBe('/etc/passwd');
    await nothingElse();
  });

  it.each([
    ['climbs', [{ name: '../evil', text: 'x' }]],
    ['climbs from inside', [{ name: 'a/../../evil', text: 'x' }]],
    ['links hard to a climbing path', [{ name: 'a', type: 'link', linkname: '../../etc/passwd' }]],
    [
      'writes through its own symlink',
      [
        { name: 'a', type: 'symlink', linkname: '/tmp' },
        { name: 'a/evil', text: 'x' },
      ],
    ],
    [
      'names a file twice',
      [
        { name: 'a', text: 'x' },
        { name: 'a', text: 'y' },
      ],
    ],
    [
      'links hard to a symlink',
      [
        { name: 'a', type: 'symlink', linkname: '/etc/passwd' },
        { name: 'b', type: 'link', linkname: 'a' },
      ],
    ],
    [
      'makes a directory of a file',
      [
        { name: 'a', text: 'x' },
        { name: 'a/b', text: 'y' },
      ],
    ],
  ] as [string, Item[]][])('writes nothing of an archive that %s', async (_, items) => {
    await expect(unpackInto(tarOf(items), target())).rejects.toMatchObject({
      code: expect.stringMatching(/path-outside|guest-protocol/),
    });
    expect(await readdir(directory)).toEqual([]);
  });

  it('takes an absolute path as one below the target', async () => {
    await unpackInto(tarOf([{ name: '/etc/evil', text: 'x' }]), target());
    expect(await readFile(join(target(), 'etc/evil'), 'utf8')).toBe('x');
  });

  it('joins an existing directory without following its symlinks', async () => {
    await mkdir(join(target(), 'd'), { recursive: true });
    await writeFile(join(target(), 'd/mine'), 'kept');
    await symlink('/tmp', join(target(), 'away'));
    await unpackInto(tarOf([{ name: 'd/theirs', text: 'x' }]), target());
    expect((await readdir(join(target(), 'd'))).sort()).toEqual(['mine', 'theirs']);
    await expect(unpackInto(tarOf([{ name: 'away/evil', text: 'x' }]), target())).rejects.toMatchObject({
      code: 'not-a-directory',
    });
    await nothingElse();
  });
});

describe('packing and copying', () => {
  it('brings a tree back as it went in', async () => {
    const source = join(directory, 'source');
    await mkdir(join(source, 'sub'), { recursive: true });
    await writeFile(join(source, 'sub/file'), 'x'.repeat(300_000), { mode: 0o640 });
    await symlink('sub/file', join(source, 'link'));
    const { tar, packed } = packDirectory(source);
    await unpackInto(tar, target());
    expect(packed).toEqual({ files: 1, bytes: 300_000, skipped: [] });
    expect((await lstat(join(target(), 'sub/file'))).mode & 0o777).toBe(0o640);
    expect(await readlink(join(target(), 'link'))).toBe('sub/file');
    await expect(unpackInto(packDirectory(join(directory, 'none')).tar, target())).rejects.toMatchObject({
      code: 'file-not-found',
    });
  });

  it('copies files and directories both ways, by the rules of cp', async () => {
    await using service = await directoryService();
    const { id } = await service.createSandbox({});
    await mkdir(join(directory, 'src'));
    await writeFile(join(directory, 'src/a'), 'from here');
    const cp = (from: string, to: string): ReturnType<typeof runCli> =>
      runCli(['cp', '--json', from, to], service, { directory });
    expect((await cp('src/a', `${id}:/workspace`)).stdout).toContain('/workspace/a');
    expect((await cp('src', `${id}:/workspace`)).status).toBe(0);
    expect((await cp(`${id}:/workspace/src/a`, 'back')).status).toBe(0);
    expect(await readFile(join(directory, 'back'), 'utf8')).toBe('from here');
    expect((await cp(`${id}:/workspace/src`, 'tree')).status).toBe(0);
    expect(await readFile(join(directory, 'tree/a'), 'utf8')).toBe('from here');
    expect((await cp(`${id}:/workspace/src`, '.')).status).toBe(0);
    expect((await cp('none', `${id}:x`)).status).toBe(3);
    expect((await cp(`${id}:/workspace/none`, '.')).status).toBe(3);
    expect((await cp('a', 'b')).status).toBe(2);
    expect((await cp(`${id}:a`, 'none/deep/b')).status).toBe(3);
    await nothingElse();
  });
});

describe('reading patches', () => {
  const patch =
    'diff --git a/workspace/x b/workspace/x\n--- a/workspace/x\n+++ b/workspace/x\n@@ -1,2 +1,2 @@\n--- a/workspace/looks like a head\n+new\n same\n';

  it('counts lines by the hunks’ own numbers and moves only heads', () => {
    const [file] = splitPatch(patch);
    expect(file).toMatchObject({ path: 'workspace/x', added: 1, removed: 1, binary: false });
    const moved = file && relocate(file, '/workspace');
    expect(moved?.path).toBe('x');
    expect(moved?.text).toBe(patch.replaceAll('a/workspace/x', 'a/x').replaceAll('b/workspace/x', 'b/x'));
  });
});

describe('small words', () => {
  it.each([
    ['snapshto', 'snapshot'],
    ['pss', 'ps'],
    ['rollbak', 'rollback'],
    ['snap', 'snapshot'],
    ['zzz', null],
  ])('%s is meant as %s', (word, meant) => {
    expect(closest(word, ['ps', 'snapshot', 'rollback', 'rm'])).toBe(meant);
  });

  it.each([
    ['size', '512m', 2 ** 29],
    ['size', '2GiB', 2 ** 31],
    ['size', '100', 100],
    ['duration', '90', 90_000],
    ['duration', '1.5h', 5_400_000],
    ['duration', '250ms', 250],
    ['number', '0.5', 0.5],
    ['whole', '3', 3],
  ] as const)('%s %s', (kind, text, value) => {
    expect(parseValue(kind, '--x', text)).toBe(value);
  });

  it.each(['0.5', '-1', 'abc', '1e3', '1234567890123456'])('is no whole number: %s', (text) => {
    expect(() => parseValue('whole', '--seed', text)).toThrow(
      expect.objectContaining({
        message: `--seed does not take "${text}"`,
        hint: 'It takes a whole number such as 2.',
      }),
    );
  });
});
