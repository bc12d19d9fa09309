import { HoldfastError } from '../schema/index.ts';
import type { SandboxRecord } from '../state/index.ts';

/** The agent finds a process's descendants by it where the host has no limit groups. */
const reserved = 'HOLDFAST_PROCESS';

/** What every process inside starts with; the sandbox's own variables and the call's come on top, in this order. */
export function environmentOf(
  record: SandboxRecord,
  own: Record<string, string>,
  terminal: boolean,
  network: Record<string, string>,
): Record<string, string> {
  if (reserved in own || reserved in record.environment) {
    throw new HoldfastError('invalid-argument', `the variable ${reserved} is the runtime's own`, {
      hint: 'Use another name.',
    });
  }
  const isRoot = record.user === 'root';
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: isRoot ? '/root' : '/home/agent',
    USER: record.user,
    LOGNAME: record.user,
    SHELL: '/bin/sh',
    LANG: 'C.UTF-8',
    ...(terminal ? { TERM: 'xterm-256color' } : {}),
    ...network,
    ...record.environment,
    ...own,
  };
}
