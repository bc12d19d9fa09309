/** Numbers refer to the invariants of key-file.ts. */
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createKeyFile, loadOrMakeKey } from './key-file.ts';
import { systemRandom } from './random.ts';

let home = '';
let path = '';
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'hf-key-'));
  path = join(home, 'a.key');
});
afterEach(() => rm(home, { recursive: true, force: true }));

const load = (): Promise<Uint8Array> => loadOrMakeKey({ path, bytes: 32, hint: 'Restore it.' }, systemRandom);

it('is made once, whole, for its owner only, and nothing else is left (1)', async () => {
  const key = await load();
  expect(key).toHaveLength(32);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(Buffer.from(await load()).equals(key)).toBe(true);
  expect(await readdir(home)).toEqual(['a.key']);
});

it('is one for all who make it at once (1)', async () => {
  const keys = await Promise.all(Array.from({ length: 8 }, load));
  expect(new Set(keys.map((key) => Buffer.from(key).toString('hex'))).size).toBe(1);
  expect(Buffer.from(keys[0] ?? []).equals(await readFile(path))).toBe(true);
  expect(await readdir(home)).toEqual(['a.key']);
});

it('never takes the place of another (1)', async () => {
  const key = await load();
  await expect(createKeyFile(path, new Uint8Array(32))).rejects.toMatchObject({ code: 'EEXIST' });
  expect((await readFile(path)).equals(key)).toBe(true);
});

it('is made where a death left half of one before it had its name (1)', async () => {
  await writeFile(`${path}.${'0'.repeat(16)}.tmp`, 'half');
  expect(await load()).toHaveLength(32);
});

it.each<[string, () => Promise<unknown>, string, string]>([
  ['is empty', () => writeFile(path, '', { mode: 0o600 }), 'not 32 bytes', 'Restore it'],
  ['is longer', () => writeFile(path, 'x'.repeat(33), { mode: 0o600 }), 'not 32 bytes', 'Restore it'],
  ['is no file', () => mkdir(path, { mode: 0o700 }), 'no regular file', 'file itself'],
  ['is a link, to nowhere too', () => symlink('nowhere', path), 'symbolic link', 'file itself'],
  ['others may read', () => load().then(() => chmod(path, 0o644)), 'mode 0644', 'chmod 600'],
  [
    'is below a file',
    () => {
      path = join(home, 'file', 'a.key');
      return writeFile(join(home, 'file'), '');
    },
    'ENOTDIR',
    '',
  ],
])('that %s is refused with the fix, and no other is made (2)', async (_what, spoil, message, hint) => {
  await spoil();
  await expect(load()).rejects.toMatchObject({
    code: 'state-unusable',
    message: expect.stringContaining(message),
    hint: expect.stringContaining(hint),
  });
});
