/**
 * A model or a peer that is away. The session waits for it as for anybody, at no cost, and tries again, until it answers or its
 * agent's patience is over.
 *
 * 1. What is known of it stands in the log: each try that failed in a way that passes. So a restart waits for the same.
 * 2. Patience counts from the first of the tries that failed one after the other; who resumes the session begins it anew.
 * 3. It is tried again after a pause that grows to minutes, and not before the time that was said, such as by `retry-after`. Where that
 *    is after the end of patience, it is over at once.
 * 4. No message that comes meanwhile goes to another agent by a rule: the one that waits would be forgotten for it.
 */
import type { AgentManifest, ErrorBody } from '../schema/index.ts';
import type { DurableContext } from '../sessions/index.ts';
import type { StoredEntry } from '../state/index.ts';

const usualPatienceMs = 3_600_000;
const firstPauseMs = 1000;
const longestPauseMs = 5 * 60_000;

export const patienceOf = ({ patienceMs = usualPatienceMs }: Pick<AgentManifest, 'patienceMs'>): number => patienceMs;

/** Of the result of a try: it may be made again. */
export interface Away {
  away?: true;
  retryAfterMs?: number;
}

type Absence = { event: string; untilMs: number } | { over: ErrorBody };

/** @param call whose tries; absent: those of the agent's own model. Null: nobody is away, or it is time to try again. */
export function absenceOf(
  context: Pick<DurableContext, 'entries' | 'nowMs'>,
  manifest: AgentManifest,
  call?: string,
): Absence | null {
  const resumedAt = context.entries.findLast(({ kind }) => kind === 'resumed')?.position ?? 0;
  const tries = triesOf(context.entries, call).filter(({ position }) => position > resumedAt);
  const [first, last] = [tries[0], tries.at(-1)];
  if (!first || !last) return null;
  const lastMs = Date.parse(last.at);
  const endMs = Date.parse(first.at) + patienceOf(manifest);
  const saidMs = lastMs + Number(last.data['retryAfterMs'] ?? 0);
  // Our own `ask` or `give` wrote it.
  if (lastMs >= endMs || saidMs > endMs) return { over: last.data['error'] as ErrorBody };
  const pausedMs = lastMs + Math.min(longestPauseMs, firstPauseMs * 2 ** (tries.length - 1));
  const untilMs = Math.min(endMs, Math.max(saidMs, pausedMs));
  return context.nowMs() >= untilMs ? null : { event: `model:${manifest.name}`, untilMs };
}

/** What was asked before is not waited for any more: the message went to another agent, or the conversation did. */
export const goesOn = ({ kind }: Pick<StoredEntry, 'kind'>): boolean => kind === 'routed' || kind === 'handed-off';

/** The newest ones, since anything else came of it, before and after the session was resumed. */
export function triesOf(entries: readonly StoredEntry[], call?: string): StoredEntry[] {
  const tries: StoredEntry[] = [];
  for (let at = entries.length - 1; at >= 0; at--) {
    const entry = entries[at];
    if (!entry || goesOn(entry)) break;
    if (entry.kind !== 'outcome' || entry.data['callId'] !== call) continue;
    if (!isAway(entry)) break;
    tries.push(entry);
  }
  return tries.reverse();
}

export const isAway = ({ kind, data }: Pick<StoredEntry, 'kind' | 'data'>): boolean =>
  kind === 'outcome' && data['away'] === true;

/** The agent's own model was asked and has not answered: what comes meanwhile is said to it. */
export function isAsked(entries: readonly StoredEntry[]): boolean {
  const last = entries.findLast((entry) => entry.kind === 'intent' || entry.kind === 'outcome' || goesOn(entry));
  return last !== undefined && (last.kind === 'intent' || isAway(last));
}

const unsent: ReadonlySet<unknown> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);
const deepestCause = 8;

/** There was no connection to send anything by: nobody worked for it. */
export function wasNeverSent(error: unknown, depth = 0): boolean {
  if (typeof error !== 'object' || error === null || depth > deepestCause) return false;
  if ('code' in error && unsent.has(error.code)) return true;
  // One address after the other was tried.
  if ('errors' in error && Array.isArray(error.errors) && error.errors.length > 0) {
    return error.errors.every((each) => wasNeverSent(each, depth + 1));
  }
  return 'cause' in error && wasNeverSent(error.cause, depth + 1);
}
