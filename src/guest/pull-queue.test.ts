import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/fixtures/fake-guest.ts';
import { PullQueue } from './pull-queue.ts';

describe('a pull queue', () => {
  it('gives all items in order, then the end, whoever is first', async () => {
    const queue = new PullQueue<number>();
    const early = [queue.next(), queue.next()];
    for (let n = 0; n < 5000; n++) queue.push(n);
    queue.finish();
    queue.push(-1);
    expect((await Promise.all(early)).map((result) => result.value)).toEqual([0, 1]);
    const rest: number[] = [];
    for await (const item of queue) rest.push(item);
    expect(rest).toEqual(Array.from({ length: 4998 }, (_, n) => n + 2));
    expect(await queue.next()).toEqual({ value: undefined, done: true });
  });

  it('lets the newest grow until all that comes in one go has come, also for whoever waits (4)', async () => {
    const queue = new PullQueue<number>();
    const waiting = queue.next();
    queue.push(1);
    expect(queue.newest).toBe(1);
    queue.replaceNewest(12);
    expect(await waiting).toEqual({ value: 12, done: false });
    expect(queue.newest).toBe(undefined);
  });

  it('is fair: who asks while another’s item is on its way does not get it', async () => {
    const queue = new PullQueue<number>();
    const first = queue.next();
    queue.push(1);
    const second = queue.next();
    queue.push(2);
    queue.finish(new Error('lost'));
    expect([(await first).value, (await second).value]).toEqual([1, 2]);
    await expect(queue.next()).rejects.toThrow('lost');
  });

  it('gives its failure once, after the items', async () => {
    const queue = new PullQueue<number>();
    queue.push(1);
    queue.finish(new Error('lost'));
    expect((await queue.next()).value).toBe(1);
    await expect(queue.next()).rejects.toThrow('lost');
    expect((await queue.next()).done).toBe(true);
  });

  it('tells what is taken, and once when the consumer leaves', async () => {
    const taken: number[] = [];
    let left = 0;
    const queue = new PullQueue<number>({ onTake: (item) => taken.push(item), onLeave: () => left++ });
    queue.push(1);
    queue.push(2);
    expect([queue.length, queue.newest, taken]).toEqual([2, 2, []]);
    queue.replaceNewest(3);
    for await (const item of queue) if (item === 3) break;
    await queue.return();
    expect([taken, left, queue.length]).toEqual([[1, 3], 1, 0]);
  });

  it('ends a wait that lasts too long', async () => {
    const clock = new ManualClock();
    let left = 0;
    const stall = { clock, timeoutMs: 100, error: () => new Error('stalled') };
    const queue = new PullQueue<number>({ stall, onLeave: () => left++ });
    queue.push(1);
    await queue.next();
    const waiting = queue.next();
    clock.advance(99);
    queue.push(2);
    expect((await waiting).value).toBe(2);
    expect(clock.pending).toBe(0);
    const stalled = queue.next();
    clock.advance(100);
    await expect(stalled).rejects.toThrow('stalled');
    expect(left).toBe(1);
  });
});
