/**
 * The first message of TLS, read without answering it. Hostile bytes in; what they claim to be out.
 *
 * 1. Any split of the same bytes gives the same answer: `more` until it is complete, then the greeting or `malformed`.
 * 2. Never more than `maxHelloBytes` are looked at, over however many records and fragments.
 * 3. What a server could read differently is malformed: two names, a repeated extension, lengths that do not add up.
 */
import { Buffer } from 'node:buffer';

export const maxHelloBytes = 16 * 1024;

export interface ClientHello {
  /** As sent, ASCII only; null without one. */
  serverName: string | null;
  alpn: string[];
  /** The real name may be another one, inside an encrypted greeting. */
  encrypted: boolean;
}

export type HelloResult =
  | { state: 'more' }
  | { state: 'malformed'; why: string }
  | { state: 'complete'; hello: ClientHello };

const handshakeRecord = 22;
const clientHelloType = 1;
const extensionTypes = { serverName: 0, alpn: 16, encryptedHello: 0xfe0d } as const;

class Malformed extends Error {}

export function readClientHello(bytes: Buffer): HelloResult {
  try {
    const message = gather(bytes);
    return message ? { state: 'complete', hello: parse(message) } : { state: 'more' };
  } catch (error) {
    if (error instanceof Malformed) return { state: 'malformed', why: error.message };
    throw error;
  }
}

/** The handshake message's body, its record layer taken off; null while bytes are missing. */
function gather(bytes: Buffer): Reader | null {
  const pieces: Uint8Array[] = [];
  let held = 0;
  let wanted = Number.POSITIVE_INFINITY;
  for (let at = 0; held < wanted; ) {
    const end = checkRecord(bytes, at);
    if (end === null) return null;
    const piece = bytes.subarray(at + 5, Math.min(end, bytes.length));
    pieces.push(piece);
    held += piece.length;
    if (wanted === Number.POSITIVE_INFINITY && held >= 4) wanted = 4 + messageLength(joined(pieces, held));
    if (end > bytes.length && held < wanted) return null;
    at = end;
  }
  const message = joined(pieces, held);
  if (held > wanted) throw new Malformed('something follows the greeting in its record');
  return new Reader(message.subarray(4, wanted));
}

/** Where the record ends; null when its head is not complete. Each known byte of the head is checked at once. */
function checkRecord(bytes: Buffer, at: number): number | null {
  const left = bytes.length - at;
  if (left > 0 && bytes[at] !== handshakeRecord) throw new Malformed('the greeting is interrupted by another record');
  if (left > 1 && bytes[at + 1] !== 3) throw new Malformed('the record is of no version of TLS');
  if (left < 5) return null;
  const length = bytes.readUInt16BE(at + 3);
  if (length === 0) throw new Malformed('an empty record');
  if (at + 5 + length > maxHelloBytes) throw new Malformed(`the greeting is larger than ${maxHelloBytes} bytes`);
  return at + 5 + length;
}

function messageLength(head: Buffer): number {
  if (head[0] !== clientHelloType) throw new Malformed('the first message is no greeting');
  const length = head.readUIntBE(1, 3);
  if (length > maxHelloBytes) throw new Malformed(`the greeting is larger than ${maxHelloBytes} bytes`);
  return length;
}

function parse(message: Reader): ClientHello {
  message.take(2 + 32);
  if (message.vector(1).length > 32) throw new Malformed('the session id is too long');
  const ciphers = message.vector(2).length;
  if (ciphers === 0 || ciphers % 2 !== 0) throw new Malformed('the list of ciphers is odd');
  if (message.vector(1).length === 0) throw new Malformed('no compression method');
  const hello: ClientHello = { serverName: null, alpn: [], encrypted: false };
  if (message.left === 0) return hello;
  const extensions = new Reader(message.vector(2));
  message.end();
  const seen = new Set<number>();
  while (extensions.left > 0) {
    const type = extensions.int(2);
    const body = new Reader(extensions.vector(2));
    if (seen.has(type)) throw new Malformed(`extension ${type} twice`);
    seen.add(type);
    if (type === extensionTypes.serverName) hello.serverName = serverName(body);
    else if (type === extensionTypes.alpn) hello.alpn = protocols(body);
    else if (type === extensionTypes.encryptedHello) hello.encrypted = true;
  }
  return hello;
}

function serverName(body: Reader): string {
  const list = new Reader(body.vector(2));
  body.end();
  if (list.int(1) !== 0) throw new Malformed('a server name of an unknown type');
  const name = list.vector(2);
  list.end();
  if (name.length === 0 || name.length > 255) throw new Malformed('the length of the server name');
  if (!name.every((byte) => byte > 0x20 && byte < 0x7f)) throw new Malformed('the server name has odd bytes');
  return name.toString('latin1');
}

function protocols(body: Reader): string[] {
  const list = new Reader(body.vector(2));
  body.end();
  const names: string[] = [];
  while (list.left > 0) names.push(list.vector(1).toString('latin1'));
  return names;
}

const joined = (pieces: Uint8Array[], length: number): Buffer => Buffer.concat(pieces, length);

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  take(length: number): Buffer {
    if (length > this.left) throw new Malformed('a length goes past its end');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  int(size: number): number {
    return this.take(size).readUIntBE(0, size);
  }

  vector(sizeBytes: number): Buffer {
    return this.take(this.int(sizeBytes));
  }

  end(): void {
    if (this.left > 0) throw new Malformed('bytes are left over');
  }
}
