/**
 * What a template is warmed by: programs in its `/etc/holdfast/warm.d`. They are files of the template, so its digest is theirs too,
 * and that of whatever is made of it. compute/warm.ts runs them.
 *
 * 1. What could not be run is refused when the template is built: nobody is to find out later that it starts cold.
 * 2. No link of the template is followed on the machine.
 */
import { chmod, join, lstat, readdir, writeFile } from '../base/index.ts';
import { HoldfastError, type WarmScript } from '../schema/index.ts';
import { insideIds } from './owner.ts';
import { ensureDirectory, lookAt, own, place } from './template-frame.ts';
import type { StoreContext } from './types.ts';

/** Inside. */
export const warmPlace = '/etc/holdfast/warm.d';
/** From the root of a tree, one below the other. */
const places = ['etc', 'etc/holdfast', 'etc/holdfast/warm.d'];
const mostPrograms = 32;
const mostScriptBytes = 256 * 1024;
/** It is that of a process as well, behind a word. */
const usableName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,47}$/;

/** Adds a script to a tree that is being filled. */
export async function placeWarm(context: StoreContext, tree: string, { name, text }: WarmScript): Promise<void> {
  if (!usableName.test(name)) throw badName(name);
  if (!text.startsWith('#!') || Buffer.byteLength(text) > mostScriptBytes) {
    throw new HoldfastError('invalid-argument', `${name} is no script to warm a template by`, {
      hint: `Its first line says what runs it, such as #!/bin/sh, and it has at most ${mostScriptBytes / 1024} KiB.`,
    });
  }
  for (const path of places) await ensureDirectory(context, tree, place(path));
  const path = join(tree, warmPlace, name);
  if (await lookAt(path)) {
    throw new HoldfastError('file-exists', `the template has ${warmPlace}/${name} already`, {
      hint: 'Give the script another name, or leave that file out.',
    });
  }
  await writeFile(path, text, { flag: 'wx' });
  await chmod(path, 0o755);
  await own(context, path, insideIds.root);
}

/** The names of what is there, in the order in which it is run. */
export async function warmNames(tree: string): Promise<string[]> {
  for (const path of places) {
    const found = await lookAt(join(tree, path));
    if (!found) return [];
    if (!found.isDirectory()) throw unusable(`/${path}`, 'is no directory', 'Make it one.');
  }
  const names = (await readdir(join(tree, warmPlace))).sort();
  if (names.length > mostPrograms) {
    throw unusable(warmPlace, `has ${names.length} files`, `It may have ${mostPrograms}: let one call the others.`);
  }
  for (const name of names) {
    if (!usableName.test(name)) throw badName(name);
    const found = await lstat(join(tree, warmPlace, name));
    if (found.isFile() && (found.mode & 0o111) !== 0) continue;
    throw unusable(`${warmPlace}/${name}`, 'is no executable file', 'chmod +x it, or keep it elsewhere.');
  }
  return names;
}

function badName(name: string): HoldfastError {
  return unusable(
    `${warmPlace}/${JSON.stringify(name)}`,
    'has a name that cannot be used',
    'Use letters, digits, dots, underscores and hyphens, at most 48.',
  );
}

function unusable(path: string, what: string, hint: string): HoldfastError {
  return new HoldfastError('invalid-argument', `${path} of the template ${what}`, { hint });
}
