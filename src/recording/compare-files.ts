/**
 * Are the files that a step changed now those that it changed then? By their contents, normalised as answers are; where a
 * content was not kept by its digest; where there is none by the size, and then that is told.
 */
import type { NormaliserName } from '../schema/index.ts';
import { type Compared, short, textOf } from './compare.ts';
import { formatOf } from './formats.ts';
import {
  compareText,
  hashesOverlookedBy,
  isMadeOfHashes,
  type Likeness,
  normalise,
  normalisersFor,
  same,
} from './normalise.ts';
import type { ChangedFile } from './step-snapshots.ts';

export interface FilesCompared {
  compared: Compared;
  /** Paths of files of which only the size was compared. */
  bySize: string[];
  /** Null where nothing is. */
  differing: Differing | null;
}

/** By what `nameOf` says; null: it had not, or has not, changed. */
export interface Differing {
  expected: string | null;
  actual: string | null;
}

export interface HowCompared {
  normalisers: readonly NormaliserName[];
  /** What the steps that changed them were asked. */
  asked: string;
}

/** With digests of contents, where the other side has a file of which only that is known. */
export function withDigests(
  expected: readonly ChangedFile[],
  actual: readonly ChangedFile[],
  digestOf: (content: Uint8Array) => string,
): [ChangedFile[], ChangedFile[]] {
  const filled = (files: readonly ChangedFile[], others: readonly ChangedFile[]): ChangedFile[] => {
    if (!others.some(({ digest }) => digest !== null)) return [...files];
    return files.map((file) => ({ ...file, digest: file.digest ?? (file.content && digestOf(file.content)) }));
  };
  return [filled(expected, actual), filled(actual, expected)];
}

/** Files have digests where they need them: `withDigests`. */
export function compareFiles(
  expected: readonly ChangedFile[],
  actual: readonly ChangedFile[],
  how: HowCompared,
): FilesCompared {
  const used = new Set<NormaliserName>();
  const bySize: string[] = [];
  const differ = (then: ChangedFile | null, now: ChangedFile | null, compared: Compared): FilesCompared => ({
    compared,
    bySize,
    differing: { expected: then && nameOf(then), actual: now && nameOf(now) },
  });
  const overlooked = hashesOverlookedBy(how.normalisers);
  const counts = ({ path }: ChangedFile): boolean => overlooked === undefined || !isMadeOfHashes(path);
  const left = new Left(actual.filter(counts));
  if (overlooked !== undefined && left.files.size < actual.length) used.add(overlooked);
  for (const then of exactFirst(expected.filter(counts), left.files)) {
    const now = left.take(nameOf(then), enabledFor(then, how), used);
    if (!now) return differ(then, null, filesDiffer(describe(then), 'not changed'));
    const likeness = compareFile(then, now, enabledFor(then, how), bySize);
    if (!likeness.matched) return differ(then, now, filesDiffer(whole(then), whole(now), likeness.absorbedBy));
    for (const name of likeness.normalisers) used.add(name);
  }
  const [extra] = left.files.values();
  if (extra) return differ(null, extra, filesDiffer('not changed', describe(extra)));
  return { compared: { matched: true, normalisers: [...used] }, bySize, differing: null };
}

export const enabledFor = (
  { path }: ChangedFile,
  { normalisers, asked }: Pick<HowCompared, 'normalisers' | 'asked'>,
): readonly NormaliserName[] => normalisersFor(normalisers, `${asked} ${path}`);

/** A path that became another kind of file is deleted and added. */
export const nameOf = ({ path, kind }: ChangedFile): string => `${kind === 'deleted' ? '-' : '+'}${path}`;

/** What has the same path in both is a pair before made-up names are. */
function exactFirst(files: readonly ChangedFile[], among: ReadonlyMap<string, ChangedFile>): ChangedFile[] {
  const isThere = (each: ChangedFile): boolean => among.has(nameOf(each));
  return [...files.filter(isThere), ...files.filter((each) => !isThere(each))];
}

/** Looks at names that are alike in no plain way: an agent chooses how many there are. What is not found then has no match. */
const mostLooks = 5000;

/** What nobody asked for yet. */
class Left {
  readonly files: Map<string, ChangedFile>;
  /** Names by what normalising makes of them, for each list of normalisers. */
  readonly #forms = new Map<string, Map<string, Set<string>>>();
  #looks = mostLooks;

  constructor(files: readonly ChangedFile[]) {
    this.files = new Map(files.map((each) => [nameOf(each), each]));
  }

  take(then: string, enabled: readonly NormaliserName[], used: Set<NormaliserName>): ChangedFile | null {
    const found = this.files.has(then) ? then : this.#alike(then, enabled, used);
    const file = found === null ? null : (this.files.get(found) ?? null);
    if (found !== null) this.files.delete(found);
    return file;
  }

  #alike(then: string, enabled: readonly NormaliserName[], used: Set<NormaliserName>): string | null {
    const matches = (name: string): boolean => {
      const likeness = compareText(then, name, enabled);
      if (likeness.matched) for (const normaliser of likeness.normalisers) used.add(normaliser);
      return likeness.matched;
    };
    const alike = this.#formsFor(enabled).get(normalise(then, enabled)) ?? new Set();
    for (const name of alike) {
      const isTaken = !this.files.has(name);
      if (isTaken || matches(name)) alike.delete(name);
      if (isTaken) continue;
      if (!alike.has(name)) return name;
      if (this.#looks-- <= 0) return null;
    }
    for (const name of this.files.keys()) {
      if (this.#looks-- <= 0) return null;
      if (matches(name)) return name;
    }
    return null;
  }

  #formsFor(enabled: readonly NormaliserName[]): Map<string, Set<string>> {
    const known = this.#forms.get(enabled.join());
    if (known) return known;
    const forms = new Map<string, Set<string>>();
    for (const name of this.files.keys()) {
      const form = normalise(name, enabled);
      forms.set(form, (forms.get(form) ?? new Set()).add(name));
    }
    this.#forms.set(enabled.join(), forms);
    return forms;
  }
}

function compareFile(
  then: ChangedFile,
  now: ChangedFile,
  enabled: readonly NormaliserName[],
  bySize: string[],
): Likeness {
  if (then.kind !== now.kind || then.type !== now.type || then.modeAfter !== now.modeAfter) return differs;
  if (then.content && now.content) return compareContents(then.path, [then.content, now.content], enabled);
  // Of what has no content of its own, or has the one it had, everything is compared by now.
  if (then.kind === 'deleted' || then.kind === 'mode' || then.type === 'directory' || then.type === 'other')
    return same;
  if (then.digest && now.digest) return then.digest === now.digest ? same : differs;
  if (then.sizeAfter !== now.sizeAfter) return differs;
  bySize.push(then.path);
  return same;
}

const differs: Likeness = { matched: false, absorbedBy: null };

function compareContents(
  path: string,
  contents: readonly [Uint8Array, Uint8Array],
  enabled: readonly NormaliserName[],
): Likeness {
  const [then, now] = contents.map((each) => Buffer.from(each.buffer, each.byteOffset, each.byteLength)) as [
    Buffer,
    Buffer,
  ];
  if (then.equals(now)) return same;
  const format = formatOf(path);
  if (!format || !enabled.includes(format.normaliser)) return compareText(asText(then), asText(now), enabled);
  const likeness = compareText(asText(format.mask(then)), asText(format.mask(now)), enabled);
  if (!likeness.matched) return likeness;
  return { matched: true, normalisers: [...new Set([format.normaliser, ...likeness.normalisers])] };
}

const asText = (bytes: Uint8Array): string => textOf(bytes) ?? '';

function filesDiffer(expected: string, actual: string, absorbedBy: NormaliserName | null = null): Compared {
  return { matched: false, class: 'files', expected: short(expected), actual: short(actual), absorbedBy };
}

function describe({ path, kind, type, modeAfter }: ChangedFile): string {
  return `${kind} ${path} (${type}${modeAfter === null ? '' : `, ${modeAfter.toString(8)}`})`;
}

function whole(file: ChangedFile): string {
  const { content, digest, sizeAfter } = file;
  if (content !== null) return `${describe(file)} ${JSON.stringify(asText(content))}`;
  return `${describe(file)} ${sizeAfter ?? 0} bytes${digest === null ? '' : `, ${digest.slice(0, 16)}`}`;
}
