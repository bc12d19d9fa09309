/**
 * What is signed with the channels' key: tokens of persons at a web channel, codes that link addresses, names that stand for
 * addresses.
 *
 * 1. A token names tenant, channel, person and end; it opens nothing else, and no other signature passes for it.
 * 2. Signatures are compared in constant time, before anything that is signed is believed.
 * 3. A code says nothing: what it stands for is in the database, under its digest, and is signed together with it.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { isoTime, type RandomSource } from '../base/index.ts';
import { HoldfastError } from '../schema/index.ts';
import type { CodeRecord } from '../state/index.ts';

export interface TokenFacts {
  tenant: string;
  channel: string;
  person: string;
}

export const longestTokenMs: number = 24 * 3_600_000;

export function makeToken(key: Uint8Array, facts: TokenFacts, expiresMs: number): { token: string; expiresAt: string } {
  const person = Buffer.from(facts.person).toString('base64url');
  const token = `${person}.${expiresMs.toString(36)}.${tokenTag(key, facts, expiresMs).toString('base64url')}`;
  return { token, expiresAt: isoTime(expiresMs) };
}

/** The person it was made for. @throws HoldfastError `unauthenticated` */
export function readToken(
  key: Uint8Array,
  token: string | null,
  place: Omit<TokenFacts, 'person'>,
  nowMs: number,
): string {
  const [, name, expires, tag] = /^([\w-]{1,172})\.([0-9a-z]{1,11})\.([\w-]{43})$/.exec(token ?? '') ?? [];
  if (name === undefined || expires === undefined || tag === undefined) throw noToken('this channel needs a token');
  const person = Buffer.from(name, 'base64url').toString();
  const expiresMs = Number.parseInt(expires, 36);
  const expected = tokenTag(key, { ...place, person }, expiresMs);
  if (!isSame(Buffer.from(tag, 'base64url'), expected)) throw noToken('the token is not for this channel');
  if (nowMs >= expiresMs) throw noToken(`the token expired at ${isoTime(expiresMs)}`);
  return person;
}

const alphabet = '23456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Ten characters by chance and five that sign them, with what they stand for: `HF-XXXXX-XXXXX-XXXXX`. */
export function makeCode(
  key: Uint8Array,
  random: RandomSource,
  facts: Omit<CodeRecord, 'id'>,
): { code: string; id: string } {
  const chosen = letters(random(64), 10);
  const code = `HF-${chosen.slice(0, 5)}-${chosen.slice(5)}-${codeTag(key, chosen, facts)}`;
  return { code, id: codeId(code) };
}

/** As a person may have typed it; null for anything else. */
export function readCode(text: string): { id: string; isSigned(key: Uint8Array, facts: CodeRecord): boolean } | null {
  const plain = text.trim().toUpperCase();
  const [, first, second, tag] = /^HF-([2-9A-Z]{5})-([2-9A-Z]{5})-([2-9A-Z]{5})$/.exec(plain) ?? [];
  if (first === undefined || second === undefined || tag === undefined) return null;
  return {
    id: codeId(plain),
    isSigned: (key, facts) => isSame(Buffer.from(tag), Buffer.from(codeTag(key, first + second, facts))),
  };
}

/** The name of whoever writes from an address that nobody vouches for; the same in every session, and no address. */
export function standIn(key: Uint8Array, kind: 'guest' | 'group' | 'person', place: readonly string[]): string {
  return `${kind}.${hmac(key, [`holdfast-channel-${kind}-1`, ...place])
    .toString('hex')
    .slice(0, 24)}`;
}

/** Whose conversation it is when it is one person's. */
export const personOwner = (person: string): string => `person:${person}`;

function tokenTag(key: Uint8Array, { tenant, channel, person }: TokenFacts, expiresMs: number): Buffer {
  return hmac(key, ['holdfast-channel-token-1', tenant, channel, person, expiresMs]);
}

function codeTag(
  key: Uint8Array,
  chosen: string,
  { tenant, person, channel, expiresMs }: Omit<CodeRecord, 'id'>,
): string {
  return letters(hmac(key, ['holdfast-channel-code-1', chosen, tenant, person, channel, expiresMs]), 5);
}

const codeId = (code: string): string => createHash('sha256').update(code).digest('hex');

/** As JSON, so that no two read the same. */
const hmac = (key: Uint8Array, parts: readonly unknown[]): Buffer =>
  createHmac('sha256', key).update(JSON.stringify(parts)).digest();

/** Of bytes, those that give every letter the same chance. */
function letters(bytes: Uint8Array, count: number): string {
  const fair = 256 - (256 % alphabet.length);
  const text = [...bytes].filter((byte) => byte < fair).map((byte) => alphabet[byte % alphabet.length] ?? '');
  return text.slice(0, count).join('');
}

function isSame(given: Uint8Array, expected: Uint8Array): boolean {
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function noToken(message: string): HoldfastError {
  return new HoldfastError('unauthenticated', message, {
    hint: 'Send it as `Authorization: Bearer <token>`; whoever runs the page gets tokens at POST /v1/channels/{channel}/tokens.',
  });
}
