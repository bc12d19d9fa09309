/**
 * What lets somebody into a signed preview: the token of its URL, and the cookie that the token is exchanged for.
 *
 * 1. Both are signed over the preview's id and its end, with the key of signed file URLs; neither passes for the other,
 *    for another preview, or for a file.
 * 2. A signature is compared in constant time, before anything that the token says is believed.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

export type Pass = 'token' | 'cookie';
export type Verdict = 'good' | 'wrong' | 'other-key' | 'expired';

/** Names the key, so that a token from before a change of key says so; tells nothing of it. */
export function keyVersion(key: Uint8Array): string {
  return createHash('sha256').update('holdfast-preview-key').update(key).digest('hex').slice(0, 8);
}

export function makePass(key: Uint8Array, pass: Pass, preview: { id: string; expiresMs: number }): string {
  const { id, expiresMs } = preview;
  return `${keyVersion(key)}.${expiresMs.toString(36)}.${signatureOf(key, pass, id, expiresMs).toString('base64url')}`;
}

export function checkPass(key: Uint8Array, pass: Pass, text: string, preview: { id: string; nowMs: number }): Verdict {
  const [, version, expires, signature] = /^([0-9a-f]{8})\.([0-9a-z]{1,11})\.([\w-]{43})$/.exec(text) ?? [];
  if (version === undefined || expires === undefined || signature === undefined) return 'wrong';
  const expiresMs = Number.parseInt(expires, 36);
  const given = Buffer.from(signature, 'base64url');
  if (!timingSafeEqual(given, signatureOf(key, pass, preview.id, expiresMs))) {
    return version === keyVersion(key) ? 'wrong' : 'other-key';
  }
  return preview.nowMs < expiresMs ? 'good' : 'expired';
}

function signatureOf(key: Uint8Array, pass: Pass, id: string, expiresMs: number): Buffer {
  // As JSON, so that no two texts read the same.
  return createHmac('sha256', key)
    .update(JSON.stringify([`holdfast-preview-${pass}-1`, id, expiresMs]))
    .digest();
}
