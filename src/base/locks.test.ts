import { expect, it } from 'vitest';
import { Semaphore } from './locks.ts';
import { rootScope } from './scope.ts';

const turn = () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { work: () => promise, end: resolve };
};

it('whoever gives up waiting for a turn leaves the line, and the line goes on', async () => {
  const semaphore = new Semaphore(1);
  const first = turn();
  const done: string[] = [];
  const running = semaphore.run(first.work);
  const leaving = rootScope({ name: 'leaving' });
  const left = semaphore.run(async () => void done.push('left'), leaving);
  const last = semaphore.run(async () => void done.push('last'));
  await leaving.close();
  await expect(left).rejects.toMatchObject({ code: 'cancelled' });
  first.end();
  await Promise.all([running, last]);
  expect(done).toEqual(['last']);
});

it('a turn that came for somebody who gave up at that moment is the next one’s', async () => {
  const semaphore = new Semaphore(1);
  const first = turn();
  const running = semaphore.run(first.work);
  const leaving = rootScope({ name: 'leaving' });
  const left = semaphore.run(async () => undefined, leaving);
  first.end();
  await Promise.all([leaving.close(), running, left.catch(() => undefined)]);
  expect(await semaphore.run(async () => 'free')).toBe('free');
});

it('whoever needs several places waits for them in the line, and those behind begin when it gives up', async () => {
  const semaphore = new Semaphore(2);
  const first = turn();
  const done: string[] = [];
  const running = semaphore.run(first.work);
  const leaving = rootScope({ name: 'leaving' });
  const large = semaphore.run(async () => void done.push('large'), leaving, 2);
  const small = semaphore.run(async () => void done.push('small'));
  await Promise.resolve();
  expect(done).toEqual([]);
  await leaving.close();
  await expect(large).rejects.toMatchObject({ code: 'cancelled' });
  await small;
  expect(done).toEqual(['small']);
  first.end();
  await running;
  expect(await semaphore.run(async () => 'all', undefined, 2)).toBe('all');
});
