/** A contract out of its file, and back into one that people like to read. */
import { stringify } from 'yaml';
import { z } from 'zod';
import { fieldRegistry } from '../fields/index.ts';
import { type Contract, contractSchema } from './contract.ts';
import { readSource, type Source } from './source-file.ts';

/** @throws HoldfastError `invalid-argument` with the line of everything that is wrong */
export function parseContract(text: string, file: string): Source<Contract> {
  return readSource({
    text,
    file,
    schema: contractSchema,
    what: 'a contract',
    hint: 'Correct what is named; `holdfast contract show --schema` prints the schema that editors understand.',
    names: (path) => (path.length === 1 && path[0] === 'fields' ? fieldRegistry.map(({ id }) => id) : []),
  });
}

/** One line per field. @param comment stands above, each line behind `# ` */
export function formatContract({ fields, tools, latency, failures, ...head }: Contract, comment: string): string {
  const top = stringify(head, { lineWidth: 0 });
  const section = (name: string, terms: Record<string, unknown>): string =>
    Object.keys(terms).length === 0
      ? ''
      : `${name}:\n${Object.entries(terms)
          .map(([id, term]) => `  ${inline(id)}: ${inline(term)}\n`)
          .join('')}`;
  const list = failures.map((term) => `  - ${inline(term)}\n`).join('');
  return [
    comment
      .split('\n')
      .map((line) => `# ${line}\n`)
      .join(''),
    top,
    section('fields', fields),
    section('tools', tools),
    section('latency', latency),
    list === '' ? '' : `failures:\n${list}`,
  ].join('');
}

/** On one line, whatever stands in it: what is more than a plain word is written as JSON has it, which YAML reads. */
function inline(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? '[]' : `[${value.map(inline).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
    return entries.length === 0
      ? '{}'
      : `{ ${entries.map(([key, inner]) => `${inline(key)}: ${inline(inner)}`).join(', ')} }`;
  }
  if (typeof value === 'string' && /^[A-Za-z_<][\w./<>-]*$/.test(value) && !reserved.test(value)) return value;
  return JSON.stringify(value);
}

/** Words that YAML would take for something else. */
const reserved = /^(true|false|null|yes|no|on|off|y|n|nan|inf)$/i;

/** What a contract may look like, as JSON Schema, made from the same definitions that read it. */
export function contractJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(contractSchema, { io: 'input' });
  return {
    ...schema,
    $id: 'https://holdfast.dev/schema/contract-1.json',
    title: 'A Holdfast runtime contract',
  };
}
