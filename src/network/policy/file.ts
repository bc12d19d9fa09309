/**
 * A policy out of a file, YAML or JSON. What is wrong is said at its line and column, all of it at once, with what the
 * field wants; a policy that could not be kept is refused here and not when a sandbox starts.
 */
import { type Document, isMap, isNode, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import type { z } from 'zod';
import { closest } from '../../base/index.ts';
import { HoldfastError, issueWords, type NetworkPolicy, networkPolicySchema } from '../../schema/index.ts';
import { spell } from './compile.ts';
import { pathOf, problemsOf } from './rules.ts';

type Path = readonly (string | number)[];

interface FileProblem {
  line: number;
  column: number;
  /** E.g. `allow[2].ports[0]`; empty for the file as a whole. */
  field: string;
  problem: string;
  fix: string;
}

const mostBytes = 4 * 1024 * 1024;

/** @throws HoldfastError `invalid-argument` with every problem, each with its line and column, in `details.problems` */
export function parsePolicyFile(text: string, file: string): NetworkPolicy {
  if (Buffer.byteLength(text) > mostBytes) {
    throw new HoldfastError('invalid-argument', `${file} is larger than a policy may be (${mostBytes} bytes)`, {
      hint: 'Use suffixes such as *.example.com in place of lists of hosts.',
    });
  }
  const reader = new PolicyReader(text);
  const policy = reader.read();
  if (policy === null) throw refusedFile(file, reader.problems);
  const source = { file, allow: reader.linesOf('allow', policy.allow), deny: reader.linesOf('deny', policy.deny) };
  return { ...policy, source };
}

class PolicyReader {
  readonly problems: FileProblem[] = [];
  readonly #lines = new LineCounter();
  readonly #document: Document.Parsed;

  constructor(text: string) {
    this.#document = parseDocument(text, { lineCounter: this.#lines, version: '1.2', uniqueKeys: true });
  }

  /** Null after a problem. */
  read(): NetworkPolicy | null {
    for (const error of this.#document.errors) {
      const [problem = error.message] = error.message.split(' at line ');
      this.#add(error.pos[0], { field: '', problem, fix: 'Correct the YAML or JSON there.' });
    }
    if (this.problems.length > 0) return null;
    const value = this.#plainValue();
    if (this.problems.length > 0) return null;
    const parsed = networkPolicySchema.safeParse(value);
    if (!parsed.success) {
      for (const issue of parsed.error.issues) this.#addIssue(issue, value);
      return null;
    }
    if (parsed.data.source !== undefined) this.#unknownKey([], 'source');
    for (const { field, problem, fix, ...place } of problemsOf(parsed.data)) {
      const path = [...pathOf(place), ...field];
      this.#add(this.#offset(path), { field: spell(path), problem, fix });
    }
    return this.problems.length === 0 ? parsed.data : null;
  }

  linesOf(list: 'allow' | 'deny', rules: readonly unknown[]): number[] {
    return rules.map((_, index) => this.#lines.linePos(this.#offset([list, index])).line);
  }

  /** Aliases are followed only so far: a few lines could stand for gigabytes, or for themselves. */
  #plainValue(): unknown {
    try {
      return this.#document.toJS({ maxAliasCount: 100 }) ?? {};
    } catch {
      this.#add(0, { field: '', problem: 'its aliases lead too far', fix: 'Write out what they stand for.' });
      return null;
    }
  }

  #addIssue(issue: z.core.$ZodIssue, value: unknown): void {
    const path = issue.path.filter((part) => typeof part !== 'symbol');
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) this.#unknownKey(path, key);
      return;
    }
    const { problem, fix } = sayIssue(issue, path, valueAt(value, path));
    this.#add(this.#offset(path), { field: spell(path), problem, fix });
  }

  #unknownKey(path: Path, key: string): void {
    const known = knownKeys(path);
    const meant = closest(key, known);
    const fix = meant === null ? `What may stand here: ${known.join(', ')}.` : `Did you mean ${meant}?`;
    this.#add(this.#keyOffset(path, key), { field: spell([...path, key]), problem: `there is no ${key}`, fix });
  }

  #add(offset: number, said: Omit<FileProblem, 'line' | 'column'>): void {
    const { line, col } = this.#lines.linePos(offset);
    this.problems.push({ line: Math.max(1, line), column: Math.max(1, col), ...said });
  }

  /** Of the value, or of the nearest thing around it that is there. */
  #offset(path: Path): number {
    for (let length = path.length; length >= 0; length--) {
      const node = length === 0 ? this.#document.contents : this.#document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return node.range[0];
    }
    return 0;
  }

  #keyOffset(path: Path, key: string): number {
    const map: unknown = path.length === 0 ? this.#document.contents : this.#document.getIn(path, true);
    const pair = isMap(map)
      ? map.items.find((item) => isScalar(item.key) && String(item.key.value) === key)
      : undefined;
    const node = pair?.key as Node | undefined;
    return node?.range?.[0] ?? this.#offset(path);
  }
}

function refusedFile(file: string, problems: readonly FileProblem[]): HoldfastError {
  const ordered = [...problems].sort((one, other) => one.line - other.line || one.column - other.column);
  const text = ordered.map(
    ({ line, column, field, problem, fix }) =>
      `${file}:${line}:${column}: ${field ? `${field}: ` : ''}${problem}. ${fix}`,
  );
  return new HoldfastError('invalid-argument', text.join('\n'), {
    hint: 'Correct what is named and check again with `holdfast policy check`.',
    details: { file, problems: ordered },
  });
}

/** What each field wants, by its name; of a list, what each of its items wants. */
const wanted: Readonly<Record<string, string>> = {
  version: 'The version is 1.',
  presets: 'A list of presets: npm, pip, apt, go, cargo, maven.',
  allow: 'A list of rules, e.g. - host: api.example.com',
  deny: 'A list of rules, e.g. - host: "*"',
  secrets: 'A list such as - { secret: token, environment: API_TOKEN }',
  tape: '{ mode: record } or { mode: replay, tape: ID }; rules, refreshDates and at where it is played',
  host: 'A name such as api.example.com or *.example.com, an address, or a list of them.',
  protocol: 'One of https, http, tcp.',
  ports: 'A list of ports from 1 to 65535, e.g. [443].',
  methods: 'A list of upper-case methods, e.g. [GET, HEAD].',
  paths: 'A list of paths that begin with /, e.g. [/v1/**].',
  mediate: 'true or false.',
  addresses: 'A list of ranges, e.g. [10.0.0.0/8].',
  credentials: 'A list such as - { secret: token, position: { kind: header, name: authorization } }',
  secret: 'A name of small letters, digits and hyphens.',
  environment: 'A name of letters, digits and underscores.',
  position: '{ kind: header, name: ... }, { kind: basic }, { kind: query, name: ... } or { kind: json, pointer: /... }',
  limits:
    '{ bytesUp, bytesDown, bytesUpPerMinute, bytesDownPerMinute, bytesPerSecond, requestsPerMinute }, each a number.',
};

function sayIssue(issue: z.core.$ZodIssue, path: Path, value: unknown): { problem: string; fix: string } {
  const names = path.filter((part) => typeof part === 'string');
  const name = [...names].reverse().find((part) => part in wanted);
  const shown = value === undefined ? null : `${JSON.stringify(value).slice(0, 100)} does not fit`;
  const missing = value === undefined && names.length > 0 ? 'is missing' : null;
  const words = issueWords(issue.message);
  return { problem: shown ?? missing ?? words, fix: (name && wanted[name]) ?? `It wants: ${words}` };
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inner, part) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, part) : undefined),
    value,
  );
}

const rootKeys = ['version', 'presets', 'allow', 'deny', 'secrets', 'tape'];
const denyKeys = ['host', 'ports', 'methods', 'paths'];
const allowKeys = [...denyKeys, 'protocol', 'mediate', 'addresses', 'limits', 'credentials'];

function knownKeys(path: Path): readonly string[] {
  const within = path.filter((part) => typeof part === 'string').at(-1);
  const keys: Record<string, readonly string[]> = {
    allow: allowKeys,
    deny: denyKeys,
    limits: [
      ...['bytesUp', 'bytesDown', 'bytesUpPerMinute', 'bytesDownPerMinute'],
      ...['bytesPerSecond', 'requestsPerMinute'],
    ],
    credentials: ['secret', 'position'],
    position: ['kind', 'name', 'pointer'],
    secrets: ['secret', 'environment'],
    tape: ['mode', 'name', 'tape', 'rules', 'refreshDates', 'at'],
    rules: ['headers', 'hosts'],
    hosts: ['host', 'methods', 'target', 'ignore', 'replace', 'sequence'],
    ignore: ['query', 'headers', 'json', 'body'],
    replace: ['pattern', 'with'],
  };
  return within === undefined ? rootKeys : (keys[within] ?? []);
}
