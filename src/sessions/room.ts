/**
 * How long a session's log may become, and what of that is kept for whom. The second half is the session's own: what it writes,
 * decisions that it asked for, what it waits for, its end, and those of sessions below.
 */
import { HoldfastError } from '../schema/index.ts';
import type { SessionRecord } from '../state/index.ts';

/** Of one session; what goes on for longer is a chain of sessions. */
export const mostEntries = 100_000;
export const mostBytes: number = 64 * 1024 * 1024;

type Log = Pick<SessionRecord, 'id' | 'position' | 'bytes'>;

/**
 * A decision is taken whatever else there is.
 * @throws HoldfastError `quota-exceeded` when its tenant keeps too much, or its log takes nothing more that others send of themselves
 */
export function refuseFull(
  record: Log & Pick<SessionRecord, 'tenant' | 'state' | 'waitsFor'>,
  event: string,
  refuseKept?: (tenant: string, bytes: number) => void,
): void {
  if (event.startsWith('approval:')) return;
  refuseKept?.(record.tenant, 1);
  if (record.state === 'waiting' && record.waitsFor.includes(event)) return;
  if (record.position >= mostEntries / 2 || record.bytes >= mostBytes / 2) throw tooLong(record);
}

/** Whether the session itself may write no more. */
export const isFull = ({ position, bytes }: Omit<Log, 'id'>): boolean => position >= mostEntries || bytes >= mostBytes;

export function tooLong({ id, position, bytes }: Log): HoldfastError {
  return new HoldfastError(
    'quota-exceeded',
    `the log of session ${id} has ${position} entries and ${bytes} bytes, which leaves no room for this`,
    {
      hint: `A log has ${mostEntries} entries and ${mostBytes} bytes at most, half of them for what others send. Start another session.`,
      details: { session: id, entries: position, bytes, mostEntries, mostBytes },
    },
  );
}
