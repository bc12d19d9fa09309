/**
 * SOCKS5 (RFC 1928) as a server: no authentication, CONNECT only. Reads the handshake and answers it; who may go where
 * is decided elsewhere.
 */
import { Buffer } from 'node:buffer';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../base/index.ts';
import type { Authority } from './authority.ts';
import { readAhead } from './read-ahead.ts';

export const socksReplies = {
  succeeded: 0,
  failed: 1,
  forbidden: 2,
  hostUnreachable: 4,
  refused: 5,
  commandUnsupported: 7,
  addressUnsupported: 8,
} as const;
export type SocksReply = keyof typeof socksReplies;

/** `host` is any bytes (as latin1) when it came as a name; the caller normalises or refuses it. */
export type SocksResult = { state: 'request'; asked: Authority } | { state: 'refused'; reply: SocksReply | null };

const version = 5;
const noAuthentication = 0;
const noneAcceptable = 0xff;
const connectCommand = 1;
const addressTypes = { ipv4: 1, name: 3, ipv6: 4 } as const;
const longestMessage = 4 + 1 + 255 + 2;

/** After `refused` the stream is of no more use; a reply, when there is one to give, was given. */
export async function readSocks(stream: Duplex, options: { clock: Clock; timeoutMs: number }): Promise<SocksResult> {
  const methods = await readAhead(stream, { ...options, maxBytes: longestMessage, judge: judgeMethods });
  if (methods.state !== 'done' || methods.value === null) return { state: 'refused', reply: null };
  if (!methods.value) {
    stream.write(Buffer.from([version, noneAcceptable]));
    return { state: 'refused', reply: null };
  }
  stream.write(Buffer.from([version, noAuthentication]));
  const request = await readAhead(stream, { ...options, maxBytes: longestMessage, judge: judgeRequest });
  if (request.state !== 'done') return { state: 'refused', reply: null };
  if (typeof request.value !== 'string') return { state: 'request', asked: request.value };
  answerSocks(stream, request.value);
  return { state: 'refused', reply: request.value };
}

/** The bound address is of no use to anybody here: always 0.0.0.0:0. */
export function answerSocks(stream: Duplex, reply: SocksReply): void {
  stream.write(Buffer.from([version, socksReplies[reply], 0, addressTypes.ipv4, 0, 0, 0, 0, 0, 0]));
}

/** May we go without authentication? Null for what is no SOCKS5, SOCKS4 among it. */
function judgeMethods(bytes: Buffer): { value: boolean | null; consumed: number } | 'more' {
  if (bytes[0] !== version) return { value: null, consumed: 0 };
  const count = bytes[1];
  if (count === undefined || bytes.length < 2 + count) return 'more';
  return { value: bytes.subarray(2, 2 + count).includes(noAuthentication), consumed: 2 + count };
}

function judgeRequest(bytes: Buffer): { value: Authority | SocksReply; consumed: number } | 'more' {
  if (bytes[0] !== version) return { value: 'failed', consumed: 0 };
  if (bytes.length < 5) return 'more';
  const [, command, reserved, type, length = 0] = bytes;
  const size =
    type === addressTypes.ipv4 ? 4 : type === addressTypes.ipv6 ? 16 : type === addressTypes.name ? 1 + length : null;
  if (size === null) return { value: 'addressUnsupported', consumed: 0 };
  if (bytes.length < 4 + size + 2) return 'more';
  const consumed = 4 + size + 2;
  if (command !== connectCommand) return { value: 'commandUnsupported', consumed };
  const port = bytes.readUInt16BE(4 + size);
  if (reserved !== 0 || port === 0) return { value: 'failed', consumed };
  return { value: { host: hostText(bytes.subarray(4, 4 + size), type), port }, consumed };
}

function hostText(address: Buffer, type: number | undefined): string {
  if (type === addressTypes.ipv4) return address.join('.');
  if (type === addressTypes.name) return address.toString('latin1', 1);
  return (address.toString('hex').match(/.{4}/g) ?? []).join(':');
}
