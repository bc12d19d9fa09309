/**
 * Entries for who may read them: opened where the key is there still, with the proof that they are in the log.
 *
 * 1. A tenant sees its own entries only, and what a reader asks for by name is looked up by pseudonym.
 * 2. A proof is for the newest signed checkpoint, which covers every entry that was there when the reader asked.
 */
import type {
  AuditEntry,
  AuditEvidence,
  AuditLine,
  AuditProof,
  AuditQuery,
  ExportAudit,
  Page,
} from '../schema/index.ts';
import { HoldfastError } from '../schema/index.ts';
import { openBody } from './entry.ts';
import type { Mark } from './head.ts';
import type { AuditLog, Opened } from './log.ts';
import { Proofs } from './merkle.ts';

const defaultLimit = 100;

type Filter = Pick<AuditQuery, 'kind' | 'session' | 'person' | 'since' | 'until'>;

/** Oldest first. The cursor is the sequence to go on after. */
export async function listEntries(audit: AuditLog, tenant: string, query: AuditQuery): Promise<Page<AuditEntry>> {
  const { open } = audit;
  const { after = 0, limit = defaultLimit } = query;
  const wanted = filterOf(open, tenant, query);
  const items: AuditEntry[] = [];
  for await (const { entry } of open.log.entries(startOf(open, after), audit.last, mayBe(tenant, query))) {
    if (!wanted(entry)) continue;
    if (items.length === limit) return { items, nextCursor: String(items.at(-1)?.sequence ?? 0) };
    items.push(entryOf(open, entry));
  }
  return { items, nextCursor: null };
}

/** @throws HoldfastError `not-found` also for another tenant's */
export async function evidenceOf(audit: AuditLog, tenant: string, sequence: number): Promise<AuditEvidence> {
  const { open } = audit;
  for await (const { entry } of open.log.entries(startOf(open, sequence - 1), audit.last, () => true)) {
    if (entry.sequence !== sequence || entry.tenant !== tenant) break;
    const { mark, proofs } = await proofsOf(audit);
    const { checkpoint } = mark;
    const { publicKey } = open.signer;
    return { entry: entryOf(open, entry), line: entry, proof: proofOf(proofs, sequence), checkpoint, publicKey };
  }
  throw new HoldfastError('not-found', `there is no audit entry ${sequence}`, {
    hint: 'holdfast audit ls lists those that are kept.',
    details: { sequence },
  });
}

export const exportFormat = 'holdfast-audit-export/1';

/** One exported entry, with all that it takes to check it: hash of its line, its proof, and the salt of what it says. */
export interface ExportedEntry {
  line: AuditLine;
  body: unknown;
  salt: string | null;
  proof: AuditProof;
}

/** JSON lines: what it is and the signed checkpoint, then the entries, then how many they were. */
export async function* exportLines(
  audit: AuditLog,
  tenant: string,
  input: ExportAudit,
): AsyncGenerator<string, void, undefined> {
  const { open } = audit;
  const { format: _, ...filter } = input;
  const { mark, proofs } = await proofsOf(audit);
  const { checkpoint } = mark;
  const { publicKey } = open.signer;
  yield `${JSON.stringify({ format: exportFormat, tenant, filter, checkpoint, publicKey })}\n`;
  let entries = 0;
  for await (const line of matching(audit, tenant, filter, proofs.size)) {
    const opened = openedOf(open, line);
    const { body = null, salt = null } = opened ?? {};
    yield `${JSON.stringify({ line, body, salt, proof: proofOf(proofs, line.sequence) } satisfies ExportedEntry)}\n`;
    entries++;
  }
  yield `${JSON.stringify({ end: true, entries })}\n`;
}

export async function* matching(
  audit: AuditLog,
  tenant: string,
  filter: Filter,
  upTo: number = audit.last.sequence,
): AsyncGenerator<AuditLine, void, undefined> {
  const { open } = audit;
  const wanted = filterOf(open, tenant, filter);
  const until = { sequence: upTo, hash: '' };
  for await (const { entry } of open.log.entries(startOf(open, 0), until, mayBe(tenant, filter))) {
    if (wanted(entry)) yield entry;
  }
}

export function entryOf(open: Opened, { body: _, ...envelope }: AuditLine): AuditEntry {
  const opened = openedOf(open, { ...envelope, body: _ });
  return { ...envelope, body: opened?.body ?? null, erased: opened === null };
}

/** Null: the key was destroyed. */
function openedOf({ ring }: Opened, line: AuditLine): ReturnType<typeof openBody> | null {
  const key = line.person === null ? ring.keyOf(line.tenant, null) : ring.byPseudonym(line.person);
  return key && openBody(key, line);
}

/** Entries before the first that is kept are gone. */
const startOf = ({ log }: Opened, after: number): number => Math.max(after, log.base.before.sequence);

function filterOf({ ring }: Opened, tenant: string, filter: Filter): (line: AuditLine) => boolean {
  const { kind, session, person, since, until } = filter;
  // Of a person without a key there is nothing: no pseudonym is empty.
  const whose = person === undefined ? null : (ring.pseudonymOf(tenant, person) ?? '');
  const [fromMs, toMs] = [since, until].map((time) => (time === undefined ? null : Date.parse(time)));
  return (line) => {
    const atMs = Date.parse(line.at);
    return (
      line.tenant === tenant &&
      (kind === undefined || line.kind === kind) &&
      (session === undefined || line.session === session) &&
      (whose === null || line.person === whose || line.actor === whose) &&
      (fromMs === null || fromMs === undefined || atMs >= fromMs) &&
      (toMs === null || toMs === undefined || atMs < toMs)
    );
  };
}

/** A cheap look before a line is parsed; what it lets through is checked again. */
function mayBe(tenant: string, { session, kind }: Filter): (line: Buffer) => boolean {
  const needles = [`"tenant":${JSON.stringify(tenant)}`];
  if (session !== undefined) needles.push(`"session":${JSON.stringify(session)}`);
  if (kind !== undefined) needles.push(`"kind":"${kind}"`);
  return (line) => needles.every((needle) => line.includes(needle));
}

async function proofsOf(audit: AuditLog): Promise<{ mark: Mark; proofs: Proofs }> {
  const { open } = audit;
  const mark = await audit.checkpoint();
  const before = open.head.deleted?.tree ?? { size: 0, nodes: [] };
  const leaves: Buffer[] = [];
  const until = { sequence: mark.tree.size, hash: mark.hash };
  for await (const { entry } of open.log.entries(before.size, until, () => true)) {
    leaves.push(Buffer.from(entry.hash, 'hex'));
  }
  return { mark, proofs: new Proofs(before, leaves) };
}

function proofOf(proofs: Proofs, sequence: number): AuditProof {
  const index = sequence - 1;
  return { index, size: proofs.size, path: proofs.path(index) };
}
