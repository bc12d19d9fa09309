/** On which substrates each kind of fault comes, and what it needs there: what `faults list --where` prints. */
import type { FaultKind, SubstrateName } from '../schema/index.ts';

export type Where = Record<Exclude<SubstrateName, 'fake'>, string>;

const everywhere = (what: string): Where => ({ namespace: what, gvisor: what, microvm: what, vm: what });

const kernelBetween = 'no: the kernel in between would die of it';
const noMount = 'no: its mounts are not changed from outside';
const limited = 'where it has such a limit';
const clocks: Where = {
  namespace: 'libfaketime in the template',
  gvisor: 'libfaketime in the template',
  microvm: 'its kernel’s clock, for every program',
  vm: 'its kernel’s clock, for every program',
};

const atDoor = 'file operations of the door';
const ownDisk = `its own disk (--disk, a daemon of root), else ${atDoor}`;

const special: Partial<Record<FaultKind, Where>> = {
  'filesystem.no-space': { ...everywhere(atDoor), namespace: ownDisk },
  'filesystem.no-access': everywhere(atDoor),
  'filesystem.io-error': everywhere(atDoor),
  'filesystem.slow': everywhere(atDoor),
  'filesystem.read-only': {
    namespace: 'where the daemon is root',
    gvisor: noMount,
    microvm: noMount,
    vm: noMount,
  },
  'resources.memory': { ...everywhere(kernelBetween), namespace: limited },
  'resources.processes': { ...everywhere(kernelBetween), namespace: limited },
  'resources.cpu': everywhere(limited),
  'clock.offset': clocks,
  'clock.jump': clocks,
  'network.server-error': everywhere('where requests are read'),
  'network.redirect-loop': everywhere('where requests are read'),
};

export function whereOf(kind: FaultKind): Where {
  return special[kind] ?? everywhere(kind.startsWith('network.') ? 'with a network' : 'yes');
}
