/**
 * Files that a program which does not end goes on writing: how far it has come at a step is a matter of time.
 *
 * 1. A file that has come further than then, and so one that comes later in the recording too, is on the move from there on.
 * 2. One that has not come so far is waited for first, and is on the move where it is the beginning of what it was then. So is one
 *    that was just being written anew then: what it held is the beginning of what it had held.
 * 3. All else that differs is a difference. What was on the move is said.
 * 4. A program chooses how many such files there are, and how slow they are to look at: of many, and of long ones that are not the
 *    beginning as they stand, none is on the move.
 */
import type { NormaliserName } from '../schema/index.ts';
import { textOf } from './compare.ts';
import { enabledFor } from './compare-files.ts';
import { normalise } from './normalise.ts';
import type { ChangedFile } from './step-snapshots.ts';

const mostMoving = 100;
const mostNormalisedChars = 128 * 1024;

export interface Moment {
  /** There is nothing more to be waited for. */
  isLate: boolean;
  comesLater(path: string): boolean;
  /** As it was last in the recording, before what is compared. */
  before(path: string): ChangedFile | null;
  normalisers: readonly NormaliserName[];
  asked: string;
}

/** Of which one differs from the other. Null: it had not, or has not, changed. */
export interface Pair {
  expected: ChangedFile | null;
  actual: ChangedFile | null;
}

export class MovingFiles {
  readonly paths = new Set<string>();

  readonly isStill = ({ path }: ChangedFile): boolean => !this.paths.has(path);

  /** True where that is all that differs. */
  take({ expected: then, actual: now }: Pair, moment: Moment): boolean {
    if (this.paths.size >= mostMoving) return false;
    const isMoving =
      then === null ? isAhead(now, moment) : now === null ? isAnew(then, moment) : grew(then, now, moment);
    if (isMoving) for (const file of [then, now]) if (file) this.paths.add(file.path);
    return isMoving;
  }
}

const isAhead = (now: ChangedFile | null, { comesLater }: Moment): boolean => now !== null && comesLater(now.path);

function isAnew(then: ChangedFile, moment: Moment): boolean {
  const before = then.kind === 'modified' ? moment.before(then.path) : null;
  return before !== null && grew(then, { ...before, kind: then.kind }, { ...moment, isLate: false });
}

function grew(then: ChangedFile, now: ChangedFile, moment: Moment): boolean {
  if (then.kind !== now.kind || then.type !== 'file' || now.type !== 'file' || then.modeAfter !== now.modeAfter)
    return false;
  if (then.content === null || now.content === null) return false;
  const [text, other] = [textOf(then.content) ?? '', textOf(now.content) ?? ''];
  const enabled = enabledFor(then, moment);
  return isBeginning(text, other, enabled) || (moment.isLate && isBeginning(other, text, enabled));
}

/** Of half a line at its end nothing is asked, unless it is all. */
function isBeginning(text: string, of: string, enabled: readonly NormaliserName[]): boolean {
  const lines = text.slice(0, text.lastIndexOf('\n') + 1);
  if (of.startsWith(lines === '' ? text : lines)) return true;
  if (lines === '' || lines.length + of.length > mostNormalisedChars) return false;
  return normalise(of, enabled).startsWith(normalise(lines, enabled));
}
