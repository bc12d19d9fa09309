/**
 * The host's end of a channel in the hands of a hostile guest: what is delivered lies in the memory that lending sockets lend,
 * and is gone when its listeners have returned; what the host writes is read at once, or not at all.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { connectLending, isLent } from '../../src/base/index.ts';
import { FrameDecoder, messageTypes } from '../../src/guest/index.ts';

export interface Sent {
  type: number;
  id: number;
}

const lent = await lentMemory();
const gone = 0xa5;

export class Wire extends Duplex {
  /** Frames of the host, in their order, its DATA left out. A host that sends anything else makes an input fail. */
  readonly sent: Sent[] = [];
  readonly #decoder = new FrameDecoder((type, id, payload) => {
    if (type !== messageTypes.data) this.sent.push({ type, id });
    else if (payload.length === 0) throw new Error('the host sent DATA without content');
  });
  /** By type: the id of the newest request that was written, though the guest may not have read it yet. */
  readonly newest = new Map<number, number>();
  readonly #written = new FrameDecoder((type, id) => void this.newest.set(type, id));
  #waiting: (() => void) | null = null;
  isStalled = false;

  override write(chunk: Buffer, ...more: never[]): boolean {
    this.#written.push(chunk);
    return super.write(chunk, ...more);
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#decoder.push(chunk);
    if (this.isStalled) this.#waiting = done;
    else done();
  }

  /** The guest reads again. */
  flow(): void {
    this.isStalled = false;
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.();
  }

  /** @param pieceBytes of one delivery */
  deliver(bytes: Buffer, pieceBytes: number): void {
    for (let at = 0; at < bytes.length && !this.destroyed; at += pieceBytes) {
      const piece = lent.subarray(0, bytes.copy(lent, 0, at, Math.min(bytes.length, at + pieceBytes)));
      this.emit('data', piece);
      piece.fill(gone);
    }
  }
}

/** The only way to it is through a socket. */
async function lentMemory(): Promise<Buffer> {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-fuzz-'));
  const path = join(directory, 'socket');
  const server = createServer((socket) => void socket.end('x'));
  try {
    await new Promise<void>((resolve) => server.listen(path, resolve));
    return await new Promise((resolve) => {
      const socket = connectLending({ path });
      socket.on('data', (piece: Buffer) => {
        if (isLent(piece)) resolve(Buffer.from(piece.buffer));
        socket.destroy();
      });
      socket.resume();
    });
  } finally {
    server.close();
    rmSync(directory, { recursive: true, force: true });
  }
}
