/** Routes of the audit log, of erasure, and of what agents remember. */
import { z } from 'zod';
import {
  auditQuerySchema,
  erasePersonSchema,
  exportAuditSchema,
  memoryScopes,
  placeHoldSchema,
  verifyAuditSchema,
} from '../../schema/index.ts';
import { streamAnswer } from '../answer.ts';
import {
  auditEntrySchema,
  auditEvidenceSchema,
  auditReportSchema,
  erasureReportSchema,
  legalHoldSchema,
} from '../audit-responses.ts';
import { integerText, refText } from '../query.ts';
import { pageOf } from '../responses.ts';
import { parse, type Route, route } from '../route.ts';
import { memorySchema } from '../session-responses.ts';

const exported = { mediaType: 'application/x-ndjson', description: 'JSON lines with proofs, or a timeline as text' };
const sequence = integerText(z.int().min(1));
const { kind, person, since, until } = auditQuerySchema.shape;

export const auditRoutes: Route[] = [
  route({
    verb: 'auditEntries',
    method: 'GET',
    path: '/audit/entries',
    summary: 'What agents did and who decided, oldest first',
    query: z.strictObject({
      kind: kind.unwrap().exactOptional(),
      session: refText.exactOptional(),
      person: person.unwrap().exactOptional(),
      since: since.unwrap().exactOptional(),
      until: until.unwrap().exactOptional(),
      after: integerText(z.int().min(0)).exactOptional(),
      limit: integerText(z.int().min(1).max(1000)).exactOptional(),
    }),
    response: pageOf(auditEntrySchema),
    handle: ({ service, query, options }) => service.auditEntries(query, options),
  }),
  route({
    verb: 'auditEvidence',
    method: 'GET',
    path: '/audit/entries/{sequence}',
    summary: 'One entry, with the proof that it is in the log which was signed',
    response: auditEvidenceSchema,
    handle: ({ service, param, options }) =>
      service.auditEvidence(parse(sequence, param('sequence'), 'sequence'), options),
  }),
  route({
    verb: 'verifyAudit',
    method: 'POST',
    path: '/audit/verify',
    summary: 'Read all of the log and compare it with every signed checkpoint',
    body: verifyAuditSchema,
    response: auditReportSchema,
    handle: ({ service, body, options }) => service.verifyAudit(body, options),
  }),
  route({
    verb: 'exportAudit',
    method: 'POST',
    path: '/audit/export',
    summary: 'Export the entries of a person, a session or a time, with proofs',
    endsWithClient: true,
    body: exportAuditSchema,
    response: exported,
    async handle(call) {
      return streamAnswer(await call.service.exportAudit(call.body, call.options), exported.mediaType, call);
    },
  }),
  route({
    verb: 'erasePerson',
    method: 'POST',
    path: '/audit/erasures',
    summary: 'Destroy a person’s key, and remove their sessions and memories; the log still verifies',
    body: erasePersonSchema,
    response: erasureReportSchema,
    handle: ({ service, body, options }) => service.erasePerson(body, options),
  }),
  route({
    verb: 'listHolds',
    method: 'GET',
    path: '/audit/holds',
    summary: 'List legal holds',
    response: z.array(legalHoldSchema),
    handle: ({ service, options }) => service.listHolds(options),
  }),
  route({
    verb: 'placeHold',
    method: 'POST',
    path: '/audit/holds',
    summary: 'Let nothing of a person, or of anybody, be erased',
    status: 201,
    body: placeHoldSchema,
    response: legalHoldSchema,
    handle: ({ service, body, options }) => service.placeHold(body, options),
  }),
  route({
    verb: 'releaseHold',
    method: 'DELETE',
    path: '/audit/holds/{hold}',
    summary: 'End a legal hold',
    status: 204,
    response: null,
    handle: ({ service, param, options }) => service.releaseHold(param('hold'), options),
  }),
  route({
    verb: 'searchMemories',
    method: 'GET',
    path: '/memories',
    summary: 'Search what agents remember, by words',
    query: z.strictObject({
      query: z.string().min(1).max(1024),
      scope: z.enum(memoryScopes).exactOptional(),
      owner: refText.exactOptional(),
      slot: refText.exactOptional(),
      limit: integerText(z.int().min(1).max(1000)).exactOptional(),
    }),
    response: z.array(memorySchema),
    handle: ({ service, query, options }) => service.searchMemories(query, options),
  }),
];
