/** Pins docs/design/store-format.md: names, manifest, listing and digest, computed here once more, independently. */
import { createHash } from 'node:crypto';
import { ftruncateSync, lstatSync, openSync, readdirSync, readFileSync, readlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { TestFiles, writeTree } from '../../test/fixtures/file-store.ts';

let test: TestFiles | null = null;
afterEach(async () => {
  await test?.close();
  test = null;
});

function sha256(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function contentDigest(content: Buffer): string {
  if (content.length <= 16 * 2 ** 20) return sha256(content);
  const hash = createHash('sha256');
  for (let chunk = 0; chunk * 65_536 < content.length; chunk++) {
    const bytes = content.subarray(chunk * 65_536, (chunk + 1) * 65_536);
    if (bytes.some((byte) => byte !== 0)) hash.update(u64(chunk)).update(bytes);
  }
  return hash.update(u64(content.length)).digest('hex');
}

/** Of an ordinary user's store without marks. */
function listing(root: string, path = ''): string {
  const host = join(root, path);
  const stat = lstatSync(host, { bigint: true });
  const type = stat.isDirectory() ? 'd' : stat.isSymbolicLink() ? 'l' : 'f';
  const size = type === 'f' ? stat.size : 0n;
  const content = type === 'f' ? contentDigest(readFileSync(host)) : '-';
  const target = type === 'l' ? readlinkSync(host) : '';
  const line = `${type} ${(stat.mode & 0o7777n).toString(8)} 0 0 ${size} ${stat.mtimeNs} 0 ${content} ${path}\0${target}\0`;
  if (type !== 'd') return line;
  const names = readdirSync(host).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return line + names.map((name) => listing(root, path === '' ? name : `${path}/${name}`)).join('');
}

it('digests the canonical listing', async () => {
  test = await TestFiles.open();
  const source = join(test.home, 'listed');
  writeTree(source, {
    'a/b': 'b',
    'a.b': '',
    Z: 'z',
    'ä ö': 'x',
    link: { link: 'a/b' },
    run: { content: 'r', mode: 0o755 },
    empty: null,
    block: Buffer.alloc(200_000, 3),
  });
  const large = openSync(join(source, 'large'), 'w');
  ftruncateSync(large, 20_000_001);
  writeSync(large, 'data', 7_000_000);
  const scanned = await test.trees.scan(source, { digests: true }, test.scope);
  expect(scanned.digest).toBe(sha256(listing(source)));
  expect(scanned.files).toBe(8);
});

it('digests a sparse file of a terabyte in no time', async () => {
  test = await TestFiles.open();
  const source = join(test.home, 'sparse');
  writeTree(source, { x: '' });
  const file = openSync(join(source, 'x'), 'w');
  ftruncateSync(file, 2 ** 40);
  writeSync(file, 'end', 2 ** 40 - 3);
  const hash = createHash('sha256')
    .update(u64(2 ** 24 - 1))
    .update(Buffer.concat([Buffer.alloc(65_533), Buffer.from('end')]))
    .update(u64(2 ** 40));
  const found: (string | null)[] = [];
  await test.trees.scan(source, { digests: true }, test.scope, (entry) => found.push(entry.digest));
  expect(found).toEqual([null, hash.digest('hex')]);
});

it('writes what the page says', async () => {
  test = await TestFiles.open();
  const layers = await test.template('t', { 'data/a': 'a' });
  const { id } = await test.sandbox(layers);
  writeTree(test.upper(id), { 'data/b': 'b' });
  const snapshot = await test.rotate(id);
  const [layer = ''] = snapshot.layers;
  await test.files.settle();
  expect(
    readdirSync(test.home)
      .filter((name) => !name.startsWith('state.db'))
      .sort(),
  ).toEqual(['layers', 'sandboxes', 'staging', 'trash']);
  expect(readdirSync(join(test.home, 'layers', layer)).sort()).toEqual([
    'entries',
    'intent.json',
    'manifest.json',
    'tree',
  ]);
  expect(readdirSync(join(test.home, 'sandboxes', id))).toEqual(['2']);
  expect(readdirSync(join(test.home, 'sandboxes', id, '2')).sort()).toEqual(['upper', 'work']);
  const manifest: unknown = JSON.parse(readFileSync(join(test.home, 'layers', layer, 'manifest.json'), 'utf8'));
  expect(manifest).toEqual({
    format: 1,
    id: layer,
    parentLayer: layers[0],
    xattrPrefix: 'user.',
    digest: snapshot.digest,
    files: 1,
    bytes: 1,
    createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
    sealed: true,
    binds: [],
  });
  expect(snapshot.digest).toBe(sha256(listing(test.tree(layer))));
  const entries = readFileSync(join(test.home, 'layers', layer, 'entries'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown[]);
  expect(entries.map(([path, type]) => [path, type])).toEqual([
    ['', 'directory'],
    ['data', 'directory'],
    ['data/b', 'file'],
  ]);
  expect(entries[2]?.at(-1)).toBe(sha256('b'));
  expect(JSON.parse(readFileSync(join(test.home, 'layers', layer, 'intent.json'), 'utf8'))).toEqual({
    sandbox: id,
    upper: '1',
    freshUpper: '2',
    layers,
  });
});
