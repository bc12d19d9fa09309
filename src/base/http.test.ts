import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createRawServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { unixTransport } from './http.ts';
import { Connections } from './http-connections.ts';
import { ResponseDecoder } from './http-response.ts';

function decode(pieces: Buffer[]): { status: number; headers: Record<string, string>; body: string; ended: boolean } {
  const seen = { status: 0, headers: {} as Record<string, string>, body: '', ended: false };
  const decoder = new ResponseDecoder({
    head({ status, headers }) {
      Object.assign(seen, { status, headers: Object.fromEntries(headers) });
    },
    piece(bytes) {
      seen.body += Buffer.from(bytes).toString('latin1');
    },
    end() {
      seen.ended = true;
    },
  });
  for (const piece of pieces) decoder.push(piece);
  decoder.close();
  return seen;
}

const chunked =
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: 1\r\nx-a:  2 \r\n\r\n' +
  '5\r\nhello\r\nA;ext=1\r\n, world\r\n!\r\n0\r\nTrailer: x\r\n\r\n';

describe('an answer', () => {
  it('reads the same however it is cut', () => {
    const bytes = Buffer.from(chunked, 'latin1');
    const whole = { status: 200, headers: { 'transfer-encoding': 'chunked', 'x-a': '1, 2' } };
    const expected = { ...whole, body: 'hello, world\r\n!', ended: true };
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: bytes.length })), (cuts) => {
        const places = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
        const pieces = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
        expect(decode(pieces)).toEqual(expected);
      }),
    );
    expect(decode([...bytes].map((byte) => Buffer.from([byte])))).toEqual(expected);
  });

  it('of a known length ends there, and one without a length with its connection', () => {
    expect(decode([Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi')])).toMatchObject({ body: 'hi' });
    expect(decode([Buffer.from('HTTP/1.0 200 OK\r\n\r\nhi')])).toMatchObject({ body: 'hi', ended: true });
    expect(decode([Buffer.from('HTTP/1.1 204 No Content\r\n\r\n')])).toMatchObject({ body: '', ended: true });
  });

  it.each([
    ['half a body', 'HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nhi'],
    ['half a head', 'HTTP/1.1 200'],
    ['no end of chunks', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n'],
    ['another protocol', 'SSH-2.0-OpenSSH\r\n\r\n\r\n'],
    ['a length that is none', 'HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n'],
    ['a chunk size that is none', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n'],
    ['a chunk longer than said', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nhi\r\n0\r\n\r\n'],
    ['an unknown encoding', 'HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n'],
    ['a header that is none', 'HTTP/1.1 200 OK\r\nno colon\r\n\r\n'],
    ['bytes after the end', 'HTTP/1.1 204 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n'],
    ['an endless head', `HTTP/1.1 200 OK\r\nx: ${'a'.repeat(70_000)}`],
    ['an endless line', `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${'1'.repeat(5000)}`],
  ])('is refused with %s', (_, text) => {
    expect(() => decode([Buffer.from(text)])).toThrow();
  });

  it('of any bytes is read or refused', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array()), fc.boolean(), (pieces, hasHead) => {
        const head = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';
        try {
          decode([Buffer.from(hasHead ? head : ''), ...pieces.map((piece) => Buffer.from(piece))]);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
    );
  });
});

describe('a transport', () => {
  let directory = '';
  let socketPath = '';
  let connections = 0;
  let close = async (): Promise<void> => undefined;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'holdfast-http-'));
    socketPath = join(directory, 's');
    connections = 0;
  });
  afterEach(async () => {
    await close();
    await rm(directory, { recursive: true });
  });

  async function answer(listener: RequestListener, { keepAliveTimeout = 5000, backlog = 511 } = {}) {
    const server = createServer({ keepAliveTimeout }, listener);
    server.on('connection', () => connections++);
    await new Promise<void>((resolve) => server.listen({ path: socketPath, backlog }, resolve));
    const transport = unixTransport(socketPath);
    close = async () => {
      transport.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    };
    return transport;
  }
  const get = { method: 'GET', headers: {} };

  it('keeps a connection for the next call', async () => {
    const { fetch, baseUrl } = await answer((request, response) => response.end(request.url));
    for (let call = 0; call < 20; call++) {
      expect(await (await fetch(`${baseUrl}/v1/${call}?a=b`, get)).text()).toBe(`/v1/${call}?a=b`);
    }
    expect(connections).toBe(1);
    const many = Array.from({ length: 8 }, async () => (await fetch(`${baseUrl}/x`, get)).text());
    expect(await Promise.all(many)).toEqual(Array(8).fill('/x'));
    expect(connections).toBe(8);
  });

  it('waits its turn at a door whose queue is full', async () => {
    const { fetch, baseUrl } = await answer((_request, response) => response.end('in'), { backlog: 2 });
    const many = Array.from({ length: 100 }, async () => (await fetch(`${baseUrl}/x`, get)).text());
    expect(await Promise.all(many)).toEqual(Array(100).fill('in'));
  });

  it('opens another when the server gave the idle one up', async () => {
    const { fetch, baseUrl } = await answer((_, response) => response.end('hi'), { keepAliveTimeout: 1 });
    for (let call = 0; call < 2; call++) {
      expect(await (await fetch(`${baseUrl}/`, get)).text()).toBe('hi');
      await new Promise((resolve) => setTimeout(resolve, 1300));
    }
    expect(connections).toBe(2);
  });

  it('ends connections that waited long enough, each in its own time', async () => {
    await answer((_, response) => response.end('hi'));
    const waiting = new Connections(socketPath, 300);
    const [first, second] = [await waiting.open(undefined), await waiting.open(undefined)];
    waiting.keep(first);
    await new Promise((resolve) => setTimeout(resolve, 150));
    waiting.keep(second);
    await expect.poll(() => first.socket.destroyed).toBe(true);
    expect([second.socket.destroyed, waiting.take()]).toEqual([false, second]);
    waiting.keep(second);
    await expect.poll(() => second.socket.destroyed).toBe(true);
    await expect.poll(() => waiting.take()).toBe(null);
  });

  it('ends a connection that says what nobody asked', async () => {
    let spoken = (): void => undefined;
    const server = createRawServer((socket: Socket) => {
      connections++;
      socket.on('data', () => socket.write('HTTP/1.1 204 OK\r\n\r\n'));
      spoken = () => socket.write('HTTP/1.1 204 OK\r\n\r\n');
    });
    await new Promise<void>((resolve) => server.listen(socketPath, resolve));
    const { fetch, baseUrl, close: drop } = unixTransport(socketPath);
    close = async () => {
      drop();
      server.close();
    };
    await fetch(`${baseUrl}/`, get);
    spoken();
    await new Promise((resolve) => setTimeout(resolve, 50));
    await fetch(`${baseUrl}/`, get);
    expect(connections).toBe(2);
  });

  it('does not keep a connection that the server closes, nor one left in the middle', async () => {
    const { fetch, baseUrl } = await answer((request, response) => {
      if (request.url === '/close') response.setHeader('connection', 'close').end('hi');
      else {
        response.write('a');
        response.write(Buffer.alloc(10_000_000));
      }
    });
    await (await fetch(`${baseUrl}/close`, get)).text();
    for await (const _ of (await fetch(`${baseUrl}/endless`, get)).body) break;
    await (await fetch(`${baseUrl}/close`, get)).text();
    expect(connections).toBe(3);
  });

  it('ends with its signal, before and in the middle', async () => {
    const { fetch, baseUrl } = await answer((_, response) => void response.write('a'));
    const controller = new AbortController();
    const { body } = await fetch(`${baseUrl}/`, { ...get, signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 20);
    const read = async (): Promise<void> => {
      for await (const _ of body);
    };
    await expect(read()).rejects.toThrow('enough');
    await expect(fetch(`${baseUrl}/`, { ...get, signal: controller.signal })).rejects.toThrow('enough');
  });

  it('fails when the other side goes, or speaks another protocol', async () => {
    const replies = ['', 'SSH-2.0\r\n\r\n\r\n\r\n', 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhi'];
    const server = createRawServer((socket: Socket) => socket.once('data', () => socket.end(replies.shift() ?? '')));
    await new Promise<void>((resolve) => server.listen(socketPath, resolve));
    close = async () => void server.close();
    const { fetch, baseUrl } = unixTransport(socketPath);
    await expect(fetch(`${baseUrl}/`, get)).rejects.toThrow('broke off');
    await expect(fetch(`${baseUrl}/`, get)).rejects.toThrow('not HTTP');
    const half = await fetch(`${baseUrl}/`, get);
    await expect(half.text()).rejects.toThrow('broke off');
  });

  it('sends nothing that would be a header of its own', async () => {
    const { fetch, baseUrl } = await answer((_, response) => response.end());
    const headers = { authorization: 'Bearer a\r\nx: y' };
    await expect(fetch(`${baseUrl}/`, { method: 'GET', headers })).rejects.toThrow(TypeError);
    await expect(fetch(`${baseUrl}/a b`, get)).rejects.toThrow(TypeError);
    expect(await (await fetch(`${baseUrl}/`, get)).text()).toBe('');
  });
});
