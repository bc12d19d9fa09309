/** The client's verbs on the audit log and on what agents remember. */
import type { HoldfastService } from '../schema/index.ts';
import type { Caller } from './call.ts';

type AuditVerbs = Pick<
  HoldfastService,
  | 'auditEntries'
  | 'auditEvidence'
  | 'verifyAudit'
  | 'exportAudit'
  | 'erasePerson'
  | 'placeHold'
  | 'releaseHold'
  | 'listHolds'
  | 'searchMemories'
>;

export const auditVerbs = (caller: Caller): AuditVerbs => ({
  auditEntries: (query = {}, options) => caller.json('GET', '/audit/entries', { query: { ...query }, options }),
  auditEvidence: (sequence, options) => caller.json('GET', `/audit/entries/${sequence}`, { options }),
  verifyAudit: (input = {}, options) => caller.json('POST', '/audit/verify', { json: input, options }),
  exportAudit: async (input = {}, options) =>
    (await caller.stream('POST', '/audit/export', { json: input, options })).content,
  erasePerson: (input, options) => caller.json('POST', '/audit/erasures', { json: input, options }),
  placeHold: (input, options) => caller.json('POST', '/audit/holds', { json: input, options }),
  releaseHold: (id, options) => caller.nothing('DELETE', `/audit/holds/${encodeURIComponent(id)}`, { options }),
  listHolds: (options) => caller.json('GET', '/audit/holds', { options }),
  searchMemories: (input, options) => caller.json('GET', '/memories', { query: { ...input }, options }),
});
