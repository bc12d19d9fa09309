/** Two ends over sockets that are none. Numbers are the invariants of port-stream.ts. */
import { describe, expect, it } from 'vitest';
import { HoldfastError } from './error-class.ts';
import { joinPorts, type PortSocket, PortStream } from './port-stream.ts';

class FakeSocket implements PortSocket {
  binaryType = '';
  other: FakeSocket | null = null;
  readonly sent: unknown[] = [];
  readonly #listeners = new Map<string, ((event: never) => void)[]>();
  #closed = false;

  send(data: Uint8Array<ArrayBuffer> | string): void {
    if (this.#closed) return;
    this.sent.push(data);
    const other = this.other;
    if (other)
      queueMicrotask(() => other.emit('message', { data: typeof data === 'string' ? data : data.slice().buffer }));
  }
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const { other } = this;
    queueMicrotask(() => {
      this.emit('close', { code: 1000 });
      other?.close();
    });
  }
  addEventListener(type: string, listener: (event: never) => void): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
  }
  emit(type: string, event: unknown): void {
    for (const listener of this.#listeners.get(type) ?? []) listener(event as never);
  }
}

function pair(): { one: PortStream; other: PortStream; sockets: [FakeSocket, FakeSocket] } {
  const sockets: [FakeSocket, FakeSocket] = [new FakeSocket(), new FakeSocket()];
  [sockets[0].other, sockets[1].other] = [sockets[1], sockets[0]];
  return { one: new PortStream(sockets[0]), other: new PortStream(sockets[1]), sockets };
}

async function lengthOf(stream: PortStream): Promise<number> {
  let length = 0;
  for await (const piece of stream.output) length += piece.length;
  return length;
}

const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'fine',
    (error: unknown) => (error instanceof HoldfastError ? error.code : error),
  );

describe('a stream over a socket', () => {
  it('1: sends no more than the other side has room for', async () => {
    const { one, other, sockets } = pair();
    let written = false;
    const writing = one.write(new Uint8Array(3_000_000)).then(() => {
      written = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    const bytes = sockets[0].sent.reduce<number>((sum, message) => sum + (message as Uint8Array).length, 0);
    expect([written, bytes]).toEqual([false, 1024 * 1024]);
    const length = lengthOf(other);
    await writing;
    await one.endInput();
    expect(await length).toBe(3_000_000);
  });

  it('2: ends one direction and goes on with the other', async () => {
    const { one, other } = pair();
    await one.endInput();
    expect(await lengthOf(other)).toBe(0);
    await other.write(new Uint8Array(5));
    await other.endInput();
    expect(await lengthOf(one)).toBe(5);
  });

  it('3: says to reader and writer that it broke off', async () => {
    const { one, sockets } = pair();
    const reading = codeOf(lengthOf(one));
    sockets[0].close();
    expect(await reading).toBe('daemon-unreachable');
    expect(await codeOf(one.write(new Uint8Array(1)))).toBe('daemon-unreachable');
    expect(await codeOf(one.connected)).toBe('daemon-unreachable');
  });

  it.each([
    ['more than there is room for', (socket: FakeSocket) => flood(socket, 1_048_577)],
    ['bytes after the end', (socket: FakeSocket) => endThenFlood(socket)],
    ['what is not JSON', (socket: FakeSocket) => text(socket, '{')],
    ['what is no message', (socket: FakeSocket) => text(socket, '{"type":"open"}')],
    ['less than nothing', (socket: FakeSocket) => text(socket, '{"type":"read","bytes":-1}')],
    ['half a byte', (socket: FakeSocket) => text(socket, '{"type":"read","bytes":0.5}')],
    ['neither bytes nor text', (socket: FakeSocket) => socket.emit('message', { data: 7 })],
  ])('refuses %s', async (_name, attack) => {
    const socket = new FakeSocket();
    const stream = new PortStream(socket);
    attack(socket);
    await stream.closed;
    expect(await codeOf(stream.write(new Uint8Array(1)))).toBe('invalid-argument');
    expect(JSON.parse(String(socket.sent.at(-1)))).toMatchObject({
      type: 'error',
      error: { code: 'invalid-argument' },
    });
  });

  it('takes no more room than there is, whatever the other side grants', async () => {
    const socket = new FakeSocket();
    const stream = new PortStream(socket);
    text(socket, '{"type":"read","bytes":9007199254740991}');
    void stream.write(new Uint8Array(2_000_000)).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(socket.sent.length).toBe(16);
    await stream.close();
  });

  it('joined to another passes on what it hears, and its failure', async () => {
    const left = pair();
    const right = pair();
    const joined = joinPorts(left.other, right.one);
    await left.one.write(new Uint8Array(70_000));
    await left.one.endInput();
    expect(await lengthOf(right.other)).toBe(70_000);
    left.sockets[0].close();
    expect(await codeOf(joined)).toBe('daemon-unreachable');
    await right.other.closed;
  });
});

function text(socket: FakeSocket, data: string): void {
  socket.emit('message', { data });
}

function endThenFlood(socket: FakeSocket): void {
  text(socket, '{"type":"end"}');
  flood(socket, 1);
}

function flood(socket: FakeSocket, bytes: number): void {
  socket.emit('message', { data: new ArrayBuffer(bytes) });
}
