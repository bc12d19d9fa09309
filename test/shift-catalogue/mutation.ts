/**
 * One planted difference between two runtimes, with what a comparison has to say of it. A mutation changes a real runtime:
 * its files (a layer made inside and kept as a snapshot), its libraries (a C library that every program loads), what a
 * sandbox is created with, what an OCI container is configured with, or how the way in takes commands up and answers.
 *
 * 1. `names[0]` must be among the findings, and weigh most in the score; where something else does, `instead` says what and
 *    why, and the table says it too.
 * 2. The other names are what it may be felt in besides; one that ends with a dot stands for every field below it.
 * 3. What else is found is kept in the results: a change felt where nobody expected it is worth reading.
 */

import type { Target } from '../../src/contract/index.ts';
import type { CreateSandboxInput } from '../../src/schema/index.ts';

/** `debian`: a namespace sandbox of a small Debian. `busybox`: an OCI container over a BusyBox root. */
export type Base = 'debian' | 'busybox';

export interface Layer {
  /** Run by sh inside, before the snapshot. */
  script: string;
  /** Whose: root for the system's files, agent for the home directory and the workspace. Root if not said. */
  as?: 'root' | 'agent';
}

/** As much of an OCI runtime's configuration as mutations change. */
export interface Container {
  process: Record<string, unknown> & { env: string[] };
  root: Record<string, unknown>;
  mounts: { destination: string; type: string; source: string; options: string[] }[];
  linux: Record<string, unknown>;
}

export interface Mutation {
  id: string;
  /** In plain words, as it stands in the table. */
  what: string;
  names: readonly [string, ...string[]];
  /** What weighs most in the score though it is not what was changed. */
  instead?: { top: string; why: string };
  /** `debian` if not said. */
  base?: Base;
  create?: CreateSandboxInput;
  layer?: Layer;
  /** A file of `preload/`, without `.c`. */
  preload?: string;
  /** A program of this machine that the layer puts over its own; the mutation is skipped where it is not. */
  brings?: string;
  wrap?: (target: Target) => Target;
  container?: (usual: Container) => Container;
  /** Also tried whenever the tests run: what its probes take is short. */
  quick?: true;
}

export interface LatencyMutation {
  id: string;
  what: string;
  /** The only operation whose calls are another's. */
  operation: string;
  /** How many times as long its calls take; 1.5 if not said, also of a tail. */
  effect?: number;
  /** Findings of which one must come, all of them of this operation. */
  names: readonly [string, ...string[]];
  wrap: (target: Target) => Target;
}

/** Whether a field is one of those a mutation may be told by. */
export function isNamed({ names }: Pick<Mutation, 'names'>, field: string): boolean {
  return names.some((name) => name === field || (name.endsWith('.') && field.startsWith(name)));
}
