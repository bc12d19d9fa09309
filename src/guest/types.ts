/**
 * A sandbox from inside, as the rest of Holdfast sees it: processes, files and the agent's own life.
 *
 * Every verb takes a scope last; its deadline and signal end the wait and tell the guest to stop. Without a scope a
 * plain question still fails with `deadline-exceeded` after a minute. All failures are `HoldfastError`s; when the
 * connection is lost every open verb fails with `sandbox-died` or `guest-protocol`, and what runs inside runs on.
 */
import type { Buffer } from 'node:buffer';
import type { Duplex } from 'node:stream';
import type { Scope } from '../base/index.ts';
import type {
  Exec,
  ExecResult,
  FileEvent,
  FileStat,
  HoldfastError,
  OutputChunk,
  ProcessExit,
  ProcessInfo,
  SearchResult,
  StartProcess,
} from '../schema/index.ts';

export interface Guest {
  readonly files: GuestFiles;
  readonly tunnels: GuestTunnels;
  /** Why the connection ended, or null while it lives. */
  readonly closed: HoldfastError | null;
  /** Called once; at once when it has ended already. Returns the way to unsubscribe. */
  onClose(listener: (reason: HoldfastError) => void): () => void;
  /** Ends the connection, nothing inside. */
  close(): void;

  /** Who answered. The greeting goes out with the connection, so this waits only once. */
  hello(scope?: Scope): Promise<GuestIdentity>;
  ping(scope?: Scope): Promise<void>;

  /** Repeating a `processId` starts nothing and says `existed`. */
  spawn(request: SpawnRequest, scope?: Scope): Promise<SpawnedProcess>;
  /** Any number of attachments per process. Read `output` or detach: unread output holds the process up. */
  attach(processId: string, options?: AttachProcess, scope?: Scope): GuestAttachment;
  /**
   * Start, feed, collect, in one round trip. When the scope ends first, or the agent is silent 5 s after the deadline and
   * its grace, the whole process tree is killed. A repeated `processId` collects the first one's output and is not fed.
   */
  exec(request: ExecRequest, scope?: Scope): Promise<ExecResult>;
  /** One writer at a time (`in-use`). */
  stdin(processId: string, scope?: Scope): Promise<GuestInput>;
  signal(processId: string, signal: string | number, options?: SignalProcess, scope?: Scope): Promise<void>;
  resize(processId: string, rows: number, columns: number, scope?: Scope): Promise<void>;
  listProcesses(scope?: Scope): Promise<ProcessInfo[]>;
  /** Drops a retained exit and its output. */
  forget(processId: string, scope?: Scope): Promise<void>;
  /** The same for whoever does not wait for it: with the next request, or within 20 ms; its failure is nobody's. */
  forgetLater(processId: string): void;

  /** The agent kills everything and exits unless this is repeated within `leaseMs`; 0 ends the lease. Ends `still`. */
  lease(leaseMs: number, scope?: Scope): Promise<void>;
  /**
   * No deadline passes inside, of leases or processes, until this connection renews the lease or ends: for who is about to
   * be frozen, by whomever it is thawed.
   */
  still(scope?: Scope): Promise<void>;
  /** Ends all processes, transfers and watches, so that nothing holds the file system. */
  reset(scope?: Scope): Promise<void>;
  quiet(scope?: Scope): Promise<GuestQuiet>;
  /** Answers when it begins: SIGTERM to all, SIGKILL after the grace, then the agent exits. */
  shutdown(graceMs: number, scope?: Scope): Promise<void>;
}

export interface GuestIdentity {
  /** New whenever the sandbox's processes are new ones. */
  incarnation: string;
  pid: number;
  /** Milliseconds since 1970. */
  startedMs: number;
  /** It can hand the sockets of its streams over: not where it has no sockets to this host. */
  handsOver: boolean;
}

export interface GuestQuiet {
  /** Alive besides the agent. */
  processes: number;
  /** Transfers and watches open. */
  transfers: number;
}

export type SpawnRequest = StartProcess & {
  processId: string;
  /** Most bytes of stdout and stderr together; past it the process is killed with `output-limit`. */
  outputLimitBytes?: number | undefined;
};

export type ExecRequest = Exec & { processId: string; outputLimitBytes?: number | undefined };

export interface SpawnedProcess {
  processId: string;
  /** The number inside the sandbox. */
  pid: number;
  /** Milliseconds since 1970. */
  startedMs: number;
  /** It had been started before, by an earlier request with the same `processId`. */
  existed: boolean;
}

export interface AttachProcess {
  /** Where to begin; 0 (the default) is everything still kept. */
  stdoutOffset?: number | undefined;
  stderrOffset?: number | undefined;
}

export interface GuestAttachment {
  readonly processId: string;
  /** One reader. Leaving the loop detaches. */
  readonly output: AsyncIterable<OutputChunk>;
  /** Resolves after the last output was taken in; rejects when detached or the connection is lost. */
  readonly exit: Promise<ProcessExit>;
  detach(): void;
}

/** The bytes given to `write` must stay unchanged until `end` (or the failure) of this writer. */
export interface GuestInput {
  /** Resolves when the guest has room for more; rejects when the process takes no more (`wrong-state`). */
  write(data: Uint8Array): Promise<void>;
  /** Closes stdin; on a terminal it sends end-of-transmission. Resolves when the process's side took everything. */
  end(): Promise<void>;
  /** Lets go without closing stdin: another writer may follow. */
  release(): void;
}

export interface SignalProcess {
  /** Every descendant too. */
  tree?: boolean;
  /** Resolve only when all of them are gone. */
  wait?: boolean;
}

/** Paths are absolute, as the sandbox sees them, and resolved inside it with its user's rights. */
export interface GuestFiles {
  stat(path: string, options?: { follow?: boolean }, scope?: Scope): Promise<FileStat>;
  /** By name, page by page. */
  list(path: string, scope?: Scope): FileListing;
  /** Regular files only. The content must be read or left (`break`, `return()`). */
  readStream(path: string, options?: ReadRange, scope?: Scope): Promise<GuestFileContent>;
  /** `file-too-large` past `maxBytes` (64 MiB unless told), before anything is kept. */
  readAll(path: string, options?: { maxBytes?: number }, scope?: Scope): Promise<Uint8Array>;
  /**
   * The new content whole, or the old one: never half. The bytes must not change before this resolves, also those an
   * iterable has yielded.
   */
  write(
    path: string,
    data: Uint8Array | AsyncIterable<Uint8Array>,
    options?: WriteFile,
    scope?: Scope,
  ): Promise<{ sizeBytes: number }>;
  mkdir(path: string, options?: { mode?: number; parents?: boolean }, scope?: Scope): Promise<void>;
  move(from: string, to: string, options?: { replace?: boolean }, scope?: Scope): Promise<void>;
  /** Never follows a symlink. Answers how many entries went. */
  remove(path: string, options?: { recursive?: boolean }, scope?: Scope): Promise<{ count: number }>;
  chmod(path: string, mode: number, scope?: Scope): Promise<void>;
  symlink(path: string, target: string, scope?: Scope): Promise<void>;
  search(request: SearchRequest, scope?: Scope): Promise<SearchResult>;
  watch(path: string, options?: { recursive?: boolean }, scope?: Scope): FileWatch;
}

export interface FileListing extends AsyncIterable<FileStat> {
  /** `file-too-large` past `maxEntries` (100 000 unless told). */
  all(options?: { maxEntries?: number }): Promise<FileStat[]>;
}

export interface ReadRange {
  offset?: number | undefined;
  /** To the end when absent. */
  length?: number | undefined;
}

export interface GuestFileContent {
  /** Of the whole file when it was opened. */
  sizeBytes: number;
  mode: number;
  /** Ends early when the file shrinks meanwhile. */
  stream: AsyncIterable<Uint8Array>;
}

export interface WriteFile {
  /** Permission bits; absent, an existing file keeps its own and a new one gets 0644. */
  mode?: number | undefined;
  parents?: boolean | undefined;
  /** `file-exists` instead of replacing. */
  exclusive?: boolean | undefined;
  /** Fails when the content has another length. */
  expectedBytes?: number | undefined;
}

/** The schema's `Search` with its defaults filled in. */
export interface SearchRequest {
  path: string;
  /** Plain text, or a POSIX extended regular expression when `regex` is set. */
  pattern: string;
  regex: boolean;
  ignoreCase: boolean;
  glob?: string | undefined;
  maxMatches: number;
}

export interface FileWatch extends AsyncIterable<FileEvent> {
  /** Changes after this are seen. */
  readonly ready: Promise<void>;
  close(): void;
}

/** Connections on the loopback inside, ended on the host. All end with the connection to the agent. */
export interface GuestTunnels {
  /**
   * Accepts connections inside, at an address of 127.0.0.0/8, for as long as the scope lives; its end closes the listener
   * and resets its streams. Port 0 takes a free one. Past `maxConnections` (1024 unless told, and for all listeners
   * together) further ones wait in the kernel. A stream whose taker throws is reset.
   */
  listen(
    options: ListenAddress & { maxConnections?: number },
    onConnection: (stream: GuestStream) => void,
    scope: Scope,
  ): Promise<GuestListener>;
  /** The same for UDP. Datagrams over 4096 bytes are dropped; `reply` throws for one, and loses it once closed or congested. */
  listenDatagrams(
    options: ListenAddress,
    onDatagram: (data: Buffer, reply: (data: Uint8Array) => void) => void,
    scope: Scope,
  ): Promise<GuestListener>;
  /**
   * Connects to a program inside: at 127.0.0.1, or ::1 when that refuses, unless an address is named. `port-closed` when
   * nothing listens. The scope's end resets the connection, also when it stands.
   */
  dial(port: number, options: { address?: string }, scope: Scope): Promise<GuestStream>;
}

export interface ListenAddress {
  address: string;
  port: number;
}

export interface GuestListener {
  readonly address: string;
  readonly port: number;
  /** Resolves when it listens no more, whatever the reason. */
  readonly closed: Promise<void>;
  /** Resets its streams too. */
  close(): Promise<void>;
}

/**
 * Half-open until both sides have ended; `destroy()` resets it. An error nobody listens for is dropped, since it is the
 * guest's. Bytes given to `write` must not change until its callback.
 */
export interface GuestStream extends Duplex {
  /** Of the program inside. */
  readonly remotePort: number;
  /** Where it was accepted (for a transparent proxy: where the program wanted to go), or dialled from. */
  readonly localAddress: string;
  readonly localPort: number;
  /** As `write`, of bytes that are another's when this returns: they are copied. */
  writeLent(bytes: Buffer): boolean;
  /**
   * Asks the agent to hold the stream's own socket ready for whoever names the token to it (32 characters).
   * Nothing may be waiting to be written. True: no more will come over this stream or can be written to it. False: one direction
   * has ended, or was about to; all is as it was. Rejects when the stream ends meanwhile.
   */
  handOver(token: string): Promise<boolean>;
  /** Of one that was handed over: resolves when all that had come before has been read; rejects when it ends before that. */
  drained(): Promise<void>;
  /** Of one that was handed over: whoever took the socket has seen both directions end. */
  finishHanded(): void;
}
