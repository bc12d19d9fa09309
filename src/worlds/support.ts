/** What can be held still where, and how: what `holdfast world table` prints. */
import type { SubstrateName } from '../schema/index.ts';

export interface Support {
  what: string;
  /** From which grade on it counts. */
  grade: 'D1' | 'D2' | 'D3' | 'D4';
  how: Record<Exclude<SubstrateName, 'fake'>, string>;
}

const everywhere = (how: string): Support['how'] => ({ namespace: how, gvisor: how, microvm: how, vm: how });
const byLibrary = 'libfaketime in the template: programs with the C library; not static ones, not Go';
const no = 'no: the kernel’s own';
const ownClock = 'the guest kernel’s begins there, and runs';

export const support: readonly Support[] = [
  { what: 'files', grade: 'D1', how: everywhere('a snapshot, by digest') },
  { what: 'requests', grade: 'D1', how: everywhere('the tape; what it does not know is refused and counted') },
  { what: 'names', grade: 'D1', how: everywhere('those of the tape; all others do not exist') },
  {
    what: 'package registries',
    grade: 'D1',
    how: everywhere('the tape, as of the day it was recorded; tools are set to them where a preset did it then'),
  },
  { what: 'wall clock', grade: 'D2', how: everywhere(byLibrary) },
  {
    what: 'wall clock of other programs',
    grade: 'D2',
    how: { namespace: no, gvisor: no, microvm: ownClock, vm: ownClock },
  },
  { what: 'monotonic clock', grade: 'D2', how: everywhere('no: it runs, so that programs can wait') },
  { what: 'hash seeds', grade: 'D3', how: everywhere('variables of Python and Perl') },
  { what: 'getrandom', grade: 'D3', how: everywhere('not there (ENOSYS): who asks reads /dev/urandom then') },
  {
    what: '/dev/urandom, /dev/random',
    grade: 'D3',
    how: everywhere('follows from the seed, for every program; begins anew for each that opens it'),
  },
  {
    what: '/proc/sys/kernel/random/uuid',
    grade: 'D3',
    how: everywhere('follows from the seed; the same at every reading'),
  },
  {
    what: 'what mixes an address of its own in: OpenSSL',
    grade: 'D3',
    how: {
      ...everywhere('follows from the seed, as addresses are not drawn'),
      gvisor: 'no: gVisor draws addresses by itself',
    },
  },
  {
    what: 'addresses of programs',
    grade: 'D4',
    how: { ...everywhere('not drawn, where the world has a seed'), gvisor: 'no: gVisor draws them by itself' },
  },
  {
    what: 'AT_RANDOM, RDRAND, the cycle counter',
    grade: 'D4',
    how: everywhere('no: Go’s maps and others draw from them'),
  },
  {
    what: 'process numbers',
    grade: 'D3',
    how: { namespace: 'begin at 1 in each sandbox', gvisor: 'begin at 1 in each sandbox', microvm: no, vm: no },
  },
  { what: 'certificate authority', grade: 'D4', how: everywhere('the world’s: the same in each of its sandboxes') },
  { what: 'machine id and host name', grade: 'D4', how: everywhere('follow from the seed') },
  {
    what: 'all of it, with libfaketime and OpenSSL',
    grade: 'D4',
    how: { ...everywhere('D4'), gvisor: 'D2; D4 without OpenSSL' },
  },
];
