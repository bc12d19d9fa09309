/**
 * Programs of a sandbox begin at another time than the machine's, and their clock runs on from there: those of a replay at the
 * time at which their step began then. It reaches what libfaketime reaches; a fault of a plan that is about the clock stands above it.
 */
import { shiftedTime } from '../faults/programs.ts';
import type { SandboxAccess, Stage } from '../types.ts';

/** By how many milliseconds the clock of a sandbox's next programs is shifted; null: it is the machine's. */
export type ClockShift = (sandbox: string) => number | null;

export function setClock(shiftOf: ClockShift): Stage {
  return (call, next) => {
    const shiftMs = shiftOf(call.sandbox);
    if (shiftMs !== null && call.access) call.access = atAnotherTime(call.access, shiftMs);
    return next();
  };
}

function atAnotherTime(access: SandboxAccess, shiftMs: number): SandboxAccess {
  const time = shiftedTime(shiftMs);
  return {
    ...access,
    exec: (input, scope, as) => access.exec({ ...input, environment: { ...time, ...input.environment } }, scope, as),
    startProcess: (input, scope) =>
      access.startProcess({ ...input, environment: { ...time, ...input.environment } }, scope),
  };
}
