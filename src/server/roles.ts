/** What a key may be used for. An operator's does everything that its tenant may; the others do what they are for. */
import { HoldfastError, type HoldfastService } from '../schema/index.ts';

export const roles = ['operator', 'approver', 'auditor'] as const;
export type Role = (typeof roles)[number];

type Verb = keyof HoldfastService;

const seeing: readonly Verb[] = [
  'version',
  'getSession',
  'listSessions',
  'sessionEntries',
  'sessionUpdates',
  'listApprovals',
];
const verbsOf: Readonly<Record<Exclude<Role, 'operator'>, ReadonlySet<Verb>>> = {
  approver: new Set<Verb>([...seeing, 'decideApproval']),
  auditor: new Set<Verb>([...seeing, 'auditEntries', 'auditEvidence', 'verifyAudit', 'exportAudit', 'listHolds']),
};

/** @param verb null: what the server does itself, such as signing a URL @throws HoldfastError `forbidden` */
export function refuseRole(role: Role, verb: Verb | null): void {
  if (role === 'operator' || (verb !== null && verbsOf[role].has(verb))) return;
  throw new HoldfastError('forbidden', `the key is an ${role}’s, and does not do this`, {
    hint: `It does ${[...verbsOf[role]].join(', ')}.`,
    details: { role, verb },
  });
}
