/**
 * How to stand where a recording stood after a step: the nearest snapshot, then what came after it.
 *
 * 1. Steps between are done again only when all their effect is in their input; steps that only looked are left out.
 * 2. Where that is not enough the fork stands earlier, and says `snapped back to M` and why. It never guesses.
 */
import { executeStep, pureVerbs, type StepService } from './execute.ts';
import { inputOf } from './replay.ts';
import type { RecordedRun, RecordedSnapshot, RecordedStep } from './run.ts';

export interface ForkPlan {
  /** Null: what the recording started from. */
  snapshot: string | null;
  snapshotStep: number;
  reached: number;
  forward: RecordedStep[];
  notes: string[];
}

/** Actions of the `files` tool whose effect is all in their input. */
const pureActions = new Set(['write', 'edit']);

export function planFork(
  run: RecordedRun,
  step: number,
  options: { execute: boolean; hasSnapshot(id: string): boolean },
): ForkPlan {
  const notes: string[] = [];
  const start = startOf(run, step, options, notes);
  const after = run.steps.slice(start?.step ?? 0, step).filter(({ mutates }) => mutates);
  const stop = options.execute ? undefined : after.find((each) => !isPure(run, each));
  const reached = stop ? stop.step - 1 : step;
  if (stop) {
    const why = `step ${stop.step} (${stop.name}) has no snapshot of its own and cannot be done again from its input alone`;
    notes.push(`snapped back to ${reached}: ${why}`);
  }
  if (start && start.processes.length > 0) {
    notes.push(
      `${start.processes.length} process${start.processes.length === 1 ? ' was' : 'es were'} running; files are as they were, processes are not`,
    );
  }
  return {
    snapshot: start?.snapshot ?? null,
    snapshotStep: start?.step ?? 0,
    reached,
    forward: after.filter((each) => each.step <= reached),
    notes,
  };
}

function startOf(
  run: RecordedRun,
  step: number,
  { hasSnapshot }: { hasSnapshot(id: string): boolean },
  notes: string[],
): RecordedSnapshot | null {
  const before = run.snapshots.filter((each) => each.step <= step).sort((one, other) => other.step - one.step);
  const found = before.find(({ snapshot }) => hasSnapshot(snapshot)) ?? null;
  const lost = before.slice(0, found ? before.indexOf(found) : before.length);
  for (const each of lost) notes.push(`the snapshot of step ${each.step} is not there any more`);
  return found;
}

export function isPure(run: RecordedRun, { kind, name, input, ended }: RecordedStep): boolean {
  if (!ended?.ok) return false;
  if (kind === 'verb') return pureVerbs.has(name);
  if (name !== 'files') return false;
  const value: unknown = run.reader.value(input);
  return typeof value === 'object' && value !== null && 'action' in value && pureActions.has(String(value.action));
}

/** Answers the numbers of the steps that were done. */
export async function fastForward(
  run: RecordedRun,
  plan: ForkPlan,
  service: StepService,
  ref: string,
): Promise<number[]> {
  const done: number[] = [];
  for (const step of plan.forward) {
    const input = inputOf(run, step);
    await executeStep(service, ref, { kind: step.kind, name: step.name, input });
    done.push(step.step);
  }
  return done;
}
