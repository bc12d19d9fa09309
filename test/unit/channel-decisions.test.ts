/**
 * What a person decides by a channel is decided once and answered, whichever write was the last before the daemon died, and a
 * disk that fills up in between ends nothing.
 */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { AuditLog } from '../../src/audit/index.ts';
import { rootScope, silentLog, systemClock, systemRandom } from '../../src/base/index.ts';
import { ChannelHub, parseChannels } from '../../src/channels/index.ts';
import { conversationsOf } from '../../src/runtime/channels.ts';
import { type Approval, agentBundleSchema, HoldfastError } from '../../src/schema/index.ts';
import type { SessionEngine } from '../../src/sessions/index.ts';
import type { Store } from '../../src/state/index.ts';
import { agentData, openWorld, worldKey } from '../fixtures/agent-world.ts';
import { atWrites } from '../fixtures/write-points.ts';

const bundle = agentBundleSchema.parse({
  entry: 'desk',
  agents: [
    agentData('desk', [{ answered: 0, call: [{ tool: 'note', input: { text: 'once' } }] }, { say: 'noted' }], {
      approvals: [{ tools: ['note'], withinMs: 86_400_000 }],
    }),
  ],
});
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
const place = { tenant: 'default', channel: 'team', address: 'U1' };

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'hf-decisions-'));
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

/** As the runtime decides: once, and only what is open. */
const verbs = (engine: SessionEngine, store: Store) => async (caller: { person: string | null }) => ({
  decideApproval: async (id: string, { approve }: { approve: boolean }) => {
    const [session = '', position = ''] = id.split('.');
    const event = `approval:${position}`;
    const isOpen = store.sessions
      .entries(session, 0, 1000)
      .every(({ kind, data }) => kind !== 'received' || data['event'] !== event);
    if (!isOpen) throw new HoldfastError('not-found', `no approval ${id} is asked for`);
    engine.deliver(session, { event, data: { approve, by: caller.person, reason: null }, key: `${event}:milo` });
    return {} as Approval;
  },
});

/** Ends when nothing that came is open and all was sent. @param parked the session that waits for the approval, if there is one */
async function play(home: string, wrap?: (store: Store) => Store, sent: string[] = []): Promise<string[]> {
  await using world = openWorld({ home, ...(wrap ? { wrap } : {}) });
  const { store, engine } = world;
  const known = store.sessions.list({ tenant: 'default', all: true }).items[0];
  const { id } = known ?? world.start(bundle, 'go');
  if (!known) {
    store.channels.putAddress({ ...place, person: 'milo', linkedMs: 1, disclosedMs: 1, lastInboundMs: 1 });
    await world.settled(id, 'waiting');
  }
  const position = store.sessions.asked('default')[0]?.position;
  const never = (): Promise<never> => Promise.reject(new Error('it has no secrets'));
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
        async () => ({ engine, chainKey: worldKey, bundleOf: async () => bundle, audit: {} as AuditLog }),
        verbs(engine, store),
      ),
      secret: never,
      journal: () => undefined,
      audit: () => undefined,
      openMessenger: async () => ({
        receive: async () => ({
          answer: new Response('ok'),
          messages: [
            {
              event: 'e1',
              address: 'U1',
              thread: 't',
              isPrivate: true,
              text: `!approve ${id}.${position}`,
              sentMs: Date.now(),
            },
          ],
        }),
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
    // The service repeats it, as services do.
    await hub.webhook('default', 'team', new Request('http://hook.test', { method: 'POST', body: 'x' }));
    await expect
      .poll(() => store.channels.openInbox().length + store.channels.openThreads().length, { timeout: 10_000 })
      .toBe(0);
  } finally {
    await hub.close();
  }
  expect((await world.settled(id, 'done')).outcome).toMatchObject({ ok: true });
  expect(world.entries(id).filter(({ data }) => String(data['event']).startsWith('approval:')).length).toBe(1);
  expect(world.notes().length).toBe(1);
  return sent.map((text) => text.replace(id, 'session'));
}

const approved = (texts: readonly string[]): number =>
  texts.filter((text) => /^Approved: session\.\d+$/.test(text)).length;

it('decides once and says so, whichever write was the last', async () => {
  const clean = join(base, 'clean');
  mkdirSync(clean);
  const states: { home: string; at: string; before: number }[] = [];
  const out: string[] = [];
  let isOpen = false;
  const aside = (at: string): void => {
    isOpen ||= existsSync(join(clean, 'state.db')) && at.includes('receive');
    if (!isOpen || at.startsWith('before')) return;
    const home = join(base, `${states.length}`);
    mkdirSync(home);
    for (const name of ['state.db', 'state.db-wal', 'notes']) {
      if (existsSync(join(clean, name))) copyFileSync(join(clean, name), join(home, name));
    }
    states.push({ home, at, before: out.filter((text) => text.startsWith('Approved')).length });
  };
  const whole = await play(clean, (store) => atWrites(store, aside), out);
  expect(whole[0]).toMatch(/^Looking at session\.\d+\.$/);
  expect(approved(whole)).toBe(1);
  expect(states.length).toBeGreaterThan(6);
  for (const { home, at, before } of states) {
    const texts = await play(home);
    // One whose sending was under way goes out again.
    expect([1 - before, 2 - before], at).toContain(approved(texts));
    expect(
      texts.filter((text) => text.startsWith('Not decided')),
      at,
    ).toEqual([]);
  }
}, 120_000);

it('answers when there is room again, after a disk filled up between the decision and its answer', async () => {
  let refused = 0;
  const home = join(base, 'full');
  mkdirSync(home);
  const texts = await play(home, (store) => ({
    ...store,
    channels: new Proxy(store.channels, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          const [record] = args;
          const isAnswer = name === 'send' && String(Reflect.get(Object(record), 'text')).startsWith('Approved');
          if (isAnswer && refused++ === 0) throw new HoldfastError('host-disk-full', 'no space left');
          return Reflect.apply(value, target, args);
        };
      },
    }),
  }));
  expect(refused).toBe(2);
  expect(approved(texts)).toBe(1);
});
