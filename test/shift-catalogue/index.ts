/** Every mutation of the catalogue, in the order of the sections. */
import { ends } from './ends.ts';
import { environment } from './environment.ts';
import { exec } from './exec.ts';
import { files } from './files.ts';
import { filesystem } from './filesystem.ts';
import { identity } from './identity.ts';
import { lifecycle } from './lifecycle.ts';
import type { Mutation } from './mutation.ts';
import { network } from './network.ts';
import { resources } from './resources.ts';
import { shells } from './shell.ts';
import { userland } from './userland.ts';

export { latency } from './latency.ts';
export type { LatencyMutation, Mutation } from './mutation.ts';

/** A library that all programs load is named in a file of /etc, whose names are a field of their own. */
const withLibrary = (one: Mutation): Mutation =>
  one.preload === undefined ? one : { ...one, names: [...one.names, 'filesystem.etc'] };

const all: readonly Mutation[] = [
  ...identity,
  ...shells,
  ...userland,
  ...environment,
  ...exec,
  ...ends,
  ...files,
  ...filesystem,
  ...network,
  ...resources,
  ...lifecycle,
];

export const catalogue: readonly Mutation[] = all.map(withLibrary);
