/**
 * One pump (guest/pump): a process that moves the bytes of one sandbox's large tunnels between sockets, without copying or
 * reading them. Neighbours: pump.ts decides when there is one, tunnel.ts hands over.
 *
 * 1. Every connection it was given ends once: by what the pump says of it, or with the pump.
 * 2. A cut that it does not answer within `cutTimeoutMs` ends it, and all it carries, by SIGKILL.
 * 3. It hears from this process every `beatMs` while it carries anything, or it stands still.
 * 4. `overMs` after it was killed it is over, whether or not it is gone: it may wait in the kernel for whoever holds the lock of
 *    a socket, but what was killed runs no instruction of its own any more.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { getSystemErrorName } from 'node:util';
import { z } from 'zod';
import type { Clock } from '../../base/index.ts';
import type { EndedBy } from '../../schema/index.ts';

/** How a pumped connection ended. `failure`: null when it came to both its ends. */
export interface PumpedEnd {
  bytesUp: number;
  bytesDown: number;
  isClean: boolean;
  failure: string | null;
  endedBy?: EndedBy;
}

export interface Pumped {
  /** Both ways, as last told. */
  readonly bytes: number;
  readonly done: Promise<PumpedEnd>;
  /** What comes from the inside is its own from here on; resolves to true when the socket here is needed no more, to false where all ends. */
  startUp(): Promise<boolean>;
  /** The outside broke here. */
  lose(errno: number): void;
  /** Ends it now; `done` follows. */
  cut(): void;
}

export interface PumpProcessOptions {
  clock: Clock;
  /** The guest binary. */
  program: string;
  agentSocket: string;
}

const startTimeoutMs = 5000;
const cutTimeoutMs = 1000;
const leaveTimeoutMs = 2000;
const overMs = 500;
const beatMs = 500;
const keptWords = 1024;
/** Unlike `refused` and `blocked`, which are the inside's doing, these say what happened by an errno. */
const failures: readonly string[] = ['inside', 'outside', 'here'];
/** Of `here` nobody is named: a sandbox may ask for more than there is room for. */
const enders: Partial<Record<string, EndedBy>> = {
  refused: 'inside',
  blocked: 'inside',
  inside: 'inside',
  outside: 'outside',
};

const count = z.int().min(0);
const moved = { id: count, up: count, down: count };
const saidSchema = z.discriminatedUnion('pump', [
  z.strictObject({ pump: z.literal('ready') }),
  z.strictObject({ pump: z.literal('moved'), ...moved }),
  z
    .strictObject({
      pump: z.literal('ended'),
      ...moved,
      why: z.enum(['ended', 'cut', 'refused', 'blocked', 'inside', 'outside', 'here']),
      errno: count.max(4095),
    })
    .refine(({ why, errno }) => errno > 0 === failures.includes(why)),
]);
type Ended = Extract<z.infer<typeof saidSchema>, { pump: 'ended' }>;

interface Carried {
  up: number;
  down: number;
  settle(end: PumpedEnd): void;
  cancelCut: (() => void) | null;
}

export class PumpProcess {
  /** Resolves to true once it may be given connections, to false when it never will. */
  readonly ready: Promise<boolean>;
  /** Resolves when it is over: to whether that was asked for. */
  readonly ended: Promise<boolean>;
  readonly #options: PumpProcessOptions;
  readonly #child: ChildProcess;
  readonly #carried = new Map<number, Carried>();
  readonly #readiness = Promise.withResolvers<boolean>();
  readonly #end = Promise.withResolvers<boolean>();
  #words = '';
  #lastId = 0;
  #isOver = false;
  #isStopping = false;
  #cancelBeat: (() => void) | null = null;
  #cancelOver: (() => void) | null = null;

  /** Throws where it cannot even be tried. */
  constructor(options: PumpProcessOptions) {
    const { clock, program, agentSocket } = options;
    this.#options = options;
    const whose = ['--gateway', String(process.pid), '--daemon', String(process.ppid)];
    this.#child = spawn(program, ['pump', '--agent', agentSocket, ...whose], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: {},
      cwd: '/',
    });
    this.ready = this.#readiness.promise;
    this.ended = this.#end.promise;
    const cancelStart = clock.after(startTimeoutMs, () => this.kill());
    void this.ready.then(cancelStart);
    this.#watch();
  }

  #watch(): void {
    const child = this.#child;
    child.on('message', (message) => this.#receive(message));
    catchNoJson(child, () => this.kill());
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#words = (this.#words + text).slice(-keptWords);
    });
    // What it said last may still be on its way.
    const look = (): void => {
      if (this.isGone && !child.connected && child.stderr?.closed !== false) this.#over();
      else if (this.isGone) this.#overSoon();
    };
    child.once('exit', look).once('disconnect', look);
    child.stderr?.once('close', look);
    // Where it was not even started, nothing else comes.
    child.on('error', () => (child.pid === undefined ? this.#over() : this.kill()));
  }

  /** For diagnosis; undefined where it was not started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** It takes no more. */
  get isOver(): boolean {
    return this.#isOver || this.#isStopping;
  }

  /** The process is no more, which may be long after it is over. */
  get isGone(): boolean {
    return this.#child.pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /**
   * What comes from the socket is the pump's from here on: it must not be reading. It may still be written to, and must not be
   * closed in good health, until the pump was told to start up.
   */
  carry(socket: Socket, token: string): Pumped {
    const id = ++this.#lastId;
    const { promise, resolve } = Promise.withResolvers<PumpedEnd>();
    const carried: Carried = { up: 0, down: 0, settle: resolve, cancelCut: null };
    this.#carried.set(id, carried);
    if (this.isOver) this.#lose();
    else {
      this.#say(`open ${id} ${token}`, socket);
      this.#cancelBeat ??= this.#beat();
    }
    return {
      get bytes() {
        return carried.up + carried.down;
      },
      done: promise,
      startUp: () => new Promise((sent) => this.#say(`up ${id}`, null, sent)),
      lose: (errno) => this.#say(`lost ${id} ${errno}`),
      cut: () => this.#cut(id),
    };
  }

  /** Cuts what it carries; it ends when all of that is told. */
  stop(): void {
    if (this.isOver) return;
    this.#isStopping = true;
    for (const id of this.#carried.keys()) this.#cut(id);
    this.#leave();
  }

  kill(): void {
    this.#child.kill('SIGKILL');
    this.#overSoon();
  }

  /** In the order of the calls; `sent` is called in any case. */
  #say(message: string, socket: Socket | null = null, sent: (isSent: boolean) => void = () => undefined): void {
    const done = (error?: Error | null): void => {
      if (error) this.kill();
      sent(!error);
    };
    if (this.#child.connected) this.#child.send(message, socket ?? undefined, { keepOpen: true }, done);
    else sent(false);
  }

  #leave(): void {
    if (!this.#isStopping || this.#carried.size > 0) return;
    if (this.#child.connected) this.#child.disconnect();
    void this.ended.then(this.#options.clock.after(leaveTimeoutMs, () => this.kill()));
  }

  #beat(): () => void {
    return this.#options.clock.after(beatMs, () => {
      this.#cancelBeat = null;
      if (this.#carried.size === 0) return;
      this.#say('beat');
      this.#cancelBeat = this.#beat();
    });
  }

  #cut(id: number): void {
    const carried = this.#carried.get(id);
    if (!carried || carried.cancelCut) return;
    carried.cancelCut = this.#options.clock.after(cutTimeoutMs, () => this.kill());
    this.#say(`cut ${id}`);
  }

  #receive(raw: unknown): void {
    const parsed = saidSchema.safeParse(raw);
    if (!parsed.success) this.kill();
    else if (parsed.data.pump === 'ready') this.#readiness.resolve(true);
    else if (parsed.data.pump === 'ended') this.#carriedEnded(parsed.data);
    else Object.assign(this.#carried.get(parsed.data.id) ?? {}, { up: parsed.data.up, down: parsed.data.down });
  }

  #carriedEnded(said: Ended): void {
    const isClean = said.why === 'ended';
    const failure = failureOf(said);
    const endedBy = failure === null ? undefined : enders[said.why];
    const whose = endedBy ? { endedBy } : {};
    this.#settle(said.id, { bytesUp: said.up, bytesDown: said.down, isClean, failure, ...whose });
  }

  #settle(id: number, end: PumpedEnd): void {
    const carried = this.#carried.get(id);
    if (!carried) return;
    this.#carried.delete(id);
    carried.cancelCut?.();
    carried.settle(end);
    this.#leave();
  }

  #overSoon(): void {
    if (!this.#isOver) this.#cancelOver ??= this.#options.clock.after(overMs, () => this.#over());
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#cancelBeat?.();
    this.#cancelOver?.();
    this.#readiness.resolve(false);
    this.#lose();
    // Of one that still waits in the kernel.
    if (this.#child.connected) this.#child.disconnect();
    this.#child.stderr?.destroy();
    this.#end.resolve(this.#isStopping);
  }

  #lose(): void {
    const words = this.#words.trim().split('\n').at(-1);
    const failure = `what moved its bytes has ended${words ? ` (${words})` : ''}: they are counted as last told`;
    for (const [id, { up, down }] of [...this.#carried]) {
      this.#settle(id, { bytesUp: up, bytesDown: down, isClean: false, failure, endedBy: 'gateway' });
    }
  }
}

/**
 * What is no JSON Node's channel throws at nobody, and that would be the end of this process and of all other sandboxes'
 * connections. The handle it comes from has no name outside of Node; a test sees that it is still found.
 */
function catchNoJson(child: ChildProcess, broken: () => void): void {
  for (const key of Object.getOwnPropertySymbols(child)) {
    const handle: unknown = Reflect.get(child, key);
    const onread: unknown = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'onread') : null;
    if (typeof onread !== 'function') continue;
    Reflect.set(handle as object, 'onread', (...read: unknown[]) => {
      try {
        return Reflect.apply(onread, handle, read) as unknown;
      } catch {
        return broken();
      }
    });
  }
}

function failureOf({ why, errno }: Ended): string | null {
  if (why === 'ended' || why === 'cut') return null;
  if (why === 'refused') return 'the connection was dropped by the inside: its socket was not handed over';
  if (why === 'blocked') return 'the connection was dropped: its socket was made to block';
  const name = getSystemErrorName(-errno);
  if (why === 'here') return `the connection was dropped here: no room for it to be moved (${name})`;
  // As for a tunnel that is carried here: whoever had said his end may hang up.
  return name === 'EPIPE' ? null : `the connection broke: ${name} of the ${why}`;
}
