/**
 * One categorical pass: every program, every door probe, one reading per field.
 *
 * 1. A probe that fails makes its own fields unmeasured, and no others.
 * 2. A session that died, or a way to it that broke, ends the pass; fields that were not reached have no reading at all.
 * 3. A runtime that hangs is not waited for in every probe: the second call without an answer ends the pass, and so does the
 *    second program in a row that ran out of time without a word.
 */
import type { Clock } from '../../base/index.ts';
import { fieldRegistry } from '../fields/index.ts';
import { hear } from '../probes/answers.ts';
import { endOf } from '../probes/doors/door.ts';
import { type Door, type DoorProbe, doorProbes } from '../probes/doors/index.ts';
import { type Program, type Programs, scriptOf } from '../probes/programs.ts';
import { bounded, inOrder, type Reading, unmeasured } from '../probes/reading.ts';
import type { Loss, Trouble } from '../profile/index.ts';
import { asTargetError, isRefusal, TargetError, type TargetFeatures, type TargetSession } from '../targets/target.ts';
import { guardedSession } from './guarded.ts';

export interface PassRequest {
  session: TargetSession;
  features: TargetFeatures;
  programs: Programs;
  /** All of them if not said. */
  doors?: readonly DoorProbe[];
  /** Hexadecimal, unguessable. */
  mark: string;
  timeoutMs: number;
  clock: Clock;
  signal: AbortSignal;
  /** False when the session's time is used up. */
  goesOn?(): boolean;
  onProgress(done: number, of: number): void;
}

export interface Pass {
  readings: Reading[];
  troubles: Trouble[];
  /** Why it ended before its end. */
  stopped: TargetError | null;
}

const mostHangs = 2;
const mostSilent = 2;

export async function runPass(request: PassRequest): Promise<Pass> {
  const pass: Pass = { readings: [], troubles: [], stopped: null };
  const door = doorOf(request);
  const steps = [
    ...request.programs.programs.map((program) => ({
      name: program.name,
      fields: program.fields,
      run: () => runProgram(program, request, door, pass),
    })),
    ...(request.doors ?? doorProbes).map((probe) => ({
      name: probe.name,
      fields: probe.fields,
      run: () => probe.run(door),
    })),
  ];
  const { goesOn = () => true } = request;
  let [hangs, silent] = [0, 0];
  for (const [at, step] of steps.entries()) {
    request.onProgress(at, steps.length);
    try {
      if (!goesOn()) throw new TargetError('harness', 'out-of-time', 'the session’s time is used up');
      pass.readings.push(...(await step.run()));
      silent = 0;
    } catch (thrown) {
      const error = asTargetError(thrown, step.name);
      pass.troubles.push(troubleOf(error, step.name));
      if (error instanceof SilentError) silent++;
      else if (error.trouble === 'hung') hangs++;
      if (error.side === 'harness' || error.trouble === 'died' || hangs >= mostHangs || silent >= mostSilent) {
        pass.stopped = error;
        break;
      }
      pass.readings.push(...step.fields.map((field) => unmeasured(field, error.message, lossBy(error))));
    }
  }
  pass.readings = inOrder(pass.readings, fieldRegistry);
  return pass;
}

/** Where the runtime says that it will not or cannot, that is an answer; after anything else nothing is known. */
function lossBy(error: TargetError): Loss | undefined {
  return isRefusal(error) ? undefined : { side: error.side, code: error.trouble };
}

export function troubleOf(error: TargetError, during: string): Trouble {
  return { side: error.side, code: error.trouble, message: bounded(error.message), during };
}

function doorOf({ session: given, features, mark, timeoutMs, clock, signal }: PassRequest): Door {
  const session = guardedSession(given, { timeoutMs, clock, signal });
  return {
    session,
    features,
    clock,
    signal,
    mark,
    exec: (command, more = {}) => session.exec({ command, timeoutMs, ...more }, signal),
  };
}

/** A program that ran into its time limit before it answered anything. */
class SilentError extends TargetError {
  constructor(timeoutMs: number) {
    super('runtime', 'hung', `it said nothing within its time limit of ${timeoutMs / 1000} s`);
  }
}

async function runProgram(program: Program, request: PassRequest, door: Door, pass: Pass): Promise<Reading[]> {
  const sentMs = request.clock.nowMs();
  const result = await door.exec(scriptOf(request.programs, program, request.mark));
  const said = new TextDecoder().decode(result.stderr.subarray(0, 400)).trim();
  const { readings, troubles } = hear({
    mark: request.mark,
    fields: program.fields,
    stdout: result.stdout,
    ending: said === '' ? endOf(result) : `${endOf(result)}: ${said}`,
    timedOut: result.timedOut,
    nowMs: (sentMs + request.clock.nowMs()) / 2,
  });
  pass.troubles.push(...troubles.map((trouble) => ({ ...trouble, during: program.name })));
  if (result.timedOut && readings.every(({ kind }) => kind === 'could-not-measure'))
    throw new SilentError(request.timeoutMs);
  return readings;
}
