/** The options that `run` and `create` share, and what they mean for a new sandbox. */
import type { CreateSandboxInput, Limits } from '../schema/index.ts';
import { type Isolation, isolations } from '../schema/isolation.ts';
import { chosen } from './values.ts';

export const sandboxOptions = {
  name: { kind: 'text', value: 'NAME', description: 'what to call it; lower-case letters, digits and hyphens' },
  template: {
    kind: 'text',
    value: 'NAME',
    description: "what its files start from: a template's name, or a snapshot's id or name",
  },
  isolation: {
    kind: 'text',
    value: 'LEVEL',
    description: `the least accepted: ${isolations.slice(1).join(', ')}`,
  },
  memory: { kind: 'size', value: 'SIZE', description: 'memory it may use, e.g. 512m' },
  cpus: { kind: 'number', value: 'N', description: "CPUs' worth of time it may use, e.g. 0.5" },
  processes: { kind: 'whole', value: 'N', description: 'processes it may have at once' },
  disk: { kind: 'size', value: 'SIZE', description: 'bytes of files it may add or change, e.g. 2g' },
  env: { kind: 'pairs', short: 'e', value: 'K=V', description: 'a variable for everything inside; may be repeated' },
  root: { kind: 'flag', description: 'be root inside (without capabilities) instead of the user agent' },
} as const;

export interface SandboxOptionValues {
  name: string | undefined;
  template: string | undefined;
  isolation: string | undefined;
  memory: number | undefined;
  cpus: number | undefined;
  processes: number | undefined;
  disk: number | undefined;
  env: Record<string, string>;
  root: boolean;
}

export function createInputOf(options: SandboxOptionValues): CreateSandboxInput {
  return {
    ...defined('name', options.name),
    ...defined('template', options.template),
    ...defined('isolation', isolationOf(options.isolation)),
    environment: options.env,
    user: options.root ? 'root' : 'agent',
    limits: limitsOf(options),
  };
}

/** @throws HoldfastError `invalid-argument` */
export function isolationOf(word: string | undefined): Isolation | undefined {
  return word === undefined ? undefined : chosen('--isolation', word, isolations);
}

function limitsOf({ memory, cpus, processes, disk }: SandboxOptionValues): Limits {
  return {
    ...defined('memoryBytes', memory),
    ...defined('cpus', cpus),
    ...defined('processes', processes),
    ...defined('diskBytes', disk),
  };
}

/** For fields that must be absent rather than undefined. */
export function defined<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: V });
}
