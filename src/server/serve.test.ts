import { createHash } from 'node:crypto';
import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { type IncomingMessage, request as startRequest } from 'node:http';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordingService } from '../../test/fixtures/recording-service.ts';
import { createClient, errorOf, serveUnix, signingKey } from '../../test/fixtures/served.ts';
import { silentLog } from '../base/index.ts';
import { HoldfastError } from '../schema/index.ts';
import { parseKeys, type RunningServer, readKeys, serve } from './index.ts';

const mebibyte = 1024 * 1024;
const keyLine = (key: string, tenant: string): string =>
  `${createHash('sha256').update(key).digest('hex')} ${tenant} laptop of ${tenant}`;
const keys = parseKeys(['# ours', '', keyLine('key-a', 'a'), keyLine('key-b', 'b')].join('\n'), 'keys');

let scratch = '';
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'holdfast-serve-'));
});
afterAll(() => rm(scratch, { recursive: true }));

describe('a unix socket', () => {
  it('is its owner’s alone', async () => {
    await using served = await serveUnix();
    expect((await stat(served.socketPath)).mode & 0o777).toBe(0o600);
    expect((await stat(dirname(served.socketPath))).mode & 0o777).toBe(0o700);
    expect((await served.client.getSandbox('box-default')).tenant).toBe('default');
  });

  const listenOn = (socketPath: string): Promise<RunningServer> =>
    serve({ listen: { socketPath }, serviceOf: () => recordingService(), signingKey, log: silentLog });

  it('is refused in a directory that others can enter, which stays as it was', async () => {
    const directory = join(scratch, 'shared');
    await (await listenOn(join(directory, 'd.sock'))).close();
    await chmod(directory, 0o755);
    expect(await errorOf(listenOn(join(directory, 'd.sock')))).toMatchObject({ code: 'permission-denied' });
    expect((await stat(directory)).mode & 0o777).toBe(0o755);
  });

  it('is not taken from a living server, but from a dead one', async () => {
    const socketPath = join(scratch, 'one', 'd.sock');
    const first = await listenOn(socketPath);
    expect(await errorOf(listenOn(socketPath))).toMatchObject({ code: 'in-use' });
    await first.close();
    await leaveStaleSocket(socketPath);
    expect((await stat(socketPath)).isSocket()).toBe(true);
    await (await listenOn(socketPath)).close();
  });

  it('never replaces a file that is no socket', async () => {
    const socketPath = join(scratch, 'one', 'precious');
    await writeFile(socketPath, 'data');
    expect(await errorOf(listenOn(socketPath))).toMatchObject({ code: 'in-use' });
  });

  it('is refused where Linux would cut its path', async () => {
    expect(await errorOf(listenOn(join(scratch, 'x'.repeat(100), 'd')))).toMatchObject({ code: 'invalid-argument' });
  });
});

describe('TCP', () => {
  const services = { a: recordingService('a'), b: recordingService('b') };
  let server: RunningServer;
  beforeAll(async () => {
    const serviceOf = (tenant: string) => (tenant === 'a' ? services.a : services.b);
    const listen = { host: '127.0.0.1', port: 0 };
    server = await serve({ listen, serviceOf, keys, signingKey, log: silentLog, origins: ['https://console.example'] });
  });
  afterAll(() => server.close());

  it('is refused without a key', async () => {
    const listen = { host: '127.0.0.1', port: 0 };
    const refused = serve({ listen, serviceOf: () => services.a, signingKey, log: silentLog });
    expect(await errorOf(refused)).toMatchObject({ code: 'invalid-argument', hint: expect.stringContaining('tenant') });
  });

  it('knows the tenant by the key', async () => {
    for (const tenant of ['a', 'b']) {
      const client = createClient({ baseUrl: server.address, key: `key-${tenant}` });
      expect((await client.getSandbox(`box-${tenant}`)).tenant).toBe(tenant);
    }
  });

  it.each([undefined, 'key-c', 'key-ax'])('refuses key %s', async (key) => {
    const client = createClient({ baseUrl: server.address, ...(key ? { key } : {}) });
    expect(await errorOf(client.version())).toMatchObject({ code: 'unauthenticated' });
  });

  it('attaches with the key in a subprotocol, and says why when it does not', async () => {
    const client = createClient({ baseUrl: server.address, key: 'key-a' });
    const attachment = await client.attachProcess('box-a', 'prc-1');
    await attachment.detach();
    expect(await errorOf(client.attachProcess('box-b', 'prc-1'))).toMatchObject({ code: 'sandbox-not-found' });
    const stranger = createClient({ baseUrl: server.address, key: 'key-c' });
    expect(await errorOf(stranger.attachProcess('box-a', 'prc-1'))).toMatchObject({ code: 'unauthenticated' });
  });

  it('refuses names that were rebound to it', async () => {
    const { port } = new URL(server.address);
    const asked = (headers: Record<string, string>) => raw({ host: '127.0.0.1', port, path: '/v1/health', headers });
    expect((await asked({ host: `evil.example:${port}` })).status).toBe(403);
    expect((await asked({ host: `localhost:${port}` })).status).toBe(200);
    expect((await asked({ host: `127.0.0.1:${port}`, origin: 'https://evil.example' })).status).toBe(403);
    const allowed = await asked({ host: `127.0.0.1:${port}`, origin: 'https://console.example' });
    expect(allowed.headers['access-control-allow-origin']).toBe('https://console.example');
    const upgrade = { connection: 'upgrade', upgrade: 'websocket', host: 'evil.example' };
    expect((await asked(upgrade)).status).toBe(403);
  });

  it('answers a browser that asks first', async () => {
    const headers = { origin: 'https://console.example', 'access-control-request-method': 'PUT' };
    const response = await fetch(`${server.address}/v1/sandboxes`, { method: 'OPTIONS', headers });
    expect([response.status, response.headers.get('access-control-allow-methods')]).toEqual([
      204,
      'GET, POST, PUT, DELETE',
    ]);
  });

  it.each([
    ['a broken head', 'GET /v1/health HTTP/1.1\r\nno colon here\r\n\r\n'],
    ['no Host', 'GET /v1/health HTTP/1.1\r\n\r\n'],
    ['a head too large', `GET /v1/health HTTP/1.1\r\nhost: localhost\r\nx: ${'a'.repeat(70_000)}\r\n\r\n`],
    ['a wrong address', 'GET http://[ HTTP/1.1\r\nhost: localhost\r\n\r\n'],
    ['a WebSocket elsewhere', wsHead('/v1/nowhere', 'key-a')],
    ['a WebSocket without a key', wsHead('/v1/sandboxes/a/processes/b/attach', null)],
    ['a WebSocket with a bad escape', wsHead('/v1/sandboxes/%ff/processes/b/attach', 'key-a')],
    ['a WebSocket with a bad offset', wsHead('/v1/sandboxes/a/processes/b/attach?stdoutOffset=-1', 'key-a')],
  ])('answers %s with the one error shape', async (_, head) => {
    const text = await spoken(Number(new URL(server.address).port), head);
    expect(text).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect(text).toContain('{"error":{"code":"');
  });
});

describe('streams', () => {
  it('carries 64 MiB each way without holding it', async () => {
    await using served = await serveUnix();
    const { client, service } = served;
    const pieces = 1024;
    let pulled = 0;
    let read = 0;
    let ahead = 0;
    service.readFile = async () => ({
      stat: await client.writeFile('box-default', '/a', new Uint8Array(1)),
      content: (async function* () {
        for (; pulled < pieces; pulled++) {
          ahead = Math.max(ahead, pulled - read);
          yield new Uint8Array(64 * 1024).fill(pulled);
        }
      })(),
    });
    let length = 0;
    for await (const piece of (await client.readFile('box-default', '/a')).content) {
      length += piece.length;
      read = Math.floor(length / 65_536);
      if (read % 64 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(length).toBe(64 * mebibyte);
    expect(ahead * 64 * 1024).toBeLessThan(8 * mebibyte);
  });

  it('holds an upload back that nobody reads', async () => {
    await using served = await serveUnix();
    const { client, service } = served;
    let sent = 0;
    let sentEarly = 0;
    service.writeFile = async (_ref, path, data) => {
      await new Promise((resolve) => setTimeout(resolve, 150));
      sentEarly = sent;
      let length = 0;
      if (!(data instanceof Uint8Array)) for await (const piece of data) length += piece.length;
      service.files.set(path, new Uint8Array());
      return { ...(await service.statFile('box-default', path)), sizeBytes: length };
    };
    const source = (async function* () {
      for (; sent < 64; sent++) yield new Uint8Array(mebibyte);
    })();
    expect((await client.writeFile('box-default', '/a', source)).sizeBytes).toBe(64 * mebibyte);
    expect(sentEarly).toBeLessThan(8);
  });

  it('stops reading when the client leaves', async () => {
    await using served = await serveUnix();
    const { client, service } = served;
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    service.files.set('/a', new Uint8Array(1));
    service.readFile = async () => ({
      stat: await service.statFile('box-default', '/a'),
      content: (async function* () {
        try {
          for (;;) yield new Uint8Array(65_536);
        } finally {
          resolve();
        }
      })(),
    });
    for await (const _ of (await client.readFile('box-default', '/a')).content) break;
    await ended;
  });

  it('fails an upload that breaks off', async () => {
    await using served = await serveUnix();
    const { service } = served;
    const { promise: outcome, resolve } = Promise.withResolvers<unknown>();
    service.writeFile = async (_ref, _path, data) => {
      try {
        if (!(data instanceof Uint8Array)) for await (const _ of data);
        resolve('whole');
      } catch (error) {
        resolve(error);
      }
      throw new HoldfastError('cancelled', 'cut');
    };
    const socket = connect(served.socketPath);
    socket.write('PUT /v1/sandboxes/box-default/files?path=/a HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nabc');
    setTimeout(() => socket.destroy(), 50);
    expect(await outcome).toMatchObject({ code: 'cancelled' });
  });

  it('refuses an upload early and lives on', async () => {
    await using served = await serveUnix();
    const { client } = served;
    const endless = (async function* () {
      for (let sent = 0; sent < 256; sent++) yield new Uint8Array(mebibyte);
    })();
    expect(await errorOf(client.writeFile('sbx-other', '/a', endless))).toMatchObject({ code: 'sandbox-not-found' });
    expect((await client.version()).apiVersion).toBe(1);
  });
});

describe('closing', () => {
  it('ends streams and attachments, and lets a request finish', async () => {
    await using served = await serveUnix();
    const { client, service, server } = served;
    const { promise: go, resolve } = Promise.withResolvers<void>();
    const exec = service.exec;
    service.exec = async (...args) => {
      await go;
      return exec(...args);
    };
    const running = client.exec('box-default', { argv: ['echo'] });
    const attachment = await client.attachProcess('box-default', 'prc-1');
    const following = (async () => {
      for await (const _ of client.events());
    })();
    await new Promise((done) => setTimeout(done, 50));
    const closed = server.close({ graceMs: 2000 });
    expect(await errorOf(following)).toMatchObject({ code: 'daemon-unreachable' });
    expect(await errorOf(attachment.exit)).toMatchObject({ code: 'daemon-unreachable' });
    await expect.poll(() => service.attachments[0]?.detached).toBe(true);
    resolve();
    expect((await running).exitCode).toBe(0);
    await closed;
    expect(await errorOf(client.version())).toMatchObject({ code: 'daemon-unreachable' });
  });
});

describe('the keys file', () => {
  it.each([
    ['a key in the clear', 'secret a laptop'],
    ['an upper-case hash', keyLine('k', 'a').replace(/^\w{64}/, (hash) => hash.toUpperCase())],
    ['no name', keyLine('k', 'a').split(' ').slice(0, 2).join(' ')],
    ['a tenant that is none', keyLine('k', 'A/b')],
  ])('refuses %s, by its line', (_, line) => {
    expect(() => parseKeys(`# first\n${line}`, 'keys')).toThrow(/keys line 2/);
  });

  it('refuses the same key twice', () => {
    expect(() => parseKeys(`${keyLine('k', 'a')}\n${keyLine('k', 'b')}`, 'keys')).toThrow(/twice/);
  });

  it('must be its owner’s alone', async () => {
    const path = join(scratch, 'keys');
    await writeFile(path, keyLine('k', 'a'), { mode: 0o600 });
    expect(await readKeys(path)).toMatchObject([{ tenant: 'a', name: 'laptop of a' }]);
    await chmod(path, 0o644);
    expect(await errorOf(readKeys(path))).toMatchObject({ code: 'permission-denied' });
    expect(await errorOf(readKeys(join(scratch, 'none')))).toMatchObject({ code: 'file-not-found' });
  });
});

function wsHead(path: string, key: string | null): string {
  const headers = [
    `GET ${path} HTTP/1.1`,
    'host: localhost',
    'connection: upgrade',
    'upgrade: websocket',
    'sec-websocket-version: 13',
    'sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==',
    ...(key ? [`authorization: Bearer ${key}`] : []),
  ];
  return `${headers.join('\r\n')}\r\n\r\n`;
}

function spoken(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    let answer = '';
    const settle = (): void => {
      if (!answer.includes('"error"')) return;
      socket.destroy();
      resolve(answer);
    };
    socket.on('data', (data) => {
      answer += data;
      settle();
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', () => undefined);
  });
}

function raw(options: { host: string; port: string; path: string; headers: Record<string, string> }): Promise<{
  status: number;
  headers: IncomingMessage['headers'];
}> {
  return new Promise((resolve, reject) => {
    const request = startRequest(options, (response) => {
      response.resume();
      resolve({ status: response.statusCode ?? 0, headers: response.headers });
    });
    request.once('error', reject);
    request.end();
  });
}

/** What a killed server leaves behind: its file outlives it, and nobody answers. */
async function leaveStaleSocket(path: string): Promise<void> {
  const { rename } = await import('node:fs/promises');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(`${path}.old`, resolve));
  await rename(`${path}.old`, path);
  await new Promise((resolve) => server.close(resolve));
}
