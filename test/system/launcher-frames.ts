/** The frames and fields of guest/LAUNCHER.md and guest/PROTOCOL.md, by their numbers, and a channel of them. */
import type { Socket } from 'node:net';

export const message = {
  hello: 0x01,
  ping: 0x02,
  spawn: 0x10,
  attach: 0x11,
  output: 0x12,
  exit: 0x13,
  signal: 0x15,
  write: 0x23,
  reset: 0x51,
  quiet: 0x52,
  ok: 0x70,
  error: 0x71,
  data: 0x72,
  end: 0x73,
  configure: 0x80,
  launch: 0x81,
  exited: 0x82,
  freeze: 0x83,
  thaw: 0x84,
  kill: 0x85,
  counters: 0x86,
  snapshot: 0x87,
  swap: 0x88,
  check: 0x89,
  strays: 0x8a,
  remove: 0x93,
} as const;

export const tag = {
  version: 1,
  incarnation: 2,
  errno: 3,
  message: 4,
  argv: 5,
  env: 6,
  cwd: 7,
  processId: 8,
  pid: 9,
  flags: 10,
  retain: 17,
  credit: 18,
  path: 19,
  offset: 20,
  length: 21,
  mode: 22,
  target: 28,
  entry: 29,
  text: 36,
  count: 37,
  reason: 38,
  exitCode: 39,
  signal: 40,
  home: 64,
  launchMode: 65,
  launcher: 66,
  sandbox: 67,
  lower: 68,
  upper: 69,
  work: 70,
  bind: 71,
  socket: 72,
  hostname: 73,
  machineId: 74,
  user: 75,
  memoryBytes: 76,
  cpuMillis: 77,
  processes: 78,
  openFiles: 79,
  diskBytes: 80,
  startTicks: 81,
  status: 82,
  previous: 83,
  pauseUs: 84,
  files: 85,
  bytes: 86,
  method: 87,
  oomKills: 88,
  pidsDenied: 89,
  freshWork: 104,
  capability: 98,
  cgroup: 99,
  limitGroup: 100,
  xattrPrefix: 103,
} as const;

export type Value = string | number | bigint | Buffer | readonly Value[];
export type Fields = readonly (readonly [number, Value])[];

export interface Frame {
  type: number;
  id: number;
  payload: Buffer;
}

/** The answer of a failed request. */
export class Refusal extends Error {
  readonly errno: number;
  constructor(errno: number, text: string) {
    super(`${errno}: ${text}`);
    this.errno = errno;
  }
}

export function encode(fields: Fields): Buffer {
  return Buffer.concat(fields.flatMap(([number, value]) => encodeField(number, value)));
}

function encodeField(number: number, value: Value): Buffer[] {
  if (Array.isArray(value)) return value.flatMap((one: Value) => encodeField(number, one));
  let body: Buffer;
  if (typeof value === 'string') body = Buffer.from(value);
  else if (Buffer.isBuffer(value)) body = value;
  else {
    body = Buffer.alloc(8);
    body.writeBigUInt64LE(BigInt(value as number));
  }
  const head = Buffer.alloc(5);
  head.writeUInt8(number);
  head.writeUInt32LE(body.length, 1);
  return [head, body];
}

export class Decoded {
  readonly #payload: Buffer;
  constructor(payload: Buffer) {
    this.#payload = payload;
  }
  #all(wanted: number): Buffer[] {
    const found: Buffer[] = [];
    for (let at = 0; at < this.#payload.length; ) {
      const length = this.#payload.readUInt32LE(at + 1);
      if (this.#payload.readUInt8(at) === wanted) found.push(this.#payload.subarray(at + 5, at + 5 + length));
      at += 5 + length;
    }
    return found;
  }
  raw(): Buffer {
    return this.#payload;
  }
  text(number: number): string {
    return this.#all(number)[0]?.toString() ?? '';
  }
  int(number: number): number {
    const value = this.#all(number)[0];
    return value === undefined ? Number.NaN : Number(value.readBigUInt64LE());
  }
  texts(number: number): string[] {
    return this.#all(number).map((value) => value.toString());
  }
  nested(number: number): Decoded[] {
    return this.#all(number).map((value) => new Decoded(value));
  }
}

/** One side of a frame channel: requests by id, everything else to `stray`. */
export class Channel {
  #next = 1;
  #rest: Buffer = Buffer.alloc(0);
  readonly #open = new Map<number, (frame: Frame) => void>();
  readonly #socket: Socket;
  stray: (frame: Frame) => void = () => {};

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (bytes: Buffer) => this.#take(bytes));
    socket.on('error', () => {});
    socket.on('close', () => {
      for (const settle of this.#open.values())
        settle({
          type: message.error,
          id: 0,
          payload: encode([
            [tag.errno, 104],
            [tag.message, 'channel closed'],
          ]),
        });
    });
  }

  #take(bytes: Buffer): void {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    while (this.#rest.length >= 9) {
      const length = this.#rest.readUInt32LE(0);
      if (this.#rest.length < 9 + length) return;
      const frame = {
        type: this.#rest.readUInt8(4),
        id: this.#rest.readUInt32LE(5),
        payload: this.#rest.subarray(9, 9 + length),
      };
      this.#rest = this.#rest.subarray(9 + length);
      (this.#open.get(frame.id) ?? this.stray)(frame);
    }
  }

  /** Sends a request; `each` sees frames before the last one. */
  ask(
    type: number,
    fields: Fields | Buffer,
    each: (frame: Frame) => void = () => {},
    last: readonly number[] = [message.ok, message.end],
  ): Promise<Decoded> {
    return this.open(type, fields, each, last).answer;
  }

  /** As ask, for a request that more frames belong to. */
  open(
    type: number,
    fields: Fields | Buffer,
    each: (frame: Frame) => void = () => {},
    last: readonly number[] = [message.ok, message.end],
    id: number = this.#next++,
  ): { id: number; answer: Promise<Decoded> } {
    const answer = new Promise<Decoded>((resolve, reject) => {
      this.#open.set(id, (frame) => {
        if (frame.type === message.error) {
          this.#open.delete(id);
          const failed = new Decoded(frame.payload);
          reject(new Refusal(failed.int(tag.errno), failed.text(tag.message)));
        } else if (last.includes(frame.type)) {
          this.#open.delete(id);
          resolve(new Decoded(frame.payload));
        } else each(frame);
      });
    });
    this.tell(type, id, Buffer.isBuffer(fields) ? fields : encode(fields));
    return { id, answer };
  }

  /** A frame nothing is awaited for; false when the other side should be given time. */
  tell(type: number, id: number, payload: Buffer): boolean {
    const head = Buffer.alloc(9);
    head.writeUInt32LE(payload.length);
    head.writeUInt8(type, 4);
    head.writeUInt32LE(id, 5);
    return this.#socket.write(Buffer.concat([head, payload]));
  }

  close(): void {
    this.#socket.destroy();
  }
}
