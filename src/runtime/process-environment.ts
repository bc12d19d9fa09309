import { usualEnvironment } from '../compute/index.ts';
import { HoldfastError } from '../schema/index.ts';
import type { SandboxRecord } from '../state/index.ts';

/** The agent finds a process's descendants by it where the host has no limit groups. */
const reserved = 'HOLDFAST_PROCESS';

interface Around {
  terminal: boolean;
  network: Record<string, string>;
  /** What its contract fixes; null is a variable that is left out. */
  held: Readonly<Record<string, string | null>>;
}

/** What every process inside starts with; the sandbox's own variables and the call's come on top, in this order. */
export function environmentOf(
  record: SandboxRecord,
  own: Record<string, string>,
  { terminal, network, held }: Around,
): Record<string, string> {
  if (reserved in own || reserved in record.environment) {
    throw new HoldfastError('invalid-argument', `the variable ${reserved} is the runtime's own`, {
      hint: 'Use another name.',
    });
  }
  const usual: Record<string, string | null> = {
    ...usualEnvironment(record.user),
    ...(terminal ? { TERM: 'xterm-256color' } : {}),
    ...network,
    ...held,
  };
  const set = Object.entries(usual).filter((pair): pair is [string, string] => pair[1] !== null);
  return { ...Object.fromEntries(set), ...record.environment, ...own };
}
