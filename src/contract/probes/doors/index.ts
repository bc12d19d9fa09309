import { copyProbe, lifeProbe } from './copies.ts';
import type { DoorProbe } from './door.ts';
import { filesProbe } from './files.ts';
import { blockingProbe, persistenceProbe } from './persistence.ts';
import { argumentProbe, beginningProbe, statusProbe } from './statuses.ts';
import { outputProbe, stdinProbe } from './streams.ts';
import { timeoutProbe } from './timeouts.ts';

export type { Door, DoorProbe } from './door.ts';

/** In the order in which they run: what may leave something behind comes last. */
export const doorProbes: readonly DoorProbe[] = [
  statusProbe,
  beginningProbe,
  argumentProbe,
  stdinProbe,
  outputProbe,
  persistenceProbe,
  filesProbe,
  blockingProbe,
  timeoutProbe,
  copyProbe,
  lifeProbe,
];
