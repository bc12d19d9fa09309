/** Peers that mean harm, on both sides: one of them must never end the gateway, nor make it grow. */
import { once } from 'node:events';
import type { Http2SecureServer } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { connect as connectTls, createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { endHeaders, endStream, h2Frame, headerBlock, preface } from '../../../test/unit/h2-bytes.ts';
import { createWorld, host, httpsOrigin, originAuthority, type World } from '../../../test/unit/mediation-world.ts';
import { MemoryBudget } from '../memory.ts';
import type { CertificateAuthority } from './authority.ts';
import { type Frame, FrameStage } from './websocket.ts';

let authority: CertificateAuthority;
let origin: { server: Http2SecureServer; port: number };
const worlds: World[] = [];
const servers: Server[] = [];

beforeAll(async () => {
  authority = await originAuthority();
  origin = await httpsOrigin(authority);
  origin.server.on('stream', (stream) => {
    stream.on('error', () => undefined).resume();
    stream.on('end', () => {
      stream.respond({ ':status': 200 });
      stream.end('whole');
    });
  });
});
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
  for (const server of servers.splice(0)) server.close();
});
afterAll(() => origin.server.close());

async function open(port: number): Promise<World> {
  const world = await createWorld(port, authority);
  worlds.push(world);
  return world;
}

/** Says `answer` to whatever comes, after the greeting of HTTP/2. */
async function h2Origin(answer: (socket: TLSSocket) => void): Promise<number> {
  const options = {
    ALPNProtocols: ['h2'],
    SNICallback: (
      name: string,
      done: (error: null, context: Awaited<ReturnType<CertificateAuthority['leaf']>>) => void,
    ) => void authority.leaf(name).then((context) => done(null, context)),
  };
  const server = createTlsServer(options, (socket) => {
    socket.on('error', () => undefined);
    socket.write(h2Frame('settings', 0, 0));
    socket.once('data', () => answer(socket));
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const request = (method: string, flags: number): Buffer =>
  h2Frame(
    'headers',
    endHeaders | flags,
    1,
    headerBlock([
      [':method', method],
      [':scheme', 'https'],
      [':path', '/'],
      [':authority', host],
    ]),
  );

async function h2Client(world: World, ...frames: Buffer[]): Promise<TLSSocket> {
  const tls = await world.tls({ alpn: ['h2'] });
  tls.on('error', () => undefined).resume();
  tls.write(Buffer.concat([preface, h2Frame('settings', 0, 0), ...frames]));
  return tls;
}

describe('trailers that Node does not send', () => {
  const twice = [
    ['etag', 'one'],
    ['etag', 'two'],
  ] as const;

  it.each([[twice], [[['http2-settings', 'x']]] as const])('reset the request: %j', async (trailers) => {
    const world = await open(origin.port);
    const ended = h2Frame('headers', endHeaders | endStream, 1, headerBlock(trailers));
    await h2Client(world, request('POST', 0), h2Frame('data', 0, 1, Buffer.from('half')), ended);
    expect(await world.flow()).toMatchObject({ status: null, error: expect.stringContaining('reset') });
  });

  it('reset the answer', async () => {
    const head = h2Frame('headers', endHeaders, 1, headerBlock([[':status', '200']]));
    const trailers = h2Frame('headers', endHeaders | endStream, 1, headerBlock(twice));
    const port = await h2Origin((socket) => {
      setTimeout(() => socket.write(Buffer.concat([head, h2Frame('data', 0, 1, Buffer.from('half')), trailers])), 50);
    });
    const world = await open(port);
    const heard: Buffer[] = [];
    const tls = await h2Client(world, request('GET', endStream));
    tls.on('data', (chunk: Buffer) => heard.push(chunk));
    await world.flow();
    for (let turn = 0; turn < 100 && !resetOf(Buffer.concat(heard)); turn++)
      await new Promise((go) => setTimeout(go, 5));
    expect(resetOf(Buffer.concat(heard))).toBe(true);
  });
});

describe('floods', () => {
  it('of interim answers break the request off', async () => {
    const interim = h2Frame(
      'headers',
      endHeaders,
      1,
      headerBlock([
        [':status', '103'],
        ['link', '</style.css>'],
      ]),
    );
    const port = await h2Origin((socket) => {
      setTimeout(() => socket.write(Buffer.concat(Array.from({ length: 33 }, () => interim))), 50);
    });
    const world = await open(port);
    await h2Client(world, request('GET', endStream));
    expect(await world.flow()).toMatchObject({ status: null, error: expect.stringContaining('reset') });
  });

  it('of WebSocket fragments are held to a number, and empty ones are not kept', () => {
    const failures: string[] = [];
    const sink = { write: () => true, end: () => undefined, abort: () => undefined, onDrain: () => undefined };
    const events = { frame: () => undefined, failed: (error: Error) => failures.push(error.message) };
    const stage = new FrameStage(sink, {
      isMasked: false,
      events: { ...events, rewrite: ({ payload }: Frame) => payload },
      memory: new MemoryBudget().share(),
    });
    stage.write(Buffer.from([0x01, 0]));
    const before = process.memoryUsage().heapUsed;
    for (let turn = 0; turn < 20; turn++) stage.write(Buffer.alloc(64 * 1024));
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(32 * 1024 * 1024);
    expect(failures).toEqual([]);
    for (let turn = 0; turn < 4; turn++) stage.write(Buffer.alloc(64 * 1024, Buffer.from([0x00, 1, 0x61])));
    expect(failures).toEqual([expect.stringContaining('fragments')]);
  });
});

/** Is there an RST_STREAM among these frames? */
function resetOf(bytes: Buffer): boolean {
  for (let at = 0; at + 9 <= bytes.length; at += 9 + bytes.readUIntBE(at, 3)) if (bytes[at + 3] === 3) return true;
  return false;
}

it('a client that would begin TLS anew within a connection is refused', async () => {
  const world = await open(origin.port);
  const tls = connectTls({
    port: world.frontPort,
    servername: host,
    ca: world.authority.pem.certificate,
    maxVersion: 'TLSv1.2',
  });
  tls.on('error', () => undefined);
  await once(tls, 'secureConnect');
  const outcome = new Promise((resolve) => {
    tls.renegotiate({}, (error) => resolve(error === null ? 'done' : 'refused'));
    tls.once('close', () => resolve('refused'));
  });
  const late = new Promise((resolve) => setTimeout(resolve, 1000, 'refused'));
  expect(await Promise.race([outcome, late])).toBe('refused');
  tls.destroy();
});
