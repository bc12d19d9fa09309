/** Channels at rest: what is saved then stands between two frames, so that whoever goes on from it is in step. */
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { messageTypes as m } from '../../src/guest/wire.ts';
import { frameOf, PortAgent, rawGuest, restartId, TestRelay } from './guest-relay-rig.ts';

const relays: TestRelay[] = [];
afterEach(() => Promise.all(relays.splice(0).map((relay) => relay.stop())));

function relayWith(program?: string[], options?: string[], ports?: string[]): TestRelay {
  const relay = new TestRelay(program, options, ports);
  relays.push(relay);
  return relay;
}

const restart = frameOf(m.restart, restartId);
const answer = frameOf(m.ok, restartId);
const question = frameOf(m.ping, restartId, Buffer.from('r'));
const taken = frameOf(m.ok, restartId, Buffer.from('r'));

/** All that a socket says, looked at from the front. */
class Heard {
  bytes: Buffer = Buffer.alloc(0);

  constructor(socket: Socket) {
    socket.on('data', (piece: Buffer) => {
      this.bytes = Buffer.concat([this.bytes, piece]);
    });
  }

  async take(count: number): Promise<Buffer> {
    await expect.poll(() => this.bytes.length, { timeout: 10_000, interval: 5 }).toBeGreaterThanOrEqual(count);
    const taken = this.bytes.subarray(0, count);
    this.bytes = this.bytes.subarray(count);
    return taken;
  }
}

const nameOf = (relay: TestRelay): string => readFileSync(`/proc/${relay.process.pid}/comm`, 'utf8').trim();
const untilAtRest = (relay: TestRelay): Promise<void> =>
  expect.poll(() => nameOf(relay), { timeout: 10_000, interval: 5 }).toBe('holdfast-rest');
const soon = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 150));

/** The guest took its client's greeting; nobody has answered it. */
async function greeted(relay: TestRelay, guest: Socket): Promise<{ heard: Heard; client: Socket }> {
  const heard = new Heard(guest);
  await heard.take(9);
  guest.write(answer);
  const client = await relay.socket();
  client.write(frameOf(m.hello, 1));
  await heard.take(9);
  return { heard, client };
}

describe('a relay that is to come to rest', () => {
  it('finishes the frame under way, asks, and keeps a half frame of its client until it goes on', async () => {
    const { relay, guest } = await rawGuest((program) => relayWith(program));
    const heard = new Heard(guest);
    expect(await heard.take(9)).toEqual(restart);
    guest.write(answer);
    const client = await relay.socket();
    const [whole, late] = [frameOf(m.data, 5, Buffer.alloc(2000, 'a')), frameOf(m.data, 5, Buffer.alloc(3000, 'b'))];
    client.write(Buffer.concat([whole, late.subarray(0, 1500)]));
    expect(await heard.take(whole.length)).toEqual(whole);
    relay.process.kill('SIGHUP');
    expect(await heard.take(question.length)).toEqual(question);
    // Not before the guest has said that it took everything.
    await soon();
    expect(nameOf(relay)).not.toBe('holdfast-rest');
    guest.write(taken);
    await untilAtRest(relay);
    client.write(late.subarray(1500));
    const waiting = await relay.socket();
    waiting.write(frameOf(m.hello, 1));
    await soon();
    expect(heard.bytes.length).toBe(0);
    relay.process.kill('SIGCONT');
    expect(await heard.take(late.length)).toEqual(late);
    expect(nameOf(relay)).not.toBe('holdfast-rest');
    // Its connection lived on, and the answer to the question never reached it.
    const toClient = new Heard(client);
    guest.write(frameOf(m.ok, 5));
    expect(await toClient.take(9)).toEqual(frameOf(m.ok, 5));
  });

  it('takes nobody while it rests, and is at rest at once where nobody is', async () => {
    const { relay, guest } = await rawGuest((program) => relayWith(program));
    const heard = new Heard(guest);
    await heard.take(9);
    relay.process.kill('SIGHUP');
    await soon();
    expect(nameOf(relay)).not.toBe('holdfast-rest');
    guest.write(answer);
    await untilAtRest(relay);
    const client = await relay.socket();
    client.write(frameOf(m.hello, 1));
    await soon();
    expect(heard.bytes.length).toBe(0);
    relay.process.kill('SIGCONT');
    expect(await heard.take(9)).toEqual(frameOf(m.hello, 1));
  });

  it('asks on its last channel when all others are at rest, and not before', async () => {
    const { relay, guest } = await rawGuest((program) => relayWith(program, ['--clients', '2']), 9);
    const { heard, client } = await greeted(relay, guest);
    relay.process.kill('SIGHUP');
    // Nobody has answered on the first.
    await soon();
    expect(heard.bytes.length).toBe(0);
    client.write(frameOf(m.hello, 2));
    expect(await heard.take(9)).toEqual(frameOf(m.hello, 2));
  });

  it('comes to rest when its client goes meanwhile', async () => {
    const { relay, guest } = await rawGuest((program) => relayWith(program));
    const { heard, client } = await greeted(relay, guest);
    relay.process.kill('SIGHUP');
    expect(await heard.take(question.length)).toEqual(question);
    client.destroy();
    // It cannot be given to the client any more. Whatever became of the question, RESTART has an answer of its own.
    guest.write(frameOf(m.data, 1, Buffer.alloc(100)));
    expect(await heard.take(9)).toEqual(restart);
    guest.write(taken);
    await soon();
    expect(nameOf(relay)).not.toBe('holdfast-rest');
    guest.write(answer);
    await untilAtRest(relay);
  });

  it('has a real agent answer, on every port, whoever has greeted it', async () => {
    const relay = relayWith(undefined, ['--clients', '2', '--on-standard'], ['0', '1']);
    const [greeted, silent] = [await relay.peer(), await relay.peer(false)];
    relay.process.kill('SIGHUP');
    await untilAtRest(relay);
    const late = greeted.send(m.ping, Buffer.from('late'));
    await soon();
    expect(greeted.waiting(late)).toBe(0);
    relay.process.kill('SIGCONT');
    expect((await greeted.next(late)).payload.toString()).toBe('late');
    expect((await silent.ask(m.hello, { version: 1 })).type).toBe(m.ok);
  });
});

describe('an agent on a port that was not brought to rest', () => {
  it('takes the beginning of RESTART for the end of a frame whose last bytes are missing', async () => {
    // Why there is REST: nine bytes missing, and nobody can tell.
    const agent = new PortAgent();
    try {
      await agent.peer.ask(m.hello, { version: 1 });
      const ping = frameOf(m.ping, 7, Buffer.alloc(20, 'x'));
      agent.peer.socket.write(Buffer.concat([ping.subarray(0, -restart.length), restart]));
      const ponged = await agent.peer.next(7);
      expect(ponged.payload.subarray(-restart.length)).toEqual(restart);
      expect(agent.peer.waiting(restartId)).toBe(0);
    } finally {
      await agent.stop();
    }
  });
});
