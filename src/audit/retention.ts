/**
 * How long entries are kept: at least six months, then whole segments go.
 *
 * 1. A shorter time than the floor is refused, not rounded up, for each class.
 * 2. A segment goes when all of its entries are past their time, each by its class, and no legal hold is about anybody in it,
 *    oldest first.
 * 3. Before it goes, the tree up to its end is signed and put into the second place, and the deletion is logged: what is
 *    left verifies against that.
 */
import { type Clock, removeFile } from '../base/index.ts';
import { type AuditLine, HoldfastError } from '../schema/index.ts';
import type { Segment } from '../state/index.ts';
import type { Lines } from './lines.ts';
import type { AuditLog, Opened } from './log.ts';
import { Frontier } from './merkle.ts';

export const shortestRetentionDays = 183;
const dayMs = 86_400_000;
/** A segment is closed after this long, so that small logs come to an end of their time too. */
const segmentDays = 30;

/** What an entry says of itself: whether it is about a person, or done by one. */
export const retentionClasses = ['internal', 'personal'] as const;
export type RetentionClass = (typeof retentionClasses)[number];
/** In days. */
export type Retention = Readonly<Record<RetentionClass, number>>;

const classOf = ({ person, actor }: Pick<AuditLine, 'person' | 'actor'>): RetentionClass =>
  person === null && actor === null ? 'internal' : 'personal';

/** @param byClass longer for some; the others are kept for `days` @throws HoldfastError `invalid-argument` below the floor */
export function retentionOf(days: number, byClass: Partial<Retention> = {}): Retention {
  const classOfUnknown = Object.keys(byClass).find((name) => !retentionClasses.some((known) => known === name));
  if (classOfUnknown !== undefined) {
    throw new HoldfastError('invalid-argument', `no entry of the audit log is of the class ${classOfUnknown}`, {
      hint: `The classes are ${retentionClasses.join(' and ')}: what is about a person is personal.`,
    });
  }
  const { internal = days, personal = days } = byClass;
  return { internal: checked(internal), personal: checked(personal) };
}

function checked(days: number): number {
  if (Number.isFinite(days) && days >= shortestRetentionDays) return days;
  throw new HoldfastError('invalid-argument', `audit entries cannot be kept for ${days} days only`, {
    hint: `At least ${shortestRetentionDays} days, six months: the AI Act (Art. 19 and 26) asks deployers for that.`,
    details: { days, least: shortestRetentionDays },
  });
}

export interface Held {
  tenant: string;
  /** Null: everybody of the tenant. */
  person: string | null;
}

export interface RetentionParts {
  clock: Clock;
  days: Retention;
  /** Whose log notes that segments went. */
  owner: string;
  holds(): readonly Held[];
}

/** Answers how many segments went. */
export async function tendRetention(audit: AuditLog, { clock, days, owner, holds }: RetentionParts): Promise<number> {
  const nowMs = clock.nowMs();
  await closeOld(audit.open.log, nowMs);
  for (let gone = 0; ; gone++) {
    const opened = audit.open;
    const [oldest, next] = opened.log.segments;
    if (!oldest || next?.first === undefined || next.first === null) return gone;
    const beginsMs = await beginOf(opened.log, next);
    if (beginsMs === null || beginsMs > nowMs - Math.min(days.internal, days.personal) * dayMs) return gone;
    const isKept = (line: AuditLine): boolean => Date.parse(line.at) > nowMs - days[classOf(line)] * dayMs;
    const end = await endOf(opened, next.first - 1, { holds: holds(), isKept });
    if (!end) return gone;
    const { tree, hash } = end;
    const root = tree.root().toString('hex');
    audit.append({ kind: 'segments-deleted', tenant: owner, body: { upTo: tree.size, root, segment: oldest.number } });
    await audit.durable();
    await audit.markDeleted(next.number, tree.facts(), hash);
    const base = { segment: next.number, before: { sequence: tree.size, hash } };
    for (const path of opened.log.forgetBefore(base)) await removeFile(path);
  }
}

async function closeOld(log: Lines, nowMs: number): Promise<void> {
  const current = log.segments.at(-1);
  const beginsMs = current ? await beginOf(log, current) : null;
  if (beginsMs !== null && beginsMs < nowMs - segmentDays * dayMs) log.rotate();
}

async function beginOf(log: Lines, { first }: Readonly<Segment>): Promise<number | null> {
  if (first === null) return null;
  for await (const { entry } of log.entries(first - 1, log.last, () => true)) return Date.parse(entry.at);
  return null;
}

/** The tree at the end of the oldest segment; null when something in it is not past its time, or somebody is held. */
async function endOf(
  { log, head, ring }: Opened,
  last: number,
  { holds, isKept }: { holds: readonly Held[]; isKept: (line: AuditLine) => boolean },
): Promise<{ tree: Frontier; hash: string } | null> {
  const tree = new Frontier(head.deleted?.tree);
  const held = holds.map(({ tenant, person }) => ({
    tenant,
    pseudonym: person === null ? null : (ring.pseudonymOf(tenant, person) ?? ''),
  }));
  const isHeld = ({ tenant, person, actor }: AuditLine): boolean =>
    held.some((hold) => {
      const isWhose = hold.pseudonym === null || hold.pseudonym === person || hold.pseudonym === actor;
      return hold.tenant === tenant && isWhose;
    });
  let hash = '';
  for await (const { entry } of log.entries(tree.size, { sequence: last, hash }, () => true)) {
    if (isKept(entry) || isHeld(entry)) return null;
    tree.append(Buffer.from(entry.hash, 'hex'));
    hash = entry.hash;
  }
  return tree.size === last ? { tree, hash } : null;
}
