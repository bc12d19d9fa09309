/** The points of a session's log where nothing is under way: there it can be forked. */
import { HoldfastError } from '../schema/index.ts';
import type { SessionRepository, StoredEntry } from '../state/index.ts';
import { pageSize } from './context.ts';

/** @param wanted position of the last entry; absent: the newest that nothing is under way after */
export function logUpTo(
  sessions: Pick<SessionRepository, 'entries'>,
  id: string,
  wanted: number | undefined,
): { at: number; kept: StoredEntry[] } {
  const log = wholeLog(sessions, id);
  const points = boundaries(log);
  const boundary = points.at(-1) ?? 0;
  const at = wanted ?? boundary;
  if (points.includes(at)) return { at, kept: log.slice(0, at) };
  throw new HoldfastError('wrong-state', `entry ${at} of ${id} is no point where nothing was under way`, {
    hint: `The newest such point is ${boundary}.`,
    details: { at, boundary },
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

/** How many entries come before each point after which nothing is under way: no step, no session below. In order. */
function boundaries(log: readonly StoredEntry[]): number[] {
  const points = [0];
  const below = new Set<unknown>();
  let isOpen = false;
  for (const [index, { kind, data }] of log.entries()) {
    if (kind === 'delegated') below.add(`child:${String(data['child'])}`);
    else if (kind === 'received') below.delete(data['event']);
    else if (kind === 'intent' || kind === 'outcome') isOpen = kind === 'intent';
    if (!isOpen && below.size === 0) points.push(index + 1);
  }
  return points;
}
