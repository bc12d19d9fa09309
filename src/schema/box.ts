/**
 * A sandbox in the hand: `Box` binds the verbs of any `HoldfastService` to one sandbox, by its id.
 *
 *   await using box = await boxes(service).create({ template: 'host' });
 *   const { exitCode, stdoutText } = await box.exec(['ls', '-l']);
 *
 * Imports no zod, so that browsers and quick starts can have it.
 */
import { HoldfastError } from './error-class.ts';
import type { FileEvent, FileStat, Search, SearchResult } from './files.ts';
import type { PortConnection, Preview, SharePort } from './ports.ts';
import type { ExecInput, ExecResult, ProcessInfo, StartProcessInput } from './process.ts';
import type { CreateSandboxInput, ListSandboxes, Page, Sandbox, SuspendSandbox } from './sandbox.ts';
import type {
  AttachOptions,
  CallOptions,
  DiffRequest,
  HoldfastService,
  ProcessAttachment,
  ToolCall,
  ToolResult,
  WriteFileOptions,
} from './service.ts';
import type { CreateSnapshot, Diff, Fork, Snapshot } from './snapshot.ts';

/** How a program ended and what it printed. A failure of the program is no error here: look at `ok` or `exitCode`. */
export interface ExecOutcome extends ExecResult {
  /** It exited by itself with status 0. */
  readonly ok: boolean;
  /** The bytes as UTF-8; what is not UTF-8 becomes U+FFFD. */
  readonly stdoutText: string;
  readonly stderrText: string;
}

export interface Boxes {
  create(input?: CreateSandboxInput, options?: CallOptions): Promise<Box>;
  get(ref: string, options?: CallOptions): Promise<Box>;
  list(query?: ListSandboxes, options?: CallOptions): Promise<Page<Box>>;
}

export function boxes(service: HoldfastService): Boxes {
  return {
    create: async (input = {}, options) => new Box(service, await service.createSandbox(input, options)),
    get: async (ref, options) => new Box(service, await service.getSandbox(ref, options)),
    async list(query, options) {
      const { items, nextCursor } = await service.listSandboxes(query, options);
      return { items: items.map((item) => new Box(service, item)), nextCursor };
    },
  };
}

/** Leaving an `await using` block destroys the sandbox. */
export class Box implements AsyncDisposable {
  readonly id: string;
  readonly files: BoxFiles;
  readonly #service: HoldfastService;
  #info: Sandbox;

  constructor(service: HoldfastService, info: Sandbox) {
    this.#service = service;
    this.#info = info;
    this.id = info.id;
    this.files = new BoxFiles(service, info.id);
  }

  /** As of the last verb that answered with it; `refresh` asks anew. */
  get info(): Sandbox {
    return this.#info;
  }

  refresh(options?: CallOptions): Promise<Sandbox> {
    return this.#keep(this.#service.getSandbox(this.id, options));
  }

  /** Runs a program to its end. No shell is involved. */
  async exec(command: readonly string[] | ExecInput, options?: CallOptions): Promise<ExecOutcome> {
    return outcomeOf(await this.#service.exec(this.id, inputOf(command), options));
  }

  /** Starts a program and leaves it running. */
  start(command: readonly string[] | StartProcessInput, options?: CallOptions): Promise<ProcessInfo> {
    return this.#service.startProcess(this.id, inputOf(command), options);
  }

  attach(processId: string, options?: AttachOptions): Promise<ProcessAttachment> {
    return this.#service.attachProcess(this.id, processId, options);
  }

  processes(options?: CallOptions): Promise<ProcessInfo[]> {
    return this.#service.listProcesses(this.id, options);
  }

  signal(processId: string, signal: string, input?: { tree?: boolean }, options?: CallOptions): Promise<void> {
    return this.#service.signalProcess(this.id, processId, signal, input, options);
  }

  /** A raw byte stream to a TCP port that a program inside listens on. */
  connect(port: number, options?: CallOptions): Promise<PortConnection> {
    return this.#service.connectPort(this.id, port, options);
  }

  /** Makes a port reachable at a URL of its own, for a while. */
  share(input: SharePort, options?: CallOptions): Promise<Preview> {
    return this.#service.sharePort(this.id, input, options);
  }

  callTool(call: ToolCall, options?: CallOptions): Promise<ToolResult> {
    return this.#service.callTool(this.id, call, options);
  }

  snapshot(input?: CreateSnapshot, options?: CallOptions): Promise<Snapshot> {
    return this.#service.createSnapshot(this.id, input, options);
  }

  /** Files go back, processes inside end. */
  rollback(snapshot: string, options?: CallOptions): Promise<Sandbox> {
    return this.#keep(this.#service.rollbackSandbox(this.id, snapshot, options));
  }

  async fork(input?: Fork, options?: CallOptions): Promise<Box[]> {
    const children = await this.#service.forkSandbox(this.id, input, options);
    return children.map((child) => new Box(this.#service, child));
  }

  suspend(input?: SuspendSandbox, options?: CallOptions): Promise<Sandbox> {
    return this.#keep(this.#service.suspendSandbox(this.id, input, options));
  }

  resume(options?: CallOptions): Promise<Sandbox> {
    return this.#keep(this.#service.resumeSandbox(this.id, options));
  }

  /** The lifetime counts anew from now. */
  extend(lifetimeMs: number, options?: CallOptions): Promise<Sandbox> {
    return this.#keep(this.#service.extendSandbox(this.id, lifetimeMs, options));
  }

  /** What changed since `from`, or since what the sandbox started from. */
  diff(request: Omit<DiffRequest, 'to'> = {}, options?: CallOptions): Promise<Diff> {
    return this.#service.diff({ ...request, to: this.id }, options);
  }

  /** The same as a patch that `git apply` takes. */
  patch(request: Omit<DiffRequest, 'to'> = {}, options?: CallOptions): Promise<string> {
    return this.#service.patch({ ...request, to: this.id }, options);
  }

  destroy(options?: CallOptions): Promise<Sandbox> {
    return this.#keep(this.#service.destroySandbox(this.id, options));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.destroy();
  }

  async #keep(answer: Promise<Sandbox>): Promise<Sandbox> {
    this.#info = await answer;
    return this.#info;
  }
}

/** The files of one sandbox, by absolute path as the sandbox sees them. */
export class BoxFiles {
  readonly #service: HoldfastService;
  readonly #id: string;

  constructor(service: HoldfastService, id: string) {
    this.#service = service;
    this.#id = id;
  }

  /** The whole file, or `length` bytes from `offset`, in memory; `stream` is for what does not fit there. */
  async read(path: string, input?: { offset?: number; length?: number }, options?: CallOptions): Promise<Uint8Array> {
    const { content } = await this.#service.readFile(this.#id, path, input, options);
    const pieces: Uint8Array[] = [];
    for await (const piece of content) pieces.push(piece);
    return joined(pieces);
  }

  /** @throws HoldfastError `invalid-argument` when the file is not UTF-8: text that was guessed would be written back wrong */
  async readText(path: string, options?: CallOptions): Promise<string> {
    const bytes = await this.read(path, {}, options);
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch (cause) {
      throw new HoldfastError('invalid-argument', `${path} is not UTF-8 text`, {
        cause,
        hint: 'Read its bytes with files.read().',
      });
    }
  }

  stream(
    path: string,
    input?: { offset?: number; length?: number },
    options?: CallOptions,
  ): Promise<{ stat: FileStat; content: AsyncIterable<Uint8Array> }> {
    return this.#service.readFile(this.#id, path, input, options);
  }

  write(
    path: string,
    data: string | Uint8Array | AsyncIterable<Uint8Array>,
    options?: WriteFileOptions,
  ): Promise<FileStat> {
    const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
    return this.#service.writeFile(this.#id, path, bytes, options);
  }

  list(path: string, options?: CallOptions): Promise<FileStat[]> {
    return this.#service.listFiles(this.#id, path, options);
  }

  stat(path: string, options?: CallOptions): Promise<FileStat> {
    return this.#service.statFile(this.#id, path, options);
  }

  makeDirectory(path: string, options?: CallOptions): Promise<void> {
    return this.#service.makeDirectory(this.#id, path, options);
  }

  move(from: string, to: string, input?: { replace?: boolean }, options?: CallOptions): Promise<void> {
    return this.#service.moveFile(this.#id, from, to, input, options);
  }

  remove(path: string, input?: { recursive?: boolean }, options?: CallOptions): Promise<void> {
    return this.#service.removeFile(this.#id, path, input, options);
  }

  search(input: Search, options?: CallOptions): Promise<SearchResult> {
    return this.#service.searchFiles(this.#id, input, options);
  }

  watch(path: string, input?: { recursive?: boolean }, options?: CallOptions): AsyncIterable<FileEvent> {
    return this.#service.watchFiles(this.#id, path, input, options);
  }
}

function inputOf<Input extends { argv: string[] }>(command: readonly string[] | Input): Input | { argv: string[] } {
  return 'argv' in command ? command : { argv: [...command] };
}

function outcomeOf(result: ExecResult): ExecOutcome {
  return {
    ...result,
    ok: result.reason === 'exited' && result.exitCode === 0,
    // Decoded when asked for: most callers want one of the two.
    get stdoutText() {
      return new TextDecoder().decode(result.stdout);
    },
    get stderrText() {
      return new TextDecoder().decode(result.stderr);
    },
  };
}

function joined(pieces: Uint8Array[]): Uint8Array {
  const [only] = pieces;
  if (pieces.length === 1 && only) return only;
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
