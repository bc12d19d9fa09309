/**
 * One pump (guest/pump): a process that moves the bytes of one sandbox's large tunnels between sockets, without copying or
 * reading them. Neighbours: pump.ts decides when there is one, tunnel.ts hands over.
 *
 * 1. Every connection it was given ends once: by what the pump says of it, or with the pump.
 * 2. A cut that it does not answer within `cutTimeoutMs` ends it, and all it carries, by SIGKILL.
 * 3. It hears from this process every `beatMs` while it carries anything, or it stands still.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { getSystemErrorName } from 'node:util';
import { z } from 'zod';
import type { Clock } from '../../base/index.ts';

/** How a pumped connection ended. `failure`: null when it came to both its ends. */
export interface PumpedEnd {
  bytesUp: number;
  bytesDown: number;
  isClean: boolean;
  failure: string | null;
}

export interface Pumped {
  /** Both ways, as last told. */
  readonly bytes: number;
  readonly done: Promise<PumpedEnd>;
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
const beatMs = 500;

const count = z.int().min(0);
const moved = { id: count, up: count, down: count };
const saidSchema = z.discriminatedUnion('pump', [
  z.strictObject({ pump: z.literal('ready') }),
  z.strictObject({ pump: z.literal('moved'), ...moved }),
  z.strictObject({
    pump: z.literal('ended'),
    ...moved,
    why: z.enum(['ended', 'cut', 'refused', 'blocked', 'inside', 'outside']),
    errno: count,
  }),
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
  /** Resolves after it has ended. */
  readonly ended: Promise<void>;
  readonly #options: PumpProcessOptions;
  readonly #child: ChildProcess;
  readonly #carried = new Map<number, Carried>();
  readonly #readiness = Promise.withResolvers<boolean>();
  #lastId = 0;
  #isOver = false;
  #isStopping = false;
  #cancelBeat: (() => void) | null = null;

  constructor(options: PumpProcessOptions) {
    const { clock, program, agentSocket } = options;
    this.#options = options;
    const whose = ['--gateway', String(process.pid), '--daemon', String(process.ppid)];
    this.#child = spawn(program, ['pump', '--agent', agentSocket, ...whose], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: {},
      cwd: '/',
    });
    this.ready = this.#readiness.promise;
    const cancelStart = clock.after(startTimeoutMs, () => this.kill());
    void this.ready.then(cancelStart);
    this.ended = new Promise((resolve) => {
      const over = (): void => {
        this.#end();
        resolve();
      };
      this.#child.once('exit', over);
      // Where it was not even started, nothing else comes.
      this.#child.on('error', () => (this.#child.pid === undefined ? over() : this.kill()));
    });
    this.#child.on('message', (message) => this.#receive(message));
  }

  /** For diagnosis; undefined where it was not started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** It takes no more. */
  get isOver(): boolean {
    return this.#isOver || this.#isStopping;
  }

  /** The socket is the pump's from here on: nothing may wait to be written to it, and it must not be reading. */
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
  }

  #say(message: string, socket?: Socket): void {
    if (!this.#child.connected) return;
    this.#child.send(message, socket, {}, (error) => {
      if (error) this.kill();
    });
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
    this.#settle(said.id, { bytesUp: said.up, bytesDown: said.down, isClean, failure: failureOf(said) });
  }

  #settle(id: number, end: PumpedEnd): void {
    const carried = this.#carried.get(id);
    if (!carried) return;
    this.#carried.delete(id);
    carried.cancelCut?.();
    carried.settle(end);
    this.#leave();
  }

  #end(): void {
    this.#isOver = true;
    this.#cancelBeat?.();
    this.#readiness.resolve(false);
    this.#lose();
  }

  #lose(): void {
    for (const [id, { up, down }] of [...this.#carried]) {
      const failure = 'what moved its bytes has ended: they are counted as last told';
      this.#settle(id, { bytesUp: up, bytesDown: down, isClean: false, failure });
    }
  }
}

function failureOf({ why, errno }: Ended): string | null {
  if (why === 'refused') return 'the connection was dropped by the inside: its socket was not handed over';
  if (why === 'blocked') return 'the connection was dropped: its socket was made to block';
  if (why === 'ended' || why === 'cut') return null;
  const name = getSystemErrorName(-errno);
  // As for a tunnel that is carried here: whoever had said his end may hang up.
  return name === 'EPIPE' ? null : `the connection broke: ${name} of the ${why}`;
}
