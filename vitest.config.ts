import { defineConfig } from 'vitest/config';

/**
 * Two projects: `unit` needs no host powers and runs in under a minute; `system` makes real sandboxes and runs one file
 * at a time, because two cores shared by many sandboxes would turn deadlines into coin flips.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'test/unit/**/*.test.ts'],
          exclude: ['**/*.system.test.ts'],
          testTimeout: 20_000,
          // By default one CPU stays idle, which is half of a small machine.
          maxWorkers: '100%',
          // Files run side by side, and each waits for the others' processes.
          expect: { poll: { timeout: 10_000 } },
          // As the gateway has it: src/network/tape/rules.ts.
          execArgv: ['--enable-experimental-regexp-engine'],
        },
      },
      {
        // Run by test/system/as-user.test.ts, under an ordinary user's id.
        test: {
          name: 'user',
          include: ['test/user/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'system',
          include: ['src/**/*.system.test.ts', 'test/system/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // What is waited for may be in an emulated machine.
          expect: { poll: { timeout: 10_000 } },
          fileParallelism: false,
        },
      },
    ],
  },
});
