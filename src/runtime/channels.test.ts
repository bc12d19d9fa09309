/** How much of a long conversation is read for a message; what is said is in test/unit/channels.test.ts. */
import { expect, it } from 'vitest';
import { agentData, openWorld } from '../../test/fixtures/agent-world.ts';
import { systemClock } from '../base/index.ts';
import type { Conversations, Heard, PersonMessage } from '../channels/index.ts';
import type { NewSessionEntry, Store } from '../state/index.ts';
import { conversationsOf } from './channels.ts';

const via = { channel: 'page', linked: true, most: 'write', carries: 'personal', follows: 'nothing' } as const;
const turns = 5000;

/** A message, its answer, and a rest. */
const turn = (at: number): NewSessionEntry[] => [
  {
    kind: 'received',
    key: `channel page/e${at}`,
    data: { event: 'message', data: { text: `q${at}`, via, event: `page/e${at}` } },
  },
  { kind: 'intent', data: { name: 'model', digest: 'x', request: {} } },
  {
    kind: 'outcome',
    data: { name: 'model', ok: true, content: [{ type: 'text', text: `a${at}` }], finish: 'stop', model: 'm' },
  },
  { kind: 'waiting', data: { events: ['message'], until: null } },
];

function counting(store: Store, count: (rows: number) => void): Store {
  const sessions = new Proxy(store.sessions, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        const rows: unknown = Reflect.apply(value, target, args);
        if (name === 'entries' && Array.isArray(rows)) count(rows.length);
        return rows;
      };
    },
  });
  return { ...store, sessions };
}

async function answerTo(conversations: Conversations, session: string, position: number): Promise<string[]> {
  const heard: Heard[] = [];
  for await (const each of conversations.hear(session, position - 1, AbortSignal.timeout(20_000))) {
    heard.push(each);
    if (each.type === 'rests') break;
  }
  return heard.flatMap((each) => (each.type === 'said' ? [`${each.role}: ${each.text}`] : []));
}

it('is bounded, wherever in it somebody listens', async () => {
  let read = 0;
  await using world = openWorld({
    wrap: (store) =>
      counting(store, (rows) => {
        read += rows;
      }),
  });
  const { store, engine } = world;
  const never = (): Promise<never> => Promise.reject(new Error('it is not asked for'));
  const conversations = conversationsOf(
    { store, clock: systemClock },
    async () => ({ engine, bundleOf: never }) as never,
    never,
  );
  const { id } = world.start({ entry: 'desk', agents: [agentData('desk', [{ say: 'x' }])] }, 'begin', { task: false });
  const { position: before } = await world.settled(id, 'waiting');
  // Nobody is woken by what is only written.
  store.sessions.append(id, null, Array.from({ length: turns }, (_, at) => turn(at)).flat());
  const placeOf = (at: number): number => before + 1 + 4 * at;
  expect(await answerTo(conversations, id, placeOf(turns - 1))).toEqual([
    `user: q${turns - 1}`,
    `assistant: a${turns - 1}`,
  ]);
  for (const at of [turns - 1, turns - 2, 4000, 2500, 130, 1]) {
    read = 0;
    expect(await answerTo(conversations, id, placeOf(at)), `${at}`).toEqual([`user: q${at}`, `assistant: a${at}`]);
    expect(read, `${at}`).toBeLessThanOrEqual(1024);
  }
});

it('is nothing where a message is looked for in a session that is over', async () => {
  let read = 0;
  await using world = openWorld({
    wrap: (store) =>
      counting(store, (rows) => {
        read += rows;
      }),
  });
  const { store, engine } = world;
  const never = (): Promise<never> => Promise.reject(new Error('it is not asked for'));
  const conversations = conversationsOf(
    { store, clock: systemClock },
    async () => ({ engine, bundleOf: never }) as never,
    never,
  );
  const bundle = { entry: 'desk', agents: [agentData('desk', [{ say: 'x' }])] };
  const { id } = world.start(bundle, 'begin', { task: false, origin: 'channel page/first' });
  const { position } = await world.settled(id, 'waiting');
  store.sessions.append(id, null, turn(1));
  engine.cancel(id, 'over');
  read = 0;
  const message = (event: string): PersonMessage => ({ text: 'x', via, event, by: 'ada' });
  expect(await conversations.send(id, message('page/e1'))).toEqual({ session: id, position: position + 1 });
  expect(await conversations.send(id, message('page/first'))).toEqual({ session: id, position: 1 });
  expect(await conversations.send(id, message('page/other'))).toBeNull();
  expect(read).toBe(0);
});
