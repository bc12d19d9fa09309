/** Points of a log where a fork can begin. */
import type { StoredEntry } from '../state/index.ts';
import { openIntent } from './context.ts';

/** Nothing is under way after these: no step, no session below. */
export function isBoundary(log: readonly StoredEntry[]): boolean {
  const below = new Set<unknown>();
  for (const { kind, data } of log) {
    if (kind === 'delegated') below.add(`child:${String(data['child'])}`);
    if (kind === 'received') below.delete(data['event']);
  }
  return below.size === 0 && openIntent(log) === null;
}

export function lastBoundary(log: readonly StoredEntry[]): number {
  for (let at = log.length; at > 0; at--) if (isBoundary(log.slice(0, at))) return at;
  return 0;
}
