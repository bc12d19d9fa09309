/** What the controller is made of, chosen by the composition root. */
import type { Clock, IdMaker, KeyedLock, Log, RandomSource, Scope } from '../base/index.ts';
import type { Substrates } from '../compute/index.ts';
import type { FileStore } from '../filesystem/index.ts';
import type { ContractRef, EventType, Quotas } from '../schema/index.ts';
import type { Reserve, SandboxRecord, Store } from '../state/index.ts';
import type { Connections } from './connections.ts';
import type { LeaseAlarm } from './leases.ts';

export interface Parts {
  readonly store: Store;
  /** Tended before each write of an ending, and of what is so already: the disk may be full. */
  readonly reserve: Reserve;
  readonly substrates: Substrates;
  readonly files: FileStore;
  readonly connections: Connections;
  readonly alarm: LeaseAlarm;
  readonly locks: KeyedLock;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly newId: IdMaker;
  readonly log: Log;
  /** The controller's own life: background work ends with it. */
  readonly scope: Scope;
  /** Where the agent of a sandbox listens. */
  socketPath(sandbox: string): string;
  /** Where the memory of a sandbox lies that sleeps on disk; goes with its other files. */
  memoryPath(sandbox: string): string;
  quotasOf(tenant: string): Quotas;
  /** On disk, those under way included. */
  recordedBytes(tenant: string): number;
  /** Called in the turn that writes a row that names it. */
  keepContract(contract: ContractRef | null): void;
  /** Publishes an event and writes it to the journal. */
  report(type: EventType, record: SandboxRecord, data?: Record<string, unknown>): void;
}
