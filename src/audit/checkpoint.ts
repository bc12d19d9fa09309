/**
 * Checkpoints: how large the log was and what its tree's root was, signed. They are signed notes in the form that
 * transparency logs use, so that others can check and keep them.
 *
 *   holdfast/audit/<key>        the log
 *   1234                        entries
 *   <root, base64>
 *   2026-11-29T06:00:00.000Z    when
 *                               (an empty line)
 *   — holdfast/audit/<key> <4 bytes that name the key, then the Ed25519 signature; base64>
 *
 * What is signed is the text up to the empty line.
 */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { isoTime, loadOrMakeKey, type RandomSource } from '../base/index.ts';

export interface Checkpoint {
  size: number;
  root: Buffer;
  /** ISO 8601. */
  at: string;
}

export interface Signer {
  origin: string;
  /** Raw 32 bytes, base64. */
  publicKey: string;
  sign(checkpoint: Checkpoint): string;
}

const seedBytes = 32;
/** DER of a private and of a public Ed25519 key, up to the key itself (RFC 8410). */
const privateHead = Buffer.from('302e020100300506032b657004220420', 'hex');
const publicHead = Buffer.from('302a300506032b6570032100', 'hex');
const algorithmEd25519 = 1;

export async function openSigner(path: string, random: RandomSource): Promise<Signer> {
  const hint =
    'Restore it from a backup. Without it, checkpoints that were signed with it cannot be told from forged ones.';
  const seed = await loadOrMakeKey({ path, bytes: seedBytes, hint }, random);
  const key = createPrivateKey({ key: Buffer.concat([privateHead, seed]), format: 'der', type: 'pkcs8' });
  const raw = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(publicHead.length);
  const origin = originOf(raw);
  return {
    origin,
    publicKey: raw.toString('base64'),
    sign(checkpoint) {
      const text = textOf(origin, checkpoint);
      const signature = Buffer.concat([keyName(origin, raw), sign(null, Buffer.from(text), key)]);
      return `${text}\n— ${origin} ${signature.toString('base64')}\n`;
    },
  };
}

/** @throws Error that says why it is none that this key signed */
export function readCheckpoint(note: string, publicKey: string): Checkpoint {
  const raw = Buffer.from(publicKey, 'base64');
  if (raw.length !== 32) throw new Error('the public key is not one of Ed25519');
  const origin = originOf(raw);
  const end = note.indexOf('\n\n');
  const text = note.slice(0, end + 1);
  const [found, size = '', root = '', at = ''] = text.split('\n');
  if (end < 0 || found !== origin) throw new Error(`it is not a checkpoint of ${origin}`);
  const line = note
    .slice(end + 2)
    .split('\n')
    .find((each) => each.startsWith(`— ${origin} `));
  const signature = Buffer.from(line?.split(' ')[2] ?? '', 'base64');
  const isOurs = signature.subarray(0, 4).equals(keyName(origin, raw));
  if (!isOurs || !verify(null, Buffer.from(text), publicObject(raw), signature.subarray(4))) {
    throw new Error('its signature does not verify');
  }
  const checkpoint = { size: Number(size), root: Buffer.from(root, 'base64'), at };
  if (!/^\d{1,15}$/.test(size) || checkpoint.root.length !== 32) throw new Error('it has no size and root');
  return checkpoint;
}

const originOf = (raw: Uint8Array): string =>
  `holdfast/audit/${createHash('sha256').update(raw).digest('hex').slice(0, 16)}`;

const textOf = (origin: string, { size, root, at }: Checkpoint): string =>
  `${origin}\n${size}\n${root.toString('base64')}\n${at}\n`;

/** As signed notes name keys. */
const keyName = (origin: string, raw: Uint8Array): Buffer =>
  createHash('sha256').update(`${origin}\n`).update(Buffer.of(algorithmEd25519)).update(raw).digest().subarray(0, 4);

const publicObject = (raw: Uint8Array): KeyObject =>
  createPublicKey({ key: Buffer.concat([publicHead, raw]), format: 'der', type: 'spki' });

export const checkpointAt = (size: number, root: Buffer, nowMs: number): Checkpoint => ({
  size,
  root,
  at: isoTime(nowMs),
});
