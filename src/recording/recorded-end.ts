/**
 * How a predicate ends in the files that a recording ended with: those that its snapshots have, not those that doing it again
 * makes. A test of a failure that does not come again would be a test that it is not there.
 */
import { HoldfastError } from '../schema/index.ts';
import { planFork } from './fork.ts';
import type { RecordedRun } from './run.ts';
import { type CaseRun, runCase, type TestCase, type TestService } from './test-case.ts';

/** As the test's file has it. */
const longestNote = 1000;

export interface RecordedEnd {
  /** Null where those files cannot be had, or the predicate asks for what no tape has. */
  end: CaseRun | null;
  notes: string[];
}

/** @param whole the test with all steps */
export async function recordedEnd(
  run: RecordedRun,
  whole: TestCase,
  tape: string | null,
  service: TestService & { hasSnapshot(id: string): boolean },
): Promise<RecordedEnd> {
  const last = run.steps.length;
  const plan = planFork(run, last, { execute: false, hasSnapshot: (id) => service.hasSnapshot(id) });
  const unseen = (why: string): RecordedEnd => ({
    end: null,
    notes: [`whether it ended so in the recording too is not known: ${why}`.slice(0, longestNote).toWellFormed()],
  });
  if (plan.reached < last) return unseen(plan.notes.join('; '));
  const forward = new Set(plan.forward.map(({ step }) => step));
  const ended: TestCase = {
    ...whole,
    base: { ...whole.base, template: plan.snapshot ?? whole.base.template },
    files: [],
    faults: [],
    steps: whole.steps.filter(({ step }) => forward.has(step)),
  };
  const end = await runCase(service, ended, tape);
  if (end.misses > 0) return unseen(`there it asks for what the tape has no answer to: ${end.missed[0] ?? ''}`);
  return { end, notes: plan.notes };
}

export function comesNotAgain({ end, notes }: RecordedEnd, again: CaseRun): HoldfastError {
  const recorded = end?.outcome ?? '';
  const why = notes.length > 0 ? ` (${notes.join('; ')})` : '';
  return new HoldfastError(
    'invalid-argument',
    `the predicate does not end as it did: in the recording ${recorded}, done again ${again.outcome}${why}`,
    {
      hint: 'holdfast replay says where it goes another way. What ends so when it is done again all the same is a test with --expect.',
      details: { recorded, again: again.outcome },
    },
  );
}
