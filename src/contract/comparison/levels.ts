/**
 * How firmly a field is taken when no contract says it: everything a command's result can depend on is a promise, capacities
 * and what is merely installed are a range, and what only identifies the machine is free.
 */

import type { Contract } from '../document/contract.ts';
import type { Level } from '../document/terms.ts';
import { fieldOf } from '../fields/index.ts';

const free = [
  'identity.hostname',
  'resources.kernel',
  'resources.cpu-features',
  'resources.cpus-visible',
  'resources.memory-reported',
  'resources.virtualisation',
  'filesystem.root-kind',
  'filesystem.etc',
  'filesystem.layout',
  'filesystem.programs',
  'filesystem.space',
  'filesystem.watches',
  'lifecycle.processes',
  'lifecycle.age',
  'lifecycle.machine-id',
  'clock.source',
  'browser.fonts',
];
const range = [
  'environment.names',
  'environment.locales',
  'userland.present',
  'userland.python-modules',
  'userland.package-managers',
  'filesystem.mounts',
  'filesystem.root-listing',
  'filesystem.devices',
  'identity.seccomp',
  'shell.available',
  'network.interfaces',
  'network.resolvers',
  'resources.',
];

export function levelOf(id: string, contract: Contract | null): Level {
  const said = contract?.fields[id]?.level;
  if (said !== undefined) return said;
  if (contract) return 'free';
  const field = fieldOf(id);
  if (!field || free.includes(id)) return 'free';
  return range.some((name) => id.startsWith(name)) || field.comparison === 'bound' ? 'range' : 'promise';
}

/** What a difference at a level costs. */
export const levelWeights: Record<Level, number> = { promise: 8, range: 2, free: 0.5 };
