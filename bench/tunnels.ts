/**
 * node bench/tunnels.ts [MiB]
 *
 * What the guest agent's tunnels cost: one stream out of and into an agent that runs without a sandbox around it, and one
 * download through it from a server outside (direct: from that server, nothing between), each beside the same bytes over a
 * plain loopback connection; then round trips of one byte. The program inside and the server are processes of their own. Prints, asserts nothing.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { buildGuest } from '../scripts/build-guest.ts';
import { rootScope, type Scope, systemClock } from '../src/base/index.ts';
import { connectGuest, type GuestClient } from '../src/guest/index.ts';

const bytes = Number(process.argv[2] ?? 1024) * 1024 * 1024;
const roundTrips = 5000;
const address = '127.0.0.1';

/** A program inside: argv are port, what to do, and how many bytes or times. */
const program = `
const [port, what, count] = [Number(process.argv[1]), process.argv[2], Number(process.argv[3])];
const socket = require('node:net').connect({ port, host: '${address}', noDelay: true });
const chunk = Buffer.alloc(1 << 20);
let done = 0, started = 0;
socket.on('connect', () => { started = performance.now(); });
if (what !== 'ping') socket.on('close', () => console.log((performance.now() - started) / 1000));
const send = () => {
  for (let more = true; more && done < count; ) { done += chunk.length; more = socket.write(chunk); }
  if (done >= count) socket.end(); else socket.once('drain', send);
};
if (what === 'send') { send(); socket.resume(); }
if (what === 'take') socket.on('data', (b) => { done += b.length; if (done >= count) socket.end('x'); });
if (what === 'ping') {
  const times = []; let at = 0;
  const go = () => { at = performance.now(); socket.write('x'); };
  socket.on('data', () => {
    times.push(performance.now() - at);
    if (times.length < count) return go();
    times.sort((a, b) => a - b);
    console.log(JSON.stringify({ p50: times[count >> 1], p99: times[Math.floor(count * 0.99)] }));
    socket.end();
  });
  socket.on('connect', go);
}`;

/** A server outside: sends as many bytes as it is told to whoever connects. */
const upstream = `
require('node:net').createServer((socket) => {
  const count = Number(process.argv[1]); const chunk = Buffer.alloc(1 << 20); let done = 0;
  const send = () => {
    for (let more = true; more && done < count; ) { done += chunk.length; more = socket.write(chunk); }
    if (done < count) socket.once('drain', send);
  };
  socket.on('error', () => {}).resume(); send();
}).listen(0, '${address}', function () { console.log(this.address().port); });`;

type Taker = (stream: Duplex) => void;
/** Makes `taker` serve connections at a port, and says at which. */
type Way = (taker: Taker) => Promise<number>;

async function main(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'hf-bench-tunnels-'));
  const socketPath = join(directory, 'agent.sock');
  const children: ChildProcess[] = [spawn(buildGuest(), ['agent', '--listen', socketPath])];
  const scope = rootScope({ name: 'bench' });
  try {
    while (!existsSync(socketPath)) await systemClock.sleep(5);
    const guest = await connectGuest(socketPath, scope);
    const server = node(children, upstream, [String(bytes)]);
    const upstreamPort = Number(await firstLine(server));
    for (const [name, way] of [
      ['direct', direct],
      ['tunnel', tunnelled(guest, scope)],
    ] as const) {
      await measure(name, way, { children, upstreamPort });
    }
    guest.close();
  } finally {
    for (const child of children) child.kill('SIGKILL');
    await scope.close();
    rmSync(directory, { recursive: true });
  }
  process.exit();
}

async function measure(
  name: string,
  way: Way,
  { children, upstreamPort }: { children: ChildProcess[]; upstreamPort: number },
): Promise<void> {
  const timed = async (what: string, taker: Taker, port?: number): Promise<void> => {
    const child = node(children, program, [String(port ?? (await way(taker))), what, String(bytes)]);
    const seconds = Number(await firstLine(child));
    console.log(`${name.padEnd(8)} ${taker.name.padEnd(10)} ${(bytes / 1e6 / seconds).toFixed(0)} MB/s`);
  };
  await timed('send', function out(stream) {
    stream.resume().once('end', () => stream.end());
  });
  await timed('take', function into(stream) {
    const chunk = Buffer.alloc(64 << 10);
    let left = bytes;
    const send = (): void => {
      for (let more = true; more && left > 0; left -= chunk.length) more = stream.write(chunk);
      if (left > 0) stream.once('drain', send);
    };
    send();
    stream.resume().once('end', () => stream.end());
  });
  await timed(
    'take',
    function download(stream) {
      const outside = connect(upstreamPort, address).on('error', () => stream.destroy());
      outside.pipe(stream).pipe(outside);
    },
    name === 'direct' ? upstreamPort : undefined,
  );
  const port = await way((stream) => stream.pipe(stream));
  console.log(
    name.padEnd(8),
    'round trip',
    await firstLine(node(children, program, [String(port), 'ping', String(roundTrips)])),
  );
}

const direct: Way = async (taker) => {
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket: Socket) => {
    socket.on('error', () => undefined);
    taker(socket);
  });
  await once(server.listen(0, address), 'listening');
  return (server.address() as AddressInfo).port;
};

const tunnelled =
  (guest: GuestClient, scope: Scope): Way =>
  async (taker) =>
    (await guest.tunnels.listen({ address, port: 0 }, taker, scope)).port;

function node(children: ChildProcess[], script: string, argv: string[]): ChildProcess {
  const child = spawn(process.execPath, ['-e', script, ...argv], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  return child;
}

async function firstLine(child: ChildProcess): Promise<string> {
  const [line] = (await once(child.stdout ?? process.stdin, 'data')) as [Buffer];
  return line.toString().trim();
}

await main();
