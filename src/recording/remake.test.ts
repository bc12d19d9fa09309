/** Which faults of a recording are made again, and where. */
import { expect, it } from 'vitest';
import { kindFacts } from '../noise/index.ts';
import { faultKinds, faultPlanSchema } from '../schema/index.ts';
import { networkPlanOf, planOf, remadeFault } from './remake.ts';
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

it('a full disk is one, whether it was full or said to be', () => {
  for (const means of ['physical', 'synthetic'] as const)
    expect(of(event('filesystem.no-space', { lastsCalls: 2 }, { means }))?.fault).toMatchObject({ lastsCalls: 2 });
});

it('so is what the door answered, and what was done to bytes, by the draw that chose them', () => {
  expect(of(event('tool.error', { code: 'busy' }, { means: 'synthetic' }))?.fault).toMatchObject({ code: 'busy' });
  const draw = { id: 'x', draw: 'ab12' };
  expect(of(event('exec.garble', { bytes: 0.5 }, { draw }))?.fault).toMatchObject({ bytes: 0.5, key: 'ab12' });
  expect(of(event('exec.garble', { bytes: 0.5, key: 'own' }, { draw }))?.fault).toMatchObject({ key: 'own' });
});

it.each<[string, Event]>([
  ['was answered from an earlier call', event('tool.stale', {}, { means: 'synthetic' })],
  ['says that it was physical and is not', event('tool.error', { code: 'busy' })],
  ['happened in the network', event('network.reset', { afterBytes: 10 })],
  ['is no fault', event('exec.nonsense')],
  ['has parameters that no plan has', event('exec.hang', { mostMs: 1e12 })],
  ['has more than a plan says', event('exec.hang', { command: 'rm' })],
])('what %s is not', (_what, fault) => {
  expect(of(fault)).toBeNull();
  expect(of()).toBeNull();
});

it('every kind can be made again but the one that needs an earlier answer', () => {
  const made = faultKinds.filter((kind) => {
    const { channel, means } = kindFacts[kind];
    const draw = { id: 'x', draw: 'ab', channel, name: 'a.example', inStep: 1 };
    const delay = { delayMs: 5 };
    const needsDelay = [
      'exec.slow-start',
      'network.slow-name',
      'network.latency',
      'filesystem.slow',
      'lifecycle.cold-start',
    ];
    const one = event(kind, needsDelay.includes(kind) ? delay : {}, { means, draw });
    return channel === 'call' ? of(one) !== null : networkPlanOf({ step: 3, faults: [one] }) !== null;
  });
  expect(faultKinds.filter((kind) => !made.includes(kind))).toEqual(['tool.stale']);
});

it('what came in the network comes at the same of its step, with the delay that was drawn and no part of another’s', () => {
  const draw = { id: 'late', channel: 'connection', name: 'a.example', position: 9, inStep: 2 };
  const late = event('network.latency', { delayMs: 321, correlation: 0.9 }, { draw });
  expect(networkPlanOf({ step: 3, faults: [late] })).toMatchObject({
    faults: [{ kind: 'network.latency', delay: 321, correlation: 0, hosts: ['a.example'], from: 2, until: 2, rate: 1 }],
  });
  const unknown = event('network.reset', {}, { draw: { ...draw, inStep: undefined } });
  expect(networkPlanOf({ step: 3, faults: [late, unknown] })).toBeNull();
});

it('each comes at the call that its step is, once, and those of steps that are not called at none', () => {
  const hang = of(event('exec.hang', { mostMs: 10 }));
  if (!hang) throw new Error('it is not made again');
  const plan = planOf([hang, { step: 5, fault: { ...hang.fault, id: 'step-5' } }], {
    placeOf: (step) => (step === 3 ? 7 : null),
  });
  expect(faultPlanSchema.parse(plan)).toMatchObject({
    faults: [{ id: 'step-3', rate: 1, from: 7, until: 7, most: 1 }],
  });
  expect(planOf([hang], { placeOf: () => null })).toBeUndefined();
});
