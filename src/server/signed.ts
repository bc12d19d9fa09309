/**
 * Signed file URLs: one method on one file of one sandbox until one moment, for whoever holds the URL.
 *
 * 1. The signature covers method, tenant, sandbox, path and expiry; a change to any of them is `forbidden`.
 * 2. It is compared in constant time and before anything is looked up.
 * 3. It survives rollback and resume of the sandbox, and ends with the signing key.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { isoTime } from '../base/index.ts';
import { apiPrefix, HoldfastError } from '../schema/index.ts';

export const maxSignedMs: number = 7 * 24 * 3_600_000;

export interface FileGrant {
  readonly method: 'GET' | 'PUT';
  readonly tenant: string;
  /** An id, never a name: names are given anew. */
  readonly sandbox: string;
  readonly path: string;
  readonly expiresAtMs: number;
}

export function signedUrl(key: Uint8Array, grant: FileGrant): { url: string; expiresAt: string } {
  const query = new URLSearchParams({
    path: grant.path,
    expires: String(grant.expiresAtMs),
    signature: signatureOf(key, grant).toString('base64url'),
  });
  const place = `/signed/${encodeURIComponent(grant.tenant)}/${encodeURIComponent(grant.sandbox)}`;
  return { url: `${apiPrefix}${place}?${query}`, expiresAt: isoTime(grant.expiresAtMs) };
}

/** @throws HoldfastError `forbidden` */
export function checkGrant(key: Uint8Array, grant: FileGrant, signature: string, nowMs: number): void {
  const expected = signatureOf(key, grant);
  const given = Buffer.from(signature, 'base64url');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new HoldfastError('forbidden', 'the signature does not fit this URL', {
      hint: 'Use the URL exactly as it was made, with the method it was made for.',
    });
  }
  if (nowMs >= grant.expiresAtMs) {
    throw new HoldfastError('forbidden', `the URL expired at ${isoTime(grant.expiresAtMs)}`, {
      hint: 'Sign a new one.',
    });
  }
}

function signatureOf(key: Uint8Array, { method, tenant, sandbox, path, expiresAtMs }: FileGrant): Buffer {
  // As JSON, so that no two grants read the same.
  const text = JSON.stringify(['holdfast-file-1', method, tenant, sandbox, path, expiresAtMs]);
  return createHmac('sha256', key).update(text).digest();
}
