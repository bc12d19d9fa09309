/** A sandbox as callers see it: what can be asked for, its states, its limits, and how things inside it end. */
import { z } from 'zod';
import { sandboxFaultsSchema } from './faults.ts';
import { isolations } from './isolation.ts';
import { networkSchema } from './network.ts';

export const substrateNames = ['namespace', 'gvisor', 'microvm', 'vm', 'fake'] as const;
export type SubstrateName = (typeof substrateNames)[number];

/** See lifecycle/transitions.ts for who may cause which change. */
export const sandboxStates = ['creating', 'ready', 'suspended', 'hibernated', 'stopping', 'gone'] as const;
export type SandboxState = (typeof sandboxStates)[number];

/** Why a process or a sandbox ended. Closed; pinned by a test. */
export const exitReasons = [
  'exited',
  'signalled',
  'timed-out',
  'silent-timeout',
  'oom',
  'disk-full',
  'pid-limit',
  'output-limit',
  'network-denied',
  'evicted',
  'died',
  'cancelled',
] as const;
export type ExitReason = (typeof exitReasons)[number];

const name = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'lower-case letters, digits and inner hyphens, at most 63 characters');

const environment = z
  .record(
    z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/),
    z
      .string()
      .max(131_072)
      .refine((text) => !text.includes('\0')),
  )
  .refine((env) => Object.keys(env).length <= 1024, 'at most 1024 variables');

/** What every process inside starts with, below the variables of its network, its contract, its sandbox and its own. */
export function usualVariables(user: 'agent' | 'root'): Record<string, string> {
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: user === 'root' ? '/root' : '/home/agent',
    USER: user,
    LOGNAME: user,
    SHELL: '/bin/sh',
    LANG: 'C.UTF-8',
  };
}

/**
 * What a kernel can be told: it refuses a time before its own start, counted from 1970, and keeps room for its uptime below
 * the end of its 64-bit nanoseconds.
 */
const kernelTime = z.iso.datetime().refine((text) => {
  const ms = Date.parse(text);
  return ms >= Date.UTC(1971, 0) && ms < Date.UTC(2200, 0);
}, 'a time from 1971 to 2199');

/** A contract that a sandbox is held to: by name (`coding-agent/1.0.0`, or `coding-agent` for the newest), or the document. */
export const contractInputSchema = z.union([
  z
    .string()
    .max(128)
    .regex(/^[a-z0-9][a-z0-9-]*(?:[/@]\d+\.\d+\.\d+)?$/, 'a name and a version, such as coding-agent/1.0.0'),
  z.record(z.string(), z.unknown()),
]);
export type ContractInput = z.infer<typeof contractInputSchema>;

/** Which contract is meant, whatever its file is called: two that say the same have the same digest. */
export const contractRefSchema = z.object({ name: z.string(), digest: z.string() });
export type ContractRef = z.infer<typeof contractRefSchema>;

/** Where each value that was asked for came from, in words: a flag, a line of a file. For people; nothing is decided by it. */
const origins = z
  .record(z.string().min(1).max(64), z.string().max(256))
  .refine((all) => Object.keys(all).length <= 64, 'at most 64 values');

/** Every limit is a ceiling. One that the host cannot enforce is refused (`limit-unsupported`), never dropped. */
export const limitsSchema = z.strictObject({
  memoryBytes: z
    .int()
    .min(16 * 1024 * 1024)
    .max(2 ** 46)
    .optional(),
  /** CPUs' worth of time, fractions allowed. */
  cpus: z.number().min(0.01).max(1024).optional(),
  processes: z.int().min(4).max(1_000_000).optional(),
  openFiles: z.int().min(32).max(1_048_576).optional(),
  /** Bytes of files the sandbox may add or change over its template. */
  diskBytes: z
    .int()
    .min(8 * 1024 * 1024)
    .max(2 ** 46)
    .optional(),
  /** Bytes one process may print on stdout and stderr together before it is ended with `output-limit`. */
  outputBytes: z
    .int()
    .min(1024)
    .max(2 ** 46)
    .optional(),
});
export type Limits = z.infer<typeof limitsSchema>;

export const createSandboxSchema = z.strictObject({
  name: name.optional(),
  /** A template's name, or a snapshot's id or name: a snapshot is usable wherever a template is. Absent: what its substrate starts from. */
  template: z.string().min(1).max(128).optional(),
  /** The least isolation accepted. */
  isolation: z.enum(isolations).default('namespace'),
  metadata: z.record(z.string().max(128), z.string().max(1024)).default({}),
  environment: environment.default({}),
  /** Ordinary inside user; `root` has no capabilities either. */
  user: z.enum(['agent', 'root']).default('agent'),
  limits: limitsSchema.default({}),
  /**
   * What programs draw follows from it, the same each time: getrandom, /dev/urandom, addresses. Keys made inside are no secrets
   * then. Absent: chance is the kernel's. `capability-missing` where the substrate cannot.
   */
  seed: z.int().min(0).max(0xffff_ffff).optional(),
  /** Where the clock of the sandbox's own kernel begins, at its start and whenever it wakes; it runs on. `capability-missing` where it has none. */
  clock: kernelTime.optional(),
  /** The sandbox ends this long after the last create, connect or extend. */
  lifetimeMs: z
    .int()
    .min(1000)
    .max(30 * 24 * 3_600_000)
    .default(3_600_000),
  /** The sandbox is suspended or ends (`onIdle`) after this long without a call. */
  idleMs: z
    .int()
    .min(1000)
    .max(30 * 24 * 3_600_000)
    .optional(),
  onIdle: z.enum(['destroy', 'suspend']).default('destroy'),
  onLifetimeEnd: z.enum(['destroy', 'suspend']).default('destroy'),
  /** What it may reach; `none`, the default, is no way out at all. */
  network: networkSchema.default('none'),
  /** Which failures its agent meets, and in which run of which task; absent, none. */
  faults: sandboxFaultsSchema.optional(),
  /** What it and every tool call in it is held to; absent: what its daemon holds sandboxes to, if anything. */
  contract: contractInputSchema.optional(),
  origins: origins.default({}),
  /** Keep a recording from the first call on; with a name if it is to have one. */
  record: z.union([z.boolean(), z.strictObject({ name: name.optional() })]).default(false),
  /** Repeating a create with the same key returns the first one's sandbox. */
  idempotencyKey: z.string().min(1).max(256).optional(),
});
export type CreateSandbox = z.infer<typeof createSandboxSchema>;
export type CreateSandboxInput = z.input<typeof createSandboxSchema>;

export const sandboxSchema = z.object({
  id: z.string(),
  name: z.string().nullable(),
  tenant: z.string(),
  state: z.enum(sandboxStates),
  substrate: z.enum(substrateNames),
  isolation: z.enum(isolations),
  /** Changes whenever the sandbox's processes are new ones; a handle from before is `stale-handle`. */
  incarnation: z.string(),
  template: z.string(),
  /** The snapshot this sandbox's files started from or were last rolled back to or saved as. */
  snapshot: z.string().nullable(),
  metadata: z.record(z.string(), z.string()),
  environment: z.record(z.string(), z.string()),
  user: z.enum(['agent', 'root']),
  limits: limitsSchema,
  /** What its programs draw follows from it; null: chance is the kernel's. */
  seed: z.number().nullable(),
  /** Where the clock of its own kernel begins; null: at the machine's time. */
  clock: z.string().nullable(),
  network: networkSchema,
  /** Why it has no network now, whatever its policy says; absent where it has it. */
  networkProblem: z.string().exactOptional(),
  /** What it is held to; null where nothing is promised. */
  contract: contractRefSchema.nullable(),
  origins: z.record(z.string(), z.string()),
  createdAt: z.string(),
  /** When the lifetime lease ends, ISO 8601. */
  expiresAt: z.string(),
  idleMs: z.number().nullable(),
  onIdle: z.enum(['destroy', 'suspend']),
  onLifetimeEnd: z.enum(['destroy', 'suspend']),
  suspendedAt: z.string().nullable(),
  /** Total time spent suspended; a process's monotonic clock ran on, its CPU did not. */
  suspendedMs: z.number(),
  exitReason: z.enum(exitReasons).nullable(),
  /** Why it is gone, in words. */
  exitDetail: z.string().nullable(),
});
export type Sandbox = z.infer<typeof sandboxSchema>;

export const listSandboxesSchema = z.strictObject({
  state: z.enum(sandboxStates).optional(),
  /** `key=value` pairs that must all match. */
  metadata: z.record(z.string(), z.string()).default({}),
  /** Include sandboxes that are gone. */
  all: z.boolean().default(false),
  limit: z.int().min(1).max(1000).default(100),
  cursor: z.string().optional(),
});
export type ListSandboxes = z.input<typeof listSandboxesSchema>;

export const suspendSandboxSchema = z
  .strictObject({
    /** Without it only the files stay: processes end. */
    memory: z.boolean().default(true),
    /** The memory is written to disk, and none of it is held while the sandbox sleeps; where the substrate can. */
    disk: z.boolean().default(false),
  })
  .refine(({ memory, disk }) => memory || !disk, { error: 'disk is for the memory: not without it', path: ['disk'] });
export type SuspendSandbox = z.input<typeof suspendSandboxSchema>;

export interface Page<T> {
  items: T[];
  /** Give it back as `cursor` for the next page; null at the end. */
  nextCursor: string | null;
}

export { environment as environmentSchema, name as nameSchema };
