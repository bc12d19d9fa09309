/**
 * The first message of TLS, read before anything answers it: which name is asked for, and which protocols are offered.
 * The name decides whether there is a handshake at all, the protocols what is offered to the outside.
 *
 * 1. Every length is checked against what holds it; what does not parse is no greeting.
 * 2. What was read is put back.
 */
import type { Duplex } from 'node:stream';
import type { Clock } from '../../base/index.ts';

export interface Greeting {
  /** As sent; null when none is. */
  serverName: string | null;
  /** ALPN, in the client's order. */
  protocols: string[];
}

/** Post-quantum key shares and long session tickets stay far below. */
const maxGreetingBytes = 32 * 1024;
const maxRecordBytes = 16 * 1024;
const maxRecords = 16;
const timeoutMs = 30_000;

/** @throws Error when it is not TLS, too long, too slow or cut off */
export function readGreeting(stream: Duplex, clock: Clock): Promise<Greeting> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let have = 0;
    let needed = 1;
    const settle = (work: () => void): void => {
      cancel();
      stream.off('data', onData).off('end', onEnd).off('close', onEnd).off('error', onEnd).pause();
      if (have > 0 && !stream.destroyed) stream.unshift(Buffer.concat(pieces));
      work();
    };
    const onData = (chunk: Buffer): void => {
      pieces.push(chunk);
      have += chunk.length;
      if (have < needed) return;
      try {
        const greeting = parseGreeting(Buffer.concat(pieces));
        if (typeof greeting === 'number') needed = greeting;
        else settle(() => resolve(greeting));
      } catch (error) {
        settle(() => reject(error));
      }
    };
    const onEnd = (): void => settle(() => reject(new Error('the connection ended before its TLS greeting')));
    const cancel = clock.after(timeoutMs, () => settle(() => reject(new Error('the TLS greeting came too slowly'))));
    stream.on('data', onData).on('end', onEnd).on('close', onEnd).on('error', onEnd);
  });
}

/** How many bytes it takes at least to go on, as long as not all of it is there. */
export function parseGreeting(bytes: Buffer): Greeting | number {
  const hello = collectHandshake(bytes);
  if (typeof hello === 'number') return hello;
  const reader = new Reader(hello);
  reader.skip(2 + 32);
  reader.skip(reader.number(1));
  reader.skip(reader.number(2));
  reader.skip(reader.number(1));
  const greeting: Greeting = { serverName: null, protocols: [] };
  if (reader.isEmpty) return greeting;
  const extensions = reader.part(2);
  const seen = new Set<number>();
  while (!extensions.isEmpty) {
    const type = extensions.number(2);
    const content = extensions.part(2);
    if (seen.has(type)) throw new Error('the TLS greeting has an extension twice');
    seen.add(type);
    if (type === 0) greeting.serverName = parseServerName(content);
    if (type === 16) greeting.protocols = parseProtocols(content);
  }
  return greeting;
}

/** The greeting's body, out of its records; the bytes it takes to go on, as long as it is not whole. */
function collectHandshake(bytes: Buffer): Buffer | number {
  const pieces: Buffer[] = [];
  let at = 0;
  for (let records = 0; records < maxRecords; records++) {
    // Type and version at once, so that another protocol does not wait for what it never sends.
    if ((bytes[at] ?? 22) !== 22 || (bytes[at + 1] ?? 3) !== 3) throw new Error('this is not a TLS greeting');
    if (bytes.length < at + 5) return at + 5;
    const end = at + 5 + bytes.readUInt16BE(at + 3);
    if (end === at + 5 || end > at + 5 + maxRecordBytes) throw new Error('the TLS greeting is malformed');
    if (bytes.length < end) return end;
    pieces.push(bytes.subarray(at + 5, end));
    at = end;
    const message = Buffer.concat(pieces);
    if (message[0] !== 1) throw new Error('this is not a TLS greeting');
    const size = message.length < 4 ? maxGreetingBytes : message.readUIntBE(1, 3);
    if (size > maxGreetingBytes) throw new Error('the TLS greeting is too long');
    if (message.length >= 4 + size) return message.subarray(4, 4 + size);
  }
  throw new Error('the TLS greeting comes in too many records');
}

function parseServerName(content: Reader): string | null {
  const list = content.part(2);
  let name: string | null = null;
  while (!list.isEmpty) {
    const type = list.number(1);
    const value = list.part(2);
    if (type !== 0 || name !== null) throw new Error('the TLS greeting has more than one server name');
    name = value.text();
  }
  return name;
}

function parseProtocols(content: Reader): string[] {
  const list = content.part(2);
  const protocols: string[] = [];
  while (!list.isEmpty) protocols.push(list.part(1).text());
  return protocols;
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isEmpty(): boolean {
    return this.#at === this.#bytes.length;
  }

  number(size: 1 | 2): number {
    return this.#take(size).readUIntBE(0, size);
  }

  skip(size: number): void {
    this.#take(size);
  }

  /** What a length of so many bytes announces. */
  part(sizeOfLength: 1 | 2): Reader {
    return new Reader(this.#take(this.number(sizeOfLength)));
  }

  text(): string {
    return this.#bytes.toString('latin1');
  }

  #take(size: number): Buffer {
    if (this.#at + size > this.#bytes.length) throw new Error('the TLS greeting is malformed');
    this.#at += size;
    return this.#bytes.subarray(this.#at - size, this.#at);
  }
}
