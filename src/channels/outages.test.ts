/** A full disk and an audit log that is down, with a clock that the test moves: what came meanwhile is answered by itself. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { TestClock } from '../../test/fixtures/test-clock.ts';
import { rootScope, silentLog, systemRandom } from '../base/index.ts';
import { type ErrorCode, HoldfastError } from '../schema/index.ts';
import { openStore, type Store } from '../state/index.ts';
import { ChannelHub, parseChannels } from './hub.ts';
import type { Conversations, Heard, MessagePlace, PersonMessage } from './types.ts';

const channels = parseChannels(
  [
    {
      name: 'team',
      kind: 'slack',
      agent: 'desk',
      team: 'T1',
      secrets: { botToken: 'slack-bot', signingSecret: 'slack-sign' },
      approvers: ['milo'],
    },
  ],
  ['desk'],
);
const writes = new Set(['receive', 'putAddress', 'updateInbox', 'putLine', 'send', 'updateOutbox', 'putValue']);

let home: string;
let clock: TestClock;
let opened: Store;
let hub: ChannelHub;
let sent: string[];
let started: PersonMessage[];
/** From where conversations were listened to. */
let heardAfter: number[];
/** What a write of that name fails with, of what it is given first. */
let fails: (write: string, given: unknown) => ErrorCode | null;
/** What a conversation fails with. */
let refuses: () => ErrorCode | null;

const failing = (store: Store): Store => ({
  ...store,
  channels: new Proxy(store.channels, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        const code = writes.has(String(name)) ? fails(String(name), args[0]) : null;
        if (code) throw new HoldfastError(code, 'it is not written');
        return Reflect.apply(value, target, args);
      };
    },
  }),
});

const via = { channel: 'team', linked: false, most: 'read', carries: 'public', follows: 'nothing' } as const;

async function* hear(_session: string, after: number): AsyncGenerator<Heard> {
  heardAfter.push(after);
  const at = '2026-01-01T00:00:00.000Z';
  for (const [before, { text, event }] of started.entries()) {
    const index = before + 1;
    if (index <= after) continue;
    const said = { type: 'said', via, at, position: index } as const;
    yield { ...said, role: 'user', text, event };
    yield { ...said, role: 'assistant', text: `heard: ${text}`, event: null };
    yield { type: 'rests', position: index };
  }
}

function say(message: PersonMessage): MessagePlace {
  const code = refuses();
  if (code) throw new HoldfastError(code, 'it is refused');
  if (!started.some(({ event }) => event === message.event)) started.push(message);
  return { session: 'ses-1', position: started.findIndex(({ event }) => event === message.event) + 1 };
}

const conversations: Conversations = {
  start: async ({ message }) => say(message),
  send: async (_session, message) => say(message),
  hear,
  decide: async () => undefined,
};

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'hf-outages-'));
  clock = new TestClock();
  opened = openStore({ home, clock });
  [sent, started, heardAfter] = [[], [], []];
  fails = () => null;
  refuses = () => null;
  hub = new ChannelHub(
    {
      store: failing(opened),
      clock,
      log: silentLog,
      random: systemRandom,
      channels,
      key: new Uint8Array(32),
      conversations,
      secret: () => Promise.reject(new Error('it has no secrets')),
      journal: () => undefined,
      audit: () => undefined,
      openMessenger: async () => ({
        receive: async (request) => {
          const texts = (await request.text()).split(',');
          const messages = texts.map((text) => ({
            event: `e ${text}`,
            address: 'U1',
            thread: 't',
            isPrivate: true,
            text,
            sentMs: clock.nowMs(),
          }));
          return { answer: new Response('ok'), messages };
        },
        send: async (_thread, text) => {
          sent.push(text);
          return { sent: true };
        },
      }),
    },
    rootScope({ name: 'channels', clock }),
  );
  await hub.open();
  const told = { person: 'guest.1', linkedMs: null, disclosedMs: 1, lastInboundMs: 1 };
  opened.channels.putAddress({ tenant: 'default', channel: 'team', address: 'U1', ...told });
});
afterEach(async () => {
  await hub.close();
  opened.close();
  rmSync(home, { recursive: true, force: true });
});

const post = (texts: string): Promise<Response> =>
  hub.webhook('default', 'team', new Request('http://hook.test', { method: 'POST', body: texts }));

async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 1000) {
    clock.advance(1000);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const open = (): number => opened.channels.openInbox().length + opened.channels.openThreads().length;

it('answers what could not be given a place, and what came after it in its turn, when there is room again (2, 3)', async () => {
  fails = (write) => (write === 'receive' ? null : 'host-disk-full');
  await post('one');
  await pass(20_000);
  fails = (write, given) => (write === 'updateInbox' && given === 1 ? 'host-disk-full' : null);
  // Written down, and not placed before the first.
  await post('two');
  expect(opened.channels.openInbox().map(({ line }) => line)).toEqual([null, null]);
  await pass(20_000);
  fails = () => null;
  await pass(60_000);
  await expect.poll(() => sent).toEqual(['heard: one', 'heard: two']);
  expect(open()).toBe(0);
  // Each from its own message on.
  expect(heardAfter).toEqual([0, 1]);
});

it('answers what could not be written down as answered, and once (3)', async () => {
  fails = (write) => (write === 'send' ? 'host-disk-full' : null);
  await post('one');
  await pass(300_000);
  expect([started.length, sent.length, opened.channels.openInbox().length]).toEqual([1, 0, 1]);
  fails = () => null;
  await pass(60_000);
  await expect.poll(() => sent).toEqual(['heard: one']);
  expect(open()).toBe(0);
});

it('answers what an audit log that was down kept back for minutes, and tells nobody of that (3)', async () => {
  refuses = () => 'audit-unavailable';
  await post('one');
  await pass(300_000);
  expect([sent, open()]).toEqual([[], 1]);
  refuses = () => null;
  await pass(60_000);
  await expect.poll(() => sent).toEqual(['heard: one']);
});

it('tells its sender at once of a refusal that stays one', async () => {
  refuses = () => 'quota-exceeded';
  await post('one');
  await expect.poll(() => sent).toEqual(['I cannot answer this (quota-exceeded).']);
});

it('goes on with those of several that were written down before the disk was full', async () => {
  let received = 0;
  fails = (write) => (write === 'receive' && ++received > 1 ? 'host-disk-full' : null);
  await expect(post('one,two')).rejects.toMatchObject({ code: 'host-disk-full' });
  await pass(5000);
  await expect.poll(() => sent).toEqual(['heard: one']);
  fails = () => null;
  // As the service repeats both.
  await post('one,two');
  await expect.poll(() => sent).toEqual(['heard: one', 'heard: two']);
});

it('sends nothing twice because it could not be written down that it was sent', async () => {
  fails = (write) => (write === 'updateOutbox' ? 'host-disk-full' : null);
  await post('one');
  await expect.poll(() => sent).toEqual(['heard: one']);
  await pass(300_000);
  expect(sent).toEqual(['heard: one']);
  fails = () => null;
  await pass(60_000);
  await expect.poll(open).toBe(0);
  expect(sent).toEqual(['heard: one']);
});
