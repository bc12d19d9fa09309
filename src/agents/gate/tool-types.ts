/** Inputs of tools as types, from their JSON Schema; what has no simple type stands as any plain data. */
const deepest = 8;

export function typeOfInput(schema: unknown, depth = 0): string {
  if (typeof schema !== 'object' || schema === null || depth > deepest) return 'Json';
  const facts: Record<string, unknown> = { ...schema };
  const alternatives = listOf(facts['anyOf'] ?? facts['oneOf']);
  if (alternatives) return union(alternatives.map((each) => typeOfInput(each, depth + 1)));
  const values = listOf(facts['enum']) ?? ('const' in facts ? [facts['const']] : null);
  if (values) return union(values.map((value) => JSON.stringify(value)));
  switch (facts['type']) {
    case 'string':
      return 'string';
    case 'number':
    case 'integer':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'null':
      return 'null';
    case 'array':
      return `readonly (${typeOfInput(facts['items'], depth + 1)})[]`;
    case 'object':
      return objectType(facts, depth);
    default:
      return 'Json';
  }
}

function objectType(facts: Record<string, unknown>, depth: number): string {
  const properties = facts['properties'];
  if (typeof properties !== 'object' || properties === null) return '{ readonly [field: string]: Json }';
  const required = listOf(facts['required']) ?? [];
  const fields = Object.entries(properties).map(([name, schema]) => {
    const mark = required.includes(name) ? '' : '?';
    return `${JSON.stringify(name)}${mark}: ${typeOfInput(schema, depth + 1)}`;
  });
  return `{ ${fields.join('; ')} }`;
}

const listOf = (value: unknown): unknown[] | null => (Array.isArray(value) ? value : null);
const union = (types: readonly string[]): string => [...new Set(types)].join(' | ') || 'never';
