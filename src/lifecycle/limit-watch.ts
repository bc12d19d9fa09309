/**
 * Turns "killed" and "failed" into the limit that caused it, from the limits' own counters. The guest cannot know: the
 * counters are the host's. Costs nothing unless a limit is set and the process did not end well.
 *
 * 1. What was counted once is put down once: the row says what was, also over a restart of the daemon.
 * 2. Counters that begin anew with a sandbox's processes are put down anew.
 * 3. Counters that cannot be had change nothing: what a process answered is not lost for them.
 */
import type { Scope } from '../base/index.ts';
import type { ProcessExit } from '../schema/index.ts';
import type { SandboxRecord } from '../state/index.ts';
import { identityOf, mustGet } from './machine.ts';
import type { Parts } from './parts.ts';

type LimitHits = SandboxRecord['limitHits'];

/** Nothing was put down yet. */
export const noLimitHits: LimitHits = { oomKills: 0, processesDenied: 0 };

export class LimitWatch {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async refine<T extends ProcessExit>(record: SandboxRecord, exit: T, scope: Scope): Promise<T> {
    if (!isSuspicious(record, exit)) return exit;
    const { substrates, log } = this.#parts;
    const counters = await substrates
      .of(record)
      .counters(identityOf(record), scope)
      .catch((error: unknown) => {
        log.warn({ error, sandbox: record.id }, 'the counters of its limits are not to be had');
        return null;
      });
    if (!counters) return exit;
    const { oomKills, processesDenied } = counters;
    const { limitHits: before } = mustGet(this.#parts, record.id);
    const isOutOfMemory = oomKills > before.oomKills;
    const isFull = processesDenied > before.processesDenied;
    if (!isOutOfMemory && !isFull) return exit;
    this.#parts.store.sandboxes.update(record.id, { limitHits: { oomKills, processesDenied } });
    return { ...exit, reason: isOutOfMemory ? 'oom' : 'pid-limit' };
  }

  /** Whether it was its memory limit that ended a sandbox whose first process has ended. */
  async endedByMemory(record: SandboxRecord): Promise<boolean> {
    const { substrates, scope } = this.#parts;
    const counters = await substrates
      .of(record)
      .counters(identityOf(record), scope)
      .catch(() => null);
    if (!counters) return false;
    return (counters.kernelKills ?? 0) > 0 || counters.oomKills > record.limitHits.oomKills;
  }
}

/** What stays put down when the processes of a sandbox go on from memory: not every substrate's counters go on with them. */
export async function limitHitsAfterWake(
  { substrates }: Parts,
  record: SandboxRecord,
  scope: Scope,
): Promise<LimitHits> {
  const { oomKills, processesDenied } = record.limitHits;
  if (oomKills === 0 && processesDenied === 0) return noLimitHits;
  const now = await substrates
    .of(record)
    .counters(identityOf(record), scope)
    .catch(() => record.limitHits);
  return {
    oomKills: Math.min(oomKills, now.oomKills),
    processesDenied: Math.min(processesDenied, now.processesDenied),
  };
}

function isSuspicious(record: SandboxRecord, exit: ProcessExit): boolean {
  const { memoryBytes, processes } = record.limits;
  if (memoryBytes === undefined && processes === undefined) return false;
  return (
    (exit.reason === 'signalled' && exit.signal === 'SIGKILL') || (exit.reason === 'exited' && exit.exitCode !== 0)
  );
}
