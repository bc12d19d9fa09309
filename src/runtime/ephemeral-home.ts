/**
 * Homes of runtimes that keep nothing: one each beside the machine's own, so that they need not share it with a daemon.
 *
 * 1. Each is held, by its own lock, by the one process it belongs to, and goes when that process closes its runtime.
 * 2. What a killed process left is found by the next ephemeral runtime: a home that nobody holds is opened, emptied of
 *    its sandboxes, and removed.
 */
import { type Log, lstat, makePrivateDirectory, type RandomSource, readdir, rm } from '../base/index.ts';
import { isHoldfastError } from '../schema/index.ts';

/** Its owner holds a home's lock well before it is this old. */
const youngestLeftMs = 60_000;

/** A sibling of the machine's home: on the same file system, and never inside what a daemon owns. */
const placeOf = (home: string): string => `${home}-ephemeral`;

export async function makeEphemeralHome(home: string, random: RandomSource): Promise<string> {
  await makePrivateDirectory(placeOf(home));
  const own = `${placeOf(home)}/${Buffer.from(random(6)).toString('hex')}`;
  await makePrivateDirectory(own);
  return own;
}

/** `empty` opens a home as its owner and ends everything in it; it throws `in-use` for one that somebody holds. */
export async function reapEphemeralHomes(
  home: string,
  { empty, log, nowMs }: { empty: (home: string) => Promise<void>; log: Log; nowMs: number },
): Promise<void> {
  for (const name of await readdir(placeOf(home))) {
    const left = `${placeOf(home)}/${name}`;
    try {
      if (nowMs - (await lstat(left)).birthtimeMs < youngestLeftMs) continue;
      await empty(left);
      await removeHome(left);
    } catch (error) {
      if (!isHoldfastError(error) || error.code !== 'in-use')
        log.warn({ error: String(error), home: left }, 'what a killed runtime left could not be removed');
    }
  }
}

export const removeHome = (home: string): Promise<void> => rm(home, { recursive: true, force: true });
