/** What each may have of what there is: a tenant of sessions, a fork of what its source has left, one with several limits. */
import { type AgentLimits, HoldfastError, limitNames } from '../schema/index.ts';
import type { SessionRecord, Store } from '../state/index.ts';

/** @throws HoldfastError `quota-exceeded` when the tenant has as many sessions that are not over as it may */
export function refuseTooMany({ sessions }: Pick<Store, 'sessions'>, tenant: string, most: number): void {
  const living = sessions.living(tenant);
  if (living < most) return;
  throw new HoldfastError('quota-exceeded', `tenant ${tenant} has ${living} sessions that are not over, of ${most}`, {
    hint: 'Cancel some: holdfast session ls.',
    details: { quota: 'sessions', value: living, ceiling: most },
  });
}

/**
 * Half of what the source has left, which the source has used then: together they have what it had. Answers the limits of
 * the fork, which counts what its log used as its own. Part of the caller's transaction.
 * @param most limits of the fork's own agent: the source gives no more than that one may use
 */
export function limitsOfFork(
  { sessions }: Pick<Store, 'sessions'>,
  source: SessionRecord,
  fork: string,
  most: AgentLimits,
): AgentLimits {
  const { limits, spent, held } = source;
  const share = (name: keyof AgentLimits): number =>
    Math.max(0, Math.min((limits[name] - spent[name] - held[name]) / 2, most[name] - spent[name]));
  const given = {
    steps: Math.floor(share('steps')),
    tokens: Math.floor(share('tokens')),
    cents: Math.floor(share('cents') * 1e6) / 1e6,
    wallMs: Math.floor(share('wallMs')),
  };
  const key = `fork ${fork}`;
  sessions.hold(key, source.id, given);
  sessions.settle(key, 'all');
  return {
    steps: spent.steps + given.steps,
    tokens: spent.tokens + given.tokens,
    cents: Math.round((spent.cents + given.cents) * 1e6) / 1e6,
    wallMs: spent.wallMs + given.wallMs,
    depth: Math.min(limits.depth, most.depth),
  };
}

/**
 * Of a session that goes on with somebody who may use so much: what was used stays, and nothing becomes more. What is held for
 * work below that is under way is part of that: what comes back of it is no more than whoever goes on may use.
 * @throws HoldfastError `quota-exceeded` when more than that is held
 */
export function limitsAfter(
  { limits, spent, held }: Pick<SessionRecord, 'limits' | 'spent' | 'held'>,
  next: AgentLimits,
): AgentLimits {
  const less = limitNames.find((name) => held[name] > next[name]);
  if (less) {
    const { [less]: value } = held;
    throw new HoldfastError(
      'quota-exceeded',
      `work below holds ${value} ${less}, more than the ${next[less]} of whoever is next`,
      {
        hint: 'Wait for what was given away, then hand over.',
        details: { quota: less, value, ceiling: next[less] },
      },
    );
  }
  const most = (name: keyof AgentLimits): number =>
    Math.min(limits[name], Math.round((spent[name] + next[name]) * 1e6) / 1e6);
  return {
    steps: most('steps'),
    tokens: most('tokens'),
    cents: most('cents'),
    wallMs: most('wallMs'),
    depth: Math.min(limits.depth, next.depth),
  };
}

/** The least of each: whoever is given limits by several has them all. */
export function leastLimits(...all: readonly AgentLimits[]): AgentLimits {
  const least = (name: keyof AgentLimits): number => Math.min(...all.map((limits) => limits[name]));
  return {
    steps: least('steps'),
    tokens: least('tokens'),
    cents: least('cents'),
    wallMs: least('wallMs'),
    depth: least('depth'),
  };
}
