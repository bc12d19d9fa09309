/** Randomness, through one door. */
import { randomBytes } from 'node:crypto';
import { formatId, type IdKind } from '../schema/index.ts';
import type { Clock } from './clock.ts';

export type RandomSource = (bytes: number) => Uint8Array;

/** Bytes for many ids are fetched at once: one by one they cost more than all else about an id. Each is given out once. */
export const systemRandom: RandomSource = (bytes) => {
  if (bytes > mostFromStore) return randomBytes(bytes);
  if (store.length < bytes) store = randomBytes(storeBytes);
  const given = store.subarray(0, bytes);
  store = store.subarray(bytes);
  return given;
};

const mostFromStore = 16;
const storeBytes = 4096;
let store = Buffer.alloc(0);

export type IdMaker = (kind: IdKind) => string;

export const idMaker =
  (clock: Clock, random: RandomSource): IdMaker =>
  (kind) =>
    formatId(kind, clock.nowMs(), random(10));
