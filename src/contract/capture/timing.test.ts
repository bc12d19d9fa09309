import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { answer, FakeTarget } from '../../../test/fixtures/fake-target.ts';
import { systemClock } from '../../base/index.ts';
import { findInsideClock, movingClock } from './timing.ts';

/** What is found in a shell whose `date` is these words, and which has that file in the place of /proc/uptime. */
async function clocksOf(date: string, uptime = '/proc/uptime'): Promise<string[]> {
  const target = new FakeTarget(({ command }) => {
    const script = `unset EPOCHREALTIME; date() { ${date}; }; ${String(command).replaceAll('/proc/uptime', uptime)}`;
    return answer(spawnSync('sh', ['-c', script], { encoding: 'utf8' }).stdout);
  });
  const signal = new AbortController().signal;
  const session = await target.open();
  const { features } = target;
  const timing = { session, features, mark: 'ab', timeoutMs: 10_000, clock: systemClock, signal };
  const found = await findInsideClock(timing);
  return [found, await movingClock(timing, found)];
}

describe('the clock inside', () => {
  it('is the finest that moves', async () => {
    expect(await clocksOf('command date "$@"')).toEqual(['date-nanoseconds', 'date-nanoseconds']);
    expect(await clocksOf('echo 000000000')).toEqual(['date-nanoseconds', 'uptime']);
    expect(await clocksOf('echo 123456789', '/no/such/file')).toEqual(['date-nanoseconds', 'none']);
    expect(await clocksOf('echo %N')).toEqual(['uptime', 'uptime']);
  });
});
