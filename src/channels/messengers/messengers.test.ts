/** The adapters with what they keep in our database; their wires are in test/unit/channels.test.ts. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { channels, signedSlack } from '../../../test/fixtures/channel-world.ts';
import { TestClock } from '../../../test/fixtures/test-clock.ts';
import { silentLog, systemClock, systemRandom } from '../../base/index.ts';
import { channelSchema } from '../../schema/index.ts';
import { openStore, type Store } from '../../state/index.ts';
import type { ChannelParts, Conversations } from '../types.ts';
import { openSlack } from './slack.ts';
import { stateOf } from './state.ts';

let home: string;
let store: Store;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'hf-messengers-'));
  store = openStore({ home });
});
afterEach(() => {
  store.close();
  rmSync(home, { recursive: true, force: true });
});

it('hands on an event again that was seen and not kept, when Slack repeats it', async () => {
  const team = channels('http://127.0.0.1:9/api/', 'http://127.0.0.1:9').map((channel) =>
    channelSchema.parse(channel),
  )[2];
  if (team?.kind !== 'slack') throw new Error('the third channel is Slack’s');
  const parts: ChannelParts = {
    store,
    clock: systemClock,
    log: silentLog,
    random: systemRandom,
    channels: [],
    key: new Uint8Array(32),
    // Nothing is answered here.
    conversations: {} as Conversations,
    secret: async (_tenant, name) => (name === 'slack-sign' ? 'signing-secret-of-slack' : 'xoxb-1'),
    journal: () => undefined,
    audit: () => undefined,
  };
  const messenger = await openSlack(team, parts);
  for (const retry of [0, 1, 2]) {
    const [body, headers] = signedSlack({ id: 'Ev1', user: 'U1', text: 'hello', retry });
    const request = new Request('http://hook.test', {
      method: 'POST',
      body,
      headers: { ...headers, 'content-type': 'application/json' },
    });
    const { messages } = await messenger.receive(request);
    expect(messages).toMatchObject([{ event: 'Ev1', address: 'U1', text: 'hello', isPrivate: true }]);
  }
});

describe('what adapters keep', () => {
  const clock = new TestClock();
  const open = (channel: string, tenant = 'default'): ReturnType<typeof stateOf> =>
    stateOf(store.channels, clock, { of: { tenant, channel }, random: systemRandom });

  it('is there after a restart until its time, and no other channel sees it', async () => {
    const state = open('team');
    await state.set('user', { name: 'Ada' }, 1000);
    await state.set('for ever', null);
    await state.appendToList('list', 'a', { maxLength: 2 });
    for (const item of ['b', 'c']) await state.appendToList('list', item, { maxLength: 2 });
    await state.subscribe('t1');
    store.close();
    store = openStore({ home });
    const again = open('team');
    expect([await again.get('user'), await again.getList('list')]).toEqual([{ name: 'Ada' }, ['b', 'c']]);
    expect([await again.isSubscribed('t1'), await open('other').get('user')]).toEqual([true, null]);
    expect(await again.setIfNotExists('user', 1)).toBe(false);
    clock.advance(1000);
    expect([await again.get('user'), await again.setIfNotExists('user', 1)]).toEqual([null, true]);
    await again.unsubscribe('t1');
    await again.delete('list');
    expect([await again.isSubscribed('t1'), await again.getList('list')]).toEqual([false, []]);
  });

  it('is forgotten of a person with their addresses, as adapters name them, and of nobody else', async () => {
    const times = { disclosedMs: null, lastInboundMs: 0, linkedMs: 1 };
    const linked = { tenant: 'default', person: 'ada', ...times };
    store.channels.putAddress({ ...linked, channel: 'team', address: 'U1' });
    store.channels.putAddress({ ...linked, channel: 'phone', address: '49170' });
    const identity = 'whatsapp:identity';
    const hers: [string, string, unknown][] = [
      ['team', 'slack:user:U1', { displayName: 'Ada' }],
      ['team', 'slack:user-by-name:ada', ['U1']],
      ['phone', `${identity}:route:1:49170`, { phone: '49170', bsuid: 'DE.1' }],
      ['phone', `${identity}:alias:1:49170`, '49170'],
      ['phone', `${identity}:alias:1:DE.1`, '49170'],
    ];
    const others: [string, string, unknown][] = [
      ['team', 'slack:user:U12', { displayName: 'Eve' }],
      ['team', 'slack:user-by-name:eve', ['U12']],
      ['phone', `${identity}:route:1:491701`, { phone: '491701' }],
      ['phone', `${identity}:alias:1:491701`, '491701'],
      // No address of hers.
      ['other', 'slack:user:U1', { displayName: 'Another' }],
    ];
    for (const [channel, key, value] of [...hers, ...others]) await open(channel).set(key, value);
    await open('team', 'acme').set('slack:user:U1', { displayName: 'Elsewhere' });
    store.channels.forget('default', 'ada');
    const there = (notes: typeof hers) => Promise.all(notes.map(([channel, key]) => open(channel).get(key)));
    expect(await there(hers)).toEqual(hers.map(() => null));
    expect(await there(others)).toEqual(others.map(([, , value]) => value));
    expect(await open('team', 'acme').get('slack:user:U1')).toEqual({ displayName: 'Elsewhere' });
  });

  it('is locked by one at a time, and the lock is its holder’s alone', async () => {
    const state = open('team');
    const lock = await state.acquireLock('t1', 1000);
    if (!lock) throw new Error('it was free');
    expect(await state.acquireLock('t1', 1000)).toBeNull();
    await state.releaseLock({ ...lock, token: 'guessed' });
    expect(await state.extendLock({ ...lock, token: 'guessed' }, 1000)).toBe(false);
    expect(await state.extendLock(lock, 2000)).toBe(true);
    clock.advance(1500);
    expect(await state.acquireLock('t1', 1000)).toBeNull();
    clock.advance(500);
    expect(await state.extendLock(lock, 1000)).toBe(false);
    const next = await state.acquireLock('t1', 1000);
    await state.releaseLock(lock);
    expect(await state.acquireLock('t1', 1000)).toBeNull();
    if (next) await state.releaseLock(next);
    expect(await state.acquireLock('t1', 1000)).not.toBeNull();
    await state.forceReleaseLock('t1');
    expect(await state.acquireLock('t1', 1000)).not.toBeNull();
  });
});
