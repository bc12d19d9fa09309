/**
 * How a value is sealed: AES-256-GCM under a key, a fresh nonce each time, and what the value is (of which kind, whose, of
 * which name) authenticated with it. A value copied to another place does not open there.
 *
 *   sealed = "1." key id (16 hex digits) "." base64url( nonce (12) ciphertext tag (16) )
 */
import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';
import type { RandomSource } from './random.ts';

export const sealKeyBytes = 32;
const [nonceBytes, tagBytes] = [12, 16];

export interface SealKey {
  bytes: Uint8Array;
  /** Names the key without telling anything about it. */
  id: string;
}

export interface SealSubject {
  kind: string;
  owner: string;
  name: string;
}

export function sealKey(bytes: Uint8Array): SealKey {
  return { bytes, id: createHmac('sha256', bytes).update('holdfast secrets key').digest('hex').slice(0, 16) };
}

export function seal(key: SealKey, subject: SealSubject, value: Uint8Array, random: RandomSource): string {
  const nonce = random(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key.bytes, nonce, { authTagLength: tagBytes }).setAAD(nameOf(subject));
  const sealed = Buffer.concat([nonce, cipher.update(value), cipher.final(), cipher.getAuthTag()]);
  return `1.${key.id}.${sealed.toString('base64url')}`;
}

/** @throws Error that says why it does not open: another key, another row's, damaged */
export function unseal(key: SealKey, subject: SealSubject, sealed: string): Buffer {
  if (sealedBy(sealed) !== key.id) throw new Error('it was sealed with another key');
  const bytes = Buffer.from(sealed.split('.')[2] ?? '', 'base64url');
  if (bytes.length < nonceBytes + tagBytes) throw new Error('it is cut short');
  const [nonce, tag] = [bytes.subarray(0, nonceBytes), bytes.subarray(-tagBytes)];
  try {
    const decipher = createDecipheriv('aes-256-gcm', key.bytes, nonce, { authTagLength: tagBytes });
    decipher.setAAD(nameOf(subject)).setAuthTag(tag);
    return Buffer.concat([decipher.update(bytes.subarray(nonceBytes, -tagBytes)), decipher.final()]);
  } catch (cause) {
    throw new Error('it is damaged, or belongs to another row', { cause });
  }
}

/** The id of the key; null when it is nothing that `seal` made. */
export function sealedBy(sealed: string): string | null {
  return /^1\.([0-9a-f]{16})\.[A-Za-z0-9_-]+$/.exec(sealed)?.[1] ?? null;
}

/** No two subjects have the same, whatever their names hold. */
function nameOf({ kind, owner, name }: SealSubject): Buffer {
  return Buffer.from(JSON.stringify([kind, owner, name]));
}
