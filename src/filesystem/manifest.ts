/**
 * What is written beside a sealed tree: `manifest.json`, and `entries` with one line per path, which is read only to name
 * the path that no longer matches.
 */
import { basename, dirname, join, readFileIfPresent, writeFileAtomic } from '../base/index.ts';
import { HoldfastError } from '../schema/index.ts';
import type { ScanEntry, TemplateBind } from './types.ts';

export const layerFormat = 1;

export interface Manifest {
  format: typeof layerFormat;
  id: string;
  parentLayer: string | null;
  /** Prefix of the overlay's extended attributes in the tree: `trusted.` or `user.`. */
  xattrPrefix: string;
  /** sha256 over the tree's canonical listing, hex; guest/layers/scan.c defines it. */
  digest: string;
  files: number;
  bytes: number;
  createdAt: string;
  sealed: true;
  /** Of a template's base: directories of the machine shown read-only on top. */
  binds: TemplateBind[];
}

export async function writeManifest(directory: string, manifest: Manifest, entries: string): Promise<void> {
  await writeFileAtomic(join(directory, 'entries'), entries);
  await writeFileAtomic(join(directory, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** Throws `snapshot-corrupt` when there is none, or one this version cannot read. */
export async function readManifest(directory: string, id: string): Promise<Manifest> {
  const text = await readFileIfPresent(join(directory, 'manifest.json'));
  if (text === null) throw corrupt(id, 'is not there');
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch (error) {
    throw corrupt(id, 'has a damaged manifest', error);
  }
  if (!isManifest(found) || found.id !== id) throw corrupt(id, 'has a manifest of another format');
  return found;
}

/** sha256 of the sealed layer whose tree this is, hex; every byte of it counts. */
export async function layerDigest(tree: string): Promise<string> {
  const directory = dirname(tree);
  const { digest, binds } = await readManifest(directory, basename(directory));
  if (binds.length === 0) return digest;
  throw new HoldfastError(
    'invalid-argument',
    'a template that shows directories of this machine is no image of its own',
    {
      hint: 'Use one with files of its own: holdfast template build debian --debian bookworm',
    },
  );
}

function isManifest(found: unknown): found is Manifest {
  if (typeof found !== 'object' || found === null) return false;
  const fields = found as Record<string, unknown>;
  return (
    fields['format'] === layerFormat &&
    fields['sealed'] === true &&
    typeof fields['id'] === 'string' &&
    typeof fields['digest'] === 'string' &&
    Array.isArray(fields['binds'])
  );
}

export function corrupt(id: string, what: string, cause?: unknown): HoldfastError {
  return new HoldfastError('snapshot-corrupt', `layer ${id} ${what}`, {
    hint: 'Use another snapshot or rebuild the template; the files of this one cannot be trusted.',
    details: { layer: id },
    ...(cause === undefined ? {} : { cause }),
  });
}

export function entryLine(entry: ScanEntry): string {
  const { path, type, mode, uid, gid, size, mtimeNs, opaque, redirect, target, digest } = entry;
  return JSON.stringify([path, type, mode, uid, gid, size, String(mtimeNs), opaque, redirect, target, digest]);
}

/** The first path at which two listings differ, and what each says of it; `null` where one has no such line. */
export function firstDifference(
  before: string[],
  after: string[],
): { path: string; before: string | null; after: string | null } | null {
  const expected = new Map(before.map((line) => [pathOf(line), line]));
  for (const line of after) {
    const path = pathOf(line);
    const known = expected.get(path) ?? null;
    if (known !== line) return { path, before: known, after: line };
    expected.delete(path);
  }
  for (const [path, line] of expected) return { path, before: line, after: null };
  return null;
}

function pathOf(line: string): string {
  const found: unknown = JSON.parse(line);
  return Array.isArray(found) && typeof found[0] === 'string' ? found[0] : '';
}
