/** What differs between two sources of files. Only layers that one side has and the other has not are looked at. */
import type { Scope } from '../base/index.ts';
import { type DiffEntry, HoldfastError } from '../schema/index.ts';
import type { FileSource } from './store-types.ts';
import type { DiffTrees, StoreContext, TreeDifference } from './types.ts';
import type { Workspaces } from './workspaces.ts';

/** More than this is no difference but another tree. */
const mostDifferences = 250_000;

export interface DifferenceRequest {
  from: FileSource;
  to: FileSource;
  path?: string;
  /** Contents of files up to this size come along. */
  contentBytes: number;
  forChanges?: DiffTrees['forChanges'];
}

export async function findDifferences(
  context: StoreContext,
  workspaces: Workspaces,
  request: DifferenceRequest,
  scope: Scope,
): Promise<TreeDifference[]> {
  const { from, to, contentBytes, forChanges } = request;
  const before = workspaces.view(from);
  const after = workspaces.view(to);
  const touched = [...missingIn(after.lower, before.lower), ...missingIn(before.lower, after.lower)];
  for (const view of before.upper === after.upper ? [] : [before, after])
    if (view.upper !== null) touched.push(view.upper);
  if (touched.length === 0) return [];
  const { differences, more } = await context.trees.diff(
    { before, after, touched, contentBytes, limit: mostDifferences, ...(forChanges ? { forChanges } : {}) },
    scope,
  );
  if (more) throw tooMany();
  return differences.filter(({ path }) => isBelow(path, request.path));
}

export function diffEntry({
  path,
  kind,
  type,
  sizeBefore,
  sizeAfter,
  modeBefore,
  modeAfter,
}: TreeDifference): DiffEntry {
  const plain = type === 'file' || type === 'directory' || type === 'symlink';
  return {
    path: `/${path}`,
    kind,
    type: plain ? type : 'other',
    sizeBefore,
    sizeAfter,
    modeBefore: bits(modeBefore),
    modeAfter: bits(modeAfter),
  };
}

/** Permission bits; what kind of file it is stands in `type`. */
const bits = (mode: number | null): number | null => (mode === null ? null : mode & 0o7777);

const missingIn = (known: string[], of: string[]): string[] => of.filter((tree) => !known.includes(tree));

export function isBelow(path: string, top: string | undefined): boolean {
  const wanted = (top ?? '')
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
  return wanted === '' || path === wanted || path.startsWith(`${wanted}/`);
}

function tooMany(): HoldfastError {
  return new HoldfastError('file-too-large', `more than ${mostDifferences} paths differ`, {
    hint: 'Compare with something nearer, for example the snapshot it came from.',
  });
}
