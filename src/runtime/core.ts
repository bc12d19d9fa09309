/** What every group of verbs works with. */
import type { Clock, IdMaker, Log, OwnedScope, Scope, Turns } from '../base/index.ts';
import type { Substrates } from '../compute/index.ts';
import type { FileStore, SnapshotRoom } from '../filesystem/index.ts';
import type { SandboxController } from '../lifecycle/index.ts';
import type { NetworkBoundary } from '../network/index.ts';
import type { NetworkAgain, Noise } from '../noise/index.ts';
import type { Recordings } from '../recording/index.ts';
import type { CallOptions } from '../schema/index.ts';
import type { EventBus, Journal, Reserve, Store } from '../state/index.ts';
import type { Door } from '../tools/index.ts';
import type { Admission } from './admission.ts';
import type { LateAudit } from './audit.ts';
import type { Contracts } from './contracts.ts';
import type { Counters } from './counters.ts';
import type { EndedProcesses } from './ended-processes.ts';
import type { FollowedProcesses } from './followed-processes.ts';
import type { Previews } from './previews.ts';
import type { Watcher } from './watch/watcher.ts';

/** The owner of this daemon: who calls in-process, or opens its unix socket. */
export const defaultTenant = 'default';

/** By whom a local session is asked for: the owner, when no key says who. */
export const ownerPerson = 'owner';

/** Who asks. */
export interface Caller {
  tenant: string;
  /** Null: a key that names nobody. */
  person: string | null;
}

export interface Core {
  readonly controller: SandboxController;
  readonly store: Store;
  /** Tended before what frees space is written down. */
  readonly reserve: Reserve;
  readonly journal: Journal;
  /** What agents did and who decided, opened at first use. */
  readonly audit: LateAudit;
  readonly events: EventBus;
  readonly ended: EndedProcesses;
  readonly previews: Previews;
  /** What went over the network, as `network-flow` events in a ring of their own. */
  readonly flows: EventBus;
  readonly network: NetworkBoundary;
  readonly files: FileStore;
  readonly substrates: Substrates;
  readonly door: Door;
  /** Fault plans of sandboxes. */
  readonly noise: Noise;
  /** What sandboxes of replays meet in the network. */
  readonly networkAgain: NetworkAgain;
  /** What each sandbox, and every tool call in it, is held to. */
  readonly contracts: Contracts;
  readonly admission: Admission;
  readonly counters: Counters;
  readonly watcher: Watcher;
  readonly recordings: Recordings;
  /** Of recorded sandboxes. */
  readonly followed: FollowedProcesses;
  /** @throws HoldfastError `quota-exceeded` */
  snapshotRoom(tenant: string): SnapshotRoom;
  /** Of what sessions are about to write. @throws HoldfastError `quota-exceeded` */
  refuseKept(tenant: string, bytes: number): void;
  /** Of replays: by how many milliseconds the clock of a sandbox's next programs is shifted. */
  readonly clockShifts: Map<string, number>;
  readonly clock: Clock;
  readonly newId: IdMaker;
  readonly log: Log;
  readonly scope: Scope;
  readonly home: string;
  /** Verbs begun in one turn of the event loop. */
  readonly turns: Turns;
}

/** A verb without a timeout of its own ends after this; long-running ones say so themselves. */
const usualTimeoutMs = 10 * 60_000;

export async function withScope<T>(
  core: Core,
  name: string,
  options: CallOptions | undefined,
  work: (scope: Scope) => Promise<T>,
): Promise<T> {
  await using scope = openScope(core, name, options);
  const turn = core.turns.take();
  if (turn) await turn;
  return await work(scope);
}

/** For what outlives the call, such as a stream: whoever opens it closes it. */
export function openScope(
  core: Core,
  name: string,
  options: CallOptions | undefined,
  timeoutMs: number | null = usualTimeoutMs,
): OwnedScope {
  const limitMs = options?.timeoutMs ?? timeoutMs;
  return core.scope.child({
    name,
    ...(limitMs === null ? {} : { timeoutMs: limitMs }),
    ...(options?.signal === undefined ? {} : { signal: options.signal }),
  });
}

/** A stream that begins at once; what keeps it from beginning is told to its reader, as with every other verb. */
export function streamOf<T>(begin: () => AsyncIterable<T>): AsyncIterable<T> {
  try {
    return begin();
  } catch (error) {
    return { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(error) }) };
  }
}

/** The same stream, with `close` run when it ends, fails, or is left. */
export async function* closing<T>(stream: AsyncIterable<T>, close: () => Promise<void>): AsyncGenerator<T> {
  try {
    yield* stream;
  } finally {
    await close();
  }
}
