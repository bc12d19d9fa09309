/**
 * Approvals: what waits for people, and who may decide.
 *
 * 1. Who decides is who asks, as the key, the signed link or the embedding program says, never what a request says.
 * 2. With four eyes, neither whom the session works for nor anybody who started it or told it what to do can decide.
 * 3. A person decides once; a second time is refused, whatever it says.
 */
import { isOwnAsk } from '../agents/index.ts';
import { isoTime } from '../base/index.ts';
import {
  type Approval,
  decideApprovalSchema,
  HoldfastError,
  type HoldfastService,
  parseInput,
  type SessionEntry,
} from '../schema/index.ts';
import type { SessionEngine } from '../sessions/index.ts';
import type { Caller, Core } from './core.ts';

/** Characters; a token may be longer than the secret it stands for. */
const mostAbout = 30_000;

type ApprovalVerbs = Pick<HoldfastService, 'listApprovals' | 'decideApproval'>;

export function approvalVerbs(core: Core, engine: SessionEngine, { tenant, person }: Caller): ApprovalVerbs {
  return {
    listApprovals: async () => openApprovals(core, tenant),
    decideApproval: async (id, input) => {
      const { approve, reason = null } = parseInput(decideApprovalSchema, input, 'approval');
      const approval = openApprovals(core, tenant).find((each) => each.id === id);
      if (!approval) {
        throw new HoldfastError('not-found', `no approval ${JSON.stringify(id)} is asked for`, {
          hint: 'It is decided, over, or was never asked for; holdfast session approvals lists those that are.',
        });
      }
      const by = mayDecide(core, approval, person);
      const event = `approval:${id.split('.')[1]}`;
      const isNew = engine.deliver(approval.session, { event, data: { approve, by, reason }, key: `${event}:${by}` });
      // By whom stands in the audit log, where it can be erased.
      if (isNew) {
        core.journal.append({ tenant, sandbox: null, type: 'approval-decided', body: { approval: id, approve } });
        recordDecision(core, approval, approve);
        return approval;
      }
      throw new HoldfastError('wrong-state', `${by} has decided about ${id} already`, {
        hint: 'A decision stands; cancel the session if it must not go on.',
        details: { approval: id, person: by },
      });
    },
  };
}

/** In the recording of the session's sandbox, if there is one: what was decided, and not by whom. */
function recordDecision({ store, recordings, log }: Core, approval: Approval, approve: boolean): void {
  const { id, agent, tool, input, session } = approval;
  const sandbox = store.sessions.get(session)?.sandbox ?? null;
  if (sandbox === null) return;
  const about = `${id}: ${tool} of ${agent} with ${JSON.stringify(input)}`.slice(0, mostAbout).toWellFormed();
  try {
    recordings.of(sandbox)?.add({ type: 'approval', by: 'person', decision: approve ? 'allowed' : 'denied', about });
  } catch (error) {
    log.warn({ error, sandbox }, 'a decision is not in the recording');
  }
}

/** Neither decided nor over, oldest session first. */
export function openApprovals(core: Core, tenant: string): Approval[] {
  const nowMs = core.clock.nowMs();
  return core.store.sessions.asked(tenant).flatMap((entry) => approvalOf(core, entry, nowMs) ?? []);
}

/** Who cannot decide, by name. */
export function excludedFrom({ store }: Core, { fourEyes, requester, session }: Approval): Set<string> {
  return new Set(fourEyes ? [requester, ...store.sessions.speakers(session)] : []);
}

/** @throws HoldfastError `forbidden` */
function mayDecide(core: Core, approval: Approval, person: string | null): string {
  if (person === null) {
    throw new HoldfastError('forbidden', 'the key names no person, and an approval is a person’s', {
      hint: 'Add person=NAME to its line in the keys file, or use a signed link.',
    });
  }
  if (!excludedFrom(core, approval).has(person)) return person;
  const isRequester = person === approval.requester;
  const why = isRequester ? 'is whom the session works for' : 'started the session or told it what to do';
  throw new HoldfastError('forbidden', `${person} ${why}, and somebody else must decide`, {
    hint: 'Ask a second person, who has a key or a signed link of their own.',
    details: { approval: approval.id, person },
  });
}

/** All there can be of one session. */
const longestLog = 100_000;

function approvalOf({ store }: Core, { session, position, at, data }: SessionEntry, nowMs: number): Approval | null {
  const expiresMs = Number(data['expiresMs']);
  if (nowMs >= expiresMs || !isOwnAsk({ session, data })) return null;
  const decisions = store.sessions
    .entries(session, position, longestLog)
    .filter((entry) => entry.kind === 'received' && entry.data['event'] === `approval:${position}`)
    // Written by `decideApproval` and by nobody else.
    .map((entry) => entry.data['data'] as { approve: boolean; by: string });
  const quorum = Number(data['quorum']);
  if (decisions.some(({ approve }) => !approve) || decisions.length >= quorum) return null;
  return {
    id: `${session}.${position}`,
    session,
    agent: String(data['agent']),
    tool: String(data['tool']),
    input: data['input'],
    reason: String(data['reason']),
    quorum,
    fourEyes: data['fourEyes'] !== false,
    requester: String(data['requester']),
    approvedBy: decisions.map(({ by }) => by),
    askedAt: at,
    expiresAt: isoTime(expiresMs),
  };
}
