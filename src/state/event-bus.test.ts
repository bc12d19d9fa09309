import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { idMaker, systemClock, systemRandom } from '../base/index.ts';
import type { HoldfastEvent } from '../schema/index.ts';
import { EventBus } from './event-bus.ts';
import { openStore } from './store.ts';
import type { Store } from './types.ts';

let home: string;
let store: Store;
let bus: EventBus;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'holdfast-store-'));
  store = openStore({ home, keptEvents: 100 });
  bus = newBus();
});
afterEach(() => {
  store.close();
  rmSync(home, { recursive: true });
});

const newBus = (): EventBus => new EventBus(store.events, systemClock, idMaker(systemClock, systemRandom));

const publish = (n: number, sandbox = 's', tenant = 'a'): HoldfastEvent =>
  bus.publish({ type: n % 2 === 0 ? 'tool-called' : 'tool-ended', tenant, sandbox, data: { n } });

async function take(reader: AsyncIterator<HoldfastEvent>, count: number): Promise<unknown[]> {
  const found: unknown[] = [];
  while (found.length < count) {
    const { value, done } = await reader.next();
    if (done) break;
    found.push(value.data['n']);
  }
  return found;
}

describe('the event bus', () => {
  it('gives every event from the subscription on, in order, read late or early (3)', async () => {
    publish(0);
    const early = bus.subscribe({});
    const waiting = take(early, 6);
    const late = bus.subscribe({});
    for (let n = 1; n <= 3; n++) publish(n);
    await Promise.resolve();
    for (let n = 4; n <= 6; n++) publish(n);
    expect(await waiting).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await take(late, 6)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('filters by tenant, sandbox and type', async () => {
    const mine = bus.subscribe({ tenant: 'a', sandbox: 's', types: ['tool-called'] });
    const waiting = bus.subscribe({ tenant: 'a', sandbox: 's', types: ['tool-called'] });
    const next = take(waiting, 2);
    publish(1);
    publish(2, 's', 'b');
    publish(3, 't');
    publish(4);
    publish(6);
    expect(await take(mine, 2)).toEqual([4, 6]);
    expect(await next).toEqual([4, 6]);
  });

  it('resumes after an event, also over a restart', async () => {
    const events = [1, 2, 3, 4].map((n) => publish(n));
    store.close();
    store = openStore({ home, keptEvents: 100 });
    bus = newBus();
    const reader = bus.subscribe({ since: events[1]?.id ?? '' });
    publish(5);
    expect(await take(reader, 3)).toEqual([3, 4, 5]);
    expect((await bus.subscribe({ since: events[3]?.id ?? '' }).next()).value.data).toEqual({ n: 5 });
  });

  it('keeps the newest and tells a slow reader what it missed (2)', async () => {
    const first = publish(0);
    const slow = bus.subscribe({});
    const resumed = bus.subscribe({ since: first.id });
    for (let n = 1; n <= 100; n++) publish(n);
    expect(await take(resumed, 50)).toHaveLength(50);
    for (let n = 101; n <= 500; n++) publish(n);
    await expect(slow.next()).rejects.toMatchObject({
      code: 'events-lost',
      message: expect.stringMatching(/too slow: \d+ events/),
      details: { lastSeen: null },
    });
    expect(await slow.next()).toEqual({ done: true, value: undefined });
    expect(await take(resumed, 50)).toHaveLength(50);
    await expect(resumed.next()).rejects.toMatchObject({ code: 'events-lost' });
    expect(() => bus.subscribe({ since: first.id })).toThrow(expect.objectContaining({ code: 'events-lost' }));
    expect(store.events.after(0, 1000).length).toBeLessThanOrEqual(103);
    expect(store.events.after(0, 1000).length).toBeGreaterThanOrEqual(100);
  });

  it('passes over what was undone with its transaction, and hands out all that follows (4)', async () => {
    const behind = bus.subscribe({});
    const undone = new Error('undone');
    const undo = (n: number): void =>
      expect(() =>
        store.transaction(() => {
          publish(n);
          throw undone;
        }),
      ).toThrow(undone);
    undo(1);
    const next = take(behind, 1);
    publish(2);
    expect(await next).toEqual([2]);
    undo(3);
    publish(4);
    undo(5);
    expect(await take(behind, 1)).toEqual([4]);
    expect(await Promise.race([take(behind, 1), turn('waits')])).toBe('waits');
  });

  it('ends with its signal, its reader or the bus', async () => {
    const controller = new AbortController();
    const ended = take(bus.subscribe({}, controller.signal), 1);
    controller.abort();
    expect(await ended).toEqual([]);
    expect(await take(bus.subscribe({}, controller.signal), 1)).toEqual([]);
    const left = bus.subscribe({});
    publish(1);
    for await (const event of left) {
      expect(event.data).toEqual({ n: 1 });
      break;
    }
    expect((await left.next()).done).toBe(true);
    const waiting = take(bus.subscribe({}), 1);
    bus.close();
    expect(await waiting).toEqual([]);
  });
});
