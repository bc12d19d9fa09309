/** The end of a session, which is the end of all below it. */
import { HoldfastError, type SessionOutcome } from '../schema/index.ts';
import type { SessionRecord, Store } from '../state/index.ts';
import { whoOf } from './rows.ts';

export type EndState = 'done' | 'failed' | 'cancelled';

interface End {
  state: EndState;
  outcome: SessionOutcome;
  by: string | null;
  /** ISO 8601. */
  endedAt: string;
}

/** The entry of an end that only its row says so far, as a part of one transaction; false when there is none to write. */
export function writeOwedEnd({ sessions }: Pick<Store, 'sessions'>, id: string): boolean {
  const record = sessions.get(id);
  if (!record?.owedEnd) return false;
  for (const key of sessions.openHolds(id)) sessions.settle(key, 'all');
  const { outcome, endedAt, owedEnd } = record;
  const data = { ...outcome, ...whoOf(owedEnd.by), endedAt };
  sessions.append(id, null, [{ kind: 'ended', data }], { owedEnd: null });
  return true;
}

/** Writes it, as a part of one transaction; answers the ids of all that ended, those below first. */
export function writeEnds({ sessions }: Pick<Store, 'sessions'>, record: SessionRecord, end: End): string[] {
  const ended: string[] = [];
  const { endedAt } = end;
  const write = ({ id }: SessionRecord, state: EndState, outcome: SessionOutcome, by: string | null): void => {
    for (const child of sessions.children(id)) {
      if (child.endedAt !== null) continue;
      sessions.take(child.id);
      const error = new HoldfastError('cancelled', `the session that delegated to it, ${id}, ended`);
      write(child, 'cancelled', { ok: false, error: error.toBody() }, null);
    }
    for (const key of sessions.openHolds(id)) sessions.settle(key, 'all');
    const data = { ...outcome, ...whoOf(by) };
    sessions.append(id, null, [{ kind: 'ended', data }], { state, outcome, endedAt, waitsFor: [], wakeMs: null });
    ended.push(id);
  };
  write(record, end.state, end.outcome, end.by);
  return ended;
}
