/** Captures that a run keeps in a directory and a later one finds there: then only the comparisons are made anew. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Profile, parseProfile } from '../../src/contract/index.ts';

/** Null where there is none, or nothing is to be kept. */
export async function keptProfile(path: string | undefined): Promise<Profile | null> {
  if (path === undefined) return null;
  const text = await readFile(path, 'utf8').catch(() => null);
  return text === null ? null : parseProfile(text, path);
}

export async function keepProfile(path: string | undefined, profile: Profile): Promise<void> {
  if (path === undefined) return;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, JSON.stringify(profile));
}
