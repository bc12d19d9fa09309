/** What is over its time is gone from the disk within a day, though the daemon never ends. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sandboxRecord } from '../../test/fixtures/sandbox-record.ts';
import { TestClock } from '../../test/fixtures/test-clock.ts';
import { isoTime } from '../base/index.ts';
import { FakeSubstrate } from '../compute/index.ts';
import { openJournal, openStore, type SnapshotRecord, type Store } from '../state/index.ts';
import { createRuntime, type Runtime } from './index.ts';
import { throwAwayName } from './throw-away.ts';

const guestBinary = '/bin/true';
const day = 86_400_000;
const key = { tenant: 'acme', scope: 'create', key: 'k' };
let home: string;
let clock: TestClock;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'hf-expiry-'));
  clock = new TestClock();
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function stored<T>(use: (store: Store) => T): T {
  using store = openStore({ home, clock });
  return use(store);
}

const place = { tenant: 'acme', scope: 'user', owner: 'ada', slot: 's', key: 'k' };
const keep = (expiresMs: number): void =>
  stored((store) => {
    const facts = {
      value: 'zebra',
      class: 'personal',
      person: 'ada',
      writtenAt: '2026-01-01T00:00:00.000Z',
      expiresMs,
    };
    store.memories.put({ ...place, ...facts });
    store.idempotency.claim(key, 'digest');
    store.channels.putValue('acme/phone note', 'zebra', expiresMs);
    const message = { tenant: 'acme', channel: 'phone', event: 'e', address: '49', thread: 't', text: 'zebra' };
    const { id } = store.channels.receive({ ...message, isPrivate: true, receivedMs: clock.nowMs() }) ?? { id: 0 };
    store.channels.updateInbox(id, { state: 'done' });
    store.snapshots.insertSnapshot({ ...copy, createdAt: isoTime(clock.nowMs()) });
    const wentMs = clock.nowMs();
    store.sandboxes.insert(sandboxRecord({ tenant: 'acme', state: 'gone', leaseEndsMs: wentMs, lastUsedMs: wentMs }));
  });

/** As `run --repo` makes it, and nothing is made of it. */
const copy: SnapshotRecord = {
  id: 'snp-1',
  name: throwAwayName,
  tenant: 'acme',
  sandbox: null,
  parent: null,
  template: 'host',
  contract: null,
  createdAt: '',
  method: 'import',
  addedFiles: 0,
  addedBytes: 0,
  pauseMs: 0,
  digest: 'd',
  layers: [],
};

/** What is there, whether it is over or not. */
const left = (): string[] =>
  stored((store) => [
    ...(store.memories.get(place, 0) === null ? [] : ['memory']),
    ...(store.idempotency.purge(Number.MAX_SAFE_INTEGER) > 0 ? ['key'] : []),
    ...(store.channels.getValue('acme/phone note', 0) === null ? [] : ['note']),
    ...(store.channels.receive({
      tenant: 'acme',
      channel: 'phone',
      event: 'e',
      address: '49',
      thread: 't',
      text: '',
      isPrivate: true,
      receivedMs: 0,
    }) === null
      ? ['message']
      : []),
    ...(store.snapshots.getSnapshot(copy.id) === null ? [] : ['copy']),
    ...(store.sandboxes.list({ tenant: 'acme', all: true }).items.length === 0 ? [] : ['gone']),
  ]);

const opened = (journal: { keptMs?: number } = {}): Promise<Runtime> =>
  createRuntime({ home, clock, substrate: new FakeSubstrate({ binary: guestBinary }), guestBinary, journal });

/** A runtime, all the time that the clock is moved. */
async function whileOpen(...stepsMs: number[]): Promise<void> {
  const runtime = await opened();
  for (const ms of stepsMs) clock.advance(ms);
  await runtime.close();
}

it.each<[string, number[], string[]]>([
  ['not before its time', [day - 1], ['memory', 'key', 'note', 'message', 'copy', 'gone']],
  ['within a day after it', [day - 1, 1, day], ['key', 'message', 'gone']],
  ['day by day', Array.from({ length: 31 }, () => day), []],
  ['at once, when the clock jumps over weeks', [40 * day], []],
  ['again after a jump', [3 * day, 5 * day], ['message', 'gone']],
])('goes %s', async (_, steps, expected) => {
  keep(clock.nowMs() + day);
  await whileOpen(...steps);
  expect(left()).toEqual(expected);
});

it('goes when a runtime is opened', async () => {
  keep(clock.nowMs() + day);
  clock.advance(40 * day);
  await whileOpen();
  expect(left()).toEqual([]);
});

describe('a legal hold', () => {
  const hold = (person: string | null, tenant = 'acme'): void =>
    stored((store) => {
      const facts = { reason: 'a case', placedBy: 'eve', placedAt: isoTime(clock.nowMs()) };
      store.legalHolds.insert({ id: 'hld-1', tenant, person, ...facts });
    });
  /** Whose the address is, that the message came from and another one was sent to; and a code of theirs. */
  const address = (person: string): void =>
    stored((store) => {
      const at = { tenant: 'acme', channel: 'phone', address: '49' };
      store.channels.putAddress({ ...at, person, linkedMs: null, disclosedMs: null, lastInboundMs: 0 });
      const { id } = store.channels.send({
        ...at,
        thread: 't',
        text: 'quagga',
        nextMs: clock.nowMs(),
        putMs: clock.nowMs(),
      });
      store.channels.updateOutbox(id, { state: 'sent' });
      const unused = { usedMs: null, usedChannel: null, usedAddress: null, answeredMs: null };
      const code = { id: 'c', tenant: 'acme', person, channel: 'phone', expiresMs: clock.nowMs() };
      store.channels.putCode({ ...code, ...unused });
    });
  const leftOfThem = (): string[] => {
    const code = stored((store) => store.channels.code('c') !== null);
    // The number that the next one gets says whether one is there.
    const sent = stored((store) => {
      const record = { tenant: 'acme', channel: 'other', address: '1', thread: 't', text: '', nextMs: 0, putMs: 0 };
      return store.channels.send(record).id > 1;
    });
    const theirs = left().filter((what) => what === 'memory' || what === 'message');
    return [...theirs, ...(sent ? ['sent'] : []), ...(code ? ['code'] : [])];
  };

  it.each<[string, string | null, string, string[]]>([
    ['the person', 'ada', 'acme', ['memory', 'message', 'sent', 'code']],
    ['everybody', null, 'acme', ['memory', 'message', 'sent', 'code']],
    ['somebody else', 'milo', 'acme', []],
    ['a person of that name of another tenant', 'ada', 'other', []],
  ])('on %s keeps what is over its time, until it is released', async (_, person, tenant, expected) => {
    keep(clock.nowMs() + day);
    address('ada');
    hold(person, tenant);
    clock.advance(40 * day);
    await whileOpen();
    expect(leftOfThem()).toEqual(expected);
    stored((store) => store.legalHolds.remove(tenant, 'hld-1'));
    await whileOpen();
    expect(left().filter((what) => what === 'memory')).toEqual([]);
  });

  it('on a person keeps what they wrote in a conversation of theirs, from whatever address', async () => {
    keep(clock.nowMs() + day);
    stored((store) => {
      store.channels.updateInbox(1, { line: 'a person:ada' });
    });
    hold('ada');
    clock.advance(40 * day);
    await whileOpen();
    expect(leftOfThem()).toEqual(['memory', 'message']);
  });
});

it('goes from the journal where somebody said how long that is kept, and else never', async () => {
  const segments = (): string[] => readdirSync(join(home, 'journal')).sort();
  const written = async (): Promise<void> => {
    const journal = await openJournal({ home, clock });
    journal.append({ tenant: 'acme', sandbox: null, type: 'test', body: {} });
    await journal.close();
  };
  await written();
  clock.advance(400 * day);
  await whileOpen();
  expect(segments()).toEqual(['000001.jsonl']);
  const runtime = await opened({ keptMs: 30 * day });
  await expect.poll(segments).toEqual(['000002.jsonl', 'begins.json']);
  await runtime.close();
  await written();
  clock.advance(29 * day);
  await (await opened({ keptMs: 30 * day })).close();
  expect(segments()).toEqual(['000002.jsonl', 'begins.json']);
});

it('refuses to keep the journal for less than a day', async () => {
  await expect(opened({ keptMs: day - 1 })).rejects.toMatchObject({ code: 'invalid-argument' });
});
