/** What a recording begins with: the first events' facts and its row, of its head. */
import { isoTime } from '../base/index.ts';
import type { Redactor } from '../network/index.ts';
import { HoldfastError } from '../schema/index.ts';
import type { RecordingRecord } from '../state/index.ts';
import { noFailures } from './failure-counts.ts';
import type { RecordingHead } from './format.ts';

/** Where libfaketime holds a clock, as far as it can be read; undefined where it does not. */
export function heldTime({ FAKETIME: time, FAKETIME_FMT: format }: Record<string, string>): string | undefined {
  return time !== undefined && format === '%s' && /^\d{1,11}$/.test(time) ? isoTime(Number(time) * 1000) : time;
}

/** As its variables have it, which a frozen world sets, or its own kernel. */
export function clockOf({ sandbox: { environment, clock } }: RecordingHead): string {
  const time = heldTime(environment);
  if (time !== undefined) return `libfaketime ${time}`.slice(0, 256);
  return clock === undefined ? 'host' : `kernel ${clock}`;
}

export const entropyOf = ({ seeds }: RecordingHead): string => (seeds['sandbox'] === undefined ? 'host' : 'seed');

export function redacted({ sandbox }: RecordingHead, redactor: Redactor): Record<string, string> {
  return Object.fromEntries(Object.entries(sandbox.environment).map(([name, text]) => [name, redactor.text(text)]));
}

export function noQuota({ used, ceiling }: { used: number; ceiling: number }): HoldfastError {
  const message = `quota keptBytes: ${used} of ${ceiling} are in use, and nothing is recorded`;
  return new HoldfastError('quota-exceeded', message, {
    hint: 'Delete recordings and snapshots that are no longer needed (holdfast recordings, holdfast rm, holdfast prune), or raise the quota.',
    details: { quota: 'keptBytes', ceiling, used },
  });
}

export function rowOf(head: RecordingHead, tape: string | null): RecordingRecord {
  return {
    id: head.id,
    name: head.name,
    tenant: head.tenant,
    sandbox: head.sandbox.id,
    state: 'open',
    createdAt: head.createdAt,
    endedAt: null,
    steps: 0,
    events: 2,
    failures: noFailures(),
    bytes: 0,
    tape,
    parent: head.parent,
  };
}
