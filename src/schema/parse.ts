/** Input from outside, checked once at the border: one `invalid-argument` that names every field and what it wants. */
import type { z } from 'zod';
import { HoldfastError } from './errors.ts';
import { issueWords } from './issue-words.ts';

/** One thing that is wrong with an input. */
export interface InputIssue {
  /** Names joined by dots; empty for the input as a whole. */
  path: string;
  message: string;
  /** What was given, where it is short and can be no secret. */
  value?: string | number | boolean;
}

/** @param what names the input in the message, e.g. `create` */
export function parseInput<S extends z.ZodType>(schema: S, input: unknown, what: string): z.output<S> {
  // Only what this schema made is marked as its own.
  if (typeof input === 'object' && input !== null && made.get(input) === schema) return input as z.output<S>;
  const parsed = checked(schema, input, what);
  if (parsed.success) return parsed.data;
  const issues = issuesOf(parsed.error, input);
  throw new HoldfastError('invalid-argument', `${what}: ${issues.map(describeIssue).join('; ')}`, {
    hint: 'Correct the named fields and send it again.',
    details: { where: what, issues },
  });
}

/** What a schema made, and nobody changes: `parseInput` by the same schema takes it as it is. */
export function markParsed(schema: z.ZodType, output: unknown): void {
  if (typeof output === 'object' && output !== null) made.set(output, schema);
}
const made = new WeakMap<object, z.ZodType>();

/** Whoever goes through data by calling itself runs out of stack where it is nested without end: that is the data's fault. */
function checked<S extends z.ZodType>(schema: S, input: unknown, what: string): z.ZodSafeParseResult<z.output<S>> {
  try {
    return schema.safeParse(input);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new HoldfastError('invalid-argument', `${what}: it is nested too deeply`, {
      cause,
      hint: 'Send data that is nested less.',
    });
  }
}

export function describeIssue({ path, message, value }: InputIssue): string {
  return `${path ? `${path}: ` : ''}${message}${value === undefined ? '' : `, not ${JSON.stringify(value)}`}`;
}

export function issuesOf(error: z.ZodError, input: unknown): InputIssue[] {
  return error.issues.slice(0, mostIssues).map(({ path, message }) => {
    const value = valueAt(input, path);
    return { path: path.join('.'), message: issueWords(message), ...(value === undefined ? {} : { value }) };
  });
}

const mostIssues = 20;
const longestValue = 100;
/** Below these people put secrets. */
const unspoken = new Set<PropertyKey>(['environment', 'argv', 'stdin', 'data', 'input']);

function valueAt(input: unknown, path: readonly PropertyKey[]): string | number | boolean | undefined {
  if (path.some((part) => unspoken.has(part))) return undefined;
  const value = path.reduce<unknown>(
    (at, part) => (typeof at === 'object' && at !== null ? Reflect.get(at, part) : undefined),
    input,
  );
  if (typeof value === 'string') return value.length <= longestValue ? value : undefined;
  return typeof value === 'number' || typeof value === 'boolean' ? value : undefined;
}
