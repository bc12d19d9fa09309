/** How a session that begins stands in the database, and who did something to one. */
import type { AgentLimits } from '../schema/index.ts';
import type { NewSessionEntry, SessionRecord, StoredEntry } from '../state/index.ts';
import type { NewSession, OtherAgents } from './types.ts';

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
    bytes: 0,
    outcome: null,
    origin,
    endedAt: null,
    limits,
    spent: nothing,
    held: nothing,
    owedEnd: null,
  };
}

/** With what its source has used, and nothing that is under way there. */
export function rowOfFork(
  source: SessionRecord,
  given: Pick<SessionRecord, 'id' | 'name' | 'sandbox' | 'limits' | 'createdAt'>,
  others: OtherAgents | null,
): SessionRecord {
  return {
    ...source,
    ...(others && { manifest: others.manifest, bundle: others.bundle }),
    ...given,
    root: given.id,
    state: 'running',
    paused: false,
    waitsFor: [],
    wakeMs: null,
    fence: 0,
    position: 0,
    bytes: 0,
    outcome: null,
    origin: null,
    endedAt: null,
    held: nothing,
    owedEnd: null,
  };
}

/** Without its source's end. */
export function copyOf(kept: readonly StoredEntry[], others: OtherAgents | null): NewSessionEntry[] {
  const copied = kept.filter(({ kind }) => kind !== 'ended');
  return copied.map(({ kind, data, format }, index) => ({
    kind,
    data: index === 0 ? { ...data, ...others?.started } : data,
    format,
  }));
}
