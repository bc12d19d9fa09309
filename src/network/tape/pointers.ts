/** JSON bodies with some places left out, and where two of them differ. */
import { digestOfJson, isJsonHeaders, jsonByValue } from './canonical.ts';
import type { Asked } from './ladder.ts';

const deepest = 64;

/** A digest of the body without what the pointers name; of the body as it is where it is no JSON. */
export function bodyWithout(asked: Asked, pointers: readonly string[]): string {
  const plain = asked.canonical ?? asked.digest;
  if (pointers.length === 0 || !asked.body || !isJsonHeaders(asked.headers)) return plain;
  const value = jsonByValue(asked.body);
  if (value === undefined) return plain;
  for (const pointer of pointers) removeAt(value, tokensOf(pointer));
  return digestOfJson(value) ?? plain;
}

const tokensOf = (pointer: string): string[] =>
  pointer
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));

/** `*` stands for every item of an array. An item of an array becomes null: the others keep their places. */
function removeAt(value: unknown, [token, ...rest]: readonly string[]): void {
  if (token === undefined || typeof value !== 'object' || value === null) return;
  if (token === '*' && Array.isArray(value)) {
    for (const index of value.keys()) removeAt(value, [String(index), ...rest]);
    return;
  }
  // Parsed from JSON: an array or a plain object.
  const container = value as Record<string, unknown>;
  if (!Object.hasOwn(container, token)) return;
  if (rest.length > 0) removeAt(container[token], rest);
  else if (Array.isArray(value)) container[token] = null;
  else delete container[token];
}

/** Pointers to the first few places where two JSON values are not the same. */
export function differences(a: unknown, b: unknown, most: number): string[] {
  const found: string[] = [];
  const walk = (left: unknown, right: unknown, pointer: string, depth: number): void => {
    if (found.length >= most || left === right) return;
    if (!isContainer(left) || !isContainer(right) || Array.isArray(left) !== Array.isArray(right) || depth > deepest) {
      found.push(pointer === '' ? '/' : pointer);
      return;
    }
    for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
      walk(left[key], right[key], `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`, depth + 1);
    }
  };
  walk(a, b, '', 0);
  return found;
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
