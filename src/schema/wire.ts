/**
 * What both ends of the HTTP API agree on: names, media types, and the two compact binary forms. docs/http-api.md tells
 * it in words. Imports types only, so that browsers and quick starts can have it without zod.
 *
 * Framed exec (`application/vnd.holdfast.exec`): u32 LE length of a JSON head, the head, then raw bytes. In a request the
 * bytes are stdin; in an answer they are stdout then stderr, and the head says how long each is.
 *
 * Attachment (WebSocket, binary messages): u8 channel, then
 *   0 stdin   bytes, client to server; answered in order by one `taken` or `refused`
 *   1 stdout  u64 LE offset, u64 LE gap, bytes
 *   2 stderr  the same
 *   3 control one JSON message, see `ClientControl` and `ServerControl`
 */
import { type ErrorBody, HoldfastError } from './error-class.ts';
import type { ExecResult, ProcessExit } from './process.ts';
import type { OutputChunk } from './service.ts';

export const apiPrefix = '/v1';

export const mediaTypes = {
  json: 'application/json',
  exec: 'application/vnd.holdfast.exec',
  bytes: 'application/octet-stream',
  tar: 'application/x-tar',
  patch: 'text/x-diff',
  events: 'text/event-stream',
} as const;

export const headerNames = {
  /** Milliseconds after which the server ends the call with `deadline-exceeded`. */
  timeout: 'holdfast-timeout-ms',
  /** A downloaded file's `FileStat` as percent-encoded JSON. */
  stat: 'holdfast-stat',
  requestId: 'x-request-id',
  idempotencyKey: 'idempotency-key',
} as const;

/** WebSocket subprotocols: the first is the one spoken, the second carries a key where headers cannot be set. */
export const attachProtocol = 'holdfast.attach.v1';
export const keyProtocolPrefix = 'holdfast.key.';

export const channels = { stdin: 0, stdout: 1, stderr: 2, control: 3 } as const;

export type ClientControl =
  | { type: 'resize'; rows: number; columns: number }
  | { type: 'end-input' }
  /** The client consumed this many output bytes more; only where it asked for a window. */
  | { type: 'read'; bytes: number };

export type ServerControl =
  | { type: 'attached'; processId: string }
  /** The oldest unanswered stdin, resize or end-input was carried out, or was not. */
  | { type: 'taken' }
  | { type: 'refused'; error: ErrorBody }
  | { type: 'exit'; exit: ProcessExit }
  | { type: 'error'; error: ErrorBody };

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

export function packFramed(head: unknown, ...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const text = encoder.encode(JSON.stringify(head));
  const packed = new Uint8Array(4 + text.length + parts.reduce((sum, part) => sum + part.length, 0));
  new DataView(packed.buffer).setUint32(0, text.length, true);
  packed.set(text, 4);
  let at = 4 + text.length;
  for (const part of parts) {
    packed.set(part, at);
    at += part.length;
  }
  return packed;
}

/** @throws HoldfastError `invalid-argument` when the bytes are no frame. */
export function unpackFramed(bytes: Uint8Array): { head: unknown; rest: Uint8Array } {
  const length = bytes.length < 4 ? -1 : viewOf(bytes).getUint32(0, true);
  if (length < 0 || length > bytes.length - 4) throw malformed('the frame is shorter than its head');
  // Not `subarray`: of a Buffer that would be a Buffer, which is not what the vocabulary promises.
  const rest = new Uint8Array(bytes.buffer, bytes.byteOffset + 4 + length, bytes.length - 4 - length);
  return { head: parseJson(bytes.subarray(4, 4 + length)), rest };
}

export function packExecResult({ stdout, stderr, ...head }: ExecResult): Uint8Array<ArrayBuffer> {
  return packFramed({ ...head, stdoutLength: stdout.length }, stdout, stderr);
}

export function unpackExecResult(bytes: Uint8Array): ExecResult {
  const { head, rest } = unpackFramed(bytes);
  // The server packed this head from an `ExecResult`; client and server are one version of one contract.
  const { stdoutLength, ...result } = head as Omit<ExecResult, 'stdout' | 'stderr'> & { stdoutLength: number };
  return { ...result, stdout: rest.subarray(0, stdoutLength), stderr: rest.subarray(stdoutLength) };
}

const outputHeadBytes = 17;

export function packOutput({ stream, offset, gapBytes, data }: OutputChunk): Uint8Array<ArrayBuffer> {
  const packed = new Uint8Array(outputHeadBytes + data.length);
  const view = new DataView(packed.buffer);
  packed[0] = channels[stream];
  view.setBigUint64(1, BigInt(offset), true);
  view.setBigUint64(9, BigInt(gapBytes), true);
  packed.set(data, outputHeadBytes);
  return packed;
}

export function unpackOutput(message: Uint8Array): OutputChunk {
  if (message.length < outputHeadBytes) throw malformed('an output message is shorter than its head');
  const view = viewOf(message);
  return {
    stream: message[0] === channels.stdout ? 'stdout' : 'stderr',
    offset: Number(view.getBigUint64(1, true)),
    gapBytes: Number(view.getBigUint64(9, true)),
    data: message.subarray(outputHeadBytes),
  };
}

export function packControl(message: ClientControl | ServerControl): Uint8Array<ArrayBuffer> {
  return packStdin(encoder.encode(JSON.stringify(message)), channels.control);
}

export function packStdin(data: Uint8Array, channel: number = channels.stdin): Uint8Array<ArrayBuffer> {
  const packed = new Uint8Array(1 + data.length);
  packed[0] = channel;
  packed.set(data, 1);
  return packed;
}

/** @throws HoldfastError `invalid-argument` when the bytes are not JSON in UTF-8. */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch (error) {
    throw malformed(`not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function malformed(message: string): HoldfastError {
  return new HoldfastError('invalid-argument', message);
}
