import { expect, it } from 'vitest';
import { TestClock } from '../../test/fixtures/test-clock.ts';
import { LeaseAlarm } from './leases.ts';

it('an alarm that was closed wakes nobody, whatever is set afterwards', () => {
  const clock = new TestClock();
  const due: string[] = [];
  const alarm = new LeaseAlarm(clock, (sandbox) => due.push(sandbox));
  alarm.set('first', clock.nowMs() + 10);
  clock.advance(10);
  alarm.set('before', clock.nowMs() + 10);
  alarm.close();
  alarm.set('after', clock.nowMs() + 5);
  clock.advance(20);
  expect(due).toEqual(['first']);
  expect(clock.timers).toBe(0);
});
