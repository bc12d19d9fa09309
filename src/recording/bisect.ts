/** Finds the step from which on a predicate ends as it does at the end, by halving: each state in a sandbox of its own. */
import type { BisectReport, OutcomeClass } from '../schema/index.ts';
import type { RecordedRun } from './run.ts';

export async function bisect(
  run: RecordedRun,
  outcomeAfter: (step: number) => Promise<OutcomeClass>,
): Promise<Omit<BisectReport, 'recording' | 'notes'>> {
  const probes: BisectReport['probes'] = [];
  const look = async (step: number): Promise<OutcomeClass> => {
    const outcome = await outcomeAfter(step);
    probes.push({ step, outcome });
    return outcome;
  };
  // Between two steps that changed something every state is the same.
  const states = [0, ...run.steps.filter(({ mutates }) => mutates).map(({ step }) => step)];
  const before = await look(0);
  const after = states.length === 1 ? before : await look(states.at(-1) ?? 0);
  if (before === after) return { step: null, name: null, before, after, probes };
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
  return { step, name: run.steps[step - 1]?.name ?? null, before: last, after, probes };
}
