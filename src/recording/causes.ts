/**
 * Whose doing a failure is: one table, first line that fits. What no line knows is `unknown`, never guessed.
 *
 * The rule behind the table: what a better agent would have avoided is `agent`; what the same agent would have met again
 * on a healthy machine with the same plan is `injected`; what it would not have met is `infrastructure`. What an agent can bring
 * about whenever it likes is never `infrastructure`: whoever learns from it would learn to.
 */
import type { Cause, ErrorCode, ExitReason, Fault } from '../schema/index.ts';

/** What is known of a failure. Of an error the code; of a command the way it ended. */
export interface FailureFacts {
  code: ErrorCode | null;
  fault: Fault | null;
  reason: ExitReason | null;
  exitCode: number | null;
  signal: string | null;
  /** A fault plan had its hand in this step. */
  faulted: boolean;
  /** A fault plan delayed it. */
  slowed: boolean;
  /** Why the sandbox ended while it was under way; null where it did not. */
  sandboxEnded: ExitReason | null;
  /** The sandbox is of a kind that a program in it can end. */
  mayEndItself: boolean;
  /** A connection of its own to an allowed destination failed or was broken from outside. */
  networkBroke: boolean;
  /** A tape did not know a request of its own. */
  tapeMissed: boolean;
}

interface Rule {
  name: string;
  cause: Cause;
  fits(facts: FailureFacts): boolean;
}

const infrastructureCodes = new Set<ErrorCode>([
  'sandbox-died',
  'guest-protocol',
  'host-disk-full',
  'launch-failed',
  'busy',
  'daemon-unreachable',
  'snapshot-corrupt',
  'journal-corrupt',
  'tape-corrupt',
  'state-unusable',
  'outcome-unknown',
  'capability-missing',
  'limit-unsupported',
  'internal',
]);

/** A connection has no part in these. */
const ofResources: ReadonlySet<ExitReason> = new Set([
  'oom',
  'disk-full',
  'pid-limit',
  'output-limit',
  'network-denied',
]);
const limits: ReadonlySet<ExitReason> = new Set([...ofResources, 'timed-out', 'silent-timeout']);
const ownFaults: ReadonlySet<Fault> = new Set(['caller', 'policy', 'agent']);

const mayBeOfNetwork = ({ reason, fault }: FailureFacts): boolean =>
  !(reason !== null && ofResources.has(reason)) && !(fault !== null && ownFaults.has(fault));

const isLost = ({ code, fault, reason, sandboxEnded }: FailureFacts): boolean =>
  [sandboxEnded, reason].includes('died') ||
  (fault !== 'agent' && (code === 'sandbox-died' || code === 'guest-protocol'));

export const causeRules: readonly Rule[] = [
  { name: 'fault-plan', cause: 'injected', fits: ({ faulted, fault }) => faulted || fault === 'injected' },
  {
    name: 'sandbox-limit',
    cause: 'agent',
    fits: ({ sandboxEnded }) => sandboxEnded !== null && limits.has(sandboxEnded),
  },
  { name: 'sandbox-may-end-itself', cause: 'unknown', fits: (facts) => facts.mayEndItself && isLost(facts) },
  { name: 'sandbox-ended', cause: 'infrastructure', fits: ({ sandboxEnded }) => sandboxEnded !== null },
  {
    name: 'infrastructure-code',
    cause: 'infrastructure',
    // A tool may say that it was the agent's doing.
    fits: ({ code, fault }) => code !== null && fault !== 'agent' && infrastructureCodes.has(code),
  },
  // It had the time that it has where nothing is delayed.
  {
    name: 'slowed',
    cause: 'injected',
    fits: ({ slowed, reason, code }) =>
      slowed && (reason === 'timed-out' || reason === 'silent-timeout' || code === 'deadline-exceeded'),
  },
  // The call's own limit was chosen by whoever called; the host's patience ending is ours.
  { name: 'host-deadline', cause: 'infrastructure', fits: ({ code }) => code === 'deadline-exceeded' },
  {
    name: 'network-broke',
    cause: 'infrastructure',
    fits: (facts) => facts.networkBroke && mayBeOfNetwork(facts),
  },
  { name: 'unreachable', cause: 'infrastructure', fits: ({ code }) => code === 'network-unreachable' },
  { name: 'cancelled', cause: 'unknown', fits: ({ reason, code }) => reason === 'cancelled' || code === 'cancelled' },
  // The world has no such thing, and it is the agent that asks: nobody knows what a live one would have answered.
  { name: 'tape-miss', cause: 'unknown', fits: (facts) => facts.tapeMissed && mayBeOfNetwork(facts) },
  // It was refused what it was told it may not do, or asked for what makes no sense.
  { name: 'policy-refusal', cause: 'agent', fits: ({ fault }) => fault === 'policy' },
  { name: 'bad-call', cause: 'agent', fits: ({ fault }) => fault === 'caller' || fault === 'agent' },
  { name: 'end-not-seen', cause: 'infrastructure', fits: ({ reason }) => reason === 'died' || reason === 'evicted' },
  // Limits are part of the contract the agent works under.
  {
    name: 'limit',
    cause: 'agent',
    fits: ({ reason }) => reason !== null && limits.has(reason),
  },
  // Nothing but the host's own killer sends it unasked, and that one is `oom` where limits are counted.
  { name: 'killed', cause: 'unknown', fits: ({ reason, signal }) => reason === 'signalled' && signal === 'SIGKILL' },
  { name: 'crash', cause: 'agent', fits: ({ reason }) => reason === 'signalled' },
  {
    name: 'exit-status',
    cause: 'agent',
    fits: ({ reason, exitCode }) => reason === 'exited' && exitCode !== null && exitCode !== 0,
  },
  { name: 'unclassified', cause: 'unknown', fits: ({ code }) => code !== null },
];

/** Null when nothing failed. */
export function causeOf(facts: FailureFacts): { cause: Cause; rule: string } | null {
  const failed = facts.code !== null || (facts.reason !== null && (facts.reason !== 'exited' || facts.exitCode !== 0));
  if (!failed) return null;
  const rule = causeRules.find((each) => each.fits(facts));
  return rule ? { cause: rule.cause, rule: rule.name } : { cause: 'unknown', rule: 'none' };
}

export const noFacts: FailureFacts = {
  code: null,
  fault: null,
  reason: null,
  exitCode: null,
  signal: null,
  faulted: false,
  slowed: false,
  sandboxEnded: null,
  mayEndItself: false,
  networkBroke: false,
  tapeMissed: false,
};

/** An answer that says how a command ended: of `exec`, of the shells' tools. */
export function exitFactsOf(output: unknown): Pick<FailureFacts, 'reason' | 'exitCode' | 'signal'> | null {
  if (typeof output !== 'object' || output === null || !('exitCode' in output) || !('reason' in output)) return null;
  const { exitCode, reason } = output;
  const signal = 'signal' in output && typeof output.signal === 'string' ? output.signal : null;
  // Both fields come from our own tools and verbs, whose schemas hold them.
  return { reason: reason as ExitReason, exitCode: typeof exitCode === 'number' ? exitCode : null, signal };
}
