/** The watcher's timers on a real state database. What canaries find is another test's. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sandboxRecord } from '../../../test/fixtures/sandbox-record.ts';
import { TestClock } from '../../../test/fixtures/test-clock.ts';
import { idMaker, silentLog, systemRandom } from '../../base/index.ts';
import { HoldfastError, type HoldfastService } from '../../schema/index.ts';
import { openStore, type Store } from '../../state/index.ts';
import { Contracts } from '../contracts.ts';
import { Watcher } from './watcher.ts';

const hour = 3_600_000;
const first = { contract: null, isolation: 'namespace', template: 'host' } as const;

let home: string;
let store: Store;
let clock: TestClock;
let watcher: Watcher;
let errors: string[];
let canaries: number;

beforeEach(() => {
  canaries = 0;
  home = mkdtempSync(join(tmpdir(), 'hf-watcher-'));
  clock = new TestClock();
  store = openStore({ home, clock });
  errors = [];
  const tell = (_: unknown, message: string): unknown => errors.push(message);
  watcher = new Watcher({
    store,
    events: { publish: () => undefined as never },
    contracts: new Contracts(store),
    clock,
    random: systemRandom,
    newId: idMaker(clock, systemRandom),
    log: Object.assign(Object.create(silentLog), { error: tell }),
    tenant: 'default',
    service: (): HoldfastService => {
      canaries++;
      throw new HoldfastError('busy', 'no canary is made here');
    },
  });
});
afterEach(async () => {
  await watcher.close();
  store.close();
  rmSync(home, { recursive: true });
});

/** From now on every write of watches fails, until it is called. */
function fillDisk(): () => void {
  const { update, insert } = store.watches;
  const full = (): never => {
    throw new Error('database or disk is full');
  };
  Object.assign(store.watches, { update: full, insert: full });
  return () => Object.assign(store.watches, { update, insert });
}

describe('a full disk', () => {
  it('does not end the daemon when a canary is due; it is made later', () => {
    const { id } = watcher.start(first, hour);
    const free = fillDisk();
    clock.advance(2000);
    expect(errors).toEqual([expect.stringContaining('canaries that are due')]);
    free();
    clock.advance(60_000);
    expect(store.watches.get(id)?.nextMs).toBe(clock.nowMs() + hour);
    expect(errors).toHaveLength(1);
  });

  it('does not keep it from starting; what is in use is watched later', () => {
    const free = fillDisk();
    watcher.open({ everyMs: hour, first });
    expect(errors).toEqual([expect.stringContaining('are not watched yet')]);
    clock.advance(5 * 60_000);
    expect(errors).toHaveLength(2);
    free();
    clock.advance(5 * 60_000);
    expect(store.watches.list()).toHaveLength(1);
  });
});

it('makes a canary every so many hours, and none between', async () => {
  watcher.start(first, 6 * hour);
  const made: number[] = [];
  for (let hours = 1; hours <= 24; hours++) {
    clock.advance(hour);
    await new Promise((resolve) => setImmediate(resolve));
    made.push(canaries);
  }
  expect(made).toEqual([1, 2, 3, 4].flatMap((count) => Array<number>(6).fill(count)));
});

it('finds what is in use, up to sixteen watches in all, whatever comes after', () => {
  watcher.start({ ...first, template: 'by-hand' }, hour);
  for (let count = 0; count < 12; count++) store.sandboxes.insert(sandboxRecord({ template: `t${count}` }));
  watcher.open({ everyMs: hour, first });
  expect(store.watches.list()).toHaveLength(14);
  for (let count = 12; count < 40; count++) store.sandboxes.insert(sandboxRecord({ template: `t${count}` }));
  for (let look = 0; look < 3; look++) clock.advance(5 * 60_000);
  expect(store.watches.list()).toHaveLength(16);
});
