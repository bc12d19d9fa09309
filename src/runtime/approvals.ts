/**
 * Approvals: what waits for people, and who may decide.
 *
 * 1. Who decides is who asks, as the key, the signed link or the embedding program says, never what a request says.
 * 2. With four eyes, neither whom the session works for nor anybody who started it or told it what to do can decide.
 * 3. A person decides once; a second time is refused, whatever it says.
 */
import { isoTime } from '../base/index.ts';
import {
  type Approval,
  decideApprovalSchema,
  HoldfastError,
  type HoldfastService,
  parseInput,
} from '../schema/index.ts';
import type { SessionEngine } from '../sessions/index.ts';
import type { OpenApproval } from '../state/index.ts';
import type { Caller, Core } from './core.ts';

/** Characters; a token may be longer than the secret it stands for. */
const mostAbout = 30_000;

type ApprovalVerbs = Pick<HoldfastService, 'listApprovals' | 'decideApproval'>;

export function approvalVerbs(core: Core, engine: SessionEngine, { tenant, person }: Caller): ApprovalVerbs {
  return {
    listApprovals: async () => core.store.sessions.openApprovals(tenant, core.clock.nowMs()).map(approvalOf),
    decideApproval: async (id, input) => {
      const { approve, reason = null } = parseInput(decideApprovalSchema, input, 'approval');
      const approval = openApproval(core, tenant, id);
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

/** Null when it is decided, over, or was never asked for. */
export function openApproval(core: Core, tenant: string, id: string): Approval | null {
  const found = askedFor(core, tenant, id);
  return found && approvalOf(found);
}

/** The same as it stands in the log. */
export function askedFor(
  { store, clock }: Pick<Core, 'store' | 'clock'>,
  tenant: string,
  id: string,
): OpenApproval | null {
  const [, session, position] = /^(.+)\.([1-9]\d{0,8})$/.exec(id) ?? [];
  return session === undefined ? null : store.sessions.openApproval(tenant, session, Number(position), clock.nowMs());
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

function approvalOf({ session, position, at, data, approvedBy }: OpenApproval): Approval {
  return {
    id: `${session}.${position}`,
    session,
    agent: String(data['agent']),
    tool: String(data['tool']),
    input: data['input'],
    reason: String(data['reason']),
    quorum: Number(data['quorum']),
    fourEyes: data['fourEyes'] !== false,
    requester: String(data['requester']),
    approvedBy,
    askedAt: at,
    expiresAt: isoTime(Number(data['expiresMs'])),
  };
}
