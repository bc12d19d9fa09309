/**
 * Faults of a recorded run, as faults of a plan that makes them again in the same calls.
 *
 * 1. Made again is what a plan's parameters say whole: what really happened, and what the door answered in its place. Only
 *    what an earlier call had answered (`tool.stale`) is told as it was told then.
 * 2. A call is known by its place among those that pass the door; who executes them knows it. What went over the network is
 *    known by its step, its host, and which of the step's lookups, connections or requests of that host it was.
 * 3. What lasts is over after the step after which it was over then; where it began before the first step that is called,
 *    it begins with that one.
 */
import { canBeBy, kindFacts } from '../noise/index.ts';
import { type FaultPlanInput, faultPlanFormat, faultSchema, type PlannedFault } from '../schema/index.ts';
import type { RecordedStep } from './run.ts';

/** A fault of the step with this number. */
export interface RemadeFault {
  step: number;
  fault: PlannedFault;
}

type Faulted = Pick<RecordedStep, 'step' | 'faults'>;
type Event = RecordedStep['faults'][number];

/** What was drawn for the step's call, whatever its kind; null for none. */
export const faultOfCall = ({ faults }: Faulted): Event | null => faults.find((event) => !isInNetwork(event)) ?? null;

/** What the step met in the network. */
export const faultsInNetwork = ({ faults }: Faulted): Event[] => faults.filter(isInNetwork);

const isInNetwork = ({ family }: Event): boolean => family === 'network';

/** What happened to the step's call, if it can be made again. */
export function remadeFault(step: Faulted): RemadeFault | null {
  const event = faultOfCall(step);
  const fault = event && faultOf(event, `step-${step.step}`);
  return fault && kindFacts[fault.kind].channel === 'call' ? { step: step.step, fault } : null;
}

/**
 * All of them. Where a fault of a plan came once more while it lasted, it began anew: the first is over then. A clock that has
 * jumped stays where it is.
 */
export function remadeFaults(steps: readonly Faulted[]): RemadeFault[] {
  const remade: RemadeFault[] = [];
  const lastOf = new Map<string, RemadeFault>();
  for (const step of steps) {
    const one = remadeFault(step);
    const id = String(faultOfCall(step)?.draw['id']);
    const before = lastOf.get(id);
    if (!one || (before && one.fault.kind === 'clock.jump')) continue;
    if (before && 'lastsCalls' in before.fault)
      before.fault.lastsCalls = Math.min(before.fault.lastsCalls, one.step - before.step);
    lastOf.set(id, one);
    remade.push(one);
  }
  return remade;
}

/** The last step in which it still goes on. */
export function lastStepOf({ step, fault }: RemadeFault): number {
  if (fault.kind === 'clock.jump') return Number.POSITIVE_INFINITY;
  return 'lastsCalls' in fault ? step + fault.lastsCalls - 1 : step;
}

function faultOf({ fault: kind, means, parameters, draw }: Event, id: string): PlannedFault | null {
  const { delayMs, ...own } = parameters;
  const delay = typeof delayMs === 'number' ? { delay: delayMs } : {};
  // Which bytes were others follows from the draw that they had then.
  const key = kind === 'exec.garble' && typeof draw['draw'] === 'string' ? { key: draw['draw'] } : {};
  // A recording may say anything here: what is no fault of a plan is not made again.
  const parsed = faultSchema.safeParse({ ...key, ...own, ...delay, id, kind });
  if (!parsed.success || parsed.data.kind === 'tool.stale' || !canBeBy(parsed.data.kind, means)) return null;
  return parsed.data;
}

/** Who does steps again. */
export interface Called {
  /** Which call of the sandbox a step is, counted from 1; null for one that is not executed. */
  placeOf(step: number): number | null;
  /** What began before the first call begins with one that it can hit; absent: any. */
  canBegin?(step: number, kind: PlannedFault['kind']): boolean;
  /** As the plan had it then. */
  consecutive?: 1 | 2;
}

export function planOf(faults: readonly RemadeFault[], called: Called): FaultPlanInput | undefined {
  const placed = faults.flatMap((remade) => placedFault(remade, called) ?? []);
  if (placed.length === 0) return undefined;
  return {
    format: faultPlanFormat,
    name: 'as recorded',
    seed: 0,
    consecutive: called.consecutive ?? 2,
    faults: placed,
  };
}

function placedFault(
  remade: RemadeFault,
  { placeOf, canBegin = () => true }: Called,
): FaultPlanInput['faults'][number] | null {
  const steps = stepsOf(remade).filter((step) => placeOf(step) !== null);
  const first = steps.find((step) => canBegin(step, remade.fault.kind));
  const [at, last] = [first, steps.at(-1)].map((step) => (step === undefined ? null : placeOf(step)));
  if (at == null || last == null) return null;
  const lasting = 'lastsCalls' in remade.fault ? { lastsCalls: last - at + 1 } : {};
  return { ...remade.fault, ...lasting, rate: 1, activation: 1, from: at, until: at, most: 1 };
}

/** A clock that jumped is found by the first call that comes; nobody makes so many. */
const mostSteps = 100_000;

function stepsOf(remade: RemadeFault): number[] {
  const length = Math.min(lastStepOf(remade) - remade.step + 1, mostSteps);
  return Array.from({ length }, (_, at) => remade.step + at);
}

/**
 * What a step met in the network, as a plan for that step alone: its lookups, connections and requests are counted from its
 * beginning. Null where one of them is not known well enough.
 */
export function networkPlanOf(step: Faulted): FaultPlanInput | null {
  const faults = faultsInNetwork(step).map((event, at) => faultInNetwork(event, `step-${step.step}-${at + 1}`));
  const known = faults.filter((fault) => fault !== null);
  if (known.length === 0 || known.length < faults.length) return null;
  return { format: faultPlanFormat, name: `step ${step.step} as recorded`, seed: 0, faults: known };
}

function faultInNetwork(event: Event, id: string): FaultPlanInput['faults'][number] | null {
  const { name: host, inStep } = event.draw;
  const fault = faultOf(event, id);
  if (!fault || kindFacts[fault.kind].channel === 'call') return null;
  if (typeof host !== 'string' || typeof inStep !== 'number') return null;
  const placed = { ...fault, hosts: [host], rate: 1, activation: 1, from: inStep, until: inStep, most: 1 };
  // What was drawn is what was told: no part of another connection's delay is in it once more.
  const exact = fault.kind === 'network.latency' ? { ...placed, correlation: 0 } : placed;
  const parsed = faultSchema.safeParse(exact);
  return parsed.success ? parsed.data : null;
}
