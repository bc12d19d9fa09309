import { expect, it } from 'vitest';
import { FailureCounts, noFailures } from './failure-counts.ts';
import type { NewEvent } from './writer.ts';

const begun = (step: number, name: string) => ({ type: 'step-begun', step, name }) as NewEvent;
const started = (step: number | null, processId: string) => ({ type: 'process-started', step, processId }) as NewEvent;
const ended = (processId: string, cause: string | null) => ({ type: 'process-ended', processId, cause }) as NewEvent;
const answered = (step: number, cause: string | null) => ({ type: 'step-ended', step, cause }) as NewEvent;

it('each failure counts once: of the step that waited for its program, or of the program that a step only started (1)', () => {
  const failures = new FailureCounts();
  const events = [
    begun(1, 'exec'),
    started(1, 'prc-1'),
    ended('prc-1', 'agent'),
    answered(1, 'agent'),
    begun(2, 'start-process'),
    started(2, 'prc-2'),
    answered(2, null),
    begun(3, 'start-process'),
    started(3, 'prc-3'),
    ended('prc-3', 'injected'),
    answered(3, null),
    started(null, 'prc-4'),
    ended('prc-4', 'unknown'),
    ended('prc-2', 'agent'),
    ended('prc-2', 'agent'),
  ];
  for (const event of events) failures.take(event);
  expect(failures.counts).toEqual({ ...noFailures(), agent: 2, injected: 1 });
});
