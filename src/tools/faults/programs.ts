/**
 * A sandbox whose programs start under a fault: late, standing still, ended by a signal, with fewer files, at another time.
 * It really happens, inside, by the shell that starts the program in its place.
 *
 * 1. What stands still is let go by its time limit or, where that is longer, after `mostMs`: nothing waits for ever.
 * 2. What is to hit a program later is called off when faults are stopped; that it is let go is not, and comes then once more:
 *    one that was just begun stands still only afterwards.
 */
import { type Clock, type IdMaker, rootScope, type Scope } from '../../base/index.ts';
import {
  asHoldfastError,
  type ExecInput,
  type ExecResult,
  type PlannedFault,
  type ProcessInfo,
  type StartProcessInput,
} from '../../schema/index.ts';
import type { SandboxAccess } from '../types.ts';
import { garbled, truncated } from './answers.ts';

export interface ProgramParts {
  clock: Clock;
  newId: IdMaker;
  /** Of the call's turn. */
  later(cancel: () => boolean): () => void;
  mayCome(): boolean;
}

/** Each with what was drawn of it. */
export interface Happening {
  fault: PlannedFault;
  parameters: Readonly<Record<string, number | string>>;
  /** What its draw can be known by. */
  key: string;
}

const multiarch = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
/** Where Debian's package has it; the template brings it. */
export const fakeTimeLibrary = `/usr/lib/${multiarch}/faketime/libfaketime.so.1`;
const usualTimeoutMs = 120_000;
const politeMs = 200;
const signalTimeoutMs = 10_000;
const mostTries = 50;
const betweenTriesMs = 20;
/** One that was begun stands still by then. */
const begunMs = 1000;

export function underFaults(
  access: SandboxAccess,
  happenings: readonly Happening[],
  parts: ProgramParts,
): SandboxAccess {
  const starting = happenings.filter(({ fault }) => startsOtherwise(fault));
  if (starting.length === 0) return access;
  return {
    ...access,
    exec: async (input, scope) => {
      await late(starting, parts, scope);
      if (starting.some(changesStart) && !parts.mayCome()) return access.exec(input, scope);
      const processId = parts.newId('process');
      const stalled = stallOf(starting, input.timeoutMs);
      const done = access.exec(changedStart(input, starting, stalled), scope, { processId });
      const cancel = hitLater(access, processId, { starting, stalled }, parts);
      try {
        const result = await done;
        const isChanged = starting.some(({ fault }) => changesResult(fault)) && parts.mayCome();
        return isChanged ? changedResult(result, starting) : result;
      } finally {
        cancel();
      }
    },
    startProcess: async (input, scope): Promise<ProcessInfo> => {
      await late(starting, parts, scope);
      if (starting.some(changesStart) && !parts.mayCome()) return access.startProcess(input, scope);
      const stalled = stallOf(starting, input.timeoutMs);
      const started = await access.startProcess(changedStart(input, starting, stalled), scope);
      hitLater(access, started.processId, { starting, stalled }, parts);
      // What is told is what was asked for.
      return { ...started, argv: [...input.argv] };
    },
  };
}

function startsOtherwise({ kind }: PlannedFault): boolean {
  return kind.startsWith('exec.') || kind.startsWith('clock.') || kind === 'resources.descriptors';
}

async function late(happenings: readonly Happening[], { clock, mayCome }: ProgramParts, scope: Scope): Promise<void> {
  for (const { fault, parameters } of happenings) {
    if (isLate(fault) && mayCome()) await clock.sleep(Number(parameters['delayMs']), scope.signal);
  }
}

const isLate = ({ kind }: PlannedFault): boolean => kind === 'exec.slow-start';
const changesResult = ({ kind }: PlannedFault): boolean => kind === 'exec.truncate' || kind === 'exec.garble';
/** By the shell before it, its environment, its limit, or what hits it once it runs. */
const changesStart = ({ fault }: Happening): boolean => !isLate(fault) && !changesResult(fault);

interface Stall {
  /** The program's own limit from now on; absent, as it was. */
  timeoutMs?: number;
  mostMs: number;
}

function stallOf(happenings: readonly Happening[], timeoutMs: number | undefined): Stall | null {
  for (const { fault } of happenings) {
    if (fault.kind === 'exec.hang') return { mostMs: (fault.afterMs ?? 0) + fault.mostMs };
    if (fault.kind !== 'exec.timeout-early') continue;
    const shorter = Math.max(1, Math.round((timeoutMs ?? usualTimeoutMs) * fault.fraction));
    return { timeoutMs: shorter, mostMs: shorter + usualTimeoutMs };
  }
  return null;
}

/** What hits a program that runs already, and lets go of one that stands still, if it is still there; answers how to call that off. */
function hitLater(
  access: SandboxAccess,
  processId: string,
  { starting, stalled }: { starting: readonly Happening[]; stalled: Stall | null },
  parts: ProgramParts,
): () => void {
  const tell = (afterMs: number, signal: string): (() => void) =>
    signalled(access, processId, { afterMs, signal }, parts);
  const hits = starting.flatMap(({ fault }) => {
    const signal = signalOf(fault);
    return signal !== null && 'afterMs' in fault && fault.afterMs !== undefined ? [tell(fault.afterMs, signal)] : [];
  });
  const cancels = [...hits, ...(stalled ? [tell(stalled.mostMs, 'SIGCONT')] : [])];
  return () => {
    for (const cancel of cancels) cancel();
  };
}

/** A process may outlive the call that started it; one that was asked for may not have begun yet. */
function signalled(
  access: SandboxAccess,
  processId: string,
  { afterMs, signal }: { afterMs: number; signal: string },
  { clock, later }: ProgramParts,
): () => void {
  const called = new AbortController();
  let isTold = false;
  const tell = async (): Promise<void> => {
    await using scope = rootScope({ name: `fault ${signal}`, timeoutMs: signalTimeoutMs, clock });
    for (let tries = 0; tries < mostTries && !called.signal.aborted; tries++) {
      try {
        await access.signalProcess(processId, signal, { tree: true }, scope);
        // Who was to let it go may have come before.
        if (called.signal.aborted && signal === 'SIGSTOP')
          await access.signalProcess(processId, 'SIGCONT', { tree: true }, scope);
        return;
      } catch (error) {
        if (asHoldfastError(error).code !== 'process-not-found') return;
        await clock.sleep(betweenTriesMs, scope.signal);
      }
    }
  };
  let forget = (): void => undefined;
  const arm = (ms: number): (() => void) =>
    clock.after(ms, () => {
      isTold = true;
      void tell()
        .catch(() => undefined)
        .finally(() => forget());
    });
  let cancelTimer = arm(afterMs);
  const cancel = (): boolean => {
    called.abort();
    cancelTimer();
    return !isTold;
  };
  const soon = (): boolean => {
    cancelTimer();
    if (!isTold) cancelTimer = arm(Math.min(afterMs, begunMs));
    return false;
  };
  forget = later(signal === 'SIGCONT' ? soon : cancel);
  return () => {
    cancel();
    forget();
  };
}

/** What a program is hit with; null for a fault that hits none. */
function signalOf(fault: PlannedFault): string | null {
  if (fault.kind === 'exec.signal') return fault.signal;
  return fault.kind === 'exec.hang' || fault.kind === 'exec.timeout-early' ? 'SIGSTOP' : null;
}

function changedStart<I extends ExecInput | StartProcessInput>(
  input: I,
  happenings: readonly Happening[],
  stalled: Stall | null,
): I {
  const faults = happenings.map(({ fault }) => fault);
  const lines = faults.flatMap(lineOf);
  const argv =
    lines.length === 0 ? input.argv : ['/bin/sh', '-c', [...lines, 'exec "$@"'].join('\n'), 'sh', ...input.argv];
  return {
    ...input,
    argv,
    environment: { ...input.environment, ...timeOf(faults) },
    // What stands still hears no polite signal.
    ...(stalled?.timeoutMs === undefined ? {} : { timeoutMs: stalled.timeoutMs }),
    ...(stalled ? { graceMs: politeMs } : {}),
  };
}

/** What the shell does before the program takes its place. */
function lineOf(fault: PlannedFault): string[] {
  if (fault.kind === 'resources.descriptors') return [`ulimit -n ${fault.files}`];
  const signal = signalOf(fault);
  const isLater = 'afterMs' in fault && fault.afterMs !== undefined;
  return signal === null || isLater ? [] : [`kill -${signal.slice('SIG'.length)} $$`];
}

function timeOf(faults: readonly PlannedFault[]): Record<string, string> {
  let shiftMs = 0;
  let zone: string | null = null;
  for (const fault of faults) {
    if (fault.kind === 'clock.offset') shiftMs += fault.offsetMs;
    if (fault.kind === 'clock.jump') shiftMs += fault.byMs;
    if (fault.kind === 'clock.zone') zone = fault.zone;
  }
  return { ...(zone === null ? {} : { TZ: zone }), ...(shiftMs === 0 ? {} : shiftedTime(shiftMs)) };
}

/** For programs with the C library, where the template has libfaketime: the wall clock is off by that much, and runs. */
export function shiftedTime(shiftMs: number): Record<string, string> {
  const seconds = shiftMs / 1000;
  return {
    LD_PRELOAD: fakeTimeLibrary,
    FAKETIME: `${seconds < 0 ? '' : '+'}${seconds}s`,
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  };
}

function changedResult(result: ExecResult, happenings: readonly Happening[]): ExecResult {
  return happenings.reduce((changed, { fault, key }) => {
    if (fault.kind === 'exec.truncate') return truncated(changed, fault.keepBytes);
    return fault.kind === 'exec.garble' ? garbled(changed, fault.bytes, fault.key ?? key) : changed;
  }, result);
}
