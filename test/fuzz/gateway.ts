/**
 * What a sandbox says to the gateway before anything is decided: the proxy, SOCKS5, DNS, and the first bytes of what goes on as
 * a tunnel. The first byte of an input chooses which; the next how the rest is split. After each input:
 *
 * 1. Nothing was thrown, every front came to an end, and no timer is left.
 * 2. Any split of the same bytes came to the same.
 * 3. A destination that was let through has the one spelling that rules are written in, and a port.
 * 4. What is passed on is what was read: as many bytes, and the request that was decided about.
 * 5. An answer of the resolver is a well-formed message about the question that was asked.
 */
import { type Duplex, duplexPair } from 'node:stream';
import { isDeepStrictEqual } from 'node:util';
import dnsPacket from 'dns-packet';
import { maxHelloBytes } from '../../src/network/client-hello.ts';
import type { Arrival, FrontParts } from '../../src/network/gateway/carrier.ts';
import { readDns } from '../../src/network/gateway/dns-message.ts';
import { headerValues, readHead } from '../../src/network/gateway/http-head.ts';
import { arriveByProxy } from '../../src/network/gateway/http-proxy.ts';
import { classify, peek } from '../../src/network/gateway/peek.ts';
import { Resolver } from '../../src/network/gateway/resolver.ts';
import { arriveBySocks } from '../../src/network/gateway/socks-front.ts';
import { readGreeting } from '../../src/network/mediation/greeting.ts';
import { isCanonicalHost } from '../../src/network/policy/names.ts';
import type { Decision } from '../../src/schema/index.ts';
import { TestClock } from '../fixtures/test-clock.ts';
import { Choices, describe, piecesOf, turn } from './bytes.ts';

type Front = (stream: Duplex, clock: TestClock) => Promise<unknown>;

const fronts: [Front, ...Front[]] = [byProxy, bySocks, byDns, byPeek, byGreeting];
const address = '127.64.0.1';
const longMs = 3600_000;
const turnsToEnd = 20;

export async function fuzz(input: Buffer): Promise<void> {
  const choices = new Choices(input);
  const chosen = choices.byte();
  const pieceBytes = choices.byte() + 1;
  const bytes = choices.rest();
  if (chosen % 8 === 5) return await datagram(bytes);
  if (chosen % 8 === 6) return beginnings(bytes, pieceBytes);
  const front = fronts[chosen % fronts.length] ?? fronts[0];
  const whole = await meet(front, [bytes]);
  const split = await meet(front, piecesOf(bytes, pieceBytes));
  if (!isDeepStrictEqual(whole, split))
    throw new Error(`a split changes it: ${describe(whole)} and ${describe(split)}`);
}

/** What a client is told, and what the front made of it. */
async function meet(front: Front, sent: readonly Buffer[]): Promise<unknown> {
  const clock = new TestClock();
  const [client, stream] = duplexPair();
  const answers: Buffer[] = [];
  client.on('data', (chunk: Buffer) => answers.push(chunk)).on('error', () => undefined);
  let made: { value: unknown } | null = null;
  const work = front(stream, clock).then((value) => {
    made = { value };
  });
  for (const piece of sent) {
    if (client.writable) client.write(piece);
    await turn();
  }
  client.end();
  for (let turns = 0; turns < turnsToEnd && !made; turns++) await turn();
  if (!made) clock.advance(longMs);
  for (let turns = 0; turns < turnsToEnd && !made; turns++) await turn();
  if (!made) throw new Error('the front never comes to an end');
  await work;
  await turn();
  stream.destroy();
  client.destroy();
  await turn();
  if (clock.timers > 0) throw new Error(`${clock.timers} timers are left`);
  // A resolver that is told nonsense hangs up, perhaps before the answers to what came before are out.
  if (front === byDns) return null;
  // The first line: which of several mistakes is named depends on which of them has come.
  const [answer] = Buffer.concat(answers).toString('latin1').split('\r\n');
  return { ...(made as { value: unknown }), answer };
}

async function byProxy(stream: Duplex, clock: TestClock): Promise<unknown> {
  const { parts, refused } = frontParts(clock);
  const arrival = await arriveByProxy(stream, parts);
  if (!arrival) return { refused };
  const rest = await everything(stream);
  const shown = shownOf(arrival);
  if (arrival.request) {
    const again = readHead(rest);
    const { method, path } = arrival.request;
    if (again.state !== 'complete' || again.head.method !== method || again.head.target !== path) {
      throw new Error(`what is passed on is another request: ${describe(again)} for ${method} ${path}`);
    }
    const [ends, ...others] = headerValues(again.head.headers, 'connection');
    if (others.length > 0 || (ends !== 'close' && ends !== 'upgrade')) throw new Error('it may be followed by another');
  }
  return { shown, rest: rest.toString('latin1') };
}

async function bySocks(stream: Duplex, clock: TestClock): Promise<unknown> {
  const { parts, refused } = frontParts(clock);
  const arrival = await arriveBySocks(stream, parts);
  if (!arrival) return { refused };
  const rest = await everything(stream);
  return { shown: shownOf(arrival), rest: rest.toString('latin1') };
}

async function byPeek(stream: Duplex, clock: TestClock): Promise<unknown> {
  const first = await peek(stream, { clock, timeoutMs: 10_000 });
  // What ended before it could be judged is gone, and told so.
  if (first.kind === 'nothing') return first;
  const rest = await everything(stream);
  const same = first.kind === 'malformed' ? first.kind : describe(first);
  return { same, rest: rest.toString('latin1') };
}

async function byGreeting(stream: Duplex, clock: TestClock): Promise<unknown> {
  try {
    const hello = await readGreeting(stream, clock);
    return { hello, rest: (await everything(stream)).toString('latin1') };
  } catch (error) {
    // Its words may tell how far it was read.
    return error instanceof Error && error.constructor === Error ? 'refused' : Promise.reject(error);
  }
}

async function byDns(stream: Duplex): Promise<unknown> {
  const resolver = resolverOf(new TestClock());
  await resolver.serve(stream);
  return null;
}

async function datagram(bytes: Buffer): Promise<void> {
  const answer = await resolverOf(new TestClock()).answer(bytes);
  if (!answer) return;
  const told = dnsPacket.decode(answer);
  if (told.type !== 'response' || told.id !== bytes.readUInt16BE(0)) throw new Error('an answer to another question');
  const read = readDns(bytes);
  if (read.state !== 'question') return;
  const asked = answer.subarray(12, 12 + read.question.raw.length);
  if (!asked.equals(read.question.raw)) throw new Error('the answer has another question');
  if (dnsPacket.decode.bytes !== answer.length) throw new Error('something follows the answer');
}

/** What was said about a beginning stays true when more comes. */
function beginnings(bytes: Buffer, pieceBytes: number): void {
  let before: ReturnType<typeof classify> = 'more';
  for (let end = 0; end <= Math.min(bytes.length, maxHelloBytes); end += pieceBytes) {
    const now = classify(bytes.subarray(0, end));
    const changed = before !== 'more' && (now === 'more' || now.kind !== before.kind);
    if (changed) throw new Error(`${describe(before)} became ${describe(now)}`);
    before = now;
  }
}

function resolverOf(clock: TestClock): Resolver {
  const decision: Decision = { allowed: true, code: 'allowed', rule: null, message: 'allowed', hint: null };
  const refusedDecision: Decision = { ...decision, allowed: false, code: 'no-rule', message: 'no rule' };
  return new Resolver({
    clock,
    current: () => ({
      sandbox: 'sbx_fuzz',
      policy: null as never,
      broker: null,
      recorder: null,
      player: null,
      meter: { admit: () => null, admitGreeting: () => true, stream: () => null },
    }),
    name: (host) => (host.length % 2 === 0 ? decision : refusedDecision),
    place: async () => address,
    nameOf: (asked) => (asked === address ? 'a.example' : null),
    asked: (host) => {
      if (host !== '?' && host.length > 255) throw new Error('a name that is none is told');
    },
  });
}

function frontParts(clock: TestClock): { parts: FrontParts; refused: string[] } {
  const refused: string[] = [];
  return { parts: { clock, refused: ({ host, port }, why) => refused.push(`${host}:${port} ${why.code}`) }, refused };
}

function shownOf({ destination, via, expected, request }: Arrival): unknown {
  const { host, port } = destination;
  const isHere = host === 'localhost' || host.endsWith('.localhost');
  if (isHere || !isCanonicalHost(host)) throw new Error(`${JSON.stringify(host)} was let through`);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Error(`port ${port} was let through`);
  return { destination, via, expected, request };
}

async function everything(stream: Duplex): Promise<Buffer> {
  const got: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => got.push(chunk)).on('error', () => undefined);
  stream.resume();
  for (let turns = 0; turns < turnsToEnd && !stream.readableEnded; turns++) await turn();
  return Buffer.concat(got);
}
