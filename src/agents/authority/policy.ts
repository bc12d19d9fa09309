/**
 * Whether an agent's own policies let it make a call: Cedar, default deny, a forbid beats every permit.
 *
 * 1. An agent without policies may make every call that its chain covers. With even one, only what a permit allows.
 * 2. A policy that cannot be read, or that fails while it is asked, denies; nothing is let through by mistake.
 * 3. Reasons are names: those of the policies that decided.
 */
import type { AuthorizationCall, Context } from '@cedar-policy/cedar-wasm/nodejs';

export interface PolicyQuestion {
  agent: string;
  tool: string;
  capability: string;
  risk: 'read' | 'write' | 'irreversible';
  tenant: string;
  person: string;
  /** How many agents are in the chain. */
  depth: number;
  untrusted: boolean;
  /** By which the message came that it follows from; empty: the runtime's own interface. */
  channel: string;
  /** Whether a person vouched for the address that it came from. */
  linked: boolean;
  input: unknown;
}

export interface PolicyDecision {
  allowed: boolean;
  /** Names of the policies that decided. */
  policies: string[];
  reason: string;
}

export type Policies = Readonly<Record<string, string>>;
export type DecidePolicy = (policies: Policies, question: PolicyQuestion) => Promise<PolicyDecision>;

export const decidePolicy: DecidePolicy = async (policies, question) => {
  if (Object.keys(policies).length === 0) return { allowed: true, policies: [], reason: 'it has no policies' };
  const cedar = await import('@cedar-policy/cedar-wasm/nodejs');
  const answer = cedar.isAuthorized(callOf(policies, question));
  if (answer.type === 'failure') {
    return { allowed: false, policies: [], reason: answer.errors.map(({ message }) => message).join('; ') };
  }
  const { decision, diagnostics } = answer.response;
  if (diagnostics.errors.length > 0) {
    const failed = diagnostics.errors.map(({ policyId }) => policyId);
    return { allowed: false, policies: failed, reason: `${failed.join(', ')} could not be evaluated` };
  }
  const names = diagnostics.reason;
  const allowed = decision === 'allow';
  const why = names.length > 0 ? names.join(', ') : 'no policy permits it';
  return { allowed, policies: names, reason: allowed ? why : names.length > 0 ? `forbidden by ${why}` : why };
};

function callOf(policies: Policies, question: PolicyQuestion): AuthorizationCall {
  const { agent, tool, input, ...facts } = question;
  return {
    principal: { type: 'Agent', id: agent },
    action: { type: 'Action', id: 'call' },
    resource: { type: 'Tool', id: tool },
    context: { ...facts, input: simple(input) } as Context,
    policies: { staticPolicies: { ...policies } },
    entities: [],
  };
}

/** What Cedar has no value for, such as fractions and null, stands as text; what is nested stays nested. */
function simple(value: unknown): Context[string] {
  if (typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : String(value);
  if (Array.isArray(value)) return value.map(simple);
  if (typeof value !== 'object' || value === null) return String(value);
  const plain = Object.entries(value).filter(([key]) => key !== '__entity' && key !== '__extn' && key !== '__expr');
  return Object.fromEntries(plain.map(([key, item]) => [key, simple(item)]));
}
