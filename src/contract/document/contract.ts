/**
 * A contract: what a runtime promises to the agents in it. Small, versioned, and judged field by field.
 *
 * 1. Two files that say the same, in YAML or in JSON, in any order, have the same digest.
 * 2. A field is in the registry or it is refused: a promise that no probe can check is none.
 */
import { z } from 'zod';
import { fieldOf } from '../fields/index.ts';
import { digestOf } from '../profile/index.ts';
import {
  type Expectation,
  expectationsOf,
  failureTermSchema,
  fieldTermSchema,
  latencyTermSchema,
  outputTermSchema,
  toolTermSchema,
} from './terms.ts';

export const contractFormat = 'holdfast-contract/1';

/** `name/major.minor.patch`. */
export const contractNameSchema = z
  .string()
  .regex(
    /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\/(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)$/,
    'a name and a semantic version, such as coding-agent/1.0.0',
  );

export const contractSchema = z
  .strictObject({
    format: z.literal(contractFormat),
    contract: contractNameSchema,
    /** Of this revision. */
    date: z.iso.date(),
    summary: z.string().max(1024).default(''),
    fields: z.record(z.string().max(96), fieldTermSchema).default({}),
    tools: z.record(z.string().regex(/^[a-z][a-z0-9_-]{0,63}$/), toolTermSchema).default({}),
    latency: z.record(z.string().max(96), latencyTermSchema).default({}),
    failures: z.array(failureTermSchema).max(1024).default([]),
    output: outputTermSchema.optional(),
  })
  .superRefine((contract, context) => {
    for (const [id, term] of Object.entries(contract.fields)) {
      const problem = problemOf(id, expectationsOf(term)[0]);
      if (problem !== null) context.addIssue({ code: 'custom', path: ['fields', id], message: problem });
    }
    const codes = contract.failures.map(({ code, layer, template }) => `${layer} ${code} ${template}`);
    const twice = codes.findIndex((code, at) => codes.indexOf(code) !== at);
    if (twice >= 0) context.addIssue({ code: 'custom', path: ['failures', twice], message: 'stands here twice' });
  });
export type Contract = z.output<typeof contractSchema>;

/** Which expectations fit which way of comparing. */
const fitting: Record<string, readonly Expectation[]> = {
  exact: ['value', 'oneOf'],
  set: ['members', 'subset'],
  order: ['items', 'subset'],
  template: ['template', 'oneOf'],
  bound: ['bound', 'value', 'oneOf'],
};

function problemOf(id: string, expectation: Expectation | undefined): string | null {
  const field = fieldOf(id);
  if (!field) return 'there is no such field';
  const allowed = fitting[field.comparison] ?? [];
  if (expectation === undefined || allowed.includes(expectation)) return null;
  return `is compared as ${field.comparison}, so it wants ${allowed.map((kind) => spelled[kind]).join(' or ')}`;
}

const spelled: Record<Expectation, string> = {
  value: 'value',
  oneOf: 'oneOf',
  items: 'items',
  template: 'template',
  members: 'members',
  subset: 'has and only',
  bound: 'atLeast and atMost',
};

export function contractDigest(contract: Contract): string {
  return digestOf(contract);
}

export interface Version {
  name: string;
  major: number;
  minor: number;
  patch: number;
}

export function versionOf({ contract }: Pick<Contract, 'contract'>): Version {
  const [name = '', version = ''] = contract.split('/');
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  return { name, major, minor, patch };
}
