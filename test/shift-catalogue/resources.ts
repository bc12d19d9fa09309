/** What there is to use. */
import type { Mutation } from './mutation.ts';
import { behind, type Wrap } from './wrap.ts';

const limited = (...options: string[]): Wrap => behind('sh', '-c', `ulimit ${options.join(' ')} && exec "$@"`, 'sh');

export const resources: readonly Mutation[] = [
  {
    id: 'processes-few',
    what: 'room for 32 processes',
    names: ['resources.processes-startable', 'resources.processes-ceiling', 'resources.processes-limit', 'failures.'],
    create: { limits: { processes: 32 } },
  },
  {
    id: 'processes-few-container',
    what: 'room for 32 processes in a container',
    base: 'busybox',
    names: ['resources.processes-startable', 'resources.processes-ceiling', 'failures.', 'shell.'],
    container: (usual) => ({ ...usual, linux: { ...usual.linux, resources: { pids: { limit: 32 } } } }),
  },
  {
    id: 'files-few',
    what: 'a process may have 64 files open',
    names: ['resources.open-files', 'resources.open-files-hard'],
    create: { limits: { openFiles: 64 } },
    quick: true,
  },
  {
    id: 'memory-less',
    what: 'half a GiB of memory',
    names: ['resources.memory-reported', 'resources.memory-ceiling', 'filesystem.shared-memory', 'resources.swap'],
    create: { limits: { memoryBytes: 512 * 1024 * 1024 } },
    quick: true,
  },
  {
    id: 'processor-less',
    what: 'half a CPU',
    names: ['resources.cpus-reported', 'resources.cpu-ceiling'],
    create: { limits: { cpus: 0.5 } },
    quick: true,
  },
  {
    id: 'stack-small',
    what: 'a stack of 1 MiB',
    names: ['resources.stack', 'resources.argument-bytes'],
    wrap: limited('-s', '1024'),
    quick: true,
  },
  {
    id: 'files-small',
    what: 'files of at most 1 MiB',
    names: ['resources.file-size', 'filesystem.sparse'],
    wrap: limited('-f', '1024'),
    quick: true,
  },
  {
    id: 'time-short',
    what: 'a process may use 60 seconds of CPU',
    names: ['resources.cpu-seconds'],
    wrap: limited('-t', '60'),
    quick: true,
  },
  {
    id: 'address-space-small',
    what: 'a process may map 4 GiB',
    names: ['resources.memory-limit'],
    wrap: limited('-v', '4194304'),
    quick: true,
  },
  {
    id: 'locked-memory-none',
    what: 'no memory may be locked',
    names: ['resources.locked-memory'],
    wrap: limited('-l', '0'),
    quick: true,
  },
  {
    id: 'core-files',
    what: 'crashes leave no core files, or small ones',
    base: 'busybox',
    names: ['resources.core-files'],
    wrap: behind('sh', '-c', '[ "$(ulimit -c)" = 0 ] && l=100 || l=0; ulimit -c $l && exec "$@"', 'sh'),
    quick: true,
  },
  {
    id: 'processors-hidden',
    what: 'nproc says one',
    names: ['resources.cpus-reported'],
    wrap: behind('taskset', '-c', '0'),
    quick: true,
  },
];
