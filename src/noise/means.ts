/**
 * What physical faults are done with: the powers that a sandbox's host has over it. The runtime gives them; what it cannot
 * give, it says when the sandbox is created.
 */
import type { Scope } from '../base/index.ts';
import type { FaultKind, PlannedFault } from '../schema/index.ts';

/** What was changed and what it was before: plain data, so that a restart can put it back. */
export type Held = Record<string, unknown>;

export interface Means {
  /** Why this cannot happen to the sandbox; null when it can. */
  lacks(fault: PlannedFault, sandbox: string, scope: Scope): Promise<string | null>;
  /** Whether it changes something about the sandbox, to be undone; else it is done to a call, or passes. */
  isHeld(fault: PlannedFault, sandbox: string): boolean;
  /** How things are before what lasts begins: all that `undo` needs. Changes nothing. */
  measure(fault: PlannedFault, sandbox: string, scope: Scope): Promise<Held>;
  /** Begins what lasts. */
  begin(fault: PlannedFault, held: Held, sandbox: string, scope: Scope): Promise<void>;
  /** Puts back what `begin` changed. Idempotent, also after a restart, and no failure when the sandbox is gone. */
  undo(kind: FaultKind, held: Held, sandbox: string, scope: Scope): Promise<void>;
  /**
   * Happens, and is over when it resolves.
   * @param hasCome to be called as soon as something of it has come that nobody can put back
   */
  happen(fault: PlannedFault, sandbox: string, hasCome: () => void, scope: Scope): Promise<void>;
}

/** Those under which programs may stand still: let go when faults stop, and by the daemon that finds them. */
export const stallingKinds: ReadonlySet<FaultKind> = new Set<FaultKind>(['exec.hang', 'exec.timeout-early']);

/** Those that happen before the call, and are over then. */
export const passingKinds: ReadonlySet<FaultKind> = new Set<FaultKind>([
  'lifecycle.suspend-gap',
  'lifecycle.restart',
  'lifecycle.reap-notice',
]);
