/**
 * Paths as rules see them. A path is only matched when every reader on its way would take it for the same one; what is
 * left over is malformed, and a rule with paths never allows it.
 *
 * 1. Escapes are decoded for matching, except those that would change what a path is: a control byte, a backslash, `?`,
 *    `#`, `;`, `%` before two hex digits, and what is no UTF-8 or folds to such a character make it malformed.
 * 2. An escaped slash has two readings, one segment or two: an allow pattern must match both, a deny pattern either.
 * 3. Dot segments, empty segments, parameters (`;`), backslashes, fragments, and all that is not visible ASCII make a
 *    path malformed in every reading, since some servers resolve or strip them and some do not.
 * 4. A deny pattern ignores case and a slash at the end, as some servers do. An allow pattern is exact.
 * 5. Matching takes time in proportion to pattern times path, never more; a path has at most `longestPath` characters.
 */

export type TargetReading = { ok: true; path: RequestPath } | { ok: false; reason: string };

/** The readings of one path, each as its decoded segments. */
export interface RequestPath {
  readings: readonly (readonly string[])[];
  /** The same as deny patterns compare them, without a slash at the end. */
  folded: readonly (readonly string[])[];
}

/** `null` stands for any segments, also none. */
type Segments = readonly (string | null)[];

export interface PathPattern {
  text: string;
  exact: Segments;
  /** As a deny rule compares: without case, and without a slash at the end. */
  folded: Segments;
}

/** As long as servers take it; every pattern is compared with all of it. */
const longestPath = 8192;
/** Stands for `*` in a pattern's segment; no path contains it, since control bytes are malformed. */
const anyPart = '\u0000';
/** One segment, empty or not: the first that `**` at the end of a pattern takes. */
const oneSegment = '\u0001';

/** @param target path and query as sent; `*` and absolute forms are no paths */
export function readTarget(target: string): TargetReading {
  if (!target.startsWith('/')) return malformed('it does not begin with a slash');
  const odd = /[^\x21-\x7e]/.exec(target);
  if (odd) return malformed('it has a space, a control byte or a character outside ASCII');
  if (target.includes('#')) return malformed('it has a fragment');
  const path = target.split('?', 1)[0] ?? '';
  return readPath(path);
}

/** @throws nothing; a reason says what is wrong with the pattern */
export function readPattern(text: string): { ok: true; pattern: PathPattern } | { ok: false; reason: string } {
  if (text.includes('?')) return { ok: false, reason: 'a query is not matched: end the pattern before the ?' };
  const reading = readTarget(text.replaceAll('*', 'a'));
  if (!reading.ok) return reading;
  if (reading.path.readings.length > 1) return { ok: false, reason: 'it has an escaped slash' };
  const segments = text.slice(1).split('/');
  if (segments.some((segment) => segment !== '**' && segment.includes('**'))) {
    return { ok: false, reason: '** stands alone between slashes' };
  }
  const exact = segments.map((segment) => (segment === '**' ? null : decode(segment.replaceAll('*', anyPart))));
  if (segments.at(-1) === '**') exact.splice(-1, 0, oneSegment);
  const folded = withoutLastSlash(exact).map((segment) => (segment === null ? null : fold(segment)));
  return { ok: true, pattern: { text, exact, folded } };
}

export function allowMatches(pattern: PathPattern, path: RequestPath): boolean {
  return path.readings.every((segments) => matchSegments(pattern.exact, segments));
}

export function denyMatches(pattern: PathPattern, path: RequestPath): boolean {
  return path.folded.some(
    (segments) => matchSegments(pattern.folded, segments) || matchSegments(pattern.folded, [...segments, '']),
  );
}

function readPath(path: string): TargetReading {
  if (path.length > longestPath) return malformed(`it is longer than ${longestPath} characters`);
  if (path.includes('\\') || path.includes(';')) return malformed('it has a backslash or a semicolon');
  if (/%(?![0-9a-f]{2})/i.test(path)) return malformed('it has a percent sign without two hex digits');
  if (/%(?:[01][0-9a-f]|7f|5c|3f|23|3b)/i.test(path)) {
    return malformed('it hides a control byte, backslash, question mark, hash or semicolon in an escape');
  }
  if (/%25[0-9a-f]{2}/i.test(path)) return malformed('it is escaped twice');
  const whole = path.slice(1).split('/');
  const readings = /%2f/i.test(path) ? [whole, path.slice(1).split(/\/|%2f/i)] : [whole];
  const decoded = readings.map((segments) => segments.map(decode));
  if (decoded.some((segments) => segments.some((segment) => segment === null))) {
    return malformed('its escapes are no plain UTF-8');
  }
  const plain = decoded as string[][];
  if (plain.some((segments) => segments.slice(0, -1).includes(''))) return malformed('it has an empty segment');
  if (plain.some((segments) => segments.some(isDots))) return malformed('it has a dot segment');
  const folded = plain.map((segments) => withoutLastSlash(segments).map(fold));
  return { ok: true, path: { readings: plain, folded } };
}

/** Null when it is no UTF-8, or some reader would fold it into a character that means something in a path. */
function decode(segment: string): string | null {
  if (!segment.includes('%')) return segment;
  let text: string;
  try {
    text = decodeURIComponent(segment);
  } catch {
    return null;
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is what the expression is about
  const foreign = text.replace(/[\x00-\x7f]/g, '');
  if (foreign === '') return text;
  const folded = foreign.normalize('NFKC');
  // Division and fraction slashes, set minus and their like become slashes in some single-byte code pages.
  return /[\u0080-\u009f/\\.%;?#:\u2024\u2044\u2215\u2216\u29f5\u29f8\u29f9]/.test(folded) ? null : text;
}

function fold(segment: string): string {
  return segment.normalize('NFKC').toLowerCase();
}

function isDots(segment: string): boolean {
  return segment === '.' || segment === '..';
}

/** Greedy with a step back to the last `**` only, which is enough and bounds the time. */
function matchSegments(pattern: Segments, path: readonly string[]): boolean {
  let [at, seen, star, resume] = [0, 0, -1, 0];
  while (seen < path.length) {
    const wanted = pattern[at];
    if (wanted === null) {
      star = at++;
      resume = seen;
    } else if (wanted !== undefined && matchSegment(wanted, path[seen] ?? '')) {
      at++;
      seen++;
    } else if (star >= 0) {
      at = star + 1;
      seen = ++resume;
    } else return false;
  }
  while (pattern[at] === null) at++;
  return at === pattern.length;
}

function matchSegment(pattern: string, text: string): boolean {
  if (pattern === oneSegment) return true;
  if (!pattern.includes(anyPart)) return pattern === text;
  return text !== '' && matchPart(pattern, text);
}

function matchPart(pattern: string, text: string): boolean {
  let [at, seen, star, resume] = [0, 0, -1, 0];
  while (seen < text.length) {
    if (pattern[at] === anyPart) {
      star = at++;
      resume = seen;
    } else if (at < pattern.length && pattern[at] === text[seen]) {
      at++;
      seen++;
    } else if (star >= 0) {
      at = star + 1;
      seen = ++resume;
    } else return false;
  }
  while (pattern[at] === anyPart) at++;
  return at === pattern.length;
}

function withoutLastSlash<T>(segments: readonly T[]): readonly T[] {
  return segments.length > 1 && segments.at(-1) === '' ? segments.slice(0, -1) : segments;
}

function malformed(reason: string): { ok: false; reason: string } {
  return { ok: false, reason };
}
