/**
 * Finds the step from which on a predicate ends as it does at the end, by halving: each state in a sandbox of its own.
 *
 * 1. Both sides of what was found are looked at several times, so that a predicate that is not sure of itself is told.
 * 2. What a program of an earlier step did may have been seen first after a step that only looked, and that it ran on is told.
 */
import type { BisectReport, OutcomeClass } from '../schema/index.ts';
import { startersBeside } from './programs-beside.ts';
import type { RecordedRun } from './run.ts';

const mostNamed = 3;

type Neighbour = BisectReport['neighbours'][number];

/** @param runs how often both sides of the step are looked at */
export async function bisect(
  run: RecordedRun,
  outcomeAfter: (step: number) => Promise<OutcomeClass>,
  runs = 1,
): Promise<Omit<BisectReport, 'recording'>> {
  const probes: BisectReport['probes'] = [];
  const look = async (step: number): Promise<OutcomeClass> => {
    const outcome = await outcomeAfter(step);
    probes.push({ step, outcome });
    return outcome;
  };
  const again = async (step: number, outcome: OutcomeClass): Promise<Neighbour> => {
    let agreed = 1;
    for (let turn = 1; turn < runs; turn++) if ((await look(step)) === outcome) agreed++;
    return { step, outcome, agreed, runs };
  };
  const states = statesOf(run);
  const end = states.at(-1) ?? 0;
  const before = await look(0);
  const after = end === 0 ? before : await look(end);
  if (before === after) {
    const neighbours = [await again(0, before), ...(end === 0 ? [] : [await again(end, after)])];
    return { step: null, name: null, before, after, probes, neighbours, notes: doubts(neighbours) };
  }
  let low = 0;
  let high = states.length - 1;
  let last = before;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    const outcome = await look(states[middle] ?? 0);
    if (outcome === after) high = middle;
    else {
      low = middle;
      last = outcome;
    }
  }
  const step = states[high] ?? 0;
  const neighbours = [await again(states[low] ?? 0, last), await again(step, after)];
  const name = run.steps[step - 1]?.name ?? null;
  const notes = [...doubts(neighbours), ...besides(run, step)];
  return { step, name, before: last, after, probes, neighbours, notes };
}

/** Between two steps that changed something every state is the same, unless a program ran on. */
function statesOf(run: RecordedRun): number[] {
  const pictures = new Set(run.snapshots.map(({ step }) => step));
  const isOne = ({ step, mutates }: RecordedRun['steps'][number]): boolean =>
    mutates || (pictures.has(step) && startersBeside(run, step).length > 0);
  return [0, ...run.steps.filter(isOne).map(({ step }) => step)];
}

function besides(run: RecordedRun, step: number): string[] {
  const starters = [...new Set(startersBeside(run, step))];
  if (starters.length === 0) return [];
  const which = `${starters.length === 1 ? 'step' : 'steps'} ${starters.slice(0, mostNamed).join(', ')}`;
  const more = starters.length > mostNamed ? ' and others' : '';
  return [`programs of ${which}${more} ran on beside step ${step}: it may be their doing`];
}

const doubts = (neighbours: readonly Neighbour[]): string[] =>
  neighbours
    .filter(({ agreed, runs }) => agreed < runs)
    .map(
      ({ step, outcome, agreed, runs }) =>
        `after step ${step} it ended with ${outcome} in ${agreed} of ${runs} runs: the predicate is not sure of itself, and so neither is this`,
    );
