/**
 * What a canary saw, settled with what was known: a drift opens a finding or is counted on one, and what is gone closes its.
 *
 * 1. The same drift is the same finding, however often it is seen; one that comes back after it was closed is opened again.
 * 2. What a canary could not look at changes nothing.
 */
import type { DriftReport } from '../../contract/index.ts';
import type { EventType, WatchFinding } from '../../schema/index.ts';
import type { WatchRecord, WatchRepository } from '../../state/index.ts';

export interface Change {
  type: EventType;
  finding: WatchFinding;
}

/** Call it inside a transaction; the changes are for those who follow. */
export function settleFindings(
  watches: WatchRepository,
  watch: WatchRecord,
  report: DriftReport,
  at: string,
): Change[] {
  const changes: Change[] = [];
  for (const drift of report.drifts) {
    const { fingerprint: id, ...facts } = drift;
    const known = watches.getFinding(id);
    const isNew = known === null || known.state === 'closed';
    const { contract, isolation, template } = watch;
    const finding: WatchFinding = {
      ...facts,
      id,
      watch: watch.id,
      contract,
      isolation,
      template,
      state: isNew ? 'open' : known.state,
      seen: (known?.seen ?? 0) + 1,
      firstSeenAt: known?.firstSeenAt ?? at,
      lastSeenAt: at,
      closedAt: null,
      note: isNew ? null : known.note,
    };
    watches.putFinding(finding);
    if (isNew) changes.push({ type: 'finding-opened', finding });
  }
  const seen = new Set(report.drifts.map(({ fingerprint }) => fingerprint));
  for (const known of watches.findings({ watch: watch.id })) {
    if (known.state === 'closed' || seen.has(known.id) || !report.couldSee(known.field)) continue;
    const finding: WatchFinding = { ...known, state: 'closed', closedAt: at };
    watches.putFinding(finding);
    changes.push({ type: 'finding-closed', finding });
  }
  return changes;
}
