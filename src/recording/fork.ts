/**
 * How to stand where a recording stood after a step: the nearest snapshot, then what came after it.
 *
 * 1. Steps between are done again only when all their effect is in their input, and that was kept; steps that only looked are
 *    left out.
 * 2. Where that is not enough, or one of them does not do again what it did, the fork stands earlier, and says `snapped back
 *    to M` and why. It never guesses.
 * 3. A step whose answer is given is not done, so it starts before the first of them that changed anything.
 */
import { executeStep, pureVerbs, type StepService } from './execute.ts';
import { IdMap } from './id-map.ts';
import { answerOf, tellAnswer } from './replay.ts';
import {
  beginningOf,
  inputOf,
  noBeginning,
  type RecordedRun,
  type RecordedSnapshot,
  type RecordedStep,
} from './run.ts';

export interface ForkPlan {
  /** Null: what the recording started from. */
  snapshot: string | null;
  snapshotStep: number;
  reached: number;
  forward: RecordedStep[];
  /** They are done again whatever comes of them. */
  execute: boolean;
  notes: string[];
}

/** Actions of the `files` tool whose effect is all in their input. */
const pureActions = new Set(['write', 'edit']);

export interface ForkOptions {
  execute: boolean;
  hasSnapshot(id: string): boolean;
  /** Steps whose answers are given. */
  told?: ReadonlySet<number>;
}

/** @throws HoldfastError `snapshot-not-found` where the files it would begin with are in no snapshot */
export function planFork(run: RecordedRun, step: number, options: ForkOptions): ForkPlan {
  const { told = new Set(), execute } = options;
  const notes: string[] = [];
  const firstTold = run.steps.slice(0, step).find((each) => each.mutates && told.has(each.step));
  const start = startOf(run, firstTold ? firstTold.step - 1 : step, options, notes);
  const after = run.steps.slice(start?.step ?? 0, step).filter((each) => each.mutates && !told.has(each.step));
  const stop = after.find((each) => !(execute ? isWhole(run, each) : isPure(run, each)));
  const reached = stop ? stop.step - 1 : step;
  if (stop) {
    const why = isWhole(run, stop)
      ? ' and cannot be done again from its input alone'
      : ', and its input was not kept whole';
    notes.push(`snapped back to ${reached}: step ${stop.step} (${stop.name}) has no snapshot of its own${why}`);
  }
  if (start && start.processes.length > 0) {
    notes.push(
      `${start.processes.length} process${start.processes.length === 1 ? ' was' : 'es were'} running; files are as they were, processes are not`,
    );
  }
  for (const each of told) {
    if (each > reached) notes.push(`the result of step ${each} is not in it: that comes after step ${reached}`);
    else if (run.steps[each - 1]?.mutates === false)
      notes.push(`the result of step ${each} changed nothing: what that did changes no files`);
  }
  return {
    snapshot: start?.snapshot ?? null,
    snapshotStep: start?.step ?? 0,
    reached,
    forward: after.filter((each) => each.step <= reached),
    execute,
    notes,
  };
}

function startOf(
  run: RecordedRun,
  step: number,
  { hasSnapshot }: ForkOptions,
  notes: string[],
): RecordedSnapshot | null {
  const before = run.snapshots.filter((each) => each.step <= step).sort((one, other) => other.step - one.step);
  const found = before.find(({ snapshot }) => hasSnapshot(snapshot)) ?? null;
  const lost = before.slice(0, found ? before.indexOf(found) : before.length);
  for (const each of lost) notes.push(`the snapshot of step ${each.step} is not there any more`);
  if (found) return found;
  const beginning = beginningOf(run);
  if (beginning !== null && !hasSnapshot(beginning.snapshot)) throw noBeginning(run);
  return beginning;
}

const isWhole = (run: RecordedRun, step: RecordedStep): boolean => inputOf(run, step) !== undefined;

export function isPure(run: RecordedRun, step: RecordedStep): boolean {
  const { kind, name, ended } = step;
  if (!ended?.ok) return false;
  if (kind === 'verb') return pureVerbs.has(name) && isWhole(run, step);
  if (name !== 'files') return false;
  const value = inputOf(run, step);
  return typeof value === 'object' && value !== null && 'action' in value && pureActions.has(String(value.action));
}

export interface Forwarded {
  done: number[];
  /** The first step that ended otherwise than it did, where nothing more was done then. */
  stuck: number | null;
  notes: string[];
}

/** Does again what lies between. A step that ends otherwise than it did is told: the state may be another one then. */
export async function fastForward(
  run: RecordedRun,
  plan: ForkPlan,
  service: StepService,
  ref: string,
): Promise<Forwarded> {
  const done: number[] = [];
  const notes: string[] = [];
  const ids = new IdMap();
  for (const step of plan.forward) {
    const input = inputOf(run, step);
    const expected = answerOf(run, step);
    const answer = await executeStep(service, ref, { kind: step.kind, name: step.name, input: ids.replace(input) });
    done.push(step.step);
    if (expected) ids.learn(expected, answer);
    const [then, now] = [expected ? tellAnswer(expected) : 'unknown', tellAnswer(answer)];
    if (expected ? then === now : step.ended?.ok === answer.ok) continue;
    notes.push(`step ${step.step} (${step.name}) ended with ${now} when it was done again, and with ${then} before`);
    if (!plan.execute) return { done, stuck: step.step, notes };
  }
  return { done, stuck: null, notes };
}
