/** Randomness, through one door. */
import { randomBytes } from 'node:crypto';
import { formatId, type IdKind } from '../schema/index.ts';
import type { Clock } from './clock.ts';

export type RandomSource = (bytes: number) => Uint8Array;

export const systemRandom: RandomSource = (bytes) => randomBytes(bytes);

export type IdMaker = (kind: IdKind) => string;

export const idMaker =
  (clock: Clock, random: RandomSource): IdMaker =>
  (kind) =>
    formatId(kind, clock.nowMs(), random(10));
