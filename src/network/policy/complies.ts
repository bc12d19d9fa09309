/**
 * What is open when a policy changes goes on only if the new policy would let it begin the same way. The gateway asks
 * this for every tunnel, mediated connection and running request, and cuts what is refused.
 */
import type { Decision } from '../../schema/index.ts';
import type { CompiledPolicy, Destination, Grant, RequestQuestion } from '../types.ts';
import { allowedBy, refused } from './decisions.ts';

export type Open =
  /** `address` was dialled; null behind an upstream proxy. */
  | { kind: 'tunnel'; destination: Destination; first: 'tls' | 'http' | 'other'; address: string | null }
  | { kind: 'mediated'; destination: Destination; protocol: 'https' | 'http' }
  | { kind: 'request'; question: RequestQuestion; address: string | null };

/** Allowed, or `policy-changed` with the rule and the hint of what refuses it now. */
export function complies(policy: CompiledPolicy, open: Open): Decision {
  const decision = decide(policy, open);
  if (decision.allowed) return decision;
  const what = `The policy changed, and what is open does not comply any more (${decision.code})`;
  return refused('policy-changed', what, { rule: decision.rule, hint: decision.hint });
}

function decide(policy: CompiledPolicy, open: Open): Decision {
  if (open.kind === 'request') {
    const verdict = policy.request(open.question);
    return verdict.allowed ? dialled(policy, open.question, verdict.grant, open.address) : verdict.decision;
  }
  if (open.kind === 'mediated') {
    return policy.connect(open.destination, open.protocol === 'https' ? 'tls' : 'http').decision;
  }
  const verdict = policy.connect(open.destination, open.first);
  if (verdict.action === 'tunnel') return dialled(policy, open.destination, verdict.grant, open.address);
  // Bytes that pass unseen cannot begin to be read in their middle.
  return verdict.action === 'deny' ? verdict.decision : refused('policy-changed', 'It must be read now');
}

function dialled(policy: CompiledPolicy, destination: Destination, grant: Grant, address: string | null): Decision {
  return address === null ? allowedBy(grant.rule) : policy.address(address, destination, grant);
}
