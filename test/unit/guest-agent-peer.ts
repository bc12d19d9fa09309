/** The compiled agent, unisolated in a directory of its own, spoken to in hand-made frames: no client in between. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildGuest } from '../../scripts/build-guest.ts';
import { messageTypes as m, type TagName, tags } from '../../src/guest/wire.ts';

export type Value = number | bigint | string | Uint8Array | (string | Uint8Array)[];
export type FieldValues = Partial<Record<TagName, Value>>;
export interface Frame {
  type: number;
  id: number;
  payload: Buffer;
}

const waitMs = 10_000;

export class TestAgent {
  readonly root: string = mkdtempSync(join(tmpdir(), 'holdfast-agent-'));
  readonly socketPath: string = join(this.root, '.socket');
  readonly process: ChildProcess;
  readonly exited: Promise<number | null>;
  readonly #peers: Peer[] = [];

  constructor(options: string[] = [], wrapper: string[] = []) {
    const binary = process.env['HOLDFAST_TEST_GUEST'] ?? buildGuest();
    const own = ['agent', '--listen', this.socketPath, '--root', this.root, '--incarnation', 'test'];
    const [program = binary, ...argv] = [...wrapper, binary, ...own, ...options];
    this.process = spawn(program, argv, { stdio: ['ignore', 'inherit', 'inherit'] });
    this.exited = new Promise((resolve) => this.process.once('exit', (status) => resolve(status)));
  }

  async peer(greet = true): Promise<Peer> {
    for (const endsMs = performance.now() + waitMs; ; ) {
      try {
        const peer = new Peer(await open(this.socketPath));
        this.#peers.push(peer);
        if (greet) await peer.ask(m.hello, { version: 1 });
        return peer;
      } catch (error) {
        if (performance.now() > endsMs) throw error;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
  }

  /** What it holds in memory. */
  residentKilobytes(): number {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.process.pid}/status`, 'utf8'))?.[1]);
  }

  async stop(): Promise<void> {
    for (const peer of this.#peers) peer.socket.destroy();
    this.process.kill('SIGKILL');
    await this.exited;
    rmSync(this.root, { recursive: true, force: true });
  }
}

function open(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => resolve(socket));
    socket.once('error', reject);
  });
}

export class Peer {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  readonly #frames: Frame[] = [];
  #rest: Buffer = Buffer.alloc(0);
  #wake: () => void = () => undefined;
  #ended = false;
  #nextId = 1;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => this.#take(bytes));
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#ended = true;
        this.#wake();
        resolve();
      });
    });
  }

  /** Sends a request under a fresh id. */
  send(type: number, values: FieldValues | Uint8Array = {}, id: number = this.#nextId++): number {
    const payload = values instanceof Uint8Array ? values : fields(values);
    this.socket.write(Buffer.concat([frame(type, id, payload.length), payload]));
    return id;
  }

  /** Sends a request and waits for its first frame. */
  ask(type: number, values: FieldValues | Uint8Array = {}): Promise<Frame> {
    return this.next(this.send(type, values));
  }

  /** The next frame of one request. */
  async next(id: number): Promise<Frame> {
    const deadline = Date.now() + waitMs;
    for (;;) {
      const at = this.#frames.findIndex((candidate) => candidate.id === id);
      const [found] = at < 0 ? [] : this.#frames.splice(at, 1);
      if (found) return found;
      if (this.#ended) throw new Error('the agent closed the connection');
      if (Date.now() > deadline) throw new Error(`no frame for request ${id}`);
      const woken = new Promise<void>((resolve) => (this.#wake = resolve));
      await Promise.race([woken, new Promise((resolve) => setTimeout(resolve, 100))]);
    }
  }

  /** All frames of one request up to one of the given types. */
  async until(id: number, ...types: number[]): Promise<Frame[]> {
    const frames: Frame[] = [];
    for (;;) {
      const next = await this.next(id);
      frames.push(next);
      if (types.includes(next.type) || next.type === m.error) return frames;
    }
  }

  /** What has arrived for a request and was not asked for yet. */
  waiting(id: number): number {
    return this.#frames.filter((candidate) => candidate.id === id).length;
  }

  credit(id: number, bytes: number): void {
    const payload = Buffer.alloc(4);
    payload.writeUInt32LE(bytes);
    this.send(m.credit, payload, id);
  }

  #take(bytes: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    while (this.#rest.length >= 9 && this.#rest.length >= 9 + this.#rest.readUInt32LE(0)) {
      const end = 9 + this.#rest.readUInt32LE(0);
      const type = this.#rest[4] ?? 0;
      this.#frames.push({ type, id: this.#rest.readUInt32LE(5), payload: this.#rest.subarray(9, end) });
      this.#rest = this.#rest.subarray(end);
    }
    this.#wake();
  }
}

function frame(type: number, id: number, length: number): Buffer {
  const header = Buffer.alloc(9);
  header.writeUInt32LE(length, 0);
  header[4] = type;
  header.writeUInt32LE(id, 5);
  return header;
}

export function fields(values: FieldValues): Buffer {
  const parts: Buffer[] = [];
  for (const [name, value] of Object.entries(values)) {
    for (const item of Array.isArray(value) ? value : [value]) {
      const bytes = encoded(item);
      const head = Buffer.alloc(5);
      head[0] = tags[name as TagName];
      head.writeUInt32LE(bytes.length, 1);
      parts.push(head, bytes);
    }
  }
  return Buffer.concat(parts);
}

function encoded(value: number | bigint | string | Uint8Array): Buffer {
  if (typeof value === 'string' || value instanceof Uint8Array) return Buffer.from(value as Uint8Array);
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

/** Every value of a tag in a payload. */
export function all(payload: Buffer, name: TagName): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at < payload.length; ) {
    const end = at + 5 + payload.readUInt32LE(at + 1);
    if (payload[at] === tags[name]) found.push(payload.subarray(at + 5, end));
    at = end;
  }
  return found;
}

export function int(payload: Buffer, name: TagName): number | undefined {
  const [value] = all(payload, name);
  return value && Number(value.readBigUInt64LE());
}

export function text(payload: Buffer, name: TagName): string | undefined {
  return all(payload, name)[0]?.toString();
}
