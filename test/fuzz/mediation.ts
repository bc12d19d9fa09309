/**
 * HTTP/1.1 and WebSockets where the gateway looks into them: requests of a sandbox, answers of the outside, frames of both. The
 * first byte of an input chooses which, the second what this side does, the third how the rest is split. After each input:
 *
 * 1. Nothing was thrown, every exchange ended exactly once, and no timer is left.
 * 2. Any split of the same bytes came to the same.
 * 3. Where every request was taken, node:http reads the same requests, or refuses them.
 * 4. What went on to the outside is, as node:http reads it, the requests that were decided about.
 * 5. Frames that are rewritten to the same are read again as the same.
 */
import { type Duplex, duplexPair } from 'node:stream';
import { isDeepStrictEqual } from 'node:util';
import type { CertificateAuthority } from '../../src/network/mediation/authority.ts';
import { Http1Client } from '../../src/network/mediation/h1-client.ts';
import { Http1Server } from '../../src/network/mediation/h1-server.ts';
import { mediate } from '../../src/network/mediation/mediate.ts';
import type { BodySink, Incoming, OutgoingRequest } from '../../src/network/mediation/message.ts';
import { type FrameEvents, FrameStage } from '../../src/network/mediation/websocket.ts';
import { MemoryBudget } from '../../src/network/memory.ts';
import type { FlowReport, GatewaySandbox, Grant, MediatedConnection } from '../../src/network/types.ts';
import type { Decision } from '../../src/schema/index.ts';
import { TestClock } from '../fixtures/test-clock.ts';
import { Choices, describe, piecesOf, turn } from './bytes.ts';
import { NodeReader, type ReadRequest } from './node-reader.ts';

const longMs = 300_000;
const turnsToEnd = 30;
const answersOnce = 0;

export async function fuzz(input: Buffer): Promise<void> {
  const choices = new Choices(input);
  const chosen = choices.byte() % 3;
  const doing = choices.byte();
  const pieceBytes = choices.byte() + 1;
  const bytes = choices.rest();
  const split = piecesOf(bytes, pieceBytes);
  if (chosen === 0) await requests(bytes, split, doing);
  else if (chosen === 1) same(await answer([bytes], doing), await answer(split, doing));
  else frames(bytes, split, doing);
}

function same(whole: unknown, split: unknown): void {
  if (!isDeepStrictEqual(whole, split))
    throw new Error(`a split changes it: ${describe(whole)} and ${describe(split)}`);
}

interface Served {
  requests: ReadRequest[];
  malformed: number;
}

async function requests(bytes: Buffer, split: readonly Buffer[], doing: number): Promise<void> {
  const whole = await serve([bytes], doing);
  if (doing !== answersOnce) return;
  same(whole, await serve(split, doing));
  await relayed(bytes);
  const isPlain =
    whole.requests.every(({ method }) => method !== 'CONNECT') && !/\nupgrade:/i.test(bytes.toString('latin1'));
  if (whole.malformed > 0 || whole.requests.length === 0 || !isPlain) return;
  const read = await asNodeReads(bytes);
  if (read && !isDeepStrictEqual(read, whole.requests)) {
    throw new Error(`node:http reads ${describe(read)}, not ${describe(whole.requests)}`);
  }
}

/** Requests in their order, those included whose body did not come to its end. */
async function serve(sent: readonly Buffer[], doing: number): Promise<Served> {
  const clock = new TestClock();
  const [client, stream] = duplexPair();
  client.on('error', () => undefined).resume();
  const served: Served = { requests: [], malformed: 0 };
  let closed = 0;
  new Http1Server(stream, clock, {
    request: (incoming) => take(incoming, served.requests, doing),
    malformed: (error, respond) => {
      served.malformed = error.status;
      respond({ status: error.status, reason: 'Refused', headers: ['content-length', '0'] }, Buffer.alloc(0));
    },
    closed: () => closed++,
  });
  await say(client, sent);
  for (let turns = 0; turns < turnsToEnd && closed === 0; turns++) await turn();
  clock.advance(longMs);
  for (let turns = 0; turns < turnsToEnd && closed === 0; turns++) await turn();
  client.destroy();
  if (closed !== 1) throw new Error(`the connection was closed ${closed} times`);
  if (clock.timers > 0) throw new Error(`${clock.timers} timers are left`);
  return served;
}

function take(incoming: Incoming, into: ReadRequest[], doing: number): void {
  const request: ReadRequest = { method: incoming.method, target: incoming.target, body: '' };
  into.push(request);
  const respond = (): void => {
    const isChunked = (doing & 1) === 1;
    const headers = isChunked ? ['transfer-encoding', 'chunked'] : ['content-length', '2'];
    const sink = incoming.respond({ status: 200, reason: 'OK', headers }, true);
    sink.write(Buffer.from('ok'));
    if (doing & 16) sink.abort(new Error('broken off'));
    else sink.end([]);
  };
  if (doing & 2) incoming.interim({ status: 103, reason: 'Early', headers: [] });
  if (doing & 4) {
    incoming.discard();
    respond();
  } else if (doing & 8) {
    respond();
    incoming.read(sinkOf(request, () => undefined));
  } else if (doing & 32) incoming.abort(new Error('given up'));
  else incoming.read(sinkOf(request, respond));
}

function sinkOf(request: ReadRequest, ended: () => void): BodySink {
  let isOver = false;
  const over = (): void => {
    if (isOver) throw new Error('a body ended twice');
    isOver = true;
  };
  return {
    onDrain: () => undefined,
    write: (chunk) => {
      if (isOver) throw new Error('a body goes on after its end');
      request.body += Buffer.from(chunk).toString('latin1');
      return true;
    },
    end: () => {
      over();
      ended();
    },
    abort: over,
  };
}

/** Null where it refuses any of it. */
async function asNodeReads(bytes: Buffer): Promise<ReadRequest[] | null> {
  const reader = new NodeReader();
  const client = reader.connect();
  client.on('error', () => undefined).resume();
  await say(client, [bytes]);
  for (let turns = 0; turns < turnsToEnd && !reader.isIdle; turns++) await turn();
  client.destroy();
  reader.close();
  return reader.isRefused ? null : reader.requests;
}

/** What goes on to the outside, as node:http reads it, was decided about: each request, in its words, with no more of a body. */
async function relayed(bytes: Buffer): Promise<void> {
  const clock = new TestClock();
  const outside = new NodeReader();
  const [client, stream] = duplexPair();
  client.on('error', () => undefined).resume();
  const flows: FlowReport[] = [];
  const connection: MediatedConnection = {
    stream,
    destination: { host: 'a.example', port: 80 },
    protocol: 'http',
    via: 'transparent',
    current: () => open,
    dialler: { dial: async () => ({ socket: outside.connect(), address: null, bare: null }) },
    report: (flow) => flows.push(flow),
  };
  // Whose certificates nobody asks for.
  const mediation = mediate(connection, {} as CertificateAuthority, { clock });
  await say(client, [bytes]);
  for (let turns = 0; turns < turnsToEnd && !stream.destroyed; turns++) await turn();
  mediation.close();
  client.destroy();
  await turn();
  outside.close();
  if (clock.timers > 0) throw new Error(`${clock.timers} timers are left`);
  const decided = flows.filter(({ decision }) => decision.allowed);
  for (const { method, target, body } of outside.requests) {
    let flow = decided.shift();
    while (flow && flow.error !== null && (flow.method !== method || flow.path !== target)) flow = decided.shift();
    if (flow?.method !== method || flow.path !== target || body.length > flow.bytesUp)
      throw new Error(`${describe({ method, target, body })} was sent, and not decided about: ${describe(flows)}`);
  }
}

const allowed: Decision = { allowed: true, code: 'allowed', rule: null, message: 'allowed', hint: null };
const rule = { list: 'allow', index: 0, preset: null, line: null, text: 'allow all' } as const;
const grant: Grant = { rule, addresses: [], limits: {}, credentials: [] };
const open: GatewaySandbox = {
  sandbox: 'sbx_fuzz',
  policy: {
    policy: { version: 1, presets: [], allow: [], deny: [], secrets: [] },
    name: () => allowed,
    ports: () => [80],
    connect: () => ({ action: 'mediate', decision: allowed, protocol: 'http' }),
    request: () => ({ allowed: true, decision: allowed, grant }),
    grants: () => [grant],
    address: () => allowed,
  },
  broker: null,
  recorder: null,
  player: null,
  meter: { admit: () => null, admitGreeting: () => true, stream: () => null },
};

const asked: readonly OutgoingRequest[] = ['GET', 'HEAD', 'POST', 'GET'].map((method, at) => ({
  method,
  target: '/',
  scheme: 'https',
  authority: 'a.example',
  headers: ['Host', 'a.example', ...(method === 'POST' ? ['Content-Length', '4'] : [])],
  bodyBytes: method === 'POST' ? 4 : 0,
  isWebSocket: at === 3,
}));

/** What whoever asked is told. */
async function answer(sent: readonly Buffer[], doing: number): Promise<unknown> {
  const [outside, socket] = duplexPair();
  outside.on('error', () => undefined).resume();
  const request = asked[doing % asked.length] as OutgoingRequest; // of a list that is not empty
  const told: { status: number; headers: readonly string[]; body: string; ends: string[] } = {
    status: 0,
    headers: [],
    body: '',
    ends: [],
  };
  const connection = new Http1Client(socket, null);
  const { body } = connection.send(request, {
    interim: () => undefined,
    head: ({ status, headers }) => {
      told.ends.push('head');
      Object.assign(told, { status, headers });
      return {
        onDrain: () => undefined,
        write: (chunk) => {
          told.body += Buffer.from(chunk).toString('latin1');
          return true;
        },
        end: () => told.ends.push('end'),
        abort: () => told.ends.push('abort'),
      };
    },
    failed: () => told.ends.push('failed'),
  });
  if (request.bodyBytes) body.write(Buffer.from('body'));
  if (!request.isWebSocket) body.end([]);
  await say(outside, sent);
  for (let turns = 0; turns < turnsToEnd && !socket.destroyed; turns++) await turn();
  connection.close();
  await turn();
  outside.destroy();
  const ends = told.ends.join(' ');
  if (!['failed', 'head end', 'head abort'].includes(ends)) throw new Error(`it ended as ${ends}`);
  return told;
}

function frames(bytes: Buffer, split: readonly Buffer[], doing: number): void {
  const isMasked = (doing & 1) === 1;
  const passed = staged([bytes], isMasked, false);
  same(passed.told, staged(split, isMasked, false).told);
  if (!passed.told.failed && !passed.out.equals(bytes)) throw new Error('bytes changed on their way');
  const rewritten = staged([bytes], isMasked, true);
  if (rewritten.told.failed) return;
  same(rewritten.told, staged([rewritten.out], isMasked, true).told);
}

interface Staged {
  told: { frames: string[]; failed: boolean };
  out: Buffer;
}

function staged(sent: readonly Buffer[], isMasked: boolean, rewrites: boolean): Staged {
  const told = { frames: [] as string[], failed: false };
  const out: Buffer[] = [];
  const next: BodySink = {
    onDrain: () => undefined,
    write: (chunk) => out.push(Buffer.from(chunk)) > 0,
    end: () => undefined,
    abort: () => undefined,
  };
  const events: FrameEvents = {
    frame: ({ opcode, payload }) => told.frames.push(`${opcode} ${Buffer.from(payload).toString('latin1')}`),
    rewrite: rewrites ? ({ payload }) => payload : null,
    failed: () => {
      told.failed = true;
    },
  };
  const memory = new MemoryBudget().share();
  const stage = new FrameStage(next, { isMasked, events, memory });
  for (const piece of sent) stage.write(Buffer.from(piece));
  return { told, out: Buffer.concat(out) };
}

async function say(stream: Duplex, sent: readonly Buffer[]): Promise<void> {
  for (const piece of sent) {
    if (stream.writable) stream.write(piece);
    await turn();
  }
  if (stream.writable) stream.end();
}
