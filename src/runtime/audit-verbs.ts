/** Verbs about the audit log: reading, proving, verifying and exporting it, erasing a person, and legal holds. */
import { evidenceOf, exportLines, listEntries, timeline } from '../audit/index.ts';
import { encoded, isoTime } from '../base/index.ts';
import {
  auditQuerySchema,
  type ErasePerson,
  erasePersonSchema,
  exportAuditSchema,
  HoldfastError,
  type HoldfastService,
  type LegalHold,
  parseInput,
  placeHoldSchema,
  verifyAuditSchema,
} from '../schema/index.ts';
import type { LegalHoldRecord } from '../state/index.ts';
import { type Caller, type Core, ownerPerson } from './core.ts';
import { erasePerson } from './erasure.ts';
import type { Sessions } from './sessions.ts';

export type AuditVerbs = Pick<
  HoldfastService,
  | 'auditEntries'
  | 'auditEvidence'
  | 'verifyAudit'
  | 'exportAudit'
  | 'erasePerson'
  | 'placeHold'
  | 'releaseHold'
  | 'listHolds'
>;

export function auditVerbs(core: Core, sessions: () => Promise<Sessions>, caller: Caller): AuditVerbs {
  const { tenant } = caller;
  const actor = caller.person ?? ownerPerson;
  const holds = core.store.legalHolds;
  return {
    auditEntries: async (query = {}) => {
      const audit = await core.audit.open();
      return listEntries(audit, tenant, parseInput(auditQuerySchema, query, 'query'));
    },
    auditEvidence: async (sequence) => evidenceOf(await core.audit.open(), tenant, sequence),
    verifyAudit: async (input = {}) => {
      const { checkpoints } = parseInput(verifyAuditSchema, input, 'verification');
      const audit = await core.audit.open();
      return audit.verify(checkpoints ?? []);
    },
    exportAudit: async (input = {}) => {
      const wanted = parseInput(exportAuditSchema, input, 'export');
      const audit = await core.audit.open();
      // Who takes a copy is logged before there is one.
      const { person: about, ...rest } = wanted;
      const person = about !== undefined && audit.knows(tenant, about) ? about : null;
      audit.append({ kind: 'exported', tenant, actor, person, body: rest });
      const lines = wanted.format === 'timeline' ? timeline(audit, tenant, wanted) : exportLines(audit, tenant, wanted);
      return encoded(lines);
    },
    erasePerson: async (input: ErasePerson) => {
      const wanted = parseInput(erasePersonSchema, input, 'erasure');
      const audit = await core.audit.open();
      const { engine, modelTape } = await sessions();
      return erasePerson({ core, audit, engine, modelTape, caller }, wanted);
    },
    placeHold: async (input) => {
      const { person: about = null, reason } = parseInput(placeHoldSchema, input, 'hold');
      const audit = await core.audit.open();
      const placedAt = isoTime(core.clock.nowMs());
      const record = { id: core.newId('hold'), tenant, person: about, reason, placedBy: actor, placedAt };
      core.store.transaction(() => {
        holds.insert(record);
        const known = about !== null && audit.knows(tenant, about) ? about : null;
        audit.append({ kind: 'hold-placed', tenant, person: known, actor, body: { hold: record.id, reason } });
      });
      return holdView(record);
    },
    releaseHold: async (id) => {
      const audit = await core.audit.open();
      const record = holds.list(tenant).find((each) => each.id === id);
      if (!record) {
        throw new HoldfastError('not-found', `there is no legal hold ${JSON.stringify(id)}`, {
          hint: 'holdfast audit hold lists those there are.',
        });
      }
      core.store.transaction(() => {
        holds.remove(tenant, id);
        const known = record.person !== null && audit.knows(tenant, record.person) ? record.person : null;
        audit.append({ kind: 'hold-released', tenant, person: known, actor, body: { hold: id } });
      });
    },
    listHolds: async () => holds.list(tenant).map(holdView),
  };
}

function holdView({ tenant: _, ...hold }: LegalHoldRecord): LegalHold {
  return hold;
}
