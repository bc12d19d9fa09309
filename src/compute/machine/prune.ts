/**
 * What machines leave below home and nothing needs any more.
 *
 * 1. An image stays while a layer is there that it was made of, or a machine that lives or sleeps began with it.
 * 2. A saved memory stays while its image does and a create could find it: of the engine that is here now.
 * 3. A kernel stays while machines are booted with it. What a process that is gone was making goes.
 */
import { existsSync, join, lstat, readdir, readFileIfPresent, rm } from '../../base/index.ts';
import { layerDigest } from '../../filesystem/index.ts';
import type { MachinePlaces } from './places.ts';
import type { MachineRecord } from './record.ts';

const blockBytes = 512;

/** Whether an image at this path is needed. */
export async function imagesInUse(home: string): Promise<(path: string) => boolean> {
  const layers = await namesIn(join(home, 'layers'));
  const digests = await Promise.all(layers.map((id) => layerDigest(join(home, 'layers', id, 'tree')).catch(() => '')));
  const known = new Set(digests);
  const paths = new Set<string>();
  for (const id of await namesIn(join(home, 'sandboxes'))) {
    const directory = join(home, 'sandboxes', id);
    const lives = await read(join(directory, 'machine/machine.json'));
    const sleeps = await read(join(directory, 'memory/image.json'));
    // What cannot be read may need any of them.
    if (lives === 'damaged' || sleeps === 'damaged') return () => true;
    for (const path of [lives?.image?.path, sleeps?.record?.image?.path]) if (path !== undefined) paths.add(path);
  }
  return (path) => paths.has(path) || known.has((path.split('/').at(-1) ?? '').split('-')[0] ?? '');
}

type Found = Partial<MachineRecord> & { record?: Partial<MachineRecord> };

async function read(path: string): Promise<Found | 'damaged' | null> {
  const text = await readFileIfPresent(path);
  try {
    // Written by us only; of gVisor's image there is no record.
    return text === null ? null : (JSON.parse(text) as Found);
  } catch {
    return 'damaged';
  }
}

/** Those of a kit are other names. */
export async function pruneKernels({ kernels }: MachinePlaces, current: ReadonlySet<string>): Promise<number> {
  const old = (await namesIn(kernels)).filter((name) => /^[0-9a-f]{64}$/.test(name) && !current.has(name));
  return await removeAll(old.map((name) => join(kernels, name)));
}

/** Images and kernels under a name of their own until they are whole. */
export async function pruneUnfinished({ images, kernels }: MachinePlaces): Promise<number> {
  let freed = 0;
  for (const place of [images, kernels]) {
    const left = (await namesIn(place)).filter((name) => /\.\d+(\.\d+)?\.tmp$/.test(name) && !isOurs(name));
    freed += await removeAll(left.map((name) => join(place, name)));
  }
  return freed;
}

const isOurs = (name: string): boolean => name.split('.').includes(String(process.pid));

/** Answers how many bytes of disk they took. */
export async function removeAll(paths: readonly string[]): Promise<number> {
  let freed = 0;
  for (const path of paths) {
    freed += await takenBy(path);
    await rm(path, { recursive: true, force: true });
  }
  return freed;
}

async function takenBy(path: string): Promise<number> {
  const found = await lstat(path).catch(() => null);
  if (!found?.isDirectory()) return (found?.blocks ?? 0) * blockBytes;
  let bytes = found.blocks * blockBytes;
  for (const name of await readdir(path)) bytes += await takenBy(join(path, name));
  return bytes;
}

export const namesIn = async (directory: string): Promise<string[]> =>
  existsSync(directory) ? await readdir(directory) : [];
