/** What a contract says of a tool, from the tool's own description. */
import type { ToolDescription } from '../../schema/index.ts';
import type { ToolTerm } from '../document/terms.ts';
import { digestOf } from '../profile/index.ts';

interface Property {
  enum?: unknown[];
  const?: unknown;
}

interface ObjectSchema {
  properties?: Record<string, Property>;
  required?: string[];
  additionalProperties?: unknown;
  /** Shapes, one of which it has. */
  oneOf?: unknown[];
  anyOf?: unknown[];
}

export function toolTerms(descriptions: readonly ToolDescription[]): Record<string, ToolTerm> {
  return Object.fromEntries(descriptions.map((description) => [description.name, toolTerm(description)]));
}

function toolTerm(description: ToolDescription): ToolTerm {
  const input = objectOf(description.input);
  const names = Object.keys(input.properties ?? {}).sort();
  return {
    level: 'promise',
    timing: description.timing,
    risk: description.risk,
    idempotent: description.idempotent,
    arguments: Object.fromEntries(
      names.map((name) => [name, input.required?.includes(name) ? ('required' as const) : ('optional' as const)]),
    ),
    closed: input.additionalProperties === false,
    ...answersOf(objectOf(description.output)),
    schemas: digestOf([description.input, description.output].map(binding)),
  };
}

/** For people, or for who reads the schema. */
const words = ['$schema', '$comment', 'title', 'description'];
/** Lists whose order says nothing. */
const unordered = ['required', 'enum'];

/** What of a schema binds: without words, in one order. */
function binding(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(binding);
  if (typeof schema !== 'object' || schema === null) return schema;
  const said = Object.entries(schema).filter(([name, value]) => !(words.includes(name) && typeof value === 'string'));
  return Object.fromEntries(
    said.map(([name, value]) => [
      name,
      unordered.includes(name) && Array.isArray(value) ? value.toSorted() : binding(value),
    ]),
  );
}

/** Of several shapes: what is in all of them, and what only one has as `shape.field`. */
function answersOf(output: ObjectSchema): Pick<ToolTerm, 'answers' | 'values'> {
  const shapes = (output.oneOf ?? output.anyOf ?? [output]).map((shape) => objectOf(shape).properties ?? {});
  const told = teller(shapes);
  const common = (name: string): boolean => shapes.every((shape) => name in shape);
  const answers = shapes.flatMap((shape) => {
    const own = told === null ? null : String(shape[told]?.const);
    return Object.keys(shape).flatMap((name) => (common(name) ? [name] : own === null ? [] : [`${own}.${name}`]));
  });
  const closed = new Map<string, Set<string>>();
  for (const [name, { enum: values, const: only }] of shapes.flatMap((shape) => Object.entries(shape))) {
    const all = values ?? (only === undefined ? null : [only]);
    if (all !== null) closed.set(name, new Set([...(closed.get(name) ?? []), ...all.map(String)]));
  }
  const values = [...closed].map(([name, all]): [string, string[]] => [name, [...all].sort()]);
  return { answers: [...new Set(answers)].sort(), values: Object.fromEntries(values) };
}

/** The field by whose one value each of several shapes is known; null where there is none. */
function teller([first, ...rest]: readonly Record<string, Property>[]): string | null {
  if (!first || rest.length === 0) return null;
  const isTold = (shape: Record<string, Property>, name: string): boolean => shape[name]?.const !== undefined;
  return Object.keys(first).find((name) => [first, ...rest].every((shape) => isTold(shape, name))) ?? null;
}

/** Tools describe one object each; of another shape nothing is known. */
function objectOf(schema: unknown): ObjectSchema {
  return typeof schema === 'object' && schema !== null ? schema : {};
}
