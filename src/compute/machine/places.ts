/**
 * Where the files of machines lie below home. The launcher opens them by these paths and hands QEMU descriptors; the user
 * QEMU runs as can reach none of them by name.
 */
import { dirname, join } from '../../base/index.ts';
import { HoldfastError } from '../../schema/index.ts';
import type { RootView } from '../types.ts';

export interface MachinePlaces {
  /** Everything that is not one sandbox's. */
  readonly shared: string;
  /** The root QEMU itself runs in. */
  readonly frame: string;
  readonly images: string;
  readonly kernels: string;
  readonly memories: string;
  /** For sockets, whose names have little room. */
  readonly run: string;
  /** What QEMU saves arrives through sockets in here. */
  readonly saves: string;
  sandbox(id: string): SandboxPlaces;
}

export interface SandboxPlaces {
  directory: string;
  /** QEMU's own root: nothing of the guest is in it. */
  upper: string;
  work: string;
  /** What is known of the machine; see record.ts. */
  record: string;
  /** Guest memory, when it is the machine's own. */
  memory: string;
  /** The disk of its own, see work-disk.ts. */
  disk: string;
}

export function machinePlaces(home: string): MachinePlaces {
  const shared = join(home, 'machine');
  const run = join(home, 'run');
  return {
    shared,
    frame: join(shared, 'frame'),
    images: join(shared, 'images'),
    kernels: join(shared, 'kernels'),
    memories: join(shared, 'memories'),
    run,
    saves: join(run, 'saves'),
    sandbox: (id) => {
      const directory = join(home, 'sandboxes', id, 'machine');
      return {
        directory,
        upper: join(directory, 'upper'),
        work: join(directory, 'work'),
        record: join(directory, 'machine.json'),
        memory: join(directory, 'memory'),
        disk: join(directory, 'disk'),
      };
    },
  };
}

/** Beside the agent's socket: the path of a unix socket has little room. */
export function machineSockets(agentSocket: string): { machine: string; monitor: string; relay: string } {
  const stem = agentSocket.replace(/\.sock$/, '');
  return { machine: `${stem}.m.sock`, monitor: `${stem}.q.sock`, relay: `${stem}.r.sock` };
}

/** The id of the layer whose tree this is. */
export function layerOf(tree: string): string {
  return dirname(tree).split('/').at(-1) ?? '';
}

/** The template's layer of a root: a machine's disk. */
export function baseOf({ lower }: Pick<RootView, 'lower'>): string {
  const base = lower.at(-1);
  if (base === undefined) throw new HoldfastError('internal', 'a root without a base layer');
  return base;
}
