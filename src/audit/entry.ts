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
import { type DecodedLine, damaged, type LogFormat, type SpelledLine } from '../state/index.ts';
import { leafHash, leafMark } from './merkle.ts';

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

const marked = Buffer.concat([leafMark, Buffer.from('holdfast-audit\0\x01', 'latin1')]);
const [typeNull, typeText, typeNumber] = [0, 1, 2];

type Facts = Omit<AuditLine, 'hash' | 'previousHash'>;

export const auditFormat: LogFormat<AuditLine> = {
  name: 'audit log',
  code: 'audit-corrupt',
  hint: 'The audit log was changed after it was written: keep the files as evidence, and run holdfast audit verify.',
  decode,
};

export function hashOf(facts: Facts, previousHash: string): string {
  return new CanonicalForm(facts, facts.body.length + previousHash.length).hash(facts.body, previousHash);
}

/** Most entries are spelled in here, one after the other: memory of their own would cost more than writing them down. */
const common = Buffer.allocUnsafeSlow(64 * 1024);

/** Of one entry, and only until the next is begun. */
class CanonicalForm {
  readonly #bytes: Buffer;
  /** Of the envelope. */
  readonly #end: number;

  /** @param more characters at most that are to follow the envelope */
  constructor(envelope: AuditEnvelope, more: number) {
    let characters = more;
    for (const field of envelopeFields) characters += lengthOf(envelope[field]);
    // A character of UTF-16 is at most three bytes of UTF-8; a number is nine with its type.
    const room = marked.length + 3 * characters + 9 * (envelopeFields.length + 2);
    this.#bytes = room > common.length ? Buffer.allocUnsafe(room) : common;
    let end = marked.copy(this.#bytes);
    for (const field of envelopeFields) end = this.#put(end, envelope[field]);
    this.#end = end;
  }

  /** What a body is sealed under. */
  name(): string {
    const end = this.#put(this.#put(this.#end, null), null);
    return digest('sha256', this.#bytes.subarray(leafMark.length, end), 'hex');
  }

  hash(body: string, previousHash: string): string {
    const end = this.#put(this.#put(this.#end, body), previousHash);
    return leafHash(this.#bytes.subarray(0, end));
  }

  /** Answers where the next one goes. */
  #put(at: number, value: string | number | null): number {
    const bytes = this.#bytes;
    if (value === null) {
      bytes[at] = typeNull;
      return at + 1;
    }
    if (typeof value === 'number') {
      bytes[at] = typeNumber;
      return bytes.writeUInt32BE(value >>> 0, bytes.writeInt32BE(Math.floor(value / 2 ** 32), at + 1));
    }
    bytes[at] = typeText;
    const length = bytes.write(value, at + 5, 'utf8');
    bytes.writeUInt32BE(length, at + 1);
    return at + 5 + length;
  }
}

const lengthOf = (value: string | number | null): number => (typeof value === 'string' ? value.length : 0);

/** Its fields are sorted, as in all canonical JSON. */
function spell(facts: Facts, hash: string, previousHash: string): SpelledLine {
  const text = JSON.stringify({
    actor: facts.actor,
    agent: facts.agent,
    at: facts.at,
    body: facts.body,
    content: facts.content,
    decision: facts.decision,
    hash,
    kind: facts.kind,
    manifest: facts.manifest,
    model: facts.model,
    person: facts.person,
    position: facts.position,
    previousHash,
    sequence: facts.sequence,
    session: facts.session,
    tenant: facts.tenant,
    version: facts.version,
  } satisfies AuditLine);
  return { text: `${text}\n`, hash };
}

function decode(line: Buffer): DecodedLine<AuditLine> {
  const entry = parse(line);
  if (!entry) return damaged('it is not an audit entry', null, null);
  const { hash, previousHash, ...facts } = entry;
  const spelled = spell(facts, hashOf(facts, previousHash), previousHash);
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

export interface Unsealed {
  envelope: Omit<AuditEnvelope, 'content'>;
  body: unknown;
  previousHash: string;
}

export function sealLine(key: SealKey, { envelope, body, previousHash }: Unsealed, random: RandomSource): SpelledLine {
  const plain = saltedTextOf(body, random);
  const whole = { ...envelope, content: digest('sha256', plain, 'hex') };
  // Sealed it is longer by a third, and by what it was sealed with.
  const form = new CanonicalForm(whole, 2 * plain.length + 128 + previousHash.length);
  const sealed = seal(key, subjectOf(envelope, form), plain, random);
  return spell({ ...whole, body: sealed }, form.hash(sealed, previousHash), previousHash);
}

function saltedTextOf(body: unknown, random: RandomSource): Buffer {
  const { text, bytes } = textOf(body);
  const salted = Buffer.allocUnsafe(saltBytes + bytes);
  salted.set(random(saltBytes));
  salted.write(text, saltBytes);
  return salted;
}

/** Only what fits: how long the whole was stays known. */
function textOf(body: unknown): { text: string; bytes: number } {
  const text = JSON.stringify(body) ?? 'null';
  const bytes = Buffer.byteLength(text);
  if (bytes <= mostBodyBytes) return { text, bytes };
  // Quoting at most doubles what JSON needed no escape for, and a character is at most three bytes of UTF-8.
  const cut = JSON.stringify({ cut: true, bytes, begin: text.slice(0, mostBodyBytes / 8).toWellFormed() });
  return { text: cut, bytes: Buffer.byteLength(cut) };
}

export interface OpenedBody {
  body: unknown;
  /** Hex. */
  salt: string;
}

/** @throws Error that says why it does not open */
export function openBody(key: SealKey, line: AuditLine): OpenedBody {
  const plain = unseal(key, subjectOf(line, new CanonicalForm(line, 0)), line.body);
  if (digest('sha256', plain, 'hex') !== line.content) throw new Error('it is not what was logged');
  return {
    body: JSON.parse(plain.subarray(saltBytes).toString('utf8')),
    salt: plain.subarray(0, saltBytes).toString('hex'),
  };
}

const subjectOf = ({ tenant }: Pick<AuditEnvelope, 'tenant'>, form: CanonicalForm): SealSubject => ({
  kind: 'audit',
  owner: tenant,
  name: form.name(),
});
