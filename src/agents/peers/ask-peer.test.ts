/** Peers that are away, with a clock that the test moves; what dies in between is in test/unit/peer-work.test.ts. */
import { beforeEach, describe, expect, it } from 'vitest';
import { type AgentWorld, agentData, openWorld } from '../../../test/fixtures/agent-world.ts';
import { TestClock } from '../../../test/fixtures/test-clock.ts';
import {
  type AgentLimits,
  type Delegation,
  HoldfastError,
  type Session,
  type StartSession,
} from '../../schema/index.ts';
import { acceptDelegation, peerKeys } from './delegation.ts';
import type { Peer, PeerBook } from './types.ts';

const [here, there] = [1, 2].map((digit) => peerKeys(new Uint8Array(32).fill(digit))) as [
  ReturnType<typeof peerKeys>,
  ReturnType<typeof peerKeys>,
];
const closed = new HoldfastError('daemon-unreachable', 'nobody listens', {
  cause: Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }),
});
const lost = new HoldfastError('daemon-unreachable', 'the answer was lost');

/** What a peer is asked for. */
type Given = StartSession & { agent: string; delegation: Delegation };

interface Begun {
  id: string;
  message: string;
  limits: AgentLimits;
}

/** Begins a session for each delegation, once; its answer is the message. */
class OtherRuntime {
  /** What becomes of one try after the other: it never comes, or its answer does not. All others succeed. */
  tries: ('closed' | 'lost')[] = [];
  asked = 0;
  readonly begun: Begun[] = [];
  readonly #clock: TestClock;

  constructor(clock: TestClock) {
    this.#clock = clock;
  }

  get book(): PeerBook {
    const peer: Peer = {
      name: 'b',
      publicKey: there.publicKey,
      tenants: ['default'],
      serviceOf: () => ({
        startSession: async (request) => this.#start(request as Given),
        getSession: async (id) => {
          const { message } = this.begun[Number(id)] ?? { message: '' };
          return { outcome: { ok: true, output: { text: `on ${message}`, untrusted: false } } } as Session;
        },
      }),
    };
    return { ...here, peers: [peer] };
  }

  #start({ agent, message, delegation }: Given): Session {
    this.asked++;
    const what = this.tries.shift();
    if (what === 'closed') throw closed;
    const asker = { name: 'a', publicKey: here.publicKey, tenants: ['default'], agents: ['friend'] };
    const book = { ...there, peers: [asker] };
    const asked = { request: { agent, message }, nowMs: this.#clock.nowMs() };
    const { id, limits } = acceptDelegation(book, delegation, asked);
    let at = this.begun.findIndex((each) => each.id === id);
    if (at < 0) at = this.begun.push({ id, message, limits }) - 1;
    if (what === 'lost') throw lost;
    return { id: String(at) } as Session;
  }
}

const limits = { steps: 100, tokens: 1_000_000, cents: 5, wallMs: 600_000, depth: 1 };
const model = { provider: 'peer', peer: 'b', agent: 'friend' } as const;
const away = agentData('away', [], { grants: [], tools: [], limits, attempts: 1, model });
const bundle = { entry: 'away', agents: [away] };

let clock: TestClock;
let other: OtherRuntime;
beforeEach(() => {
  clock = new TestClock();
  other = new OtherRuntime(clock);
});
const open = (): AgentWorld => openWorld({ clock, peers: other.book });

/** Time passes until it goes on by itself. */
async function passed(world: AgentWorld, id: string): Promise<void> {
  await world.settled(id, 'waiting');
  const { wakeMs, position } = world.engine.get(id);
  await expect.poll(() => clock.timers).toBeGreaterThan(0);
  clock.advance((wakeMs ?? 0) - clock.nowMs());
  await expect.poll(() => world.engine.get(id).position).toBeGreaterThan(position);
}
async function done(world: AgentWorld, id: string): Promise<unknown> {
  const { outcome } = await world.settled(id, 'done');
  return outcome?.ok && outcome.output;
}
const answerTo = (message: string): object => ({ text: `on ${message}`, untrusted: false });

describe('a task whose peer is away', () => {
  it('is given with what is left by then, whatever else used some of that meanwhile (2)', async () => {
    other.tries = ['closed'];
    await using world = open();
    const { id } = world.start(bundle, 'hi');
    await world.settled(id, 'waiting');
    world.store.sessions.hold('beside', id, { steps: 10, tokens: 1000 });
    world.store.sessions.settle('beside', 'all');
    await passed(world, id);
    expect(await done(world, id)).toEqual(answerTo('hi'));
    expect(other.begun).toMatchObject([{ message: 'hi', limits: { steps: 82, tokens: 999_000 } }]);
    expect(world.engine.get(id).spent).toMatchObject({ steps: 93, tokens: 1_000_000 });
  });

  it('is given by a fork as well, with its own half (1, 2)', async () => {
    other.tries = ['closed'];
    await using world = open();
    const { id } = world.start(bundle, 'hi');
    await world.settled(id, 'waiting');
    const fork = world.engine.fork(id, { sandbox: null });
    await world.settled(fork.id, 'waiting');
    await passed(world, id);
    for (const each of [id, fork.id]) expect(await done(world, each)).toEqual(answerTo('hi'));
    expect(other.begun.map(({ id: key, limits: { steps } }) => [key.split('/')[0], steps])).toEqual([
      [id, 42],
      [fork.id, 42],
    ]);
  });

  it('is not begun again by its own tries once it may have come, and a fork does not join those (1)', async () => {
    other.tries = ['closed', 'lost', 'lost'];
    await using world = open();
    const { id } = world.start(bundle, 'hi');
    await passed(world, id);
    await world.settled(id, 'waiting');
    const fork = world.engine.fork(id, { sandbox: null });
    await world.settled(fork.id, 'waiting');
    await passed(world, id);
    await passed(world, id);
    expect(await done(world, id)).toEqual(answerTo('hi'));
    await done(world, fork.id);
    expect(other.begun.map(({ id: key, message }) => [key.split('/')[0], message])).toEqual([
      [id, 'hi'],
      [fork.id, 'hi'],
    ]);
  });

  it.each(['closed', 'lost'] as const)(
    'is given as it was said when the session was paused and resumed meanwhile, and once: %s (1)',
    async (how) => {
      other.tries = [how, how];
      await using world = open();
      const { id } = world.start(bundle, 'hi');
      await world.settled(id, 'waiting');
      world.engine.pause(id);
      world.engine.deliver(id, { event: 'message', data: 'and then?' });
      world.engine.resume(id);
      await expect.poll(() => other.asked).toBe(2);
      await passed(world, id);
      await done(world, id);
      const answers = world.entries(id).flatMap(({ data }) => (data['name'] === 'model' ? [data['content']] : []));
      expect(answers).toMatchObject([[{ text: 'on hi' }], [{ text: 'on and then?' }]]);
      expect(other.begun.map(({ message }) => message)).toEqual(['hi', 'and then?']);
    },
  );

  it('is tried for as long as patience goes, and a try that changes nothing uses nothing (2)', async () => {
    other.tries = Array.from({ length: 12 }, () => 'lost' as const);
    await using world = open();
    const startedMs = clock.nowMs();
    const { id } = world.start(bundle, 'hi');
    for (let n = 0; n < 12; n++) await passed(world, id);
    expect(await done(world, id)).toEqual(answerTo('hi'));
    expect([other.asked, other.begun.length]).toEqual([13, 1]);
    expect(clock.nowMs() - startedMs).toBeGreaterThan(20 * 60_000);
    // All but the room that is kept, and the step that came through.
    expect(world.engine.get(id).spent).toMatchObject({ steps: 94, tokens: 1_000_000 });
  });
});
