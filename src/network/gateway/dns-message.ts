/**
 * Questions of the DNS, read strictly, and the few answers there are. A question is one name, one type, class IN; its
 * additional section may hold EDNS and nothing else.
 */
import { Buffer } from 'node:buffer';
import { encode, type Packet, RECURSION_AVAILABLE, RECURSION_DESIRED } from 'dns-packet';
import { HoldfastError } from '../../schema/index.ts';

export const dnsTypes = { a: 1, ptr: 12, aaaa: 28, opt: 41 } as const;

export interface DnsQuestion {
  id: number;
  recursionDesired: boolean;
  /** As asked, without the last dot; null when it has bytes that no host name has. */
  name: string | null;
  type: number;
  /** The client reads extended errors. */
  edns: boolean;
  /** The question section as it came, for the echo. */
  raw: Buffer;
}

/** `drop`: no answer at all; `error`: an answer with this code and nothing else. */
export type DnsRead =
  | { state: 'question'; question: DnsQuestion }
  | { state: 'error'; id: number; code: DnsCode }
  | { state: 'drop' };

export const dnsCodes = {
  noError: 0,
  formatError: 1,
  serverFailure: 2,
  noName: 3,
  notImplemented: 4,
  refused: 5,
} as const;
export type DnsCode = keyof typeof dnsCodes;

export interface DnsAnswer {
  code: DnsCode;
  address?: string;
  pointer?: string;
  extended?: { code: number; text: string };
}

export const answerTtlSeconds = 60;
const headerBytes = 12;
const classIn = 1;
const longestName = 255;
const hostByte = /^[A-Za-z0-9_-]+$/;

export function readDns(bytes: Buffer): DnsRead {
  if (bytes.length < headerBytes) return { state: 'drop' };
  const id = bytes.readUInt16BE(0);
  const flags = bytes.readUInt16BE(2);
  if (flags & 0x8000) return { state: 'drop' };
  if (flags & 0x7800) return { state: 'error', id, code: 'notImplemented' };
  const counts = [4, 6, 8, 10].map((at) => bytes.readUInt16BE(at));
  const [questions, answers, authorities, additionals = 0] = counts;
  if (questions !== 1 || answers !== 0 || authorities !== 0 || additionals > 1) {
    return { state: 'error', id, code: 'formatError' };
  }
  const named = readName(bytes, headerBytes);
  if (!named || named.end + 4 > bytes.length) return { state: 'error', id, code: 'formatError' };
  const type = bytes.readUInt16BE(named.end);
  const end = named.end + 4;
  const edns = additionals === 1 ? readOpt(bytes, end) : bytes.length === end ? false : null;
  if (edns === null) return { state: 'error', id, code: 'formatError' };
  if (bytes.readUInt16BE(named.end + 2) !== classIn) return { state: 'error', id, code: 'refused' };
  const raw = Buffer.from(bytes.subarray(headerBytes, end));
  return {
    state: 'question',
    question: { id, recursionDesired: (flags & 0x100) !== 0, name: named.name, type, edns, raw },
  };
}

export function writeDns(question: DnsQuestion, answer: DnsAnswer): Buffer {
  const packet: Packet = {
    type: 'response',
    id: question.id,
    flags: RECURSION_AVAILABLE | (question.recursionDesired ? RECURSION_DESIRED : 0) | dnsCodes[answer.code],
    answers: [
      ...(answer.address ? [{ name: '.', type: 'A' as const, ttl: answerTtlSeconds, data: answer.address }] : []),
      ...(answer.pointer ? [{ name: '.', type: 'PTR' as const, ttl: answerTtlSeconds, data: answer.pointer }] : []),
    ],
  };
  return withQuestion(encode(packet), question, answer);
}

export function writeDnsError(id: number, code: DnsCode): Buffer {
  return encode({ type: 'response', id, flags: RECURSION_AVAILABLE | dnsCodes[code] });
}

/**
 * Puts the question in as it came (a resolver may have mixed its case to know its answers by), lets the answer's name
 * point at it, and adds EDNS with what the refusal means.
 */
function withQuestion(encoded: Buffer, question: DnsQuestion, answer: DnsAnswer): Buffer {
  const head = Buffer.from(encoded.subarray(0, headerBytes));
  head.writeUInt16BE(1, 4);
  const records = encoded.subarray(headerBytes);
  const answers = records.length === 0 ? [] : [Buffer.from([0xc0, headerBytes]), records.subarray(1)];
  if (question.edns) head.writeUInt16BE(1, 10);
  return Buffer.concat([head, question.raw, ...answers, ...(question.edns ? [optRecord(answer.extended)] : [])]);
}

const udpPayloadBytes = 1232;
const extendedErrorOption = 15;
const longestText = 400;

function optRecord(extended: DnsAnswer['extended']): Buffer {
  const text = Buffer.from(extended?.text ?? '').subarray(0, longestText);
  const option = extended ? Buffer.concat([Buffer.alloc(6), text]) : Buffer.alloc(0);
  if (extended) {
    option.writeUInt16BE(extendedErrorOption, 0);
    option.writeUInt16BE(2 + text.length, 2);
    option.writeUInt16BE(extended.code, 4);
  }
  const head = Buffer.alloc(11);
  head.writeUInt16BE(dnsTypes.opt, 1);
  head.writeUInt16BE(udpPayloadBytes, 3);
  head.writeUInt16BE(option.length, 9);
  return Buffer.concat([head, option]);
}

/** A question's name stands whole: what points elsewhere is malformed. */
function readName(bytes: Buffer, start: number): { name: string | null; end: number } | null {
  const labels: string[] = [];
  let odd = false;
  for (let at = start; at < bytes.length; ) {
    const length = bytes[at] ?? 0;
    if (length === 0) return { name: odd || labels.length === 0 ? null : labels.join('.'), end: at + 1 };
    if (length > 63 || at + 1 + length - start > longestName) return null;
    const label = bytes.toString('latin1', at + 1, at + 1 + length);
    if (!hostByte.test(label)) odd = true;
    labels.push(label);
    at += 1 + length;
  }
  return null;
}

/** True for one well-formed EDNS record to the end of the message; null for anything else. */
function readOpt(bytes: Buffer, at: number): boolean | null {
  if (bytes.length < at + 11 || bytes[at] !== 0 || bytes.readUInt16BE(at + 1) !== dnsTypes.opt) return null;
  return bytes.length === at + 11 + bytes.readUInt16BE(at + 9) ? true : null;
}

/** For a stream: each message behind its length. */
export class DnsFrames {
  #held: Buffer = Buffer.alloc(0);

  /** @throws HoldfastError `invalid-argument` when more is held than one question can be */
  push(chunk: Uint8Array): Buffer[] {
    this.#held = Buffer.concat([this.#held, chunk]);
    const messages: Buffer[] = [];
    while (this.#held.length >= 2) {
      const length = this.#held.readUInt16BE(0);
      if (length > longestQuestion) throw new HoldfastError('invalid-argument', 'a question that is too long');
      if (this.#held.length < 2 + length) break;
      messages.push(this.#held.subarray(2, 2 + length));
      this.#held = this.#held.subarray(2 + length);
    }
    return messages;
  }
}
const longestQuestion = 4096;

export function framed(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}
