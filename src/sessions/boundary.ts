/** The points of a session's log where nothing is under way: there it can be forked. */
import { HoldfastError } from '../schema/index.ts';
import type { SessionRepository, StoredEntry } from '../state/index.ts';
import { openIntent, pageSize } from './context.ts';

/** @param wanted position of the last entry; absent: the newest that nothing is under way after */
export function logUpTo(
  sessions: Pick<SessionRepository, 'entries'>,
  id: string,
  wanted: number | undefined,
): { at: number; kept: StoredEntry[] } {
  const log = wholeLog(sessions, id);
  const at = wanted ?? lastBoundary(log);
  const kept = log.filter(({ position }) => position <= at && position > 0);
  if (kept.length === at && isBoundary(kept)) return { at, kept };
  throw new HoldfastError('wrong-state', `entry ${at} of ${id} is no point where nothing was under way`, {
    hint: `The newest such point is ${lastBoundary(log)}.`,
    details: { at, boundary: lastBoundary(log) },
  });
}

function wholeLog(sessions: Pick<SessionRepository, 'entries'>, id: string): StoredEntry[] {
  const log: StoredEntry[] = [];
  for (;;) {
    const page = sessions.entries(id, log.length, pageSize);
    log.push(...page);
    if (page.length < pageSize) return log;
  }
}

/** Nothing is under way after these: no step, no session below. */
function isBoundary(log: readonly StoredEntry[]): boolean {
  const below = new Set<unknown>();
  for (const { kind, data } of log) {
    if (kind === 'delegated') below.add(`child:${String(data['child'])}`);
    if (kind === 'received') below.delete(data['event']);
  }
  return below.size === 0 && openIntent(log) === null;
}

function lastBoundary(log: readonly StoredEntry[]): number {
  for (let at = log.length; at > 0; at--) if (isBoundary(log.slice(0, at))) return at;
  return 0;
}
