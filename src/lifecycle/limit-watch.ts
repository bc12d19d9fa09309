/**
 * Turns "killed" and "failed" into the limit that caused it, from the limits' own counters. The guest cannot know: the
 * counters are the host's. Costs nothing unless a limit is set and the process did not end well.
 */
import type { Scope } from '../base/index.ts';
import type { LimitCounters } from '../compute/index.ts';
import type { ProcessExit } from '../schema/index.ts';
import type { SandboxRecord } from '../state/index.ts';
import { identityOf } from './machine.ts';
import type { Parts } from './parts.ts';

const none: LimitCounters = { oomKills: 0, processesDenied: 0, memoryBytes: 0 };

export class LimitWatch {
  readonly #substrates: Parts['substrates'];
  /** What was already put down to an earlier process. */
  readonly #seen = new Map<string, LimitCounters>();

  constructor(substrates: Parts['substrates']) {
    this.#substrates = substrates;
  }

  async refine<T extends ProcessExit>(record: SandboxRecord, exit: T, scope: Scope): Promise<T> {
    if (!isSuspicious(record, exit)) return exit;
    const before = this.#seen.get(record.id) ?? none;
    const now = await this.#substrates.of(record).counters(identityOf(record), scope);
    this.#seen.set(record.id, now);
    if (now.oomKills > before.oomKills) return { ...exit, reason: 'oom' };
    if (now.processesDenied > before.processesDenied) return { ...exit, reason: 'pid-limit' };
    return exit;
  }

  forget(sandbox: string): void {
    this.#seen.delete(sandbox);
  }
}

function isSuspicious(record: SandboxRecord, exit: ProcessExit): boolean {
  const { memoryBytes, processes } = record.limits;
  if (memoryBytes === undefined && processes === undefined) return false;
  return (
    (exit.reason === 'signalled' && exit.signal === 'SIGKILL') || (exit.reason === 'exited' && exit.exitCode !== 0)
  );
}
