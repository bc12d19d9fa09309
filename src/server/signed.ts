/**
 * Signed URLs. Of a file: one method on one file of one sandbox until one moment, for whoever holds the URL. Of an approval:
 * one decision of one person, once.
 *
 * 1. The signature covers all that the URL is for, and its expiry; a change to any of it is `forbidden`.
 * 2. It is compared in constant time and before anything is looked up.
 * 3. It survives rollback and resume of the sandbox, and ends with the signing key.
 * 4. What a link was used for once is a decision, and a decision is not made twice (runtime/approvals.ts).
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
    signature: signatureOf(key, filePartsOf(grant)).toString('base64url'),
  });
  const place = `/signed/${encodeURIComponent(grant.tenant)}/${encodeURIComponent(grant.sandbox)}`;
  return { url: `${apiPrefix}${place}?${query}`, expiresAt: isoTime(grant.expiresAtMs) };
}

export interface ApprovalGrant {
  readonly tenant: string;
  readonly approval: string;
  /** Who decides. */
  readonly person: string;
  readonly expiresAtMs: number;
}

/** @param base where this server is reached, without a path */
export function approvalUrl(key: Uint8Array, base: string, grant: ApprovalGrant): string {
  const query = new URLSearchParams({
    person: grant.person,
    expires: String(grant.expiresAtMs),
    signature: signatureOf(key, approvalPartsOf(grant)).toString('base64url'),
  });
  const place = `/signed/approvals/${encodeURIComponent(grant.tenant)}/${encodeURIComponent(grant.approval)}`;
  return `${base.replace(/\/+$/, '')}${apiPrefix}${place}?${query}`;
}

/** @throws HoldfastError `forbidden` */
export function checkGrant(key: Uint8Array, grant: FileGrant, signature: string, nowMs: number): void {
  checkSignature(key, filePartsOf(grant), { signature, expiresAtMs: grant.expiresAtMs, nowMs });
}

/** @throws HoldfastError `forbidden` */
export function checkApprovalGrant(key: Uint8Array, grant: ApprovalGrant, signature: string, nowMs: number): void {
  checkSignature(key, approvalPartsOf(grant), { signature, expiresAtMs: grant.expiresAtMs, nowMs });
}

interface Presented {
  signature: string;
  expiresAtMs: number;
  nowMs: number;
}

function checkSignature(
  key: Uint8Array,
  parts: readonly unknown[],
  { signature, expiresAtMs, nowMs }: Presented,
): void {
  const expected = signatureOf(key, parts);
  const given = Buffer.from(signature, 'base64url');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new HoldfastError('forbidden', 'the signature does not fit this URL', {
      hint: 'Use the URL exactly as it was made, with the method it was made for.',
    });
  }
  if (nowMs >= expiresAtMs) {
    throw new HoldfastError('forbidden', `the URL expired at ${isoTime(expiresAtMs)}`, {
      hint: 'Sign a new one.',
    });
  }
}

/** As JSON, so that no two grants read the same. */
const signatureOf = (key: Uint8Array, parts: readonly unknown[]): Buffer =>
  createHmac('sha256', key).update(JSON.stringify(parts)).digest();

function filePartsOf({ method, tenant, sandbox, path, expiresAtMs }: FileGrant): readonly unknown[] {
  return ['holdfast-file-1', method, tenant, sandbox, path, expiresAtMs];
}

function approvalPartsOf({ tenant, approval, person, expiresAtMs }: ApprovalGrant): readonly unknown[] {
  return ['holdfast-approval-1', tenant, approval, person, expiresAtMs];
}
