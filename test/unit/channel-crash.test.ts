/**
 * Every durable write of a conversation over channels is a place to die at: what is on the disk after each is set aside, gone
 * on with, and the services repeat what they sent, as they do. Each message is then in one session once, and each answer
 * went out, in order; one whose sending was under way went out again.
 */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { digestOf } from '../../src/agents/index.ts';
import type { AuditLog } from '../../src/audit/index.ts';
import { rootScope, silentLog, systemClock, systemRandom } from '../../src/base/index.ts';
import { ChannelHub, parseChannels } from '../../src/channels/index.ts';
import type { Inbound } from '../../src/channels/types.ts';
import { conversationsOf } from '../../src/runtime/channels.ts';
import { agentBundleSchema } from '../../src/schema/index.ts';
import type { Store, StoredEntry } from '../../src/state/index.ts';
import { agentData, openWorld, worldKey } from '../fixtures/agent-world.ts';
import { knowing } from '../fixtures/channel-world.ts';
import { atWrites } from '../fixtures/write-points.ts';

const bundle = agentBundleSchema.parse({
  entry: 'desk',
  agents: [agentData('desk', [{ say: 'x' }], { grants: [], tools: [] })],
});
const channels = parseChannels(
  [
    {
      name: 'phone',
      kind: 'whatsapp',
      agent: 'desk',
      purpose: 'Answers questions about orders.',
      phoneNumberId: '1',
      secrets: { accessToken: 'token-a', appSecret: 'token-b', verifyToken: 'token-c' },
    },
  ],
  ['desk'],
);
const messages = ['one', 'two', '!unlink', 'three'];
const said = ['You are talking to an automated assistant (AI), not to a person.', 'This address is not linked.'];
const answered = ['heard: one', 'heard: one | two', 'heard: one | two | three'];

/** The services send all, in order, again and again until it was taken; ends when all was answered. */
async function play(
  home: string,
  wrap?: (store: Store) => Store,
  sent: string[] = [],
): Promise<{ sent: string[]; log: StoredEntry[] }> {
  await using world = openWorld({ home, open: () => knowing(), ...(wrap ? { wrap } : {}) });
  const { store, engine } = world;
  store.sessions.putBundle(digestOf(bundle), bundle);
  const never = (): Promise<never> => Promise.reject(new Error('nothing is approved here'));
  const hub = new ChannelHub(
    {
      store,
      clock: systemClock,
      log: silentLog,
      random: systemRandom,
      channels,
      key: new Uint8Array(32),
      conversations: conversationsOf(
        { store, clock: systemClock },
        // The bundle is known, so nothing is logged of it.
        async () => ({ engine, chainKey: worldKey, bundleOf: async () => bundle, audit: {} as AuditLog }),
        never,
      ),
      secret: never,
      journal: () => undefined,
      audit: () => undefined,
      openMessenger: async () => ({
        receive: async (request) => ({ answer: new Response('ok'), messages: await messagesOf(request) }),
        send: async (_thread, text) => {
          sent.push(text);
          return { sent: true };
        },
      }),
    },
    rootScope({ name: 'channels' }),
  );
  await hub.open();
  try {
    for (const text of messages) {
      await hub.webhook('default', 'phone', new Request('http://hook.test', { method: 'POST', body: text }));
    }
    await expect
      .poll(() => store.channels.openInbox().length + store.channels.openThreads().length, { timeout: 10_000 })
      .toBe(0);
  } finally {
    await hub.close();
  }
  const sessions = store.sessions.list({ tenant: 'default', all: true }).items;
  expect(sessions.map((session) => session.bundle)).toEqual([digestOf(bundle)]);
  return { sent, log: world.entries(sessions[0]?.id ?? '') };
}

async function messagesOf(request: Request): Promise<Inbound[]> {
  const text = await request.text();
  return [{ event: `e ${text}`, address: '4917', thread: 't', isPrivate: true, text, sentMs: Date.now() }];
}

it('answers each message once and in order, whichever write was the last', async () => {
  const base = mkdtempSync(join(tmpdir(), 'hf-channel-crash-'));
  try {
    const states: { home: string; at: string; before: number }[] = [];
    const out: string[] = [];
    const answersIn = (texts: string[]): number[] =>
      texts.flatMap((text) => answered.indexOf(text)).filter((at) => at >= 0);
    const clean = join(base, 'clean');
    mkdirSync(clean);
    const aside = (at: string): void => {
      if (at.startsWith('before')) return;
      const home = join(base, `${states.length}`);
      mkdirSync(home);
      for (const name of ['state.db', 'state.db-wal']) {
        if (existsSync(join(clean, name))) copyFileSync(join(clean, name), join(home, name));
      }
      states.push({ home, at, before: answersIn(out).length });
    };
    const whole = await play(clean, (store) => atWrites(store, aside), out);
    expect(whole.sent.filter((text) => answered.includes(text))).toEqual(answered);
    expect(states.length).toBeGreaterThan(30);
    for (const { home, at, before } of states) {
      const { sent, log } = await play(home);
      const taken = log.flatMap(({ kind, data }) =>
        kind === 'started' ? [data['event']] : [Reflect.get(Object(data['data']), 'event') ?? []].flat(),
      );
      expect(taken, at).toEqual(['phone/e one', 'phone/e two', 'phone/e three']);
      // Before it died and after: all, in order, and the one whose sending was under way perhaps twice.
      const order = answersIn(sent);
      expect(order, at).toEqual([0, 1, 2].slice(3 - order.length));
      expect([3 - before, 3 - before + 1], at).toContain(order.length);
      for (const text of sent) expect([...said, ...answered], at).toContain(text);
    }
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}, 240_000);
