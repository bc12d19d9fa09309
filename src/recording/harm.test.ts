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
const stepEnded = (step: number): boolean => harm.stepEnded(step, undefined).faulted;
const wasSlowed = (step: number): boolean => harm.stepEnded(step, undefined).slowed;

it('an outage is that of what was under way when the connection began, and not of what comes later (4)', () => {
  harm.connection('broke', { beganMs: 50, atMs: 90 });
  harm.connection('missed', { beganMs: 70, atMs: 70 });
  expect(harm.network(40)).toEqual({ networkBroke: true, tapeMissed: true });
  expect(harm.network(60)).toEqual({ networkBroke: false, tapeMissed: true });
  expect(harm.network(80)).toEqual({ networkBroke: false, tapeMissed: false });
  expect(harm.network(40, 91)).toEqual({ networkBroke: false, tapeMissed: false });
});

it('of very many outages the last are kept', () => {
  for (let at = 1; at <= 1001; at++) harm.connection('broke', { beganMs: at, atMs: at });
  expect(harm.network(0, 1001).networkBroke).toBe(true);
  harm = new Harm();
  harm.connection('broke', { beganMs: 100, atMs: 100 });
  for (let at = 0; at < 1000; at++) harm.connection('broke', { beganMs: 10, atMs: 10 });
  expect(harm.network(50).networkBroke).toBe(false);
});

it('what the plan does in the network is its step’s (2)', () => {
  for (const step of [1, 2]) harm.stepBegun(step);
  harm.processStarted({ processId: 'prc-1', tag: null }, 1, 0);
  harm.processStarted({ processId: 'prc-2', tag: null }, 2, 0);
  injected(1, 'network.reset');
  expect([stepEnded(1), stepEnded(2)]).toEqual([true, false]);
  expect([ended('prc-1'), ended('prc-2')]).toEqual([true, false]);
});

it('where nobody knows the step it is that of all that is under way, and of nothing later (3)', () => {
  for (const step of [1, 2, 3]) harm.stepBegun(step);
  expect(stepEnded(1)).toBe(false);
  harm.processStarted({ processId: 'prc-1', tag: null }, 1, 0);
  injected(null, 'network.latency');
  expect(stepEnded(3)).toBe(false);
  injected(null, 'network.reset');
  harm.stepBegun(4);
  harm.processStarted({ processId: 'prc-4', tag: null }, 4, 0);
  expect([stepEnded(2), stepEnded(4)]).toEqual([true, false]);
  expect([ended('prc-1'), ended('prc-4')]).toEqual([true, false]);
});

it('of another sort it is nobody’s then: its call is no step (3)', () => {
  harm.stepBegun(1);
  harm.fault(null, { fault: 'tool.error', means: 'synthetic', draw: { id: 'busy', channel: 'call' } });
  expect(stepEnded(1)).toBe(false);
});

describe('a process that ends while something is done to the sandbox', () => {
  const notice = { id: 'notice', kind: 'lifecycle.reap-notice' } as const;
  const told = (): void =>
    harm.fault(2, { fault: notice.kind, means: 'physical', draw: { id: notice.id, channel: 'call' } });
  beforeEach(() => {
    for (const processId of ['prc-1', 'prc-2']) harm.processStarted({ processId, tag: null }, 1, 0);
  });

  it('is the plan’s before that is told, and so is one whose end is heard after it, of whatever step (2)', () => {
    harm.coming(notice);
    expect(ended('prc-1')).toBe(true);
    told();
    expect(ended('prc-2')).toBe(true);
    harm.processStarted({ processId: 'prc-3', tag: null }, 3, 0);
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

describe('a delay', () => {
  it('is its step’s and its processes’, and makes nothing fail but of being late (1)', () => {
    for (const step of [1, 2]) harm.stepBegun(step);
    for (const step of [1, 2]) harm.processStarted({ processId: `prc-${step}`, tag: null }, step, 0);
    injected(1, 'network.latency');
    harm.processStarted({ processId: 'prc-3', tag: null }, 1, 0);
    expect(['prc-1', 'prc-2', 'prc-3'].map((id) => harm.processEnded(id, 0))).toMatchObject([
      { faulted: false, slowed: true },
      { faulted: false, slowed: false },
      { faulted: false, slowed: true },
    ]);
    expect(harm.stepEnded(1, false)).toEqual({ faulted: false, slowed: true });
    expect(harm.stepEnded(2, false)).toEqual({ faulted: false, slowed: false });
  });

  it('that lasts, or is of the whole sandbox, is that of all that run meanwhile (2)', () => {
    harm.stepBegun(1);
    harm.stepBegun(2);
    const squeeze = { id: 'squeeze', channel: 'call' };
    harm.fault(2, { fault: 'resources.cpu', means: 'physical', draw: squeeze });
    harm.stepBegun(3);
    harm.processStarted({ processId: 'prc-3', tag: null }, 3, 0);
    harm.healed('squeeze');
    harm.stepBegun(4);
    expect([1, 2, 3, 4].map(wasSlowed)).toEqual([true, true, true, false]);
    expect(harm.processEnded('prc-3', 0)).toMatchObject({ faulted: false, slowed: true });
    for (const step of [5, 6]) harm.stepBegun(step);
    harm.fault(5, { fault: 'lifecycle.suspend-gap', means: 'physical', draw: { id: 'gap', channel: 'call' } });
    expect([5, 6].map(wasSlowed)).toEqual([true, true]);
  });
});

it('a clock that jumped is jumped for what is started later too (2)', () => {
  harm.stepBegun(1);
  harm.fault(1, { fault: 'clock.jump', means: 'physical', draw: { id: 'jump', channel: 'call' } });
  expect(stepEnded(1)).toBe(true);
  harm.processStarted({ processId: 'prc-2', tag: null }, 2, 0);
  expect(ended('prc-2')).toBe(true);
});
