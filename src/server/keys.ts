/**
 * Keys of the door. The keys file has one key per line, `<sha256 of the key, hex> <tenant> <name>`, and after that, where
 * it is somebody's own, `person=NAME` and `role=ROLE`; empty lines and lines that begin with `#` are skipped. The key itself
 * is nowhere on disk.
 *
 *   printf %s "$KEY" | sha256sum
 *
 * 1. A line that does not fit refuses the whole file, with its number: a typo never opens or closes a door unseen.
 * 2. A presented key is compared with every line, each in constant time.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { lstat, readFile } from '../base/index.ts';
import { HoldfastError, keyProtocolPrefix } from '../schema/index.ts';
import type { Credentials } from './app.ts';
import { type Role, roles } from './roles.ts';

export interface Key {
  /** 32 bytes. */
  readonly sha256: Uint8Array;
  readonly tenant: string;
  /** For the log and for people. */
  readonly name: string;
  /** Whose it is, alone: who decides approvals with it. Null: a tenant's, such as a program's. */
  readonly person: string | null;
  readonly role: Role;
}

/** Whoever can open the unix socket is the owner, and this tenant. */
export const ownerTenant = 'default';

const line = /^([0-9a-f]{64})[ \t]+([a-z0-9][a-z0-9-]{0,62})[ \t]+(\S.{0,127}?)((?:[ \t]+(?:person|role)=\S*)*)$/;
const personName = /^[\w.@+-]{1,128}$/;

/** @throws HoldfastError `invalid-argument` that names the line */
export function parseKeys(text: string, path: string): Key[] {
  const keys = text.split('\n').flatMap((raw, index) => {
    const trimmed = raw.trim();
    if (trimmed === '' || trimmed.startsWith('#')) return [];
    const [, sha256, tenant, name, more = ''] = line.exec(trimmed) ?? [];
    if (sha256 === undefined || tenant === undefined || name === undefined) throw badLine(path, index + 1);
    return [{ sha256: Buffer.from(sha256, 'hex'), tenant, name, ...holderOf(more, path, index + 1) }];
  });
  const hashes = new Set(keys.map((key) => Buffer.from(key.sha256).toString('hex')));
  if (hashes.size === keys.length) return keys;
  throw new HoldfastError('invalid-argument', `${path} has the same key twice`, { hint: 'Remove one of the lines.' });
}

/** Refuses a file that others may read or write. */
export async function readKeys(path: string): Promise<Key[]> {
  const stat = await lstat(path).catch((cause: unknown) => {
    throw new HoldfastError('file-not-found', `the keys file ${path} cannot be read`, { cause });
  });
  if (!stat.isFile() || (stat.mode & 0o077) !== 0) {
    throw new HoldfastError('permission-denied', `${path} is not a file that only its owner can read`, {
      fault: 'caller',
      hint: `chmod 600 ${path}`,
    });
  }
  return parseKeys(await readFile(path, 'utf8'), path);
}

/** @returns null when no key was presented. @throws HoldfastError `unauthenticated` when a wrong one was */
export function findKey(keys: readonly Key[], request: Credentials): Key | null {
  const presented = presentedKey(request);
  if (presented === null) return null;
  const digest = createHash('sha256').update(presented).digest();
  let found: Key | null = null;
  for (const key of keys) if (timingSafeEqual(key.sha256, digest)) found = key;
  if (found) return found;
  throw new HoldfastError('unauthenticated', 'the key is not known here', { hint: 'Check the key, or ask for one.' });
}

/** From `authorization: Bearer`, or from a WebSocket's subprotocols, since a browser cannot set its headers. */
function presentedKey({ headers }: Credentials): string | null {
  const authorization = headers.get('authorization');
  if (authorization !== null) {
    const [, key] = /^Bearer +(\S+)$/i.exec(authorization) ?? [];
    if (key !== undefined) return key;
    throw new HoldfastError('unauthenticated', 'the authorization header is not `Bearer <key>`');
  }
  const protocols = (headers.get('sec-websocket-protocol') ?? '').split(',').map((protocol) => protocol.trim());
  const carrier = protocols.find((protocol) => protocol.startsWith(keyProtocolPrefix));
  return carrier === undefined ? null : Buffer.from(carrier.slice(keyProtocolPrefix.length), 'base64url').toString();
}

function holderOf(text: string, path: string, number: number): Pick<Key, 'person' | 'role'> {
  const words = text.trim() === '' ? [] : text.trim().split(/[ \t]+/);
  const fields = new Map(words.map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]));
  const person = fields.get('person') ?? null;
  const role = roles.find((each) => each === (fields.get('role') ?? 'operator'));
  if (fields.size < words.length || role === undefined) throw badLine(path, number);
  if (person !== null && !personName.test(person)) throw badLine(path, number);
  return { person, role };
}

function badLine(path: string, number: number): HoldfastError {
  return new HoldfastError('invalid-argument', `${path} line ${number} is not \`key-sha256 tenant name\``, {
    hint: `The hash is 64 lower-case hex digits; the tenant is lower-case letters, digits and hyphens; then, if it is one person’s, person=NAME and role=${roles.join('|')}.`,
  });
}
