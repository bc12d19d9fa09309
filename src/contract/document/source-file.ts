/**
 * A document out of a file that people write, YAML or JSON. What is wrong is said at its line and column, all of it at
 * once; nothing is read from a file with a problem.
 */
import { type Document, isMap, isNode, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import type { z } from 'zod';
import { closest } from '../../base/index.ts';
import { HoldfastError, issueWords } from '../../schema/index.ts';

type Path = readonly (string | number)[];

export interface SourceProblem {
  line: number;
  column: number;
  /** E.g. `fields.exec.timeout.status`; empty for the file as a whole. */
  field: string;
  problem: string;
}

export interface SourceRequest<S extends z.ZodType> {
  text: string;
  /** What to call it, e.g. its path. */
  file: string;
  schema: S;
  /** What kind of file it should be, e.g. `a contract`. */
  what: string;
  hint: string;
  /** Known names at a place, for a typo; `fields` has the registry's. */
  names?: (path: Path) => readonly string[];
}

export interface Source<T> {
  value: T;
  /** Of the value at a path, or of the nearest thing around it. */
  lineOf(path: Path): number;
}

const mostSaid = 20;
const mostBytes = 4 * 1024 * 1024;

/** @throws HoldfastError `invalid-argument` with every problem, each with its line and column, in `details.problems` */
export function readSource<S extends z.ZodType>(request: SourceRequest<S>): Source<z.output<S>> {
  const { text, file, what, hint } = request;
  if (Buffer.byteLength(text) > mostBytes) {
    throw new HoldfastError('invalid-argument', `${file} is larger than ${what} may be (${mostBytes} bytes)`, { hint });
  }
  const reader = new SourceReader(request);
  const parsed = reader.read();
  if (parsed.ok) return { value: parsed.value, lineOf: (path) => reader.place(path).line };
  const ordered = [...reader.problems].sort((one, other) => one.line - other.line || one.column - other.column);
  const lines = ordered
    .slice(0, mostSaid)
    .map(({ line, column, field, problem }) => `${file}:${line}:${column}: ${field ? `${field}: ` : ''}${problem}`);
  const rest = ordered.length - lines.length;
  if (rest > 0) lines.push(`${file}: and ${rest} more`);
  throw new HoldfastError('invalid-argument', lines.join('\n'), { hint, details: { file, problems: ordered } });
}

class SourceReader<S extends z.ZodType> {
  readonly problems: SourceProblem[] = [];
  readonly #lines = new LineCounter();
  readonly #document: Document.Parsed;
  readonly #request: SourceRequest<S>;

  constructor(request: SourceRequest<S>) {
    this.#request = request;
    this.#document = parseDocument(request.text, { lineCounter: this.#lines, version: '1.2', uniqueKeys: true });
  }

  read(): { ok: true; value: z.output<S> } | { ok: false } {
    // One slip makes many errors after it: the first ones are the cause.
    for (const error of this.#document.errors.slice(0, 3)) {
      this.#add(this.#positionAt(error.pos[0]), '', error.message.split(' at line ')[0] ?? error.message);
    }
    if (this.problems.length > 0) return { ok: false };
    const value = this.#plainValue();
    if (this.problems.length > 0) return { ok: false };
    const parsed = this.#request.schema.safeParse(value);
    if (parsed.success) return { ok: true, value: parsed.data };
    for (const issue of parsed.error.issues) this.#addIssue(issue, value);
    return { ok: false };
  }

  place(path: Path): { line: number; column: number } {
    for (let length = path.length; length > 0; length--) {
      const within = path.slice(0, length);
      const offset = this.#keyOffset(within) ?? this.#valueOffset(within);
      if (offset !== null) return this.#positionAt(offset);
    }
    return this.#positionAt(this.#valueOffset([]) ?? 0);
  }

  /** Aliases are followed only so far: a few lines could stand for gigabytes, or for themselves. */
  #plainValue(): unknown {
    try {
      return this.#document.toJS({ maxAliasCount: 100 }) ?? {};
    } catch {
      this.#add({ line: 1, column: 1 }, '', 'its aliases lead too far; write out what they stand for');
      return null;
    }
  }

  #addIssue(issue: z.core.$ZodIssue, value: unknown): void {
    const path = issue.path.filter((part) => typeof part !== 'symbol');
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) this.#addUnknown([...path, key], keysOf(this.#request.schema, path));
      return;
    }
    const names = this.#request.names?.(path.slice(0, -1)) ?? [];
    if (names.length > 0 && issue.code === 'custom' && !names.includes(String(path.at(-1)))) {
      this.#addUnknown(path, names);
      return;
    }
    const given = valueAt(value, path);
    const isShort = ['string', 'number', 'boolean'].includes(typeof given) && String(given).length < 100;
    const shown = given === undefined ? '' : isShort ? `, not ${JSON.stringify(given)}` : '';
    const words = issueWords(issue.message);
    const isLacking = given === undefined && !words.startsWith('is missing');
    this.#add(this.place(path), spell(path), isLacking ? `is missing: ${words}` : words + shown);
  }

  #addUnknown(path: Path, known: readonly string[]): void {
    const key = String(path.at(-1));
    const meant = closest(key, known);
    const listed = known.length > 0 && known.length <= 12 ? `; what may stand here: ${known.join(', ')}` : '';
    this.#add(
      this.place(path),
      spell(path),
      `there is no ${key}${meant === null ? listed : `; did you mean ${meant}?`}`,
    );
  }

  #add(at: { line: number; column: number }, field: string, problem: string): void {
    this.problems.push({ ...at, field, problem });
  }

  #positionAt(offset: number): { line: number; column: number } {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }

  #valueOffset(path: Path): number | null {
    const node: unknown = path.length === 0 ? this.#document.contents : this.#document.getIn(path, true);
    return isNode(node) && node.range ? node.range[0] : null;
  }

  #keyOffset(path: Path): number | null {
    const above = path.slice(0, -1);
    const map: unknown = above.length === 0 ? this.#document.contents : this.#document.getIn(above, true);
    const pair = isMap(map)
      ? map.items.find((item) => isScalar(item.key) && String(item.key.value) === String(path.at(-1)))
      : undefined;
    // The key of a pair that was parsed is a node.
    const node = pair?.key as Node | undefined;
    return node?.range?.[0] ?? null;
  }
}

/** The names that an object's schema knows at a path; none where it takes any. */
function keysOf(schema: z.ZodType, path: Path): string[] {
  const at = path.reduce<unknown>((inner, part) => stepInto(inner, part), schema);
  const shape: unknown = unwrap(at)?.shape;
  return typeof shape === 'object' && shape !== null ? Object.keys(shape) : [];
}

interface SchemaLike {
  shape?: Record<string, unknown>;
  def?: { innerType?: unknown; valueType?: unknown; element?: unknown; out?: unknown };
}

function unwrap(schema: unknown): SchemaLike | undefined {
  // zod's schemas describe themselves; what is not there is undefined.
  let at = schema as SchemaLike | undefined;
  for (;;) {
    const inner = at?.shape === undefined ? (at?.def?.innerType ?? at?.def?.out) : undefined;
    if (inner === undefined) return at;
    at = inner as SchemaLike;
  }
}

function stepInto(schema: unknown, part: string | number): unknown {
  const at = unwrap(schema);
  return at?.shape?.[part] ?? at?.def?.valueType ?? at?.def?.element;
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inner, part) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, part) : undefined),
    value,
  );
}

function spell(path: Path): string {
  return path.map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`)).join('');
}
