/** What counts as the plan's doing, and what as an outage. */
import { beforeEach, describe, expect, it } from 'vitest';
import { Harm } from './harm.ts';

let harm: Harm;
beforeEach(() => {
  harm = new Harm();
});

const injected = (step: number | null, fault: string): void =>
  harm.fault(step, { fault, means: 'physical', draw: { channel: 'connection', name: 'a.example' } });
const ended = (processId: string) => harm.processEnded(processId, 0)?.faulted;

it('an outage is that of what is under way, and not of what comes later', () => {
  harm.broke(5);
  expect(harm.brokeSince(5)).toBe(true);
  expect(harm.brokeSince(6)).toBe(false);
});

it('what the plan does in the network is its step’s (2)', () => {
  for (const step of [1, 2]) harm.stepBegun(step);
  harm.processStarted('prc-1', 1, 0);
  harm.processStarted('prc-2', 2, 0);
  injected(1, 'network.reset');
  expect([harm.stepEnded(1, undefined), harm.stepEnded(2, undefined)]).toEqual([true, false]);
  expect([ended('prc-1'), ended('prc-2')]).toEqual([true, false]);
});

it('where nobody knows the step it is that of all that is under way, and of nothing later (3)', () => {
  for (const step of [1, 2, 3]) harm.stepBegun(step);
  expect(harm.stepEnded(1, undefined)).toBe(false);
  harm.processStarted('prc-1', 1, 0);
  injected(null, 'network.latency');
  expect(harm.stepEnded(3, undefined)).toBe(false);
  injected(null, 'network.reset');
  harm.stepBegun(4);
  harm.processStarted('prc-4', 4, 0);
  expect([harm.stepEnded(2, undefined), harm.stepEnded(4, undefined)]).toEqual([true, false]);
  expect([ended('prc-1'), ended('prc-4')]).toEqual([true, false]);
});

it('of another sort it is nobody’s then: its call is no step (3)', () => {
  harm.stepBegun(1);
  harm.fault(null, { fault: 'tool.error', means: 'synthetic', draw: { id: 'busy', channel: 'call' } });
  expect(harm.stepEnded(1, undefined)).toBe(false);
});

describe('a process that ends while something is done to the sandbox', () => {
  const notice = { id: 'notice', kind: 'lifecycle.reap-notice' } as const;
  const told = (): void =>
    harm.fault(2, { fault: notice.kind, means: 'physical', draw: { id: notice.id, channel: 'call' } });
  beforeEach(() => {
    for (const processId of ['prc-1', 'prc-2']) harm.processStarted(processId, 1, 0);
  });

  it('is the plan’s before that is told, and so is one whose end is heard after it, of whatever step (2)', () => {
    harm.coming(notice);
    expect(ended('prc-1')).toBe(true);
    told();
    expect(ended('prc-2')).toBe(true);
    harm.processStarted('prc-3', 3, 0);
    expect(ended('prc-3')).toBe(false);
  });

  it('is nobody’s when that turned out not to be possible, or harms nothing (2)', () => {
    harm.coming(notice);
    harm.missed(notice.id);
    expect(ended('prc-1')).toBe(false);
    harm.coming({ id: 'slow', kind: 'resources.cpu' });
    expect(ended('prc-2')).toBe(false);
  });
});
