/**
 * How an audit entry is spelled, hashed and sealed.
 *
 * 1. The canonical form is bytes: a version, then each field of the envelope, the sealed body and the previous hash in one
 *    order, each with its type and its length. No two entries have the same, whatever their fields hold.
 * 2. An entry's hash is its RFC 6962 leaf hash, sha256(0x00 canonical form): one hash makes the chain and the tree.
 * 3. A line has exactly one spelling, as canonical JSON; a line that is not that spelling is damaged.
 * 4. A body opens only under the envelope that it was sealed with.
 */
import { hash as digest } from 'node:crypto';
import { type RandomSource, type SealKey, type SealSubject, seal, unseal } from '../base/index.ts';
import { type AuditEnvelope, type AuditLine, auditDecisions, auditKinds } from '../schema/index.ts';
import { type DecodedLine, damaged, type LogFormat } from '../state/index.ts';
import { leafHash } from './merkle.ts';

/** In the order of the canonical form, which never changes within a version. */
const envelopeFields = [
  'version',
  'sequence',
  'at',
  'kind',
  'tenant',
  'session',
  'position',
  'agent',
  'manifest',
  'model',
  'decision',
  'person',
  'actor',
  'content',
] as const satisfies readonly (keyof AuditEnvelope)[];

const numbers: ReadonlySet<string> = new Set(['version', 'sequence', 'position']);
const nullable: ReadonlySet<string> = new Set([
  'session',
  'position',
  'agent',
  'manifest',
  'model',
  'decision',
  'person',
  'actor',
]);

/** Sorted, as in all canonical JSON. */
const lineFields = [...envelopeFields, 'body', 'hash', 'previousHash'].sort() as (keyof AuditLine)[];

const magic = Buffer.from('holdfast-audit\0\x01', 'latin1');
const [typeNull, typeText, typeNumber] = [0, 1, 2];

type Facts = Omit<AuditLine, 'hash' | 'previousHash'>;

export const auditFormat: LogFormat<AuditLine> = {
  name: 'audit log',
  code: 'audit-corrupt',
  hint: 'The audit log was changed after it was written: keep the files as evidence, and run holdfast audit verify.',
  encode(facts, previousHash) {
    const hash = hashOf(facts, previousHash);
    const fields = { ...facts, hash, previousHash };
    const text = lineFields.map((field) => `"${field}":${JSON.stringify(fields[field])}`).join(',');
    return { text: `{${text}}\n`, hash };
  },
  decode,
};

export function hashOf(facts: Facts, previousHash: string): string {
  return leafHash(canonicalForm(facts, facts.body, previousHash)).toString('hex');
}

function canonicalForm(facts: AuditEnvelope, body: string | null, previousHash: string | null): Buffer {
  const values = [...envelopeFields.map((field) => facts[field]), body, previousHash];
  // A character of UTF-16 is at most three bytes of UTF-8; a number is nine with its type.
  const most = values.reduce((sum: number, value) => sum + (typeof value === 'string' ? 5 + 3 * value.length : 9), 0);
  const bytes = Buffer.allocUnsafe(magic.length + most);
  let end = magic.copy(bytes);
  for (const value of values) end = putTyped(bytes, end, value);
  return bytes.subarray(0, end);
}

/** Answers where the next one goes. */
function putTyped(bytes: Buffer, at: number, value: string | number | null): number {
  if (value === null) return bytes.writeUInt8(typeNull, at);
  if (typeof value === 'number') return bytes.writeBigInt64BE(BigInt(value), bytes.writeUInt8(typeNumber, at));
  const length = bytes.write(value, at + 5, 'utf8');
  bytes.writeUInt32BE(length, bytes.writeUInt8(typeText, at));
  return at + 5 + length;
}

function decode(line: Buffer): DecodedLine<AuditLine> {
  const entry = parse(line);
  if (!entry) return damaged('it is not an audit entry', null, null);
  const { hash, previousHash, ...facts } = entry;
  const spelled = auditFormat.encode(facts, previousHash);
  if (spelled.hash !== hash) return damaged('its hash is not the hash of its content', spelled.hash, hash);
  if (Buffer.from(spelled.text).subarray(0, -1).equals(line)) return { entry, problem: null };
  return damaged('it is not spelled as it was written', spelled.hash, digest('sha256', line, 'hex'));
}

function parse(line: Buffer): AuditLine | null {
  try {
    const value: unknown = JSON.parse(line.toString('utf8'));
    return isLine(value) ? value : null;
  } catch {
    return null;
  }
}

export function isLine(value: unknown): value is AuditLine {
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== envelopeFields.length + 3)
    return false;
  const fields: Record<string, unknown> = { ...value };
  const isSound = envelopeFields.every((field) => {
    const held = fields[field];
    if (held === null) return nullable.has(field);
    return numbers.has(field) ? Number.isSafeInteger(held) : typeof held === 'string' && held.isWellFormed();
  });
  return (
    isSound &&
    fields['version'] === 1 &&
    includes(auditKinds, fields['kind']) &&
    (fields['decision'] === null || includes(auditDecisions, fields['decision'])) &&
    ['body', 'hash', 'previousHash'].every((field) => typeof fields[field] === 'string')
  );
}

const includes = (list: readonly string[], value: unknown): boolean => list.some((each) => each === value);

const saltBytes = 16;
/** A line holds a mebibyte, and sealing adds a third. */
export const mostBodyBytes: number = 512 * 1024;

export type SealedBody = Pick<AuditLine, 'body' | 'content'>;

/** @param envelope all but `content` */
export function sealBody(
  key: SealKey,
  envelope: Omit<AuditEnvelope, 'content'>,
  body: unknown,
  random: RandomSource,
): SealedBody {
  const plain = Buffer.concat([random(saltBytes), Buffer.from(textOf(body))]);
  const content = digest('sha256', plain, 'hex');
  return { content, body: seal(key, subjectOf({ ...envelope, content }), plain, random) };
}

/** Only what fits: how long the whole was stays known. */
function textOf(body: unknown): string {
  const text = JSON.stringify(body) ?? 'null';
  const bytes = Buffer.byteLength(text);
  if (bytes <= mostBodyBytes) return text;
  // Quoting at most doubles what JSON needed no escape for, and a character is at most three bytes of UTF-8.
  return JSON.stringify({ cut: true, bytes, begin: text.slice(0, mostBodyBytes / 8).toWellFormed() });
}

export interface OpenedBody {
  body: unknown;
  /** Hex. */
  salt: string;
}

/** @throws Error that says why it does not open */
export function openBody(key: SealKey, line: AuditLine): OpenedBody {
  const plain = unseal(key, subjectOf(line), line.body);
  if (digest('sha256', plain, 'hex') !== line.content) throw new Error('it is not what was logged');
  return {
    body: JSON.parse(plain.subarray(saltBytes).toString('utf8')),
    salt: plain.subarray(0, saltBytes).toString('hex'),
  };
}

function subjectOf(envelope: AuditEnvelope): SealSubject {
  const name = digest('sha256', canonicalForm(envelope, null, null), 'hex');
  return { kind: 'audit', owner: envelope.tenant, name };
}
