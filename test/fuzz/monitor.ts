/**
 * What runs a machine, taken over by it: QEMU's control channel, and Firecracker's API. The first byte of an input says which; the
 * rest are steps of QEMU and of who asks it, or what Firecracker answers. Afterwards:
 *
 * 1. Nothing was thrown, and no failure is one of this program's own mistakes.
 * 2. Everybody who waited has an answer, and no timer is left.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { type OwnedScope, rootScope } from '../../src/base/index.ts';
import { FirecrackerApi } from '../../src/compute/machine/firecracker/api.ts';
import { QmpClient } from '../../src/compute/machine/qmp.ts';
import { isHoldfastError } from '../../src/schema/index.ts';
import { TestClock } from '../fixtures/test-clock.ts';
import { Choices, describe, turn } from './bytes.ts';

const lines = [
  '{"return":{},"id":%}\n',
  '{"return":[],"id":%}\r\n',
  '{"error":{"class":"GenericError","desc":"no"},"id":%}\n',
  '{"error":7,"id":%}\n',
  '{"event":"MIGRATION","data":{"status":"completed"}}\n',
  '{"event":"MIGRATION","data":null,"id":%}\n',
  '{"QMP":{"version":{},"capabilities":[]}}\n',
  '{"id":"%","return":{"a":[[[]]]}}\n',
  'null\n',
  '\n',
] as const;
const heads = [
  '200 OK\r\nContent-Length: @\r\n\r\n{"firecracker_version":"1.16.1","state":"Running"}',
  '204 No Content\r\n\r\n',
  '400 Bad Request\r\nContent-Length: @\r\n\r\n{"fault_message":"no"}',
  '200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
  '100 Continue\r\n\r\n',
] as const;
const durations = [1, 1000, 5000, 60_000] as const;
const mostSteps = 256;
const turnsToEnd = 40;

export async function fuzz(input: Buffer): Promise<void> {
  const choices = new Choices(input);
  if (choices.byte() % 2 === 0) await qemu(choices);
  else await firecracker(choices);
}

class Waiters {
  readonly #problems: string[] = [];
  readonly #waiting = new Map<Promise<unknown>, string>();

  wait(name: string, promise: Promise<unknown>): void {
    const settled = promise.catch((error: unknown) => {
      if (!isHoldfastError(error)) this.#problems.push(`${name} failed with ${describe(error)}`);
    });
    this.#waiting.set(settled, name);
    void settled.then(() => this.#waiting.delete(settled));
  }

  async end(scope: OwnedScope, clock: TestClock): Promise<void> {
    for (let turns = 0; turns < turnsToEnd && this.#waiting.size > 0; turns++) await turn();
    for (const name of this.#waiting.values()) this.#problems.push(`${name} has no answer`);
    await scope.close();
    await turn();
    if (clock.timers > 0) this.#problems.push(`${clock.timers} timers are left`);
    if (this.#problems.length > 0) throw new Error(this.#problems.join('\n'));
  }
}

class Peer extends Duplex {
  override _read(): void {}
  override _write(_chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    done();
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
}

async function qemu(choices: Choices): Promise<void> {
  const [clock, peer, waiters] = [new TestClock(), new Peer(), new Waiters()];
  const scope = rootScope({ name: 'fuzz', clock, timeoutMs: 120_000 });
  // As much of a socket as it is used for.
  const client = new QmpClient(peer as unknown as Socket);
  let pieceBytes = 65_536;
  const deliver = (bytes: Buffer): void => {
    for (let at = 0; at < bytes.length && !peer.destroyed; at += pieceBytes)
      peer.emit('data', Buffer.from(bytes.subarray(at, at + pieceBytes)));
  };
  for (let steps = 0; choices.left > 1 && steps < mostSteps; steps++) {
    switch (choices.byte() % 7) {
      case 0:
        waiters.wait('a command', client.execute('stop', choices.byte() % 2 === 0 ? { a: 1 } : undefined, scope));
        break;
      case 1:
        waiters.wait(
          'an event',
          client.event((event, { status }) => event === 'MIGRATION' && status === 'completed', scope),
        );
        break;
      case 2:
        deliver(Buffer.from(choices.of(lines).replace('%', String(choices.byte()))));
        break;
      case 3:
        deliver(choices.bytes(choices.byte()));
        break;
      case 4:
        pieceBytes = Math.max(1, choices.byte());
        break;
      case 5:
        await turn();
        break;
      default:
        clock.advance(choices.of(durations));
    }
  }
  if (choices.byte() % 2 === 0) client.close();
  else peer.destroy();
  await waiters.end(scope, clock);
}

/** One server for all inputs: what it answers is the input's. */
const directory = mkdtempSync(join(tmpdir(), 'holdfast-fuzz-'));
process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
const path = join(directory, 'api');
let answer: Buffer = Buffer.alloc(0);
const server = createServer((socket) => {
  socket.on('error', () => undefined);
  socket.once('data', () => socket.end(answer));
}).unref();
const listening = new Promise<void>((resolve) => server.listen(path, resolve));

async function firecracker(choices: Choices): Promise<void> {
  await listening;
  const [clock, waiters] = [new TestClock(), new Waiters()];
  const scope = rootScope({ name: 'fuzz', clock, timeoutMs: 120_000 });
  const asked = choices.byte();
  const head = choices.byte();
  const body = choices.rest();
  const begun = heads[head % (heads.length + 1)]?.replace('@', String(body.length));
  answer = begun === undefined ? body : Buffer.concat([Buffer.from(`HTTP/1.1 ${begun}`), body]);
  const api = await FirecrackerApi.connect(path, scope);
  const calls = [
    () => api.version(scope),
    () => api.state(scope),
    () => api.call({ method: 'PUT', path: '/actions', body: {} }, scope),
  ];
  for (let bit = 0; bit < 6; bit++) {
    if ((asked >> bit) & 1) waiters.wait('a call', calls[bit % calls.length]?.() ?? Promise.resolve());
  }
  await settled(waiters, api, clock, scope);
}

/** What its answers do not end, its deadline does. */
async function settled(waiters: Waiters, api: FirecrackerApi, clock: TestClock, scope: OwnedScope): Promise<void> {
  for (let turns = 0; turns < turnsToEnd; turns++) await turn();
  for (let calls = 0; calls < 6; calls++) {
    clock.advance(5000);
    await turn();
  }
  api.close();
  await waiters.end(scope, clock);
}
