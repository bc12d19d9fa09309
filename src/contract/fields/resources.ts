/** What there is to use: what is reported, and what the limits say. */
import { type FieldSpec, fieldsOf } from './field.ts';

const workers = 'programs start more workers than there is room for, or fewer';

export const resourceFields: readonly FieldSpec[] = fieldsOf([
  ['resources.cpus-reported', 'more', 'CPUs that nproc reports', workers],
  ['resources.cpus-visible', 'more', 'CPUs that /proc shows', workers],
  [
    'resources.cpu-ceiling',
    'more',
    'CPU time the control group allows, in thousandths of a CPU',
    'work takes longer than it did',
  ],
  ['resources.cpu-features', 'set', 'notable features of the CPU', 'compiled programs crash on an unknown instruction'],
  [
    'resources.memory-reported',
    'more',
    'memory that /proc reports, in MiB, in steps of 64',
    'programs size their heaps for memory they do not have',
  ],
  [
    'resources.memory-ceiling',
    'more',
    'memory the control group allows, in MiB',
    'processes are ended for lack of memory',
  ],
  ['resources.memory-usable', 'more', 'of 64 MiB at once, how many a program gets', 'allocations fail'],
  ['resources.memory-limit', 'more', 'address space a process may have, in KiB', 'allocations fail'],
  ['resources.swap', 'more', 'swap in MiB', 'processes are ended for lack of memory'],
  ['resources.processes-ceiling', 'more', 'processes the control group allows', 'parallel builds fail to fork'],
  ['resources.processes-limit', 'more', 'processes the user may have', 'parallel builds fail to fork'],
  ['resources.processes-startable', 'more', 'of 64 processes at once, how many start', 'parallel builds fail to fork'],
  ['resources.open-files', 'more', 'files a process may have open', 'servers and watchers fail'],
  ['resources.open-files-hard', 'more', 'files it may ask to have open', 'servers and watchers fail'],
  ['resources.stack', 'more', 'stack in KiB', 'deep recursion crashes'],
  ['resources.file-size', 'more', 'largest file in blocks', 'writing a large file ends the program'],
  ['resources.core-files', 'exact', 'size of core files', 'crashes leave large files, or none'],
  ['resources.locked-memory', 'more', 'memory a process may lock, in KiB', 'programs that lock memory fail'],
  ['resources.cpu-seconds', 'more', 'CPU seconds a process may use', 'long work is ended'],
  ['resources.argument-bytes', 'more', 'bytes of arguments and environment', 'commands with many files fail'],
  [
    'resources.control-groups',
    'exact',
    'version of control groups that is seen',
    'programs that read their limits find none',
  ],
  ['resources.page-size', 'exact', 'size of a page', 'compiled programs do not start'],
  ['resources.kernel', 'exact', 'kernel', 'system calls are missing or behave differently'],
  ['resources.accelerators', 'set', 'graphics and other accelerators', 'programs fall back to the CPU, or fail'],
  [
    'resources.virtualisation',
    'exact',
    'hints of a virtual machine or container',
    'programs behave as in a container, or not',
  ],
]);
