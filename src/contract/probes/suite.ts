/** Which probes ask, as one digest: observations compare only where it is the same. */
import { fieldRegistry } from '../fields/index.ts';
import { digestOf } from '../profile/index.ts';
import { doorProbes } from './doors/index.ts';
import { normalisers } from './normalisers.ts';
import { operations } from './operations.ts';
import type { Programs } from './programs.ts';

/** Raised when a door probe or an operation changes its meaning; programs are in the digest with their text. */
const version = '3';

export function suiteOf({ prelude, programs }: Programs): { version: string; digest: string } {
  const fields = fieldRegistry.map(({ id, comparison }) => [id, comparison]);
  const doors = doorProbes.map(({ name, fields: asked }) => [name, ...asked]);
  const masks = normalisers.map(({ name, pattern, becomes }) => [name, pattern.source, becomes]);
  const texts = programs.map(({ name, text }) => [name, text]);
  const timed = operations.map(({ id, role, script }) => [id, role, script ?? '']);
  return { version, digest: digestOf({ version, fields, doors, masks, prelude, texts, timed }) };
}
