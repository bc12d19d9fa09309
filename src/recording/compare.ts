/**
 * Is what a step answered now what it answered then? The first difference that matters is told: how it ended, then what it
 * printed, then the rest. Files are compare-files.ts.
 */
import { isUtf8 } from 'node:buffer';
import type { DivergenceClass, NormaliserName, RecordedFailure } from '../schema/index.ts';
import { compareText, type Likeness, ownNormaliser } from './normalise.ts';

export type Compared =
  | { matched: true; normalisers: NormaliserName[] }
  | {
      matched: false;
      class: DivergenceClass;
      expected: string;
      actual: string;
      absorbedBy: NormaliserName | null;
    };

/** There is nothing to compare, or nothing differs. */
export const noDifference: Compared = { matched: true, normalisers: [] };

export type Answer = { ok: true; value: unknown } | { ok: false; failure: RecordedFailure };

const shown = 400;

export function compareAnswers(expected: Answer, actual: Answer, enabled: readonly NormaliserName[]): Compared {
  if (expected.ok !== actual.ok) {
    return { matched: false, class: 'error', expected: tell(expected), actual: tell(actual), absorbedBy: null };
  }
  if (!expected.ok || !actual.ok) return compareFailures(expected, actual, enabled);
  const found: { class: DivergenceClass; difference: Difference }[] = [];
  const normalisers = new Set<NormaliserName>();
  walk(expected.value, actual.value, [], enabled, (path, likeness, expectedText, actualText) => {
    if (likeness.matched) for (const name of likeness.normalisers) normalisers.add(name);
    else {
      const difference = { expected: expectedText, actual: actualText, absorbedBy: likeness.absorbedBy };
      found.push({ class: classOf(path), difference });
    }
  });
  const first = found.sort((one, other) => rank(one.class) - rank(other.class))[0];
  if (!first) return { matched: true, normalisers: [...normalisers] };
  return { matched: false, class: first.class, ...first.difference };
}

interface Difference {
  expected: string;
  actual: string;
  absorbedBy: NormaliserName | null;
}

type Told = (path: readonly string[], likeness: Likeness, expected: string, actual: string) => void;

const importance: readonly DivergenceClass[] = ['exit', 'error', 'stdout', 'stderr', 'output'];
const rank = (one: DivergenceClass): number => importance.indexOf(one);

function classOf(path: readonly string[]): DivergenceClass {
  const [field] = path;
  if (field === 'exitCode' || field === 'reason' || field === 'signal') return 'exit';
  if (field === 'stdout' || field === 'stderr') return field;
  return 'output';
}

function compareFailures(expected: Answer, actual: Answer, enabled: readonly NormaliserName[]): Compared {
  if (expected.ok || actual.ok) return { matched: true, normalisers: [] };
  const [then, now] = [expected.failure, actual.failure];
  const words = compareText(then.message, now.message, enabled);
  if (then.code === now.code && words.matched) return words;
  return {
    matched: false,
    class: 'error',
    expected: tell(expected),
    actual: tell(actual),
    absorbedBy: words.matched || then.code !== now.code ? null : words.absorbedBy,
  };
}

function walk(
  expected: unknown,
  actual: unknown,
  path: readonly string[],
  enabled: readonly NormaliserName[],
  told: Told,
): void {
  const field = path.at(-1) ?? '';
  const own = ownNormaliser(field);
  if (own !== undefined && enabled.includes(own)) {
    if (!Object.is(expected, actual)) told(path, { matched: true, normalisers: [own] }, '', '');
    return;
  }
  const [then, now] = [textOf(expected), textOf(actual)];
  if (then !== null && now !== null) {
    told(path, compareText(then, now, enabled), short(then), short(now));
    return;
  }
  if (isPlain(expected) && isPlain(actual)) {
    const keys = new Set([...Object.keys(expected), ...Object.keys(actual)]);
    for (const key of [...keys].sort()) {
      if (!isCounted(key, expected)) walk(expected[key], actual[key], [...path, key], enabled, told);
    }
    return;
  }
  if (Array.isArray(expected) && Array.isArray(actual) && expected.length === actual.length) {
    for (const [at, item] of expected.entries()) walk(item, actual[at], [...path, String(at)], enabled, told);
    return;
  }
  // Sizes and times of listings, numbers of all kinds.
  const likeness = compareText(JSON.stringify(expected) ?? 'null', JSON.stringify(actual) ?? 'null', enabled);
  told(path, likeness, short(JSON.stringify(expected) ?? 'null'), short(JSON.stringify(actual) ?? 'null'));
}

/** How many bytes were printed follows from what was printed. */
function isCounted(key: string, beside: Record<string, unknown>): boolean {
  return (key === 'stdoutBytes' || key === 'stderrBytes') && 'stdout' in beside;
}

/** What is not in an answer because it was too long, by what it is missing from. */
export function cutOf(answer: Answer): { of: string; bytes: number }[] {
  if (!answer.ok || !isPlain(answer.value)) return [];
  return Object.entries(answer.value).flatMap(([field, bytes]) => {
    const [, of] = /^(\w+)CutBytes$/.exec(field) ?? [];
    return of !== undefined && typeof bytes === 'number' && bytes > 0 ? [{ of, bytes }] : [];
  });
}

/** Text, or one character per byte. */
export function textOf(value: unknown): string | null {
  if (typeof value === 'string') return value;
  if (!(value instanceof Uint8Array)) return null;
  const buffer = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return isUtf8(buffer) ? buffer.toString() : buffer.toString('latin1');
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);

function tell(answer: Answer): string {
  return short(answer.ok ? JSON.stringify(answer.value) : `${answer.failure.code}: ${answer.failure.message}`);
}

export function short(text: string): string {
  return text.length <= shown ? text : `${text.slice(0, shown).toWellFormed()}… (${text.length} characters)`;
}
