/** Which faults of a recording are made again, and where. */
import { expect, it } from 'vitest';
import { faultPlanSchema } from '../schema/index.ts';
import { planOf, remadeFault } from './remake.ts';
import type { RecordedStep } from './run.ts';

type Event = RecordedStep['faults'][number];
const event = (fault: string, parameters: Record<string, unknown> = {}, more: Partial<Event> = {}): Event => ({
  type: 'fault',
  atMs: 1,
  step: 3,
  fault,
  family: fault.split('.')[0] ?? '',
  means: 'physical',
  effect: 'maybe',
  parameters,
  draw: { id: 'x' },
  callId: null,
  ...more,
});
const of = (...faults: Event[]) => remadeFault({ step: 3, faults });

it('what really happened to a call is a fault of a plan again, with what was drawn of it', () => {
  expect(of(event('resources.memory', { freeBytes: 1000, lastsCalls: 2 }))).toEqual({
    step: 3,
    fault: { id: 'step-3', kind: 'resources.memory', freeBytes: 1000, lastsCalls: 2 },
  });
  expect(of(event('exec.slow-start', { delayMs: 250 }))?.fault).toMatchObject({ kind: 'exec.slow-start', delay: 250 });
});

it.each<[string, Event]>([
  ['was only answered', event('tool.error', { code: 'busy' }, { means: 'synthetic' })],
  ['says that it was physical and is not', event('tool.error', { code: 'busy' })],
  ['happened in the network', event('network.reset', { afterBytes: 10 })],
  ['chose its bytes by its own draw', event('exec.garble', { bytes: 0.5 })],
  ['is no fault', event('exec.nonsense')],
  ['has parameters that no plan has', event('exec.hang', { mostMs: 1e12 })],
  ['has more than a plan says', event('exec.hang', { command: 'rm' })],
])('what %s is not', (_what, fault) => {
  expect(of(fault)).toBeNull();
  expect(of()).toBeNull();
});

it('each comes at the call that its step is, once, and those of steps that are not called at none', () => {
  const hang = of(event('exec.hang', { mostMs: 10 }));
  if (!hang) throw new Error('it is not made again');
  const plan = planOf([hang, { step: 5, fault: { ...hang.fault, id: 'step-5' } }], (step) => (step === 3 ? 7 : null));
  expect(faultPlanSchema.parse(plan)).toMatchObject({
    faults: [{ id: 'step-3', rate: 1, from: 7, until: 7, most: 1 }],
  });
  expect(planOf([hang], () => null)).toBeUndefined();
});
