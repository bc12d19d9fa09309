/** What a connection has to do with a failure: only what the sandbox did not break itself is a broken network. */
import type { NetworkFlow } from '../schema/index.ts';
import type { FailureFacts } from './causes.ts';

export interface FlowFailure {
  /** What its own cause is found by. */
  facts: Partial<FailureFacts>;
  /** What it may be the cause of, in whatever was under way. */
  harm: 'broke' | 'missed' | null;
}

/** Null where nothing failed, and where the sandbox itself broke off. */
export function flowFailure({ error, endedBy, decision, injected }: NetworkFlow): FlowFailure | null {
  if (injected === true) return { facts: { code: 'network-unreachable', faulted: true }, harm: null };
  if (error !== null && (endedBy === 'outside' || endedBy === 'gateway')) {
    return { facts: { code: 'network-unreachable' }, harm: 'broke' };
  }
  if (decision.code === 'tape-miss') return { facts: { code: 'unclassified', tapeMissed: true }, harm: 'missed' };
  if (!decision.allowed) return { facts: { reason: 'network-denied' }, harm: null };
  return error === null || endedBy === 'inside' ? null : { facts: { code: 'unclassified' }, harm: null };
}
