import { execFileSync } from 'node:child_process';
import { chmodSync, linkSync, readdirSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { type Header, pack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collect, readTree, TestFiles, untar, writeTree } from '../../test/fixtures/file-store.ts';

let test: TestFiles;
let layers: string[];
beforeAll(async () => {
  test = await TestFiles.open();
  layers = await test.template('t', { 'data/base': 'base\n', lib: { link: 'usr/lib' }, 'usr/lib/x': 'x' });
});
afterAll(() => test.close());

const importInto = (tar: AsyncIterable<Uint8Array>, path = '/data') =>
  test.files.importFiles(tar, { tenant: 'a', template: 't', layers, path, name: null }, test.scope);

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

type Entry = Partial<Header> & { name: string; content?: string };

function tarOf(...entries: Entry[]): AsyncIterable<Uint8Array> {
  const tar = pack();
  for (const { content = '', ...header } of entries) tar.entry(header as never, content);
  tar.finalize();
  return tar as unknown as AsyncIterable<Uint8Array>;
}

describe('export', () => {
  it('gives what tar reads back: modes, times, links, long names, hard links', async () => {
    const long = `data/${'directory-with-a-long-name/'.repeat(6)}${'ü'.repeat(60)}`;
    const { id, upper } = await test.sandbox(layers);
    writeTree(test.upper(id), {
      'data/run': { content: '#!/bin/sh\n', mode: 0o755 },
      'data/large': Buffer.alloc(700_001, 'abc'),
      'data/empty': '',
      'data/link': { link: 'x'.repeat(150) },
      [long]: 'deep',
    });
    linkSync(join(test.upper(id), 'data/run'), join(test.upper(id), 'data/second'));
    utimesSync(join(test.upper(id), 'data/run'), 1_600_000_000, 1_600_000_000);
    const source = { layers, workspace: { sandbox: id, upper } };
    const out = join(test.home, 'exported');
    untar(await collect(test.files.exportFiles(source, { path: '/data' }, test.scope)), out);
    const expected = readTree(join(test.upper(id), 'data'));
    expect(readTree(out)).toEqual({ ...expected, base: 'file 644 base\n' });
    expect(statSync(join(out, 'run'))).toMatchObject({ nlink: 2, mtimeMs: 1_600_000_000_000 });
    const one = join(test.home, 'one');
    untar(await collect(test.files.exportFiles(source, { path: 'data/run' }, test.scope)), one);
    expect(readdirSync(one)).toEqual(['run']);
    await expect(collect(test.files.exportFiles(source, { path: '/nowhere' }, test.scope))).rejects.toMatchObject({
      code: 'file-not-found',
    });
  });

  it('stops the work when the reader leaves', async () => {
    for await (const piece of test.files.exportFiles({ layers, workspace: null }, {}, test.scope)) {
      expect(piece.length).toBeGreaterThan(0);
      break;
    }
  });
});

describe('import', () => {
  it('makes a snapshot that shows the same files, and is usable like any other', async () => {
    const source = join(test.home, 'to-import');
    writeTree(source, {
      'a/b': { content: 'b', mode: 0o755 },
      'a/link': { link: '../../..' },
      big: Buffer.alloc(300_000, 1),
    });
    linkSync(join(source, 'big'), join(source, 'same'));
    const snapshot = await importInto(
      once(execFileSync('tar', ['-cf', '-', '-C', source, '.'], { maxBuffer: 2 ** 26 })),
    );
    expect(snapshot).toMatchObject({
      method: 'import',
      sandbox: null,
      template: 't',
      layers: [snapshot.layers[0], ...layers],
    });
    const out = join(test.home, 'imported');
    untar(
      await collect(test.files.exportFiles({ layers: snapshot.layers, workspace: null }, { path: 'data' }, test.scope)),
      out,
    );
    expect(readTree(out)).toEqual({ ...readTree(source), base: 'file 644 base\n' });
    await test.files.verifyAgain(snapshot.layers, test.scope);
    expect((await test.sandbox(snapshot.layers)).layers).toEqual(snapshot.layers);
  });

  const outside = '/tmp/holdfast-import-escape';
  it.each<[string, Entry[], RegExp]>([
    ['an absolute name', [{ name: '/etc/passwd', content: 'x' }], /absolute/],
    ['a name with ..', [{ name: 'a/../../x', content: 'x' }], /leads out/],
    [
      'writing through a link',
      [
        { name: 'l', type: 'symlink', linkname: outside },
        { name: 'l/x', content: 'x' },
      ],
      /no directory/,
    ],
    [
      'a directory over a link',
      [
        { name: 'l', type: 'symlink', linkname: outside },
        { name: 'l', type: 'directory' },
      ],
      /something else/,
    ],
    ['a hard link to outside', [{ name: 'h', type: 'link', linkname: '../../../etc/passwd' }], /leads out/],
    [
      'a hard link to a link',
      [
        { name: 'l', type: 'symlink', linkname: '/etc/shadow' },
        { name: 'h', type: 'link', linkname: 'l' },
      ],
      /not in the tar/,
    ],
    ['a device', [{ name: 'd', type: 'character-device', devmajor: 1, devminor: 3 }], /character-device/],
    ['a pipe', [{ name: 'p', type: 'fifo' }], /fifo/],
    [
      'a file over a directory',
      [
        { name: 'd', type: 'directory' },
        { name: 'd', content: 'x' },
      ],
      /replace a directory/,
    ],
  ])('refuses %s and leaves nothing', async (_name, entries, message) => {
    const before = test.store.snapshots.listLayers().length;
    await expect(importInto(tarOf(...entries))).rejects.toThrow(message);
    expect(test.store.snapshots.listLayers()).toHaveLength(before);
    expect(readdirSync(join(test.home, 'layers'))).toHaveLength(before);
    expect(readdirSync('/tmp')).not.toContain('holdfast-import-escape');
  });

  it('leaves a directory that it has no entry of as it was, and takes one that it has as the entry says (3)', async () => {
    const under = await test.template('modes', { 'open/x': 'x', 'closed/y': 'y', 'other/z': 'z' });
    const below = test.tree(under[0] ?? '');
    chmodSync(join(below, 'open'), 0o1777);
    chmodSync(join(below, 'closed'), 0o550);
    const tar = tarOf(
      { name: 'open/a', content: 'a' },
      { name: 'closed/a', content: 'a' },
      { name: 'closed/deep/b', content: 'b' },
      { name: 'other/a', content: 'a' },
      { name: 'other', type: 'directory', mode: 0o700 },
    );
    const request = { tenant: 'a', template: 'modes', layers: under, path: '/', name: null };
    const { layers: chain } = await test.files.importFiles(tar, request, test.scope);
    const of = (path: string) => statSync(join(test.tree(chain[0] ?? ''), path));
    const modes = ['open', 'closed', 'closed/deep', 'other'].map((path) => (of(path).mode & 0o7777).toString(8));
    expect(modes).toEqual(['1777', '550', '755', '700']);
  });

  it('lets the last of two entries win, and refuses a directory over a link of the template', async () => {
    const { layers: chain } = await importInto(
      tarOf({ name: 'a', content: '1' }, { name: 'a', type: 'symlink', linkname: 'b' }, { name: 'a', content: '2' }),
    );
    expect(readTree(join(test.tree(chain[0] ?? ''), 'data'))).toEqual({ a: 'file 644 2' });
    await expect(importInto(tarOf({ name: 'lib/x', content: 'x' }), '/')).rejects.toThrow(
      /\/lib, which is none in the template/,
    );
    await expect(importInto(tarOf({ name: 'x', content: 'x' }), '/lib')).rejects.toMatchObject({
      code: 'not-a-directory',
    });
    await expect(importInto(tarOf({ name: 'x', content: 'x' }), '/a/../b')).rejects.toMatchObject({
      code: 'not-a-directory',
    });
  });

  it('refuses what is no tar, one that ends early, and a source that fails', async () => {
    await expect(importInto(once(Buffer.alloc(4096, 'x')))).rejects.toMatchObject({ code: 'invalid-argument' });
    const whole = await collect(tarOf({ name: 'a', content: 'x'.repeat(5000) }));
    await expect(importInto(once(whole.subarray(0, 2000)))).rejects.toMatchObject({ code: 'invalid-argument' });
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield whole.subarray(0, 1000);
      throw new Error('connection lost');
    }
    await expect(importInto(failing())).rejects.toThrow('connection lost');
  });
});
