/**
 * Every verb of Holdfast, once. The in-process runtime, the HTTP client and test doubles implement this same interface;
 * a service is bound to one tenant, and to one person where the caller is known, by whoever made it; no verb takes either.
 *
 * `ref` is a sandbox's id or its name. Every verb may throw a `HoldfastError`; the codes are in docs/errors.md.
 */
import type {
  AuditEntry,
  AuditEvidence,
  AuditQuery,
  AuditReport,
  ErasePerson,
  ErasureReport,
  ExportAudit,
  LegalHold,
  PlaceHold,
  VerifyAudit,
} from './audit.ts';
import type { ErrorCode, Fault } from './errors.ts';
import type { EventType, HoldfastEvent } from './events.ts';
import type { FaultReport } from './faults.ts';
import type { FileEvent, FileStat, Search, SearchResult } from './files.ts';
import type { Isolation } from './isolation.ts';
import type {
  NetworkAnswer,
  NetworkFlow,
  NetworkFlowQuery,
  NetworkInput,
  NetworkQuestion,
  SecretInfo,
  TapeInfo,
} from './network.ts';
import type { PortConnection, Preview, SharePort } from './ports.ts';
import type { ExecInput, ExecResult, ProcessExit, ProcessInfo, StartProcessInput } from './process.ts';
import type {
  Bisect,
  BisectReport,
  ExportTest,
  ForkedRecording,
  ForkRecording,
  RecordingFormat,
  RecordingInfo,
  RecordingReport,
  Replay,
  ReplayReport,
  ServedRecorded,
  ServeRecorded,
  StartRecording,
  TestReport,
} from './recording.ts';
import type { RecordEvent, RecordingEvent } from './recording-events.ts';
import type { CreateSandboxInput, ListSandboxes, Page, Sandbox, SubstrateName, SuspendSandbox } from './sandbox.ts';
import type {
  AgentStop,
  AllowAgents,
  Approval,
  CancelledSessions,
  CancelSessions,
  DecideApproval,
  ForkSession,
  ListSessions,
  MemoryEntry,
  SearchMemories,
  SendToSession,
  Session,
  SessionEntry,
  SessionUpdate,
  StartSession,
  StopAgents,
  StoppedAgents,
} from './session.ts';
import type { CreateSnapshot, Diff, Fork, Snapshot, Template } from './snapshot.ts';
import type { Acknowledge, Canary, ListFindings, StartWatch, Watch, WatchFinding } from './watch.ts';

/** Given to any verb: a signal cancels it, a timeout ends it with `deadline-exceeded`. */
export interface CallOptions {
  signal?: AbortSignal;
  timeoutMs?: number;
}

export interface VersionInfo {
  version: string;
  apiVersion: 1;
  node: string;
  /** Of the daemon that answered; null in-process. */
  pid: number | null;
}

export interface Check {
  name: string;
  status: 'pass' | 'warn' | 'fail';
  /** What was found, or why it does not work. */
  detail: string;
  /** One thing to do about it; null when nothing is. */
  fix: string | null;
}

export interface SubstrateReport {
  substrate: SubstrateName;
  isolation: Isolation;
  usable: boolean;
  /** How it was proven, or what failed. */
  detail: string;
  fix: string | null;
  /** Probed, never assumed; a missing one has its reason. */
  capabilities: { name: string; available: boolean; reason: string | null }[];
}

export interface DoctorReport {
  checks: Check[];
  substrates: SubstrateReport[];
  durationMs: number;
}

export interface OutputChunk {
  stream: 'stdout' | 'stderr';
  /** Position of the first byte in everything the process printed on this stream. */
  offset: number;
  data: Uint8Array;
  /** Bytes lost just before this chunk because nobody read them in time. */
  gapBytes: number;
}

/** A live view of one process. Leaving it ends nothing inside. */
export interface ProcessAttachment {
  readonly processId: string;
  readonly output: AsyncIterable<OutputChunk>;
  readonly exit: Promise<ProcessExit>;
  /** Resolves when the process's side took the bytes; rejects when it takes none (any more). */
  write(data: Uint8Array): Promise<void>;
  endInput(): Promise<void>;
  resize(rows: number, columns: number): Promise<void>;
  detach(): Promise<void>;
}

export interface AttachOptions extends CallOptions {
  /** Where to start; 0 (the default) is everything still kept. */
  stdoutOffset?: number;
  stderrOffset?: number;
}

export interface WriteFileOptions extends CallOptions {
  /** Permission bits; an existing file keeps its own when absent. */
  mode?: number;
  /** Create missing parent directories. */
  parents?: boolean;
  /** Fail with `file-exists` instead of replacing. */
  exclusive?: boolean;
}

/** One call through the tool door. */
export interface ToolCall {
  tool: string;
  input: unknown;
  /** Repeating a key returns the first call's result and does nothing twice. */
  idempotencyKey?: string;
}

export type ToolResult =
  | { ok: true; callId: string; output: unknown; durationMs: number }
  | {
      ok: false;
      callId: string;
      error: { code: ErrorCode; message: string; fault: Fault; retryable: boolean; hint?: string };
      durationMs: number;
    };

export interface ToolDescription {
  name: string;
  description: string;
  /** JSON Schemas. */
  input: unknown;
  output: unknown;
  risk: 'read' | 'write' | 'irreversible';
  idempotent: boolean;
  /** `instant` answers under 50 ms; `blocking` takes what its work takes. */
  timing: 'instant' | 'blocking';
}

/** One line of the hash-chained journal. */
export interface JournalEntry {
  sequence: number;
  /** ISO 8601. */
  at: string;
  tenant: string;
  sandbox: string | null;
  type: string;
  body: Record<string, unknown>;
  /** sha256 over the previous hash and this entry's canonical form, hex. */
  hash: string;
  previousHash: string;
}

export interface DiffRequest {
  /** A snapshot or a sandbox; absent: what `to` started from. */
  from?: string;
  /** A snapshot or a sandbox. */
  to: string;
  /** Only below this path. */
  path?: string;
}

export interface PruneReport {
  sandboxes: number;
  snapshots: number;
  layers: number;
  freedBytes: number;
}

export type BuildTemplate = (
  | { name: string; from: 'directory'; directory: string }
  | { name: string; from: 'debian'; suite: string; packages?: string[] }
) & {
  /** A script that becomes `/etc/holdfast/warm.d/NAME` of it, beside what is there: docs/memory.md, A warm start. */
  warm?: WarmScript;
};

export interface WarmScript {
  name: string;
  text: string;
}

export interface HoldfastService {
  version(options?: CallOptions): Promise<VersionInfo>;
  doctor(options?: CallOptions): Promise<DoctorReport>;

  createSandbox(input: CreateSandboxInput, options?: CallOptions): Promise<Sandbox>;
  getSandbox(ref: string, options?: CallOptions): Promise<Sandbox>;
  listSandboxes(query?: ListSandboxes, options?: CallOptions): Promise<Page<Sandbox>>;
  /** The lifetime counts anew from now. */
  extendSandbox(ref: string, lifetimeMs: number, options?: CallOptions): Promise<Sandbox>;
  /** Resumes it if needed; the lifetime counts anew from now when given. */
  connectSandbox(ref: string, input?: { lifetimeMs?: number }, options?: CallOptions): Promise<Sandbox>;
  /**
   * With its memory (the default) it stands still: processes, open files and memory stay, and so does what they cost.
   * Without (`memory: false`) it is hibernated: processes end, files stay, also over a restart of the machine.
   */
  suspendSandbox(ref: string, input?: SuspendSandbox, options?: CallOptions): Promise<Sandbox>;
  resumeSandbox(ref: string, options?: CallOptions): Promise<Sandbox>;
  /** Idempotent; resolves when processes, mounts and limit groups are gone. */
  destroySandbox(ref: string, options?: CallOptions): Promise<Sandbox>;

  createSnapshot(ref: string, input?: CreateSnapshot, options?: CallOptions): Promise<Snapshot>;
  /** By id or name, the newest of that name; so wherever a snapshot is meant. A sandbox of that name goes first where both may be. */
  getSnapshot(ref: string, options?: CallOptions): Promise<Snapshot>;
  listSnapshots(
    query?: { sandbox?: string; limit?: number; cursor?: string },
    options?: CallOptions,
  ): Promise<Page<Snapshot>>;
  deleteSnapshot(ref: string, options?: CallOptions): Promise<void>;
  /** Reads every byte and compares with the recorded digests. */
  verifySnapshot(ref: string, options?: CallOptions): Promise<Snapshot>;
  /** In place: files go back, processes inside end, the sandbox keeps its id and gets a new incarnation. */
  rollbackSandbox(ref: string, snapshot: string, options?: CallOptions): Promise<Sandbox>;
  /** `source` is a sandbox (a snapshot is taken first) or a snapshot. All or none. */
  forkSandbox(source: string, input?: Fork, options?: CallOptions): Promise<Sandbox[]>;
  diff(request: DiffRequest, options?: CallOptions): Promise<Diff>;
  /** The same as a patch that `git apply` takes. */
  patch(request: DiffRequest, options?: CallOptions): Promise<string>;
  /** A POSIX tar of all files (`source` a snapshot or a sandbox), or of those below `path`. */
  exportFiles(source: string, input?: { path?: string }, options?: CallOptions): Promise<AsyncIterable<Uint8Array>>;
  /**
   * A snapshot made of `template` (absent: what a sandbox of that isolation starts from) plus the tar's files below `path`. A
   * `throwAway` one has no name of the caller's and goes with the sandbox made of it, or when none was made within a day.
   */
  importFiles(
    tar: AsyncIterable<Uint8Array>,
    input?: { template?: string; isolation?: Isolation; path?: string; name?: string; throwAway?: boolean },
    options?: CallOptions,
  ): Promise<Snapshot>;

  exec(ref: string, input: ExecInput, options?: CallOptions): Promise<ExecResult>;
  startProcess(ref: string, input: StartProcessInput, options?: CallOptions): Promise<ProcessInfo>;
  listProcesses(ref: string, options?: CallOptions): Promise<ProcessInfo[]>;
  attachProcess(ref: string, processId: string, options?: AttachOptions): Promise<ProcessAttachment>;
  /** With `tree`, every descendant too, and resolves only when all are gone if the signal is SIGKILL. */
  signalProcess(
    ref: string,
    processId: string,
    signal: string,
    input?: { tree?: boolean },
    options?: CallOptions,
  ): Promise<void>;

  statFile(ref: string, path: string, options?: CallOptions): Promise<FileStat>;
  listFiles(ref: string, path: string, options?: CallOptions): Promise<FileStat[]>;
  /** The whole file, or `length` bytes from `offset`. Streams; nothing is buffered whole. */
  readFile(
    ref: string,
    path: string,
    input?: { offset?: number; length?: number },
    options?: CallOptions,
  ): Promise<{ stat: FileStat; content: AsyncIterable<Uint8Array> }>;
  writeFile(
    ref: string,
    path: string,
    data: Uint8Array | AsyncIterable<Uint8Array>,
    options?: WriteFileOptions,
  ): Promise<FileStat>;
  makeDirectory(ref: string, path: string, options?: CallOptions): Promise<void>;
  moveFile(ref: string, from: string, to: string, input?: { replace?: boolean }, options?: CallOptions): Promise<void>;
  removeFile(ref: string, path: string, input?: { recursive?: boolean }, options?: CallOptions): Promise<void>;
  searchFiles(ref: string, input: Search, options?: CallOptions): Promise<SearchResult>;
  watchFiles(
    ref: string,
    path: string,
    input?: { recursive?: boolean },
    options?: CallOptions,
  ): AsyncIterable<FileEvent>;

  /** A raw byte stream to a TCP port that a program inside listens on. */
  connectPort(ref: string, port: number, options?: CallOptions): Promise<PortConnection>;
  /** Makes a port reachable at a URL of its own, until it expires, is revoked, or the sandbox is gone. */
  sharePort(ref: string, input: SharePort, options?: CallOptions): Promise<Preview>;
  /** Those that work, oldest first. */
  listPreviews(ref: string, options?: CallOptions): Promise<Preview[]>;
  /** At once: open connections are cut. */
  revokePreview(ref: string, id: string, options?: CallOptions): Promise<void>;

  /** Replaces what the sandbox may reach, at once: open connections that no longer comply are cut. */
  setNetwork(ref: string, network: NetworkInput, options?: CallOptions): Promise<Sandbox>;
  /** Would this be let out, by which rule, and what would allow it. Nothing is sent. */
  explainNetwork(ref: string, question: NetworkQuestion, options?: CallOptions): Promise<NetworkAnswer>;
  /** What left, or tried to, oldest first; flows are kept for a while, also of sandboxes that are gone. */
  networkFlows(ref: string, query?: NetworkFlowQuery, options?: CallOptions): AsyncIterable<NetworkFlow>;

  /** Write-only: no verb ever answers with the value. Sandboxes that use it send the new one from now on. */
  putSecret(name: string, value: Uint8Array, options?: CallOptions): Promise<SecretInfo>;
  listSecrets(options?: CallOptions): Promise<SecretInfo[]>;
  deleteSecret(name: string, options?: CallOptions): Promise<void>;
  /** Secrets of all tenants, and certificate authorities of sandboxes, are sealed by a new key. The owner's alone. */
  rotateSecretKey(options?: CallOptions): Promise<void>;

  listTapes(options?: CallOptions): Promise<TapeInfo[]>;
  /** The whole tape as HAR 1.2. */
  exportTape(id: string, options?: CallOptions): Promise<AsyncIterable<Uint8Array>>;
  deleteTape(id: string, options?: CallOptions): Promise<void>;

  /** For whoever scores the run, never for the agent: which faults were drawn, which came, in which calls. */
  faultReport(ref: string, options?: CallOptions): Promise<FaultReport>;
  /** No fault comes any more, and what lasts is undone: what follows, such as a verifier, sees the plain sandbox. Idempotent. */
  stopFaults(ref: string, options?: CallOptions): Promise<FaultReport>;
  /** From now on canaries look, every so often, whether what is watched still behaves as it did. The owner's alone. */
  startWatch(input?: StartWatch, options?: CallOptions): Promise<Watch>;
  listWatches(options?: CallOptions): Promise<Watch[]>;
  /** Its findings go with it. */
  stopWatch(id: string, options?: CallOptions): Promise<void>;
  /** Now. With `renew` it becomes what later ones are compared with. */
  runCanary(id: string, input?: { renew?: boolean }, options?: CallOptions): Promise<Canary>;
  /** Drifts that canaries found, last seen first. */
  listFindings(query?: ListFindings, options?: CallOptions): Promise<WatchFinding[]>;
  getFinding(id: string, options?: CallOptions): Promise<WatchFinding>;
  /** Somebody knows of it: it stays until it is gone, and is no alarm. */
  acknowledgeFinding(id: string, input?: Acknowledge, options?: CallOptions): Promise<WatchFinding>;
  /** As Prometheus reads it. */
  metrics(options?: CallOptions): Promise<string>;
  /** From now on: a snapshot is taken first. `createSandbox` with `record` begins before the first call. */
  startRecording(ref: string, input?: StartRecording, options?: CallOptions): Promise<RecordingInfo>;
  /** Takes a last snapshot and closes the recording; the sandbox goes on. */
  stopRecording(ref: string, options?: CallOptions): Promise<RecordingInfo>;
  /** Adds a model call, an approval, a verdict or a note to the recording of a sandbox. */
  recordEvent(ref: string, event: RecordEvent, options?: CallOptions): Promise<{ sequence: number; hash: string }>;
  /** Variables of a sandbox that recordings take for secrets: what stands in the place of each one's value. */
  environmentTokens(ref: string, options?: CallOptions): Promise<Record<string, string>>;
  /** Oldest first. */
  listRecordings(
    query?: { sandbox?: string; limit?: number; cursor?: string },
    options?: CallOptions,
  ): Promise<Page<RecordingInfo>>;
  /** By id or name, the newest of that name. */
  getRecording(ref: string, options?: CallOptions): Promise<RecordingInfo>;
  /** In order. The cursor is the sequence to go on after. */
  recordingEvents(
    ref: string,
    query?: { after?: number; limit?: number },
    options?: CallOptions,
  ): Promise<Page<RecordingEvent>>;
  /** Bytes that an event names by their digest and that do not stand in it. */
  recordingContent(ref: string, digest: string, options?: CallOptions): Promise<Uint8Array>;
  /** Reads every line and blob, and looks for every snapshot. */
  verifyRecording(ref: string, options?: CallOptions): Promise<RecordingReport>;
  /** With the snapshots that nothing else needs. */
  deleteRecording(ref: string, options?: CallOptions): Promise<void>;
  replayRecording(ref: string, input?: Replay, options?: CallOptions): Promise<ReplayReport>;
  /** Answers one call of an agent from the recording; nothing is executed. */
  serveRecorded(ref: string, input: ServeRecorded, options?: CallOptions): Promise<ServedRecorded>;
  /** A living sandbox in the state after a step, or as near to it as can honestly be had. */
  forkRecording(ref: string, input: ForkRecording, options?: CallOptions): Promise<ForkedRecording>;
  /** The step from which on a predicate ends as it does at the end. */
  bisectRecording(ref: string, input: Bisect, options?: CallOptions): Promise<BisectReport>;
  /** A bundle as a tar, or the recording in another format. */
  exportRecording(ref: string, format: RecordingFormat, options?: CallOptions): Promise<AsyncIterable<Uint8Array>>;
  /** A bundle's tar, or an ATIF trajectory; it can be looked at, and a bundle replayed at L1. */
  importRecording(
    data: AsyncIterable<Uint8Array>,
    input?: { format?: 'bundle' | 'atif'; name?: string },
    options?: CallOptions,
  ): Promise<RecordingInfo>;
  /** A test case as JSON: the steps that lead to a failure, and how it has to end. */
  exportTest(ref: string, input: ExportTest, options?: CallOptions): Promise<AsyncIterable<Uint8Array>>;
  /** Runs a test case in a sandbox of its own. */
  runTest(data: AsyncIterable<Uint8Array>, options?: CallOptions): Promise<TestReport>;

  listTools(options?: CallOptions): Promise<ToolDescription[]>;
  callTool(ref: string, call: ToolCall, options?: CallOptions): Promise<ToolResult>;

  /** Starts an agent at work, durably: it goes on over crashes and restarts, and waits for days at no cost. */
  startSession(input: StartSession, options?: CallOptions): Promise<Session>;
  /** `ref` of a session is its id, or its name. */
  getSession(ref: string, options?: CallOptions): Promise<Session>;
  listSessions(query?: ListSessions, options?: CallOptions): Promise<Page<Session>>;
  /** An event for a session, a person's message if not said otherwise; it is kept until the session gets to it. */
  sendToSession(ref: string, input: SendToSession, options?: CallOptions): Promise<Session>;
  /** After the step that is under way. */
  pauseSession(ref: string, options?: CallOptions): Promise<Session>;
  resumeSession(ref: string, options?: CallOptions): Promise<Session>;
  /** At once, and all below it. */
  cancelSession(ref: string, options?: CallOptions): Promise<Session>;
  /** One that is over, with all below it: its log and what it alone remembers. Logged, or not done. */
  removeSession(ref: string, options?: CallOptions): Promise<void>;
  /** The switch for emergencies: all sessions that are not over, or those of one agent, end at once. */
  cancelSessions(input?: CancelSessions, options?: CallOptions): Promise<CancelledSessions>;
  /** From the next step on, also after a restart, until they are allowed to go on: agents of one name, or all. */
  stopAgents(input?: StopAgents, options?: CallOptions): Promise<StoppedAgents>;
  /** Lifts what was stopped with the same words; what it held back goes on. Logged, or not done. */
  allowAgents(input?: AllowAgents, options?: CallOptions): Promise<AgentStop>;
  /** What this tenant is under, what holds for every tenant included; for the owner, all that there are. */
  listStops(options?: CallOptions): Promise<AgentStop[]>;
  /** A new session with the same log up to an entry, with other agents if so asked; its sandbox is forked with it, or brought. */
  forkSession(ref: string, input?: ForkSession, options?: CallOptions): Promise<Session>;
  /** The log from after that position on; unless told not to follow, until the session ends. */
  sessionEntries(
    ref: string,
    query?: { after?: number; follow?: boolean },
    options?: CallOptions,
  ): AsyncIterable<SessionEntry>;
  /** The same, followed, with the text of the step under way as it comes. A slow reader gets it in larger pieces. */
  sessionUpdates(ref: string, query?: { after?: number }, options?: CallOptions): AsyncIterable<SessionUpdate>;
  /** Those that wait for people, of all sessions. */
  listApprovals(options?: CallOptions): Promise<Approval[]>;
  /** As whoever asks: the person of the key, or of the signed link. Once each. */
  decideApproval(id: string, input: DecideApproval, options?: CallOptions): Promise<Approval>;
  /** What agents of this tenant remember and has not expired, by words. */
  searchMemories(input: SearchMemories, options?: CallOptions): Promise<MemoryEntry[]>;

  /** What agents did and who decided, oldest first. */
  auditEntries(query?: AuditQuery, options?: CallOptions): Promise<Page<AuditEntry>>;
  /** One entry with the proof that it is in the log which was signed. */
  auditEvidence(sequence: number, options?: CallOptions): Promise<AuditEvidence>;
  /** Reads all of the log and compares it with every checkpoint; what is wrong is in the report. */
  verifyAudit(input?: VerifyAudit, options?: CallOptions): Promise<AuditReport>;
  /** JSON lines with proofs, or a timeline. */
  exportAudit(input?: ExportAudit, options?: CallOptions): Promise<AsyncIterable<Uint8Array>>;
  /** Destroys a person's key, and removes their sessions and memories. The log still verifies. */
  erasePerson(input: ErasePerson, options?: CallOptions): Promise<ErasureReport>;
  /** Nothing of the person, or of anybody, is erased or deleted until it is released. */
  placeHold(input: PlaceHold, options?: CallOptions): Promise<LegalHold>;
  releaseHold(id: string, options?: CallOptions): Promise<void>;
  listHolds(options?: CallOptions): Promise<LegalHold[]>;

  listTemplates(options?: CallOptions): Promise<Template[]>;
  buildTemplate(input: BuildTemplate, onProgress?: (line: string) => void, options?: CallOptions): Promise<Template>;
  deleteTemplate(name: string, options?: CallOptions): Promise<void>;

  /** From now on, or from the given sequence on; ends with the signal. */
  events(
    query?: { sandbox?: string; types?: EventType[]; since?: string },
    options?: CallOptions,
  ): AsyncIterable<HoldfastEvent>;
  /** The tool calls and lifecycle changes of a sandbox (or of all), oldest first. */
  journal(
    query?: { sandbox?: string; after?: number; limit?: number },
    options?: CallOptions,
  ): Promise<Page<JournalEntry>>;
  /** Removes what is gone, and snapshots nobody references when asked. */
  prune(input?: { snapshots?: boolean }, options?: CallOptions): Promise<PruneReport>;
}
