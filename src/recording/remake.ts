/**
 * Faults that really happened to calls of a recorded run, as faults of a plan that makes them again in the same calls.
 *
 * 1. Made again is what a plan's parameters say whole. What the door only answered is served as it was recorded, what the
 *    gateway did to the network is on no tape, and bytes that a draw of its own chose (`exec.garble`) would be others.
 * 2. A call is known by its place among those that pass the door; who executes them knows it.
 */
import { kindFacts } from '../noise/index.ts';
import { type FaultPlanInput, faultPlanFormat, faultSchema, type PlannedFault } from '../schema/index.ts';
import type { RecordedStep } from './run.ts';

/** A fault of the step with this number. */
export interface RemadeFault {
  step: number;
  fault: PlannedFault;
}

/** What a step's first fault was, if it can be made again. */
export function remadeFault({ step, faults }: Pick<RecordedStep, 'step' | 'faults'>): RemadeFault | null {
  const [event] = faults;
  const fault = event ? faultOf(event, step) : null;
  return fault && { step, fault };
}

function faultOf(
  { fault: kind, means, parameters }: RecordedStep['faults'][number],
  step: number,
): PlannedFault | null {
  const { delayMs, ...own } = parameters;
  const delay = typeof delayMs === 'number' ? { delay: delayMs } : {};
  // A recording may say anything here: what is no fault of a plan is not made again.
  const parsed = faultSchema.safeParse({ ...own, ...delay, id: `step-${step}`, kind });
  if (!parsed.success || means !== 'physical' || parsed.data.kind === 'exec.garble') return null;
  const { channel, means: known } = kindFacts[parsed.data.kind];
  return channel === 'call' && known === 'physical' ? parsed.data : null;
}

/**
 * @param placeOf which call of the sandbox a step is, counted from 1; null for one that is not executed
 */
export function planOf(
  faults: readonly RemadeFault[],
  placeOf: (step: number) => number | null,
): FaultPlanInput | undefined {
  const placed = faults.flatMap(({ step, fault }) => {
    const at = placeOf(step);
    return at === null ? [] : [{ ...fault, rate: 1, activation: 1, from: at, until: at, most: 1 }];
  });
  return placed.length === 0 ? undefined : { format: faultPlanFormat, name: 'as recorded', seed: 0, faults: placed };
}
