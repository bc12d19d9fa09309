/**
 * What two answers may differ in and still be the same: times, process numbers, made-up names. Each normaliser has a name,
 * stands in a fixed order, and is listed wherever it was needed.
 *
 * 1. A normaliser that is not needed is not listed, and never hides anything: what is equal is equal without.
 * 2. Every expression runs in linear time: what is compared came out of a sandbox.
 * 3. A number or a name is taken for made up only where its place or its looks say so: a process number where it is said to be one,
 *    a temporary file's name where it looks drawn. Others are results.
 * 4. Words of hexadecimal digits are overlooked where Git was asked, or in its own files: elsewhere they are checksums, and those
 *    are results. `hashes` overlooks them anywhere, for whoever asks for it.
 */
import { type NormaliserName, normaliserNames, usualNormalisers } from '../schema/index.ts';

type Replacement = readonly [pattern: RegExp, by: string];

const months = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)';
const days = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';

/** Git's, short and long. Other lengths are checksums of content, also where Git was asked. */
const hashes: readonly Replacement[] = [
  [/\b[0-9a-f]{2}\/[0-9a-f]{38}\b/g, '<hash>'],
  [/\b(?:[0-9a-f]{40}|[0-9a-f]{7,12})\b/g, '<hash>'],
];

const replacements: Record<NormaliserName, readonly Replacement[]> = {
  ids: [
    [/\b(?:sbx|snp|lay|prc|inc|evt|cal|opr|flw|tap|prv|rec)-[0-9a-hjkmnp-tv-z]{26}\b/g, '<id>'],
    [/\bhf[rs]_[a-z0-9]{26}\b/g, '<token>'],
  ],
  uuids: [[/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<uuid>']],
  times: [
    [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:Z| ?[+-]\d\d:?\d\d)?/g, '<time>'],
    [new RegExp(`\\b${days},? ${months} {1,2}\\d{1,2} \\d\\d:\\d\\d:\\d\\d(?: [A-Z]{2,5})? \\d{4}`, 'g'), '<time>'],
    [new RegExp(`\\b${days}, \\d{1,2} ${months} \\d{4} \\d\\d:\\d\\d:\\d\\d(?: GMT| [+-]\\d{4})?`, 'g'), '<time>'],
    [new RegExp(`\\b${months} {1,2}\\d{1,2} (?:\\d\\d:\\d\\d(?::\\d\\d)?|\\d{4})`, 'g'), '<time>'],
    [/\b\d{4}-\d\d-\d\d\b/g, '<time>'],
    [/\b\d\d:\d\d:\d\d(?:[.,]\d{1,9})?\b/g, '<time>'],
    [/\b1[6-9]\d{8}(?:\d{3}|\d{9})?(?:\.\d{1,9})?\b/g, '<time>'],
  ],
  durations: [
    [
      /\b((?:duration|elapsed|took|time)(?:_?(?:ms|us|ns|s|sec|seconds))?["']?[:=] ?)\d{1,12}(?:\.\d{1,12})?\b/gi,
      '$1<duration>',
    ],
    [/\b(duration_(?:ms|us|ns|s) )\d{1,12}(?:\.\d{1,12})?\b/g, '$1<duration>'],
    [/\b\d{1,5}m\d{1,2}(?:\.\d{1,9})?s\b/g, '<duration>'],
    [/\b\d{1,12}(?:\.\d{1,12})? ?(?:ns|µs|us|ms|s|secs?|seconds?|mins?|minutes?)\b/g, '<duration>'],
  ],
  commits: hashes,
  hashes,
  addresses: [[/\b0x[0-9a-f]{4,16}\b/gi, '<address>']],
  // Others only as pairs: see `pairTemporaries`.
  paths: [[/(?=\d{8,10}\b)(?<=\/tmp\/[A-Za-z._-]{0,64})\d{8,10}/g, '<temporary>']],
  ports: [
    [/\b((?:localhost|127\.0\.0\.1|0\.0\.0\.0)|\[::1?\]):\d{4,5}\b/g, '$1:<port>'],
    [/\b(port[ =:]{1,3})\d{4,5}\b/gi, '$1<port>'],
  ],
  pids: [
    [/\b(pids?[ =:#]{1,3})\d{1,7}\b/gi, '$1<pid>'],
    // As syslog has it: behind a time and a program's name.
    [/((?:<time>|\d\d:\d\d:\d\d)[^\n[\]]{0,80}[ >][\w./-]{1,32})\[\d{1,7}\](?=:)/g, '$1[<pid>]'],
    // As a shell says that a job begins.
    [/^(\[\d{1,4}\]) \d{1,7}$/gm, '$1 <pid>'],
    [/^ {0,6}\d{1,7}(?= (?:pts\/\d|\?|tty))/gm, '<pid>'],
  ],
  numbers: [[/\d+(?:\.\d+)?/g, '<number>']],
  order: [],
  whitespace: [
    [/[ \t]+/g, ' '],
    [/\n{2,}/g, '\n'],
  ],
};

/** @param about what was asked, or which file it is */
export function normalisersFor(names: readonly NormaliserName[], about: string): readonly NormaliserName[] {
  return /\bgit\b/.test(about) ? names : names.filter((name) => name !== 'commits');
}

/** Which of those that overlook Git's hashes is in use. */
export const hashesOverlookedBy = (names: readonly NormaliserName[]): NormaliserName | undefined =>
  names.find((name) => name === 'commits' || name === 'hashes');

/** A word of hexadecimal digits is a hash only with both, letters and digits: `deadbeef` may be a word, 1234567 a number. */
const isHash = (word: string): boolean => /[a-f]/.test(word) && /\d/.test(word);

export function normalise(text: string, names: readonly NormaliserName[]): string {
  const wanted = new Set(names);
  let made = text;
  for (const name of normaliserNames) {
    if (!wanted.has(name)) continue;
    if (name === 'order') made = made.split('\n').sort().join('\n');
    for (const [pattern, by] of replacements[name]) {
      made = by === '<hash>' ? made.replace(pattern, (word) => (isHash(word) ? by : word)) : made.replace(pattern, by);
    }
  }
  return made;
}

/** Fields of our own answers that never repeat, and the normaliser that overlooks each. */
const ownFields: Readonly<Record<string, NormaliserName>> = {
  durationMs: 'durations',
  processId: 'ids',
  session: 'ids',
  callId: 'ids',
  incarnation: 'ids',
  pid: 'pids',
  startedAt: 'times',
  modifiedMs: 'times',
};
export const ownNormaliser = (field: string): NormaliserName | undefined => ownFields[field];

/** Whose very names are made of what they hold, times included: how many there are is chance too. */
const madeOfHashes = /(?:^|\/)\.git\/objects\/./;
export const isMadeOfHashes = (path: string): boolean => madeOfHashes.test(path);

export type Likeness =
  | { matched: true; normalisers: NormaliserName[] }
  | { matched: false; absorbedBy: NormaliserName | null };

export const same: Likeness = { matched: true, normalisers: [] };

const hashLike = /\b(?:[0-9a-f]{40}|[0-9a-f]{7,12})\b/g;

/** In both texts, word by word, what is a pair; in their places, which only texts with as many of them have. */
function pairWords(
  [expected, actual]: readonly [string, string],
  pattern: RegExp,
  isPair: (word: string, other: string) => boolean,
  by: string,
): [string, string] {
  const [then, now] = [expected.match(pattern) ?? [], actual.match(pattern) ?? []];
  if (then.length !== now.length) return [expected, actual];
  const pairs = then.map((word, at) => {
    const other = now[at] ?? '';
    return word.length === other.length && word !== other && isPair(word, other);
  });
  const paired = (text: string): string => {
    let at = 0;
    return text.replace(pattern, (word) => (pairs[at++] ? by : word));
  };
  return [paired(expected), paired(actual)];
}

/**
 * One hash in thirty has digits only. It is one all the same where the other text has one that is surely a hash, of its
 * length and in its place.
 */
const pairHashes = (expected: string, actual: string): [string, string] =>
  pairWords([expected, actual], hashLike, (word, other) => isHash(word) || isHash(other), '<hash>');

/** Behind `tmp`, and behind the last dot or hyphen of a name right below `/tmp`. */
const temporaryLike: readonly RegExp[] = [
  /(?<=\btmp)[._-]?[A-Za-z0-9_]{6,16}\b/g,
  /(?=[A-Za-z0-9]{6,16}\b)(?<=\/tmp\/[A-Za-z0-9_-]{0,64}[.-])[A-Za-z0-9]{6,16}/g,
];

function pairTemporaries(texts: readonly [string, string]): [string, string] {
  return temporaryLike.reduce<[string, string]>(
    (made, pattern) => pairWords(made, pattern, areDrawn, '<temporary>'),
    [...texts],
  );
}

/** In a drawn name capitals and digits stand where a word has none. Where few of them do, two drawn names differ nearly everywhere. */
function areDrawn(word: string, other: string): boolean {
  const turns = [turnsOf(word), turnsOf(other)];
  if (Math.min(...turns) >= 4) return true;
  const differing = [...word].filter((letter, at) => letter !== other[at]).length;
  return differing * 2 > word.length && Math.max(...turns) >= 2;
}

/** How often a digit and a letter meet, or a small letter and a capital behind it. */
const turnsOf = (word: string): number =>
  word.replaceAll(/[._-]/g, '').match(/[a-z](?=[A-Z\d])|[A-Z](?=\d)|\d(?=[A-Za-z])/g)?.length ?? 0;

function normaliseBoth(texts: readonly [string, string], names: readonly NormaliserName[]): [string, string] {
  const place = (name: NormaliserName): number => normaliserNames.indexOf(name);
  const each = (both: readonly [string, string], some: readonly NormaliserName[]): [string, string] => [
    normalise(both[0], some),
    normalise(both[1], some),
  ];
  if (!names.includes('paths')) return each(texts, names);
  const before = names.filter((name) => place(name) < place('paths'));
  const rest = names.filter((name) => place(name) >= place('paths'));
  return each(pairTemporaries(each(texts, before)), rest);
}

/** Longer texts are compared as they are: normalising them would hold everything up. */
const longestText = 8 * 1024 * 1024;

export function compareText(
  expected: string,
  actual: string,
  enabled: readonly NormaliserName[] = usualNormalisers,
): Likeness {
  if (expected === actual) return same;
  if (expected.length > longestText || actual.length > longestText) return { matched: false, absorbedBy: null };
  const equal = (names: readonly NormaliserName[]): boolean => {
    const texts: [string, string] = hashesOverlookedBy(names) ? pairHashes(expected, actual) : [expected, actual];
    const [then, now] = normaliseBoth(texts, names);
    return then === now;
  };
  if (equal(enabled)) {
    const needed = enabled.reduce<readonly NormaliserName[]>((left, name) => {
      const without = left.filter((each) => each !== name);
      return equal(without) ? without : left;
    }, enabled);
    return { matched: true, normalisers: [...needed] };
  }
  // `commits` has its place, and what it does anywhere has another name.
  const rest = normaliserNames.filter((name) => !enabled.includes(name) && name !== 'commits');
  return { matched: false, absorbedBy: rest.find((name) => equal([...enabled, name])) ?? null };
}
