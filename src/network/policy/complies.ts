/**
 * What is open when a policy changes goes on only if the new policy would let it begin the same way. The gateway asks
 * this for every tunnel, mediated connection and running request, and cuts what is refused.
 */
import type { Decision } from '../../schema/index.ts';
import type { CompiledPolicy, Destination, Grant, RequestQuestion } from '../types.ts';
import { allowedBy, refused } from './decisions.ts';

export type Open =
  /** `address` was dialled; null behind an upstream proxy. */
  | { kind: 'tunnel'; destination: Destination; first: 'tls' | 'http' | 'other'; address: string | null; grant: Grant }
  | { kind: 'mediated'; destination: Destination; protocol: 'https' | 'http' }
  | { kind: 'request'; question: RequestQuestion; address: string | null; grant: Grant };

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
    return verdict.allowed ? goesOn(policy, open.question, { ...open, now: verdict.grant }) : verdict.decision;
  }
  if (open.kind === 'mediated') {
    return policy.connect(open.destination, open.protocol === 'https' ? 'tls' : 'http').decision;
  }
  const verdict = policy.connect(open.destination, open.first);
  if (verdict.action === 'tunnel') return goesOn(policy, open.destination, { ...open, now: verdict.grant });
  // Bytes that pass unseen cannot begin to be read in their middle.
  return verdict.action === 'deny' ? verdict.decision : refused('policy-changed', 'It must be read now');
}

/** Whether what began by one grant may go on by the one that stands in its place. */
export function goesOn(
  policy: CompiledPolicy,
  destination: Destination,
  { grant, now, address }: { grant: Grant; now: Grant; address: string | null },
): Decision {
  const others = otherTerms(grant, now);
  if (others !== null) return refused('policy-changed', `Its rule has other ${others} now`, { rule: now.rule });
  if (address !== null) return policy.address(address, destination, now);
  // What is still being dialled is so by what was opened.
  if (opensAll(now, grant)) return allowedBy(now.rule);
  return refused('policy-changed', 'Its rule opens other addresses now', { rule: now.rule });
}

/** The first opens whatever the other one does. */
export function opensAll(wide: Grant, narrow: Grant): boolean {
  return narrow.addresses.every((range) => wide.addresses.includes(range));
}

/** What is counted, or was put into what was sent, cannot be changed in its middle. */
function otherTerms(grant: Grant, now: Grant): string | null {
  if (JSON.stringify(grant.credentials) !== JSON.stringify(now.credentials)) return 'credentials';
  if (JSON.stringify(grant.limits) !== JSON.stringify(now.limits)) return 'limits';
  // All connections of a rule are counted together, by its text.
  const isCounted = Object.keys(now.limits).length > 0;
  return isCounted && grant.rule.text !== now.rule.text ? 'connections to count' : null;
}
