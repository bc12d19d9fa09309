/**
 * Fault plans: which failures a sandbox's agent meets, how often, and in which episodes. A plan is data; the same plan and
 * episode give the same faults at the same calls, on every machine and at any concurrency.
 */
import { z } from 'zod';
import { type ErrorCode, errorCodes } from './error-class.ts';

export const faultPlanFormat = 'holdfast-faults/1';

export const faultFamilies = ['exec', 'tool', 'network', 'filesystem', 'resources', 'clock', 'lifecycle'] as const;
export type FaultFamily = (typeof faultFamilies)[number];

const milliseconds = z.number().min(0).max(3_600_000);
const share = z.number().min(0).max(1);
const word = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, 'lower-case letters, digits and hyphens, at most 64');

/** A time, or how one is drawn: evenly between two, or log-normal by its median and its 99th percentile. */
const delay = z.union([
  milliseconds,
  z
    .strictObject({ minMs: milliseconds, maxMs: milliseconds })
    .refine(({ minMs, maxMs }) => minMs <= maxMs, 'minMs comes first'),
  z
    .strictObject({ medianMs: milliseconds.min(1), p99Ms: milliseconds.min(1) })
    .refine(({ medianMs, p99Ms }) => medianMs <= p99Ms, 'p99Ms is not below medianMs'),
]);
export type FaultDelay = z.output<typeof delay>;

const common = {
  /** Its name in this plan: part of every draw, so that two faults of one kind are drawn apart. */
  id: word,
  /** Share of the calls it could hit, outside bursts. Absent: its part of the plan's dial. */
  rate: share.exactOptional(),
  /** Share of the episodes in which it is active at all. Absent: the plan's. */
  activation: share.exactOptional(),
  /** Its bursts follow this dependency of the plan. */
  dependency: word.exactOptional(),
  /** Most injections of it in one episode. */
  most: z.int().min(1).max(1_000_000).exactOptional(),
  /** Only at these calls of the episode, counted from 1, both ends included. */
  from: z.int().min(1).exactOptional(),
  until: z.int().min(1).exactOptional(),
};
/** Which calls of the door; absent, all that the kind can hit. */
const atCalls = { ...common, calls: z.array(z.string().max(64)).min(1).max(64).exactOptional() };
/** Which hosts: a name, or `*.name`; absent, all. */
const atHosts = { ...common, hosts: z.array(z.string().max(255)).min(1).max(256).exactOptional() };
/** How long the program runs before it is hit: half an effect. Absent, it is hit before it begins. One that ends sooner is not hit. */
const partly = { afterMs: milliseconds.min(1).exactOptional() };
/** For how many calls it lasts, the one that it begins with included. */
const lasting = { lastsCalls: z.int().min(1).max(1000).default(1) };

const codes = Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]]; // the list has members

const kinds = [
  z.strictObject({
    kind: z.literal('exec.timeout-early'),
    ...atCalls,
    ...partly,
    fraction: share.min(0.001).default(0.25),
  }),
  z.strictObject({ kind: z.literal('exec.hang'), ...atCalls, ...partly, mostMs: milliseconds.default(30_000) }),
  z.strictObject({
    kind: z.literal('exec.signal'),
    ...atCalls,
    ...partly,
    signal: z.enum(['SIGKILL', 'SIGTERM', 'SIGSEGV', 'SIGABRT']).default('SIGKILL'),
  }),
  z.strictObject({ kind: z.literal('exec.slow-start'), ...atCalls, delay: delay.default({ minMs: 200, maxMs: 2000 }) }),
  z.strictObject({
    kind: z.literal('exec.truncate'),
    ...atCalls,
    keepBytes: z
      .int()
      .min(0)
      .max(1024 * 1024)
      .default(256),
  }),
  z.strictObject({
    kind: z.literal('exec.garble'),
    ...atCalls,
    bytes: share.default(0.02),
    /** Which bytes, and what becomes of them, follows from it; absent, from the draw. */
    key: z.string().min(1).max(256).exactOptional(),
  }),

  z.strictObject({ kind: z.literal('tool.error'), ...atCalls, code: z.enum(codes).default('deadline-exceeded') }),
  z.strictObject({ kind: z.literal('tool.rate-limited'), ...atCalls, retryAfterMs: milliseconds.default(1000) }),
  z.strictObject({ kind: z.literal('tool.unavailable'), ...atCalls }),
  z.strictObject({ kind: z.literal('tool.auth-expired'), ...atCalls }),
  z.strictObject({ kind: z.literal('tool.empty'), ...atCalls }),
  z.strictObject({ kind: z.literal('tool.partial'), ...atCalls, fraction: share.default(0.5) }),
  z.strictObject({ kind: z.literal('tool.stale'), ...atCalls }),
  z.strictObject({ kind: z.literal('tool.duplicate'), ...atCalls }),
  z.strictObject({
    kind: z.literal('tool.lost-acknowledgement'),
    ...atCalls,
    code: z.enum(codes).default('deadline-exceeded'),
  }),

  z.strictObject({ kind: z.literal('network.no-name'), ...atHosts }),
  z.strictObject({
    kind: z.literal('network.slow-name'),
    ...atHosts,
    delay: delay.default({ minMs: 500, maxMs: 4000 }),
  }),
  z.strictObject({ kind: z.literal('network.refuse'), ...atHosts }),
  z.strictObject({ kind: z.literal('network.drop'), ...atHosts, mostMs: milliseconds.default(10_000) }),
  z.strictObject({ kind: z.literal('network.reset'), ...atHosts, afterBytes: z.int().min(0).default(512) }),
  z.strictObject({ kind: z.literal('network.tls-failure'), ...atHosts }),
  z.strictObject({
    kind: z.literal('network.latency'),
    ...atHosts,
    delay: delay.default({ medianMs: 200, p99Ms: 2000 }),
    /** How much of a connection's delay is that of the one before it to the same host. */
    correlation: share.default(0),
  }),
  z.strictObject({
    kind: z.literal('network.bandwidth'),
    ...atHosts,
    bytesPerSecond: z
      .int()
      .min(64)
      .max(2 ** 40)
      .default(16_384),
  }),
  z.strictObject({ kind: z.literal('network.early-close'), ...atHosts, afterBytes: z.int().min(0).default(512) }),
  z.strictObject({
    kind: z.literal('network.server-error'),
    ...atHosts,
    status: z.union([z.literal(500), z.literal(502), z.literal(503), z.literal(504)]).default(503),
  }),
  z.strictObject({ kind: z.literal('network.redirect-loop'), ...atHosts, hops: z.int().min(1).max(1000).default(60) }),

  z.strictObject({ kind: z.literal('filesystem.no-space'), ...atCalls, ...lasting }),
  z.strictObject({ kind: z.literal('filesystem.no-access'), ...atCalls, ...lasting }),
  z.strictObject({ kind: z.literal('filesystem.io-error'), ...atCalls, ...lasting }),
  z.strictObject({ kind: z.literal('filesystem.slow'), ...atCalls, delay: delay.default({ minMs: 200, maxMs: 3000 }) }),
  z.strictObject({ kind: z.literal('filesystem.read-only'), ...atCalls, ...lasting }),

  z.strictObject({
    kind: z.literal('resources.memory'),
    ...atCalls,
    ...lasting,
    /** What is left to take above what is in use at that moment. */
    freeBytes: z
      .int()
      .min(0)
      .max(2 ** 40)
      .default(4 * 1024 * 1024),
  }),
  z.strictObject({
    kind: z.literal('resources.cpu'),
    ...atCalls,
    ...lasting,
    cpus: z.number().min(0.01).max(64).default(0.05),
  }),
  z.strictObject({
    kind: z.literal('resources.processes'),
    ...atCalls,
    ...lasting,
    /** How many more than there are. */
    free: z.int().min(0).max(100_000).default(1),
  }),
  z.strictObject({
    kind: z.literal('resources.descriptors'),
    ...atCalls,
    files: z.int().min(4).max(65_536).default(8),
  }),

  z.strictObject({ kind: z.literal('clock.offset'), ...atCalls, offsetMs: z.int().default(-86_400_000) }),
  z.strictObject({ kind: z.literal('clock.jump'), ...atCalls, byMs: z.int().default(3_600_000) }),
  z.strictObject({
    kind: z.literal('clock.zone'),
    ...atCalls,
    zone: z
      .string()
      .max(64)
      .regex(/^[A-Za-z0-9_+\-/<>:,.]+$/)
      .default('Pacific/Kiritimati'),
  }),

  z.strictObject({ kind: z.literal('lifecycle.suspend-gap'), ...atCalls, gapMs: milliseconds.default(2000) }),
  z.strictObject({ kind: z.literal('lifecycle.restart'), ...atCalls }),
  z.strictObject({ kind: z.literal('lifecycle.reap-notice'), ...atCalls, noticeMs: milliseconds.default(1000) }),
  z.strictObject({
    kind: z.literal('lifecycle.cold-start'),
    ...atCalls,
    delay: delay.default({ minMs: 500, maxMs: 5000 }),
  }),
] as const;

export const faultSchema = z.discriminatedUnion('kind', kinds);
export type PlannedFault = z.output<typeof faultSchema>;
export type FaultKind = PlannedFault['kind'];

export const faultKinds: readonly FaultKind[] = kinds.map(({ shape }) => shape.kind.value);

/** Two states: outside a burst and in one. What it depends on fails more often while the burst lasts. */
const dependency = z.strictObject({
  /** Chance of a burst beginning, at each call. */
  enter: share,
  /** Chance of it ending, at each call. */
  leave: share.min(0.001),
  /** Rates are multiplied by it in a burst, and never above 1. */
  factor: z.number().min(0).max(1000).default(10),
});

export const faultPlanSchema = z
  .strictObject({
    format: z.literal(faultPlanFormat),
    name: z.string().max(128).default(''),
    summary: z.string().max(1024).default(''),
    seed: z.union([z.int(), z.string().min(1).max(256)]),
    /** Share of calls that meet some fault without a rate of its own; split among them by the weights of their kinds. */
    dial: share.default(0.05),
    /** Share of episodes in which a fault is active. */
    activation: share.default(1),
    /** Share of rollouts without any fault, to compare with. */
    control: share.default(0),
    /** Rollouts of one group meet the same faults, or each its own. */
    group: z.enum(['independent', 'shared']).default('independent'),
    /** Where in an episode of `horizon` calls faults come most. */
    position: z.enum(['even', 'early', 'middle', 'late']).default('even'),
    horizon: z.int().min(1).max(1_000_000).default(50),
    /** Most injections in one episode; absent, no bound. */
    budget: z.int().min(0).max(1_000_000).exactOptional(),
    /** Most in a row at one logical operation (a call with the same input), so that tasks stay solvable. */
    consecutive: z.int().min(1).max(2).default(2),
    dependencies: z.record(word, dependency).default({}),
    faults: z.array(faultSchema).max(256),
  })
  .superRefine(({ faults, dependencies }, context) => {
    const ids = faults.map(({ id }) => id);
    for (const [at, fault] of faults.entries()) {
      const problem = (field: string, message: string): void =>
        context.addIssue({ code: 'custom', path: ['faults', at, field], message });
      if (ids.indexOf(fault.id) !== at) problem('id', 'stands here twice');
      if (fault.dependency !== undefined && !dependencies[fault.dependency])
        problem('dependency', 'is not among the dependencies of the plan');
      if (fault.from !== undefined && fault.until !== undefined && fault.from > fault.until)
        problem('until', 'lies before from');
    }
  });
export type FaultPlan = z.output<typeof faultPlanSchema>;
export type FaultPlanInput = z.input<typeof faultPlanSchema>;

/** Which run of a task this is: part of every draw. */
export const faultEpisodeSchema = z.strictObject({
  task: z.string().max(256).default(''),
  group: z.string().max(256).default(''),
  rollout: z.int().min(0).default(0),
});
export type FaultEpisode = z.output<typeof faultEpisodeSchema>;

/** What a sandbox is created with. */
export const sandboxFaultsSchema = z.strictObject({
  plan: faultPlanSchema,
  episode: faultEpisodeSchema.prefault({}),
});
export type SandboxFaults = z.output<typeof sandboxFaultsSchema>;
export type SandboxFaultsInput = z.input<typeof sandboxFaultsSchema>;

export const faultMeans = ['physical', 'synthetic'] as const;
/** `physical`: it really happens. `synthetic`: the door answers with what the contract says such a failure looks like. */
export type FaultMeans = (typeof faultMeans)[number];

/** One fault that was drawn, for the scorer. No time and no chance name is in it: the same episode gives the same bytes. */
export interface FaultLabel {
  /** Calls of the door are counted through the episode, what goes over the network by host. */
  channel: 'call' | 'lookup' | 'connection' | 'request';
  /** The tool or verb, or the host. */
  name: string;
  /** Counted from 1 in its channel, and by host in those of the network. */
  position: number;
  /** How many calls of this tool, or of this host's, there were with it. */
  ordinal: number;
  fault: string;
  kind: FaultKind;
  means: FaultMeans;
  /** sha256 of the canonical input, hex. */
  input: string;
  /** The draw it came of, hex. */
  draw: string;
  /** What was drawn or set of its size. */
  parameters: Record<string, number | string>;
  /** False when it gave way; `because` says to what. */
  applied: boolean;
  because: 'applied' | 'budget' | 'consecutive' | 'another' | 'not-possible';
}

/** All that the scorer can know of a sandbox's faults. The agent sees none of it. */
export interface FaultReport {
  sandbox: string;
  /** sha256 of the plan's canonical JSON. */
  plan: string;
  name: string;
  episode: FaultEpisode;
  /** A rollout without faults. */
  control: boolean;
  /** Ids of the faults that can come in this episode. */
  active: string[];
  /** True after `stopFaults`. */
  stopped: boolean;
  /** Calls of the door that were looked at. */
  calls: number;
  labels: FaultLabel[];
}
