/**
 * What persists, as plain records, and the repositories that keep them. Everything is synchronous: a write is a few
 * dozen microseconds and is in the operating system's hands when the call returns.
 *
 * A record is a value: what a repository returns is a fresh copy, and changing it changes nothing.
 */
import type {
  Canary,
  ContractRef,
  EventType,
  FaultLabel,
  FindingState,
  HoldfastEvent,
  Page,
  RecordingInfo,
  RecordingState,
  Sandbox,
  SandboxFaults,
  SandboxState,
  Snapshot,
  Template,
  WatchFinding,
  WatchSubject,
} from '../schema/index.ts';
import type { ChannelRepository } from './channel-types.ts';
import type { NetworkRepository, PlaceholderRepository, PreviewRepository, SecretRepository } from './network-types.ts';
import type {
  LegalHoldRepository,
  MemoryRepository,
  NoticeRepository,
  SessionRepository,
  StopRepository,
} from './session-types.ts';

/** What finds a sandbox's processes again after a restart. Structurally compute's `SandboxIdentity`. */
export interface ProcessIdentity {
  sandbox: string;
  pid: number;
  startTicks: number;
  bootId: string;
  socketPath: string;
  cgroup: string;
  limitGroups: string[];
  agentIncarnation: string;
}

/** A sandbox as callers see it, and what only the host needs to know. */
export interface SandboxRecord extends Omit<Sandbox, 'networkProblem'> {
  /** Null until it is launched, and when nothing of it runs any more. */
  identity: ProcessIdentity | null;
  /** Which way it was launched, e.g. `bubblewrap`; a restart uses the same. */
  launcherKind: string | null;
  /** Ids of its read-only layers, newest first; the template's own are among them. */
  layers: string[];
  /** Name of its writable directory below its own; a new one after every seal and rollback. */
  upper: string;
  /** Counts its writable directories; names the next one. */
  generation: number;
  idempotencyKey: string | null;
  /** Wall clock, milliseconds since 1970, when the lifetime lease ends; of one that is gone, when it went. */
  leaseEndsMs: number;
  /** The same for the idle lease; null without one. */
  idleEndsMs: number | null;
  lastUsedMs: number;
  /** Waits in a pool for its first owner: belongs to no tenant, is in no listing and in no quota. */
  pooled: boolean;
  /** Hibernated, and its memory is on disk with its files. */
  memoryKept: boolean;
  /** Of what its limits' counters say, what was put down to a process already. */
  limitHits: { oomKills: number; processesDenied: number };
}

/** Everything but what never changes. */
export type SandboxPatch = Partial<Omit<SandboxRecord, 'id' | 'createdAt'>>;

export interface SandboxQuery {
  tenant: string;
  state?: SandboxState;
  /** Pairs that must all match. */
  metadata?: Record<string, string>;
  /** Include sandboxes that are gone. */
  all?: boolean;
  limit?: number;
  cursor?: string;
}

/** What a tenant holds now; gone and pooled sandboxes do not count. A limit nobody set counts as 0. */
export interface Usage {
  sandboxes: number;
  /** Of these, how many are suspended or hibernated. */
  suspended: number;
  memoryBytes: number;
  cpus: number;
  diskBytes: number;
  snapshots: number;
  snapshotBytes: number;
}

export interface SandboxRepository {
  /** Throws `name-taken` when a sandbox of this tenant that is not gone has the name. */
  insert(record: SandboxRecord): void;
  get(id: string): SandboxRecord | null;
  /** The one that is not gone. */
  getByName(tenant: string, name: string): SandboxRecord | null;
  /** By id or by name, only if `tenant` owns it: somebody else's is as absent as none. */
  find(tenant: string, ref: string): SandboxRecord | null;
  /** Oldest first; a sandbox made while somebody pages comes on a later page, never twice. */
  list(query: SandboxQuery): Page<SandboxRecord>;
  /** Every sandbox that is not gone, of all tenants and pools: for recovery and the reaper. */
  living(): SandboxRecord[];
  substratesOfAll(): string[];
  /** False when there is no such sandbox. Throws `name-taken` when the patch takes a name. */
  update(id: string, patch: SandboxPatch): boolean;
  /** Changes state and `patch` in one step, only while the state is one of `from`; false otherwise. */
  transition(id: string, from: readonly SandboxState[], to: SandboxState, patch?: SandboxPatch): boolean;
  /** Forgets sandboxes that are gone, of one tenant or all; or those that went before then and left nothing. */
  forgetGone(tenant?: string): string[];
  forgetEnded(beforeMs: number): number;
  /** How many there are that are not gone, of all tenants. */
  counts(): { tenant: string; state: SandboxState; pooled: boolean; count: number }[];
  usage(tenant: string): Usage;
}

/** A layer: an immutable tree of files on top of its parent. */
export interface LayerRecord {
  id: string;
  parent: string | null;
  files: number;
  bytes: number;
  /** sha256 over the canonical manifest, hex; null until sealed. */
  digest: string | null;
  /** Prefix of the overlay's extended attributes in this tree, `trusted.` or `user.`. */
  xattrPrefix: string;
  /** Only a sealed layer may be mounted or referred to. */
  sealed: boolean;
  createdAt: string;
}

export interface SnapshotRecord extends Snapshot {
  /** Ids of the layers it is made of, newest first. */
  layers: string[];
}

export interface TemplateRecord extends Template {
  /** Ids of its layers, newest first; empty for the machine's own /usr. */
  layers: string[];
}

export interface SnapshotRepository {
  insertLayer(record: LayerRecord): void;
  getLayer(id: string): LayerRecord | null;
  /** Makes it final; false when it is unknown or sealed already. */
  sealLayer(id: string, sealed: { files: number; bytes: number; digest: string }): boolean;
  listLayers(): LayerRecord[];
  /** Sealed layers that no snapshot, template, layer, or sandbox that is not gone refers to; newest first. */
  unreferencedLayers(): LayerRecord[];
  /** Deletes a sealed layer unless something refers to it; false then. */
  removeLayer(id: string): boolean;
  /** Deletes a layer that was never sealed: its making failed. */
  discardLayer(id: string): boolean;

  /** Throws `snapshot-corrupt` when one of its layers is missing or not sealed. */
  insertSnapshot(record: SnapshotRecord): void;
  getSnapshot(id: string): SnapshotRecord | null;
  /** Only if `tenant` owns it. */
  findSnapshot(tenant: string, id: string): SnapshotRecord | null;
  /** The newest that `tenant` owns. */
  newestNamed(tenant: string, name: string): SnapshotRecord | null;
  /** Oldest first. */
  listSnapshots(query: { tenant: string; sandbox?: string; limit?: number; cursor?: string }): Page<SnapshotRecord>;
  /** Snapshots no sandbox that is not gone started from, no recording needs and no other snapshot came after. */
  unreferencedSnapshots(tenant?: string): SnapshotRecord[];
  /** Of all tenants, oldest first, whose names begin so. */
  named(prefix: string): Snapshot[];
  removeSnapshot(id: string): boolean;

  /** Replaces one of the same name. */
  putTemplate(record: TemplateRecord): void;
  getTemplate(name: string): TemplateRecord | null;
  listTemplates(): TemplateRecord[];
  removeTemplate(name: string): boolean;
}

/** What a repeated key finds. `interrupted`: an earlier run of the daemon took it up and never said how it ended. */
export type Claim =
  | { state: 'new' }
  | { state: 'running' }
  | { state: 'interrupted' }
  | { state: 'done'; reference: string };

export interface IdempotencyKey {
  tenant: string;
  /** What the key is a key of, e.g. `create-sandbox`: the same key in another scope is another key. */
  scope: string;
  key: string;
}

export interface IdempotencyRepository {
  /** Takes the key for a request; throws `idempotency-conflict` when it was taken for another request. */
  claim(key: IdempotencyKey, requestDigest: string): Claim;
  /** `reference` is whatever finds the result again: an id, or the result itself. */
  complete(key: IdempotencyKey, reference: string): void;
  /** Gives the key back: the request certainly did nothing. */
  release(key: IdempotencyKey): void;
  /** Forgets keys taken before that time; answers how many. */
  purge(beforeMs: number): number;
  /** Forgets a tenant's keys that begin so, with the results they led to. */
  forget(tenant: string, prefix: string): void;
}

/** The intent of work in several steps, written before its first step: what recovery finishes or undoes. */
export interface OperationRecord {
  id: string;
  kind: string;
  sandbox: string | null;
  payload: Record<string, unknown>;
  startedAt: string;
  /** The last step that was reached; `begun` at first. */
  step: string;
}

export interface OperationRepository {
  begin(operation: Omit<OperationRecord, 'step' | 'startedAt'>): OperationRecord;
  /** Notes a step, and replaces the payload when one is given. */
  advance(id: string, step: string, payload?: Record<string, unknown>): void;
  finish(id: string): void;
  /** Oldest first. */
  listOpen(): OperationRecord[];
}

export interface EventFilter {
  /** Absent: all tenants; only for the host itself. */
  tenant?: string;
  sandbox?: string;
  types?: EventType[];
  /** Id of the last event already seen. */
  since?: string;
}

/** Everything that persists in the one database file. */
export interface Store extends Disposable {
  readonly sandboxes: SandboxRepository;
  readonly snapshots: SnapshotRepository;
  readonly idempotency: IdempotencyRepository;
  readonly operations: OperationRepository;
  readonly events: EventLog;
  /** What went over the network, one `network-flow` event each; a ring of its own, so that it pushes nothing else out. */
  readonly flows: EventLog;
  readonly contracts: ContractRepository;
  readonly watches: WatchRepository;
  readonly networks: NetworkRepository;
  readonly previews: PreviewRepository;
  readonly secrets: SecretRepository;
  readonly placeholders: PlaceholderRepository;
  readonly faults: FaultRepository;
  readonly sessions: SessionRepository;
  readonly memories: MemoryRepository;
  readonly channels: ChannelRepository;
  readonly legalHolds: LegalHoldRepository;
  readonly stops: StopRepository;
  readonly notices: NoticeRepository;
  /**
   * As `transaction`, committed together with what others write this way: before anybody else reads or writes, before
   * `durable` resolves, and with this turn of the event loop. For what nobody acts upon or hears of before that; when it
   * could not be committed, `durable` rejects.
   */
  grouped<T>(work: () => T): T;
  /**
   * Calls `tell` when what is written in a group now was committed, at once when nothing is; `lost` when it could not be,
   * whether anybody waits for `durable` or not.
   */
  onceCommitted(tell: () => void, lost: (failure: unknown) => void): void;
  /**
   * Resolves when what is written in a group now has the witness's consent, asked for once all that runs now gave way; rejects
   * when it was undone.
   */
  consented(): Promise<void>;
  /** Resolves when everything written so far is on the disk itself. Many who wait share one flush. */
  durable(): Promise<void>;
  readonly recordings: RecordingRepository;
  /** Runs `work` as one step: all of its writes or, when it throws, none. Not for asynchronous work. */
  transaction<T>(work: () => T): T;
  close(): void;
}

/** A contract that sandboxes are held to. */
export interface ContractRecord extends ContractRef {
  /** As `contract/` reads it. */
  document: unknown;
}

export interface ContractRepository {
  /** What is there already stays. */
  keep(record: ContractRecord): void;
  has(digest: string): boolean;
  get(digest: string): ContractRecord | null;
  /** Forgets those that no sandbox, snapshot or watch refers to; answers how many. */
  purge(): number;
}

export interface WatchRecord extends WatchSubject {
  id: string;
  everyMs: number;
  createdAt: string;
  /** Wall clock, milliseconds since 1970. */
  nextMs: number;
}

export interface CanaryRecord extends Canary {
  /** Later ones are compared with it. */
  isReference: boolean;
  /** As `contract/` made it; null when it is not needed any more, or was never carried through. */
  profile: unknown;
}

export interface WatchRepository {
  insert(record: WatchRecord): void;
  update(id: string, patch: Partial<WatchRecord>): void;
  get(id: string): WatchRecord | null;
  /** Oldest first. */
  list(): WatchRecord[];
  /** With its canaries and findings; false when there was none. */
  remove(id: string): boolean;

  insertCanary(record: CanaryRecord): void;
  updateCanary(id: string, patch: Partial<CanaryRecord>): void;
  /** Those that never ended: their daemon did. */
  unfinishedCanaries(): Canary[];
  lastCanary(watch: string): Canary | null;
  /** With their profiles, oldest first: the first of the references, or the newest of the others. */
  profiles(watch: string, which: 'reference' | 'recent', most: number): { canary: Canary; profile: unknown }[];
  /** What later canaries are compared with is forgotten: the next one becomes it. */
  forgetReference(watch: string): void;
  /** Drops profiles of all but the newest, and all but the newest canaries; references stay. */
  thin(watch: string, keep: { profiles: number; canaries: number }): void;

  putFinding(record: WatchFinding): void;
  getFinding(id: string): WatchFinding | null;
  /** Newest last seen first. */
  findings(query: { watch?: string; state?: FindingState }): WatchFinding[];
}

/** The fault plan of a sandbox and how far its episode is. */
export interface FaultRecord {
  sandbox: string;
  tenant: string;
  given: SandboxFaults;
  /** The episode's, as src/noise wrote it; null before the first call. */
  state: Record<string, unknown> | null;
  /** What was changed about the sandbox and is to be put back, by fault. */
  held: Record<string, unknown>;
  stopped: boolean;
  /** How many gateways have drawn for it: what one has drawn the next does not draw again. */
  generation: number;
}

export interface FaultRepository {
  get(sandbox: string): FaultRecord | null;
  /** Those of sandboxes that are not gone, and were not stopped. */
  living(): FaultRecord[];
  insert(record: FaultRecord): void;
  update(sandbox: string, patch: Partial<Pick<FaultRecord, 'state' | 'held' | 'stopped' | 'generation'>>): void;
  /** Answers the number of the first; the others follow it. */
  label(sandbox: string, labels: readonly FaultLabel[]): number;
  /** In the order in which they were given. */
  labels(sandbox: string): { number: number; label: FaultLabel }[];
  relabel(sandbox: string, number: number, label: FaultLabel): void;
}

export type RecordingRecord = RecordingInfo;

export interface RecordingRepository {
  insert(record: RecordingRecord): void;
  /** Whosever it is: for recovery. */
  isKnown(id: string): boolean;
  /** By id or by name (then the newest), only if `tenant` owns it. */
  find(tenant: string, ref: string): RecordingRecord | null;
  /** The one that is being written of a sandbox. */
  openOf(sandbox: string): RecordingRecord | null;
  /** Oldest first. */
  list(query: { tenant: string; sandbox?: string; limit?: number; cursor?: string }): Page<RecordingRecord>;
  /** Of all tenants: for recovery. */
  inState(state: RecordingState): RecordingRecord[];
  /** On disk, of those that are not being written. */
  bytesOf(tenant: string): number;
  update(id: string, patch: Partial<Omit<RecordingRecord, 'id'>>): void;
  /** Its snapshots are referred to by it no more. */
  remove(id: string): void;
  /** Replaces what was kept for that step. */
  keepSnapshot(recording: string, step: number, snapshot: string): void;
  /** Oldest first. */
  snapshots(recording: string): { step: number; snapshot: string }[];
  /** A recording that needs it, or null. */
  keeperOf(snapshot: string): string | null;
  /** Which recording is done again with this tape. */
  keeperOfTape(tape: string): string | null;
}

/** The newest events on disk; `EventBus` is what publishes to it and what readers subscribe to. */
export interface EventLog {
  /** Answers its position: 1 more than the one before, which is empty where its transaction was undone. */
  append(event: HoldfastEvent): number;
  /** Position of an event that is still kept, else null. */
  position(id: string): number | null;
  /** Positions of the oldest event still kept and of the newest, undone ones included; both 0 when there is none. */
  bounds(): { oldest: number; newest: number };
  /** Oldest first. */
  after(position: number, limit: number): { position: number; event: HoldfastEvent }[];
}
