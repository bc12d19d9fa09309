/** Sending, with a clock that the test moves; the wires themselves are in test/unit/channels.test.ts. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { TestClock } from '../../test/fixtures/test-clock.ts';
import { type OwnedScope, rootScope, silentLog } from '../base/index.ts';
import { channelSchema } from '../schema/index.ts';
import { type NewJournalEntry, type OutboxRecord, openStore, type Store } from '../state/index.ts';
import { slackFailure, whatsappFailure } from './messengers/failures.ts';
import { closingMs, Outbox, patienceMs, piecesOf, windowMs } from './outbox.ts';
import type { SendResult } from './types.ts';

const phone = channelSchema.parse({
  name: 'phone',
  kind: 'whatsapp',
  agent: 'desk',
  purpose: 'Answers questions about orders.',
  phoneNumberId: '1',
  secrets: { accessToken: 'token-a', appSecret: 'token-b', verifyToken: 'token-c' },
});
const to = { tenant: 'default', channel: 'phone', address: '4917', thread: 't1' };
let home: string;
let clock: TestClock;
let store: Store;
let scope: OwnedScope;
let sent: string[];
let results: (SendResult | Promise<SendResult>)[];
/** Of what `results` says nothing of. */
let usual: (text: string) => SendResult;
let journal: NewJournalEntry[];

function open(): Outbox {
  scope = rootScope({ name: 'outbox', clock });
  return new Outbox({
    store,
    clock,
    log: silentLog,
    key: new Uint8Array(32),
    journal: (entry) => void journal.push(entry),
    scope,
    find: (_tenant, name) => (name === 'phone' ? phone : ({ ...phone, kind: 'slack', name } as never)),
    messenger: async () => ({
      receive: () => Promise.reject(new Error('receives nothing')),
      send: async (thread, text) => {
        sent.push(`${thread} ${text}`);
        return (await results.shift()) ?? usual(text);
      },
    }),
  });
}

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'hf-outbox-'));
  clock = new TestClock();
  store = openStore({ home, clock });
  [sent, results, journal] = [[], [], []];
  usual = () => ({ sent: true });
  const person = { person: 'guest.1', linkedMs: null, disclosedMs: 1, lastInboundMs: clock.nowMs() };
  store.channels.putAddress({ tenant: 'default', channel: 'phone', address: '4917', ...person });
});
afterEach(async () => {
  await scope.close();
  store.close();
  rmSync(home, { recursive: true, force: true });
});

const waiting = (): OutboxRecord[] =>
  store.channels.openThreads().flatMap((thread) => store.channels.nextOut(thread) ?? []);

it('sends in order, thread by thread, and a slow thread keeps no other waiting (3)', async () => {
  const outbox = open();
  let go = (_result: SendResult): void => undefined;
  results.push(
    new Promise((resolve) => {
      go = resolve;
    }),
  );
  outbox.put(to, 'one');
  outbox.put(to, 'two');
  outbox.put({ ...to, thread: 't2' }, 'other');
  outbox.flush();
  await expect.poll(() => sent).toEqual(['t1 one', 't2 other']);
  go({ sent: true });
  await expect.poll(() => sent).toEqual(['t1 one', 't2 other', 't1 two']);
  await expect.poll(() => waiting().length).toBe(0);
});

const busy: SendResult = { sent: false, why: 'passing', message: 'busy' };

/** Every try until that time, one after the other; answers the pauses between them. */
async function triedUntil(endMs: number): Promise<number[]> {
  const pausesMs: number[] = [];
  while (clock.nowMs() < endMs) {
    const tries = pausesMs.length + 1;
    await expect.poll(() => waiting()[0]?.attempts, { interval: 1 }).toBe(tries);
    await expect.poll(() => clock.timers, { interval: 1 }).toBe(1);
    pausesMs.push((waiting()[0]?.nextMs ?? 0) - clock.nowMs());
    clock.advance(pausesMs.at(-1) ?? 0);
  }
  return pausesMs;
}

it('sends to a service that was away for an hour, asked again later each time (2)', async () => {
  const outbox = open();
  usual = () => busy;
  outbox.put(to, 'one');
  outbox.put(to, 'two');
  outbox.flush();
  const pausesMs = await triedUntil(clock.nowMs() + 3_600_000);
  expect(pausesMs.slice(0, 11)).toEqual([
    1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000, 300_000,
  ]);
  await expect.poll(() => waiting()[0]?.attempts).toBe(pausesMs.length + 1);
  await expect.poll(() => clock.timers).toBe(1);
  usual = () => ({ sent: true });
  clock.advance(300_000);
  await expect.poll(() => sent.slice(-2)).toEqual(['t1 one', 't1 two']);
  await expect.poll(() => waiting()).toEqual([]);
  expect(journal).toEqual([]);
});

it('gives up when an answer makes no sense any more, with a word in the journal (2)', async () => {
  const outbox = open();
  usual = (text) => (text === 'one' ? busy : { sent: true });
  outbox.put(to, 'one');
  // Somebody who goes on writing may be written to for longer.
  clock.advance(1000);
  const record = store.channels.address({ tenant: 'default', channel: 'phone', address: '4917' });
  if (record) store.channels.putAddress({ ...record, lastInboundMs: clock.nowMs() });
  outbox.put(to, 'two');
  outbox.flush();
  await triedUntil(clock.nowMs() - 1000 + patienceMs.whatsapp);
  await expect.poll(() => sent.at(-1)).toBe('t1 two');
  expect(journal).toMatchObject([{ type: 'channel-message-not-sent', body: { state: 'refused', why: 'busy' } }]);
  expect(JSON.stringify(journal)).not.toContain('4917');
});

it('keeps what other services are sent going while one holds all that it is given (3)', async () => {
  const outbox = open();
  results.push(...Array.from({ length: 40 }, () => new Promise<SendResult>(() => undefined)));
  for (let at = 0; at < 40; at++) outbox.put({ ...to, thread: `t${at}` }, 'held');
  outbox.flush();
  await expect.poll(() => sent.length).toBe(16);
  results.length = 0;
  outbox.put({ ...to, channel: 'other', thread: 'o' }, 'through');
  outbox.flush();
  await expect.poll(() => sent.at(-1)).toBe('o through');
});

it('sends nothing to WhatsApp a day after a person wrote last, and says so', async () => {
  const outbox = open();
  clock.advance(windowMs - 1);
  outbox.put(to, 'in time');
  outbox.flush();
  await expect.poll(() => sent).toEqual(['t1 in time']);
  await expect.poll(() => waiting().length).toBe(0);
  clock.advance(1);
  outbox.put(to, 'too late');
  outbox.flush();
  await expect.poll(() => journal.length).toBe(1);
  expect([sent, journal[0]?.body]).toMatchObject([['t1 in time'], { state: 'outside-window' }]);
  expect(waiting()).toEqual([]);
});

it('sends what an earlier run wrote down, and does not send what was taken back (1)', async () => {
  const before = open();
  results.push(new Promise(() => undefined));
  before.put(to, 'cut off');
  before.put({ ...to, address: '4918', thread: 't3' }, 'taken back');
  store.channels.refuseWaiting({ ...to, address: '4918' }, 'the address was unlinked');
  before.flush();
  await expect.poll(() => sent).toEqual(['t1 cut off']);
  await scope.close();
  const closed = before.close();
  clock.advance(closingMs);
  await closed;
  expect(waiting().map(({ text, attempts }) => [text, attempts])).toEqual([['cut off', 0]]);
  open().flush();
  await expect.poll(() => sent).toEqual(['t1 cut off', 't1 cut off']);
  await expect.poll(() => waiting()).toEqual([]);
});

it('waits for what is under way when it closes, and for that alone (1)', async () => {
  const before = open();
  let go = (_result: SendResult): void => undefined;
  results.push(
    new Promise((resolve) => {
      go = resolve;
    }),
  );
  before.put(to, 'under way');
  before.put(to, 'not yet');
  before.flush();
  await expect.poll(() => sent).toEqual(['t1 under way']);
  await scope.close();
  const closed = before.close();
  clock.advance(closingMs - 1);
  go({ sent: true });
  await closed;
  expect(waiting().map(({ text }) => text)).toEqual(['not yet']);
  open().flush();
  await expect.poll(() => sent).toEqual(['t1 under way', 't1 not yet']);
});

it('knows what a service means by no', () => {
  const meta = (status: number, code: string): SendResult => whatsappFailure({ message: 'm', status, code });
  expect([meta(400, '131047'), meta(400, '131026'), meta(400, '130429'), meta(503, '')]).toEqual([
    { sent: false, why: 'outside-window' },
    { sent: false, why: 'refused', message: 'm' },
    { sent: false, why: 'passing', message: 'm' },
    { sent: false, why: 'passing', message: 'm' },
  ]);
  const slack = (error: string, code = 'slack_webapi_platform_error'): string => {
    const result = slackFailure({ message: 'm', code, data: { error } });
    return result.sent ? 'sent' : result.why;
  };
  expect([slack('channel_not_found'), slack('invalid_auth'), slack('ratelimited'), slack('', 'NETWORK_ERROR')]).toEqual(
    ['refused', 'refused', 'passing', 'passing'],
  );
  expect(slackFailure(undefined)).toEqual({ sent: false, why: 'passing', message: 'it failed' });
});

it('parts a long text between its paragraphs, and no character', () => {
  const paragraph = 'x'.repeat(2000);
  expect(piecesOf(`${paragraph}\n\n${paragraph}`)).toEqual([paragraph, paragraph]);
  const faces = '🙂'.repeat(4000);
  const pieces = piecesOf(faces);
  expect(pieces.join('')).toBe(faces);
  expect(pieces.every((piece) => piece.isWellFormed() && piece.length <= 3500)).toBe(true);
  expect(piecesOf('')).toEqual([]);
});
