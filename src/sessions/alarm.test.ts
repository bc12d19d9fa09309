import { expect, it } from 'vitest';
import { TestClock } from '../../test/fixtures/test-clock.ts';
import { Alarm } from './alarm.ts';

it('outlives what fails when it fires, and tries again after a pause', () => {
  const clock = new TestClock();
  let isFull = true;
  let tries = 0;
  let dueMs: number | null = clock.nowMs() + 1000;
  const failures: unknown[] = [];
  const onDue = (): void => {
    tries++;
    if (isFull) throw new Error('database or disk is full');
    dueMs = null;
  };
  const alarm = new Alarm(clock, () => dueMs, { onDue, onFailure: (error) => failures.push(error) });
  alarm.arm();
  clock.advance(1000);
  expect(failures).toEqual([new Error('database or disk is full')]);
  // Sessions that come to wait do not make it try without a pause.
  alarm.arm();
  clock.advance(1);
  expect({ tries, timers: clock.timers }).toEqual({ tries: 1, timers: 1 });
  isFull = false;
  clock.advance(60_000);
  expect({ tries, dueMs, timers: clock.timers }).toEqual({ tries: 2, dueMs: null, timers: 0 });
  dueMs = clock.nowMs() + 10;
  alarm.arm();
  clock.advance(10);
  expect(tries).toBe(3);
});
