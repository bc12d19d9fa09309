/**
 * The switch for emergencies: sessions end at once, or agents are stopped until somebody says that they may go on.
 *
 * 1. Stopping works without the audit log too; what it cannot end then stands still. Lifting a stop is logged, or not done;
 *    what is said again meanwhile stays.
 * 2. A tenant stops and allows its own; what is another's, or holds for every tenant, is the owner's.
 * 3. Very many that wait are over in one write, with one entry of the audit log that says how many; each one's own entry follows.
 * 4. What the owner stopped, also of one tenant, only the owner lifts, whoever stopped it before or after; that somebody else tried is logged.
 */
import type { AuditLog } from '../audit/index.ts';
import {
  type AgentStop,
  agentStopSchema,
  type CancelledSessions,
  cancelSessionsSchema,
  HoldfastError,
  type HoldfastService,
  parseInput,
  stopAgentsSchema,
} from '../schema/index.ts';
import type { StopRecord } from '../state/index.ts';
import { type Caller, type Core, defaultTenant } from './core.ts';
import type { Sessions } from './sessions.ts';

export type StopVerbs = Pick<HoldfastService, 'cancelSessions' | 'stopAgents' | 'allowAgents' | 'listStops'>;

/** Of one tenant, or of all: null. */
interface Whom {
  agent: string | null;
  tenant: string | null;
}

export function stopVerbs(core: Core, { engine, audit, isKnown }: Sessions, caller: Caller): StopVerbs {
  const { tenant, person } = caller;
  const { stops } = core.store;
  // Who the owner's people are is nothing for another tenant; and where one is erased, nobody looks for the name there.
  const byOf = (whom: Whom): string | null => (whom.tenant === null || whom.tenant === tenant ? person : null);
  const cancelAll = async (whom: Whom): Promise<CancelledSessions> => {
    const startedMs = core.clock.monotonicMs();
    const isLogged = logSwitch(core, audit, caller, toldOf(whom));
    const { ended, paused } = await engine.cancelAll({
      ...whom,
      reason: 'all were cancelled',
      by: byOf(whom),
      logCrowd: (sessions) =>
        void audit.append({
          kind: 'kill-switch',
          tenant,
          actor: person,
          body: { ...toldOf(whom), does: 'end', sessions },
        }),
    });
    const durationMs = core.clock.monotonicMs() - startedMs;
    const body = { ...toldOf(whom), cancelled: ended, paused, isLogged };
    core.journal.append({ tenant, sandbox: null, type: 'sessions-cancelled', body });
    return { cancelled: ended, paused, durationMs };
  };
  return {
    cancelSessions: async (input = {}) => {
      const asked = parseInput(cancelSessionsSchema, input, 'cancel');
      return cancelAll(whomOf(caller, asked, 'cancel sessions of others'));
    },
    stopAgents: async (input = {}) => {
      const { cancel, ...asked } = parseInput(stopAgentsSchema, input, 'stop');
      const whom = whomOf(caller, asked, 'stop agents of others');
      const { agent } = whom;
      logSwitch(core, audit, caller, { ...toldOf(whom), does: 'stop' });
      const stop = engine.stop(whom.tenant ?? '', agent ?? '', byOf(whom), tenant);
      const sessions = core.store.sessions.living(whom.tenant, agent);
      // After the stop: nothing begins between the two.
      const cancelled = cancel ? await cancelAll(whom) : null;
      await core.store.durable();
      const isNamed = agent === null || sessions > 0 || isKnown(agent);
      return { stop: stopView(caller, stop), sessions, isKnown: isNamed, cancelled };
    },
    allowAgents: async (input = {}) => {
      const asked = parseInput(agentStopSchema, input, 'allow');
      const whom = whomOf(caller, asked, 'allow what is stopped for others');
      const { agent } = whom;
      const of = whom.tenant ?? '';
      const placed = stops.over(of).find((each) => each.tenant === of && each.agent === (agent ?? ''));
      if (!placed) {
        throw new HoldfastError('not-found', `${agent ?? 'all agents'}: nothing was stopped with these words`, {
          hint: 'holdfast agents stops lists what is stopped.',
        });
      }
      const told = { ...toldOf(whom), does: 'allow' };
      if (tenant !== placed.byTenant && tenant !== defaultTenant) {
        audit.append({ kind: 'kill-switch', tenant, actor: person, decision: 'denied', body: told });
        throw ownersStop(tenant, placed);
      }
      audit.append({ kind: 'kill-switch', tenant, actor: person, body: told });
      await audit.durable();
      if (!engine.allow(placed)) {
        throw new HoldfastError('wrong-state', `${agent ?? 'all agents'}: stopped again, or allowed, in the meantime`, {
          hint: 'See holdfast agents stops, and say it again if it is still meant.',
        });
      }
      return stopView(caller, placed);
    },
    listStops: async () => {
      const placed = tenant === defaultTenant ? stops.list() : stops.over(tenant);
      return placed.map((stop) => stopView(caller, stop));
    },
  };
}

/** Who the owner's people are is nothing for other tenants. */
const stopView = (caller: Caller, { tenant, agent, byTenant, placedBy, placedAt }: StopRecord): AgentStop => ({
  agent: agent === '' ? null : agent,
  tenant: tenant === '' ? null : tenant,
  everyTenant: tenant === '',
  placedFrom: byTenant === defaultTenant ? 'owner' : 'tenant',
  placedBy: caller.tenant === byTenant || caller.tenant === defaultTenant ? placedBy : null,
  placedAt,
});

function ownersStop(tenant: string, { agent, placedAt }: StopRecord): HoldfastError {
  const who = agent === '' ? 'all agents were' : `${agent} was`;
  return new HoldfastError(
    'forbidden',
    `${who} stopped by the owner of this daemon, at ${placedAt}; tenant ${tenant} does not lift that`,
    {
      hint: `Ask the owner, who says: holdfast agents allow ${agent || '--all'} --tenant ${tenant}`,
      details: { agent: agent || null, placedFrom: 'owner', placedAt },
    },
  );
}

interface Asked {
  agent?: string | undefined;
  tenant?: string | undefined;
  everyTenant: boolean;
}

/** @throws HoldfastError `forbidden` when it is not the asker's to say */
function whomOf({ tenant: own }: Caller, { agent, tenant, everyTenant }: Asked, what: string): Whom {
  if (everyTenant && tenant !== undefined) {
    throw new HoldfastError('invalid-argument', 'it is about one tenant, or about every one', {
      hint: 'Leave out tenant, or everyTenant.',
    });
  }
  const isOwn = !everyTenant && (tenant === undefined || tenant === own);
  if (isOwn || own === defaultTenant) return { agent: agent ?? null, tenant: everyTenant ? null : (tenant ?? own) };
  throw new HoldfastError('forbidden', `tenant ${own} may not ${what}`, {
    hint: 'Without tenant and everyTenant it is about its own.',
  });
}

const toldOf = ({ agent, tenant }: Whom): Record<string, unknown> => ({ agent, tenant, everyTenant: tenant === null });

/** The switch works without the log too: what it stops then is paused and not ended. */
function logSwitch({ log }: Core, audit: AuditLog, { tenant, person }: Caller, body: Record<string, unknown>): boolean {
  try {
    audit.append({ kind: 'kill-switch', tenant, actor: person, body });
    return true;
  } catch (error) {
    log.error({ err: error }, 'the switch for emergencies is used without a word in the audit log');
    return false;
  }
}
