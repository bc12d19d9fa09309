/** The ways to launch, for suites that are run on each. */
import { spawnSync } from 'node:child_process';
import { expect } from 'vitest';
import { Refusal } from './launcher-frames.ts';
import type { RigOptions } from './launcher-rig.ts';

const isRoot = process.getuid?.() === 0;
const ordinaryUser = 1000;
const bubblewrap = spawnSync('bwrap', ['--version']).status === 0;

interface Variant {
  name: string;
  options: RigOptions;
  possible: boolean;
}

export const variants: Variant[] = [
  { name: 'root, fork', options: {}, possible: isRoot },
  { name: 'ordinary user, fork', options: { uid: ordinaryUser }, possible: isRoot },
  { name: 'root, bwrap', options: { launcher: 'bwrap' }, possible: isRoot && bubblewrap },
  { name: 'ordinary user, bwrap', options: { uid: ordinaryUser, launcher: 'bwrap' }, possible: isRoot && bubblewrap },
];

/** The same, mounting roots as kernels before 6.5 need it. */
export const onOlderKernels: Variant[] = variants.map(({ name, options, possible }) => ({
  name: `${name}, as on Linux before 6.5`,
  options: { ...options, flags: 1 },
  possible,
}));

export async function refusal(promise: Promise<unknown>): Promise<Refusal> {
  return promise.then(
    () => expect.fail('not refused'),
    (error: unknown) => {
      if (error instanceof Refusal) return error;
      throw error;
    },
  );
}
