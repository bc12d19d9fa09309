/** What a contract says of a tool, from the tool's own description. */
import type { ToolDescription } from '../../schema/index.ts';
import type { ToolTerm } from '../document/terms.ts';

interface ObjectSchema {
  properties?: Record<string, { enum?: unknown[] }>;
  required?: string[];
  additionalProperties?: unknown;
}

export function toolTerms(descriptions: readonly ToolDescription[]): Record<string, ToolTerm> {
  return Object.fromEntries(descriptions.map((description) => [description.name, toolTerm(description)]));
}

function toolTerm(description: ToolDescription): ToolTerm {
  const [input, output] = [objectOf(description.input), objectOf(description.output)];
  const names = Object.keys(input.properties ?? {}).sort();
  const closed = Object.entries(output.properties ?? {}).filter(([, { enum: values }]) => Array.isArray(values));
  return {
    level: 'promise',
    timing: description.timing,
    risk: description.risk,
    idempotent: description.idempotent,
    arguments: Object.fromEntries(
      names.map((name) => [name, input.required?.includes(name) ? ('required' as const) : ('optional' as const)]),
    ),
    closed: input.additionalProperties === false,
    answers: Object.keys(output.properties ?? {}).sort(),
    values: Object.fromEntries(closed.map(([name, { enum: values }]) => [name, (values ?? []).map(String).sort()])),
  };
}

/** Tools describe one object each; of another shape nothing is known. */
function objectOf(schema: unknown): ObjectSchema {
  return typeof schema === 'object' && schema !== null ? schema : {};
}
