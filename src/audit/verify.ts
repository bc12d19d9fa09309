/**
 * Whether the log is what was written: every line, every link, and every root that was ever signed.
 *
 * 1. It reads the files as they are and needs no log that could be opened: damage is found, and named by the sequence of
 *    the first entry that is wrong or missing.
 * 2. What the second place has decides: a log that was written anew as a whole has other roots than were signed.
 */
import { dirname, join, lstat, readdir } from '../base/index.ts';
import { type AuditLine, type AuditProblem, type AuditReport, asHoldfastError } from '../schema/index.ts';
import { checkLink, firstHash, type Head, readLines } from '../state/index.ts';
import { type Checkpoint, readCheckpoint } from './checkpoint.ts';
import { auditFormat } from './entry.ts';
import { readHead } from './head.ts';
import { Frontier } from './merkle.ts';
import type { Place } from './places.ts';

export interface Verification {
  directory: string;
  place: Place;
  publicKey: string;
  /** Of a log that is being written: where to stop. */
  until?: Head;
  /** From elsewhere, to be compared too. */
  checkpoints?: readonly string[];
}

export async function verifyAudit(verification: Verification): Promise<AuditReport> {
  const { directory, place, publicKey, until } = verification;
  const problems: AuditProblem[] = [];
  const head = await readHead(directory, publicKey).catch((error: unknown) => {
    problems.push(problemOf(null, asHoldfastError(error).message));
    return { version: 1 as const, newest: null, deleted: null };
  });
  const { deleted, newest } = head;
  const signed = await signedBy(verification, problems);
  if (newest && signed.inPlace !== null && !signed.inPlace.has(newest.tree.size)) {
    problems.push(problemOf(null, `the second place lacks the checkpoint of ${newest.tree.size} entries`));
  }
  const wanted = newest ? [...signed.all, readCheckpoint(newest.checkpoint, publicKey)] : signed.all;
  const comparison = new Comparison(wanted, deleted?.tree.size ?? 0);
  const tree = new Frontier(deleted?.tree);
  let last: Head = deleted ? { sequence: deleted.tree.size, hash: deleted.hash } : { sequence: 0, hash: firstHash };
  let segments = 0;
  comparison.at(tree);
  for await (const found of linesOf(directory, deleted?.segment ?? 1, until?.sequence)) {
    if ('segment' in found) segments++;
    else if ('reason' in found) {
      problems.push({ ...found, sequence: last.sequence + 1 });
      break;
    } else {
      const { problem } = checkLink(found.entry, last);
      if (problem) {
        problems.push({ sequence: last.sequence + 1, file: found.file, line: found.line, reason: problem.reason });
        break;
      }
      last = { sequence: found.entry.sequence, hash: found.entry.hash };
      tree.append(Buffer.from(last.hash, 'hex'));
      comparison.at(tree);
    }
  }
  const isWhole = problems.every(({ sequence }) => sequence === null);
  if (isWhole) problems.push(...endProblems(last, until, comparison));
  problems.push(...comparison.problems);
  return {
    ok: problems.length === 0,
    entries: last.sequence - (deleted?.tree.size ?? 0),
    first: (deleted?.tree.size ?? 0) + 1,
    last,
    root: tree.root().toString('hex'),
    segments,
    checkpoints: {
      place: place.name,
      compared: comparison.compared,
      newest: comparison.newest,
      uncovered: last.sequence - comparison.covered,
      notice: isBeside(place.name, directory)
        ? 'They lie beside the log: who can rewrite one can rewrite both. Choose a place elsewhere: serve --audit-checkpoints.'
        : null,
    },
    problems,
  };
}

const isBeside = (place: string, directory: string): boolean => place.startsWith(`${dirname(directory)}/`);

/** Of all places, each size once for each root. */
async function signedBy(
  { place, publicKey, checkpoints = [] }: Verification,
  problems: AuditProblem[],
): Promise<{ all: Checkpoint[]; inPlace: ReadonlySet<number> | null }> {
  const notes = await place.all().catch((error: unknown) => {
    problems.push(problemOf(null, `the second place cannot be read: ${asHoldfastError(error).message}`));
    return null;
  });
  const read = (note: string, from: string): Checkpoint[] => {
    try {
      return [readCheckpoint(note, publicKey)];
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      problems.push(problemOf(null, `a checkpoint ${from} is none of ours: ${why}`));
      return [];
    }
  };
  const inPlace = (notes ?? []).flatMap((note) => read(note, `in ${place.name}`));
  const given = checkpoints.flatMap((note) => read(note, 'that was given'));
  return { all: [...inPlace, ...given], inPlace: notes && new Set(inPlace.map(({ size }) => size)) };
}

type FoundLine =
  | { segment: string }
  | { entry: AuditLine; file: string; line: number }
  | { reason: string; file: string; line: number | null };

async function* linesOf(directory: string, first: number, until?: number): AsyncGenerator<FoundLine, void, undefined> {
  const names = await readdir(directory).catch(() => []);
  const numbers = names
    .flatMap((name) => /^(\d{6,})\.jsonl$/.exec(name)?.[1] ?? [])
    .map(Number)
    .filter((number) => number >= first)
    .sort((a, b) => a - b);
  for (const [index, number] of numbers.entries()) {
    const file = join(directory, `${String(first + index).padStart(6, '0')}.jsonl`);
    if (number !== first + index) return yield { reason: 'the file is missing', file, line: null };
    yield { segment: file };
    let line = 0;
    for await (const lines of readLines(file, 0, (await lstat(file)).size)) {
      for (const { bytes } of lines) {
        line++;
        const { entry, problem } = auditFormat.decode(bytes);
        if (problem) return yield { reason: problem.reason, file, line };
        if (until !== undefined && entry.sequence > until) return;
        yield { entry, file, line };
        if (entry.sequence === until) return;
      }
    }
  }
}

/** Holds the tree, as it grows, to what was signed. */
class Comparison {
  readonly problems: AuditProblem[] = [];
  compared = 0;
  covered = 0;
  newest: { size: number; at: string } | null = null;
  readonly #waiting: Checkpoint[];
  #differs = false;

  /** @param deleted how many entries were deleted after their time, and can be compared at their end only */
  constructor(signed: readonly Checkpoint[], deleted: number) {
    this.#waiting = signed.filter(({ size }) => size >= deleted).sort((a, b) => a.size - b.size);
    this.covered = deleted;
  }

  at(tree: Frontier): void {
    while (this.#waiting[0]?.size === tree.size) {
      const [checkpoint] = this.#waiting.splice(0, 1);
      if (!checkpoint || this.#differs) continue;
      this.compared++;
      if (!tree.root().equals(checkpoint.root)) {
        this.#differs = true;
        const reason = `the log is not the one that was signed at ${checkpoint.at}: its first ${checkpoint.size} entries have another root`;
        this.problems.push(problemOf(this.covered + 1, reason));
        continue;
      }
      this.covered = tree.size;
      this.newest = { size: checkpoint.size, at: checkpoint.at };
    }
  }

  /** Signed sizes that the log never came to. */
  get longest(): Checkpoint | null {
    return this.#waiting.at(-1) ?? null;
  }
}

function endProblems({ sequence }: Head, until: Head | undefined, { longest }: Comparison): AuditProblem[] {
  const missing = sequence + 1;
  if (longest) {
    const reason = `the log ends at ${sequence}, and a checkpoint of ${longest.at} has ${longest.size} entries`;
    return [problemOf(missing, reason)];
  }
  if (until && until.sequence > sequence) {
    return [problemOf(missing, `the log ends at ${sequence}, and had ${until.sequence} entries`)];
  }
  return [];
}

const problemOf = (sequence: number | null, reason: string): AuditProblem => ({
  sequence,
  file: null,
  line: null,
  reason,
});
