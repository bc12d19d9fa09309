/** What a chain shows at a path, without mounting it, for making directories of the same kind above it. */
import { chmod, join, lchown, lstat } from '../base/index.ts';
import { insideIds, ownerOf } from './owner.ts';
import { isMissing } from './trash.ts';
import type { StoreContext } from './types.ts';

export interface Beneath {
  isDirectory: boolean;
  uid: number;
  gid: number;
  mode: number;
}

/**
 * The newest tree that has the path decides; layers do not change, so looking and using cannot differ. A directory whose
 * older parts lie under another name is found under its own only: then it counts as absent.
 */
export async function lookBeneath(lower: readonly string[], parts: readonly string[]): Promise<Beneath | null> {
  for (const tree of lower) {
    try {
      const stat = await lstat(join(tree, ...parts));
      // A whiteout.
      if (stat.isCharacterDevice()) return null;
      return { isDirectory: stat.isDirectory(), uid: stat.uid, gid: stat.gid, mode: stat.mode & 0o7777 };
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOTDIR') return null;
      if (!isMissing(error)) throw error;
    }
  }
  return null;
}

/** Gives a new directory the owner and mode of what it lies above; `inside` owns it where there is nothing. */
export async function makeLike(
  context: StoreContext,
  path: string,
  like: Beneath | null,
  inside: number = insideIds.agent,
): Promise<void> {
  const owner = like ?? ownerOf(context.owner, inside);
  if (owner && context.owner !== 'self') await lchown(path, owner.uid, owner.gid);
  await chmod(path, like ? like.mode : 0o755);
}
