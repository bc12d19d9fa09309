/** Slower operations, one at a time: by half, or one call of twenty by 200 ms; and calls that break. */
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Target, TargetError, type TargetSession } from '../../src/contract/index.ts';
import { seededRandom } from '../../src/contract/statistics/random.ts';
import { compiled } from './libraries.ts';
import type { LatencyMutation } from './mutation.ts';
import { onSession } from './wrap.ts';

type Delay = (tookMs: number) => number;

const byHalf: Delay = (tookMs) => tookMs / 2;

/** Drawn anew for every target, in an order that is the same in every run. */
function nowAndThen(id: string): Delay {
  const random = seededRandom('tail', id);
  return () => (random.next() < 0.05 ? 200 : 0);
}

/** Timers have a grain of a millisecond; what is left is waited for awake. */
async function wait(ms: number): Promise<void> {
  const endMs = performance.now() + ms;
  if (ms > 3) await sleep(ms - 2);
  while (performance.now() < endMs);
}

function delayed(delay: Delay): (target: Target) => Target {
  const held =
    <Words extends unknown[], Answer>(work: (...words: Words) => Promise<Answer>) =>
    async (...words: Words): Promise<Answer> => {
      const startedMs = performance.now();
      try {
        return await work(...words);
      } finally {
        await wait(delay(performance.now() - startedMs));
      }
    };
  return onSession((session: TargetSession) => ({
    exec: held(session.exec),
    writeFile: held(session.writeFile),
    readFile: held(session.readFile),
  }));
}

const breaks = seededRandom('breaks');
const library = '/tmp/holdfast-slow-sync.so';

const execClass = ['noop', 'program', 'not-found', 'stdin', 'output', 'pipeline'].map((name) => `exec.${name}`);
const others = ['userland.python', 'filesystem.create', 'file.write-small', 'file.read-small', 'file.write-large'];

const slower = (operation: string): LatencyMutation => ({
  id: `slower-${operation.replace('.', '-')}`,
  what: `${operation}: slower by half`,
  operation,
  names: [`latency.${operation}`, `latency.${operation}.class`],
  wrap: delayed(byHalf),
});

const tailed = (operation: string): LatencyMutation => ({
  id: `tail-${operation.replace('.', '-')}`,
  what: `${operation}: 200 ms more in one call of twenty`,
  operation,
  names: [`latency.${operation}.tail`],
  wrap: delayed(nowAndThen(operation)),
});

export const latency: readonly LatencyMutation[] = [
  ...execClass.map(slower),
  slower('userland.python'),
  ...[...execClass, ...others, 'filesystem.sync'].map(tailed),
  {
    id: 'breaks-exec-noop',
    what: 'exec.noop: one call of twenty breaks',
    operation: 'exec.noop',
    names: ['latency.exec.noop.errors'],
    wrap: onSession(({ exec }) => ({
      exec: async (request, signal) => {
        if (breaks.next() < 0.05) throw new TargetError('runtime', 'refused', '503 service unavailable');
        return exec(request, signal);
      },
    })),
  },
  {
    // A tail of what comes once a session is in no dozen of sessions: only how long it usually takes can be told.
    id: 'slower-lifecycle-open',
    what: 'lifecycle.open: takes twice as long',
    operation: 'lifecycle.open',
    effect: 2,
    names: ['latency.lifecycle.open', 'latency.lifecycle.open.class'],
    wrap: (target) => ({
      features: target.features,
      describe: (signal) => target.describe(signal),
      open: async (signal) => {
        const startedMs = performance.now();
        const session = await target.open(signal);
        await wait(performance.now() - startedMs);
        return session;
      },
    }),
  },
  {
    id: 'slower-filesystem-sync',
    what: 'filesystem.sync: fsync takes 30 ms more',
    operation: 'filesystem.sync',
    names: ['latency.filesystem.sync', 'latency.filesystem.sync.class'],
    wrap: onSession(async ({ exec, writeFile }) => {
      await writeFile(library, compiled('slow-sync', tmpdir()), new AbortController().signal);
      return { exec: (request, signal) => exec({ ...request, environment: { LD_PRELOAD: library } }, signal) };
    }),
  },
];
