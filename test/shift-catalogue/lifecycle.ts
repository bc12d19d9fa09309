/** How a sandbox begins and what it keeps through snapshots and suspension. */
import { tmpdir } from 'node:os';
import { compiled } from './libraries.ts';
import type { Mutation } from './mutation.ts';
import { onSession } from './wrap.ts';

const quietly = (script: string): { command: string; timeoutMs: number } => ({ command: script, timeoutMs: 20_000 });

const library = '/tmp/holdfast-random-repeats.so';

export const lifecycle: readonly Mutation[] = [
  {
    id: 'lifetime-shorter',
    what: 'a sandbox lives ten minutes',
    names: ['lifecycle.lifetime'],
    create: { lifetimeMs: 600_000 },
  },
  {
    id: 'snapshot-forgets',
    what: 'files in /tmp are in no copy',
    names: ['snapshot.files', 'snapshot.'],
    wrap: onSession(({ fork }) => ({
      ...(fork && {
        fork: async (signal) => {
          const copy = await fork(signal);
          await copy.exec(quietly('rm -rf /tmp/*'), signal);
          return copy;
        },
      }),
    })),
  },
  {
    // What is read in the sandbox that was copied stays as random as it was.
    id: 'copies-draw-alike',
    what: 'two copies draw the same random bytes',
    names: ['snapshot.entropy'],
    wrap: onSession(({ fork }) => ({
      ...(fork && {
        fork: async (signal) => {
          const copy = await fork(signal);
          await copy.writeFile(library, compiled('random-repeats', tmpdir()), signal);
          const environment = { LD_PRELOAD: library };
          return { ...copy, exec: (request, own) => copy.exec({ ...request, environment }, own) };
        },
      }),
    })),
  },
  {
    id: 'copies-share',
    what: 'a copy is the same sandbox by another name',
    names: ['snapshot.isolated', 'snapshot.'],
    wrap: onSession((session) => ({ fork: async () => ({ ...session, close: async () => undefined }) })),
  },
  {
    id: 'copies-none',
    what: 'no copies can be made',
    names: ['snapshot.files', 'snapshot.'],
    wrap: onSession((session) => ({
      fork: async (signal) => ({
        ...session,
        exec: () => session.exec(quietly('echo lost; echo gone'), signal),
        close: async () => undefined,
      }),
    })),
  },
  {
    id: 'suspend-ends-processes',
    what: 'processes do not live through a suspension',
    names: ['lifecycle.suspend'],
    wrap: onSession(({ exec, suspendAndResume }) => ({
      suspendAndResume: async (signal) => {
        await suspendAndResume?.(signal);
        await exec(quietly('kill -9 -1'), signal);
      },
    })),
  },
  {
    id: 'suspend-loses-files',
    what: 'files in /tmp do not live through a suspension',
    names: ['lifecycle.suspend'],
    wrap: onSession(({ exec, suspendAndResume }) => ({
      suspendAndResume: async (signal) => {
        await suspendAndResume?.(signal);
        await exec(quietly('rm -rf /tmp/*'), signal);
      },
    })),
  },
  {
    id: 'service-running',
    what: 'cron runs from the start',
    names: ['lifecycle.services', 'lifecycle.processes'],
    layer: { script: 'cp /usr/bin/sleep /usr/sbin/cron' },
    wrap: onSession(async ({ exec }) => {
      await exec(quietly('(exec cron 3600) >/dev/null 2>&1 </dev/null &'), new AbortController().signal);
      return {};
    }),
    quick: true,
  },
  {
    id: 'machine-id-missing',
    what: 'there is no machine id',
    names: ['lifecycle.machine-id', 'snapshot.identity', 'filesystem.etc'],
    layer: { script: 'rm -f /etc/machine-id' },
    quick: true,
  },
  {
    id: 'machine-id-shared',
    what: 'copies have one machine id',
    names: ['snapshot.identity'],
    layer: { script: 'rm -f /etc/machine-id; echo 0123456789abcdef0123456789abcdef >/etc/machine-id' },
  },
  {
    id: 'orphans-stay',
    what: 'the first process waits for nobody',
    base: 'busybox',
    names: ['lifecycle.reaps-orphans', 'lifecycle.'],
    instead: { top: 'lifecycle.first-process', why: 'it is another program' },
    container: (usual) => ({ ...usual, process: { ...usual.process, args: ['sleep', '100000'] } }),
  },
];
