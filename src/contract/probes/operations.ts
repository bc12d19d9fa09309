/**
 * What is timed. A script's work stands between two readings of a clock inside, where one is there; a call is timed by
 * the prober around all of it. Yardsticks do work in which no door of the runtime takes part.
 */
import type { roles } from '../profile/index.ts';

export interface Operation {
  id: string;
  role: (typeof roles)[number];
  /** Of a class, for reports. */
  what: string;
  /** Work timed inside. */
  script?: string;
  /** Something other than a script. */
  call?:
    | 'noop'
    | 'program'
    | 'not-found'
    | 'stdin'
    | 'output'
    | 'write-small'
    | 'read-small'
    | 'write-large'
    | 'control';
}

const spawnEight = 'n=0; while [ $n -lt 8 ]; do sh -c :; n=$((n + 1)); done';

export const operations: readonly Operation[] = [
  { id: 'control.spawn', role: 'control', what: 'starting a shell on the prober’s own machine', call: 'control' },
  {
    id: 'yardstick.shell',
    role: 'yardstick',
    what: 'counting to 4000 in the shell',
    script: 'n=0; while [ $n -lt 4000 ]; do n=$((n + 1)); done',
  },
  { id: 'yardstick.spawn', role: 'yardstick', what: 'starting eight shells inside', script: spawnEight },
  { id: 'exec.noop', role: 'operation', what: 'a command that does nothing', call: 'noop' },
  { id: 'exec.program', role: 'operation', what: 'a small program', call: 'program' },
  { id: 'exec.not-found', role: 'operation', what: 'a program that is not there', call: 'not-found' },
  { id: 'exec.stdin', role: 'operation', what: '64 KiB given to stdin', call: 'stdin' },
  { id: 'exec.output', role: 'operation', what: '256 KiB of output', call: 'output' },
  {
    id: 'exec.pipeline',
    role: 'operation',
    what: 'a pipe of three programs',
    script: "printf 'b\\na\\n' | sort | head -n 1 >/dev/null",
  },
  { id: 'userland.python', role: 'operation', what: 'starting Python', script: 'python3 -c pass </dev/null' },
  {
    id: 'filesystem.create',
    role: 'operation',
    what: 'making and removing 50 files',
    script: 'mkdir "$w" && n=0; while [ $n -lt 50 ]; do : >"$w/$n"; n=$((n + 1)); done; rm -r "$w"',
  },
  {
    id: 'filesystem.sync',
    role: 'operation',
    what: 'writing 64 KiB to the disk for certain',
    script: 'dd if=/dev/zero of="$w" bs=65536 count=1 conv=fsync 2>/dev/null; s=$?; rm -f "$w"; [ $s = 0 ]',
  },
  { id: 'file.write-small', role: 'operation', what: 'writing a file of 4 KiB', call: 'write-small' },
  { id: 'file.read-small', role: 'operation', what: 'reading a file of 4 KiB', call: 'read-small' },
  { id: 'file.write-large', role: 'operation', what: 'writing a file of 1 MiB', call: 'write-large' },
];
