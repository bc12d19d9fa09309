/**
 * The switch for emergencies: sessions end at once, or agents are stopped until somebody says that they may go on.
 *
 * 1. Stopping works without the audit log too; what it cannot end then stands still. Lifting a stop is logged, or not done;
 *    what is said again meanwhile stays.
 * 2. A tenant stops and allows its own; what holds for every tenant is the owner's.
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

interface Whom {
  agent: string | null;
  everyTenant: boolean;
}

export function stopVerbs(core: Core, { engine, audit, isKnown }: Sessions, caller: Caller): StopVerbs {
  const { tenant, person } = caller;
  const cancelAll = (whom: Whom): CancelledSessions => {
    const startedMs = core.clock.monotonicMs();
    const isLogged = logSwitch(core, audit, caller, { ...whom });
    const { ended, paused } = engine.cancelAll(
      whom.everyTenant ? null : tenant,
      whom.agent,
      'all were cancelled',
      person,
    );
    const durationMs = core.clock.monotonicMs() - startedMs;
    const body = { ...whom, cancelled: ended, paused, isLogged };
    core.journal.append({ tenant, sandbox: null, type: 'sessions-cancelled', body });
    return { cancelled: ended, paused, durationMs };
  };
  return {
    cancelSessions: async (input = {}) => {
      const { agent = null, everyTenant } = parseInput(cancelSessionsSchema, input, 'cancel');
      refuseEvery(caller, everyTenant, 'cancel sessions of others');
      return cancelAll({ agent, everyTenant });
    },
    stopAgents: async (input = {}) => {
      const { agent = null, everyTenant, cancel } = parseInput(stopAgentsSchema, input, 'stop');
      refuseEvery(caller, everyTenant, 'stop agents of others');
      logSwitch(core, audit, caller, { agent, everyTenant, does: 'stop' });
      const stop = engine.stop(everyTenant ? '' : tenant, agent ?? '', person);
      const sessions = core.store.sessions.livingIds(everyTenant ? null : tenant, agent).length;
      // After the stop: nothing begins between the two.
      const cancelled = cancel ? cancelAll({ agent, everyTenant }) : null;
      await core.store.durable();
      const isNamed = agent === null || sessions > 0 || isKnown(agent);
      return { stop: stopView(caller, stop), sessions, isKnown: isNamed, cancelled };
    },
    allowAgents: async (input = {}) => {
      const { agent = null, everyTenant } = parseInput(agentStopSchema, input, 'allow');
      refuseEvery(caller, everyTenant, 'allow what the owner stopped');
      const place = { tenant: everyTenant ? '' : tenant, agent: agent ?? '' };
      const placed = core.store.stops
        .over(tenant)
        .find((each) => each.tenant === place.tenant && each.agent === place.agent);
      if (!placed) {
        throw new HoldfastError('not-found', `${agent ?? 'all agents'}: nothing was stopped with these words`, {
          hint: 'holdfast agents stops lists what is stopped.',
        });
      }
      audit.append({ kind: 'kill-switch', tenant, actor: person, body: { agent, everyTenant, does: 'allow' } });
      await audit.durable();
      if (!engine.allow(placed)) {
        throw new HoldfastError('wrong-state', `${agent ?? 'all agents'}: stopped again, or allowed, in the meantime`, {
          hint: 'See holdfast agents stops, and say it again if it is still meant.',
        });
      }
      return stopView(caller, placed);
    },
    listStops: async () => core.store.stops.over(tenant).map((stop) => stopView(caller, stop)),
  };
}

/** Who the owner's people are is nothing for other tenants. */
const stopView = (caller: Caller, { tenant, agent, placedBy, placedAt }: StopRecord): AgentStop => ({
  agent: agent === '' ? null : agent,
  everyTenant: tenant === '',
  placedBy: tenant === '' && caller.tenant !== defaultTenant ? null : placedBy,
  placedAt,
});

function refuseEvery({ tenant }: Caller, everyTenant: boolean, what: string): void {
  if (!everyTenant || tenant === defaultTenant) return;
  throw new HoldfastError('forbidden', `tenant ${tenant} may not ${what}`, {
    hint: 'Without everyTenant it is about its own.',
  });
}

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
