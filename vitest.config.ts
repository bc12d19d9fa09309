import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './scripts/longest-first.ts';
import { makingMachines } from './scripts/making-machines.ts';

// Tests start hundreds of Nodes on the same files; the command line keeps its cache there as well.
process.env['NODE_COMPILE_CACHE'] ??= join(import.meta.dirname, '.holdfast/cache');

const system = {
  testTimeout: 60_000,
  hookTimeout: 60_000,
  // What is waited for may be in an emulated machine.
  expect: { poll: { timeout: 10_000 } },
};

/** What measures this machine itself, or changes what is all of its; beside another file its figures would be the neighbour's. */
const measuring = [
  'src/compute/machine/accelerator.system.test.ts',
  'test/system/contract/profiles.test.ts',
  'test/system/doctor-time.test.ts',
  'test/system/machine-doctor.test.ts',
  'test/system/machine-kvm.test.ts',
  // It says where cores go, which test/system/security/escape.test.ts watches.
  'test/system/network/cores.test.ts',
  'test/system/network/hostile.test.ts',
];

const machines = makingMachines(import.meta.dirname).filter((path) => !measuring.includes(path));

/**
 * `unit` needs no host powers, and runs three files for two CPUs. `machines` and `system` make real sandboxes, each file in a home of
 * its own. Two files that make virtual machines leave no CPU idle, and three take twice as long each; most others wait for
 * something: of two CPUs two of them leave a third idle. `measuring` runs one file at a time, after the others; `user` is no part of
 * a whole run.
 */
export default defineConfig({
  test: {
    globalSetup: 'scripts/test-setup.ts',
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'test/unit/**/*.test.ts'],
          exclude: ['**/*.system.test.ts'],
          testTimeout: 20_000,
          // Half of their time they wait: for a process, a deadline, a disk.
          maxWorkers: Math.ceil(1.5 * availableParallelism()),
          // Files run side by side, and each waits for the others' processes.
          expect: { poll: { timeout: 10_000 } },
          // As the gateway has it: src/network/tape/rules.ts.
          execArgv: ['--enable-experimental-regexp-engine'],
        },
      },
      {
        test: { ...system, name: 'machines', include: machines, maxWorkers: 2, sequence: { groupOrder: 1 } },
      },
      {
        test: {
          ...system,
          name: 'system',
          include: ['src/**/*.system.test.ts', 'test/system/**/*.test.ts'],
          exclude: [...measuring, ...machines],
          maxWorkers: 3,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: { ...system, name: 'measuring', include: measuring, maxWorkers: 1, sequence: { groupOrder: 3 } },
      },
      {
        // Run by test/system/as-user.test.ts, under an ordinary user's id.
        test: {
          ...system,
          name: 'user',
          include: ['test/user/**/*.test.ts'],
          maxWorkers: 1,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
});
