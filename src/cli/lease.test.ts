import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { recordingService } from '../../test/fixtures/recording-service.ts';
import { holdLease, leaseMs } from './lease.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('is renewed as soon as it is needed longer, and until it is given up', () => {
  const service = recordingService();
  const extended = (): unknown[] =>
    service.calls.filter(({ verb }) => verb === 'extendSandbox').map(({ args }) => args);
  const lease = holdLease(service, 'box');
  expect(extended()).toEqual([]);
  vi.advanceTimersByTime(1000);
  expect(extended()).toEqual([['box', leaseMs]]);
  vi.advanceTimersByTime(leaseMs);
  expect(extended().length).toBe(4);
  lease[Symbol.dispose]();
  vi.advanceTimersByTime(leaseMs);
  expect(extended().length).toBe(4);
});

it('is never touched when it is over at once', () => {
  const service = recordingService();
  holdLease(service, 'box')[Symbol.dispose]();
  vi.advanceTimersByTime(leaseMs);
  expect(service.calls).toEqual([]);
});
