/** How a session that begins stands in the database, and who did something to one. */
import type { AgentLimits } from '../schema/index.ts';
import type { SessionRecord } from '../state/index.ts';
import type { NewSession } from './types.ts';

const nothing: AgentLimits = { steps: 0, tokens: 0, cents: 0, wallMs: 0, depth: 0 };

export const whoOf = (by: string | null): { by?: string } => (by === null ? {} : { by });

export function rowOf(
  { tenant, agent, manifest, bundle, person, limits, name = null, sandbox = null, origin = null }: NewSession,
  { parent, ...given }: Pick<SessionRecord, 'id' | 'format' | 'createdAt'> & { parent: SessionRecord | null },
): SessionRecord {
  return {
    ...given,
    tenant,
    name,
    parent: parent?.id ?? null,
    root: parent?.root ?? given.id,
    agent,
    manifest,
    bundle,
    person,
    state: 'running',
    paused: false,
    sandbox,
    waitsFor: [],
    wakeMs: null,
    fence: 0,
    position: 0,
    outcome: null,
    origin,
    endedAt: null,
    limits,
    spent: nothing,
    held: nothing,
  };
}

/** With what its source has used, and nothing that is under way there. */
export function rowOfFork(
  source: SessionRecord,
  given: Pick<SessionRecord, 'id' | 'name' | 'sandbox' | 'limits' | 'createdAt'>,
): SessionRecord {
  return {
    ...source,
    ...given,
    root: given.id,
    state: 'running',
    paused: false,
    waitsFor: [],
    wakeMs: null,
    fence: 0,
    position: 0,
    outcome: null,
    origin: null,
    endedAt: null,
    held: nothing,
  };
}
