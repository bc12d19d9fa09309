import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { recordingService } from '../../test/fixtures/recording-service.ts';
import { holdLease, leaseMs, throwAway } from './lease.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('begins with the usual lifetime, which a contract may ask for, and is short as soon as it is needed longer', () => {
  const wanted = throwAway({ lifetimeMs: 5000, contract: 'coding-agent' });
  expect(wanted).toEqual({ contract: 'coding-agent', origins: { lifetimeMs: 'renewed while it is in use' } });
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
