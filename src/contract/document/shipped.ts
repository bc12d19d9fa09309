/** Contracts that ship with Holdfast, by name: `coding-agent/1.0.0`, or `coding-agent` for the newest of them. */
import { join, readdir, readFile } from '../../base/index.ts';
import { HoldfastError } from '../../schema/index.ts';
import type { Contract } from './contract.ts';
import { parseContract } from './read.ts';
import type { Source } from './source-file.ts';

const directory = join(import.meta.dirname, '../../../contracts');

/** Oldest first. */
export async function shippedNames(): Promise<string[]> {
  const files = await readdir(directory);
  return files
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.replace(/-(\d+\.\d+\.\d+)\.yaml$/, '/$1'))
    .sort((one, other) => one.localeCompare(other, 'en', { numeric: true }));
}

/** Null when none ships under that name. */
export async function shippedContract(name: string): Promise<(Source<Contract> & { text: string }) | null> {
  const wanted = name.replace('@', '/');
  const found = (await shippedNames()).findLast((known) => known === wanted || known.startsWith(`${wanted}/`));
  if (found === undefined) return null;
  const text = (await readFile(join(directory, `${found.replace('/', '-')}.yaml`))).toString('utf8');
  return { ...parseContract(text, name), text };
}

/** @throws HoldfastError `not-found` with those there are */
export async function mustShip(name: string): Promise<Contract> {
  const found = await shippedContract(name);
  if (found) return found.value;
  throw new HoldfastError('not-found', `no contract named ${name} ships with Holdfast`, {
    hint: `There are ${(await shippedNames()).join(', ')}. Any other one is given as a document.`,
    details: { contract: name },
  });
}
