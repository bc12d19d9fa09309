/** Disks of templates that were made before; no program is needed to find them whole, or not. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OwnedScope, rootScope } from '../../base/index.ts';
import { digestOf } from '../file-digest.ts';
import { Images } from './images.ts';

let home: string;
let tree: string;
let path: string;
let images: Images;
let scope: OwnedScope;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'hf-images-'));
  tree = join(home, 'layers/base/tree');
  mkdirSync(tree, { recursive: true });
  const manifest = { format: 1, sealed: true, id: 'base', digest: 'd', binds: [] };
  writeFileSync(join(home, 'layers/base/manifest.json'), JSON.stringify(manifest));
  path = join(home, 'd-moved.squashfs');
  scope = rootScope({ name: 'test', timeoutMs: 10_000 });
  await put('a disk');
  images = new Images({ binary: '/nowhere', directory: home, mode: 'root' });
});
afterEach(async () => {
  await scope.close();
  rmSync(home, { recursive: true });
});

async function put(content: string): Promise<void> {
  writeFileSync(path, content);
  writeFileSync(`${path}.sha256`, `${await digestOf(path, scope)}\n`);
}

describe('an image', () => {
  it('is everybody’s who asks for it, also when whoever asked first has given up', async () => {
    const short = scope.child({ name: 'short' });
    const first = images.of(tree, 'moved', short);
    first.catch(() => undefined);
    const second = images.of(tree, 'moved', scope);
    await short.close();
    await expect(first).rejects.toMatchObject({ code: 'cancelled' });
    expect(await second).toMatchObject({ path });
  });

  it('is refused to a machine that was made with another, or when it is gone', async () => {
    const image = await images.of(tree, 'moved', scope);
    await images.check(image, scope);
    const refusal = { code: 'snapshot-corrupt', details: { path } };
    await expect(images.check({ path, digest: 'another' }, scope)).rejects.toMatchObject(refusal);
    writeFileSync(path, 'another');
    // Read once: by another process it is read again.
    await images.check(image, scope);
    const later = new Images({ binary: '/nowhere', directory: home, mode: 'root' });
    await expect(later.check(image, scope)).rejects.toMatchObject(refusal);
    rmSync(path);
    await expect(images.check(image, scope)).rejects.toMatchObject(refusal);
    await put('a disk');
    await later.check(image, scope);
  });
});
