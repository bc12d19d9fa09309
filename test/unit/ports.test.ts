/** Ports inside, through the whole runtime: the real agent on the fake substrate, the API, and the preview server. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, request } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildGuest } from '../../scripts/build-guest.ts';
import { unixTransport } from '../../src/base/http.ts';
import { silentLog, systemClock } from '../../src/base/index.ts';
import { createClient } from '../../src/client/index.ts';
import { FakeSubstrate } from '../../src/compute/index.ts';
import { createRuntime, type Runtime } from '../../src/runtime/index.ts';
import { type HoldfastService, joinPorts } from '../../src/schema/index.ts';
import { defaultDomain, type PreviewServer, serve, servePreviews } from '../../src/server/index.ts';
import { visit } from '../fixtures/preview.ts';
import { errorOf } from '../fixtures/served.ts';
import { collected, echoConnection } from '../fixtures/streams.ts';

const binary = buildGuest();
const signingKey = new Uint8Array(32).fill(5);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

let home: string;
let runtime: Runtime;
let previews: PreviewServer;
let previewPort = 0;
let service: HoldfastService;
let sandbox: string;

/** What stands for programs inside: the fake substrate's loopback is this machine's. */
const echo = createTcpServer({ allowHalfOpen: true }, (socket) => {
  socket.on('error', () => undefined).pipe(socket);
});
const web = createServer((asked, answer) => {
  if (asked.url === '/stream') answer.writeHead(200).write('first');
  else answer.end(`hello ${asked.headers.host}`);
});
const portOf = (server: { address(): unknown }): number => (server.address() as { port: number }).port;

async function open(): Promise<void> {
  runtime = await createRuntime({ home, substrate: new FakeSubstrate({ binary }), guestBinary: binary });
  previews = await servePreviews({
    source: runtime.previews,
    listen: { host: '127.0.0.1', port: previewPort },
    domain: defaultDomain,
    signingKey,
    clock: systemClock,
    log: silentLog,
    onListening: async (port) => {
      previewPort = port;
    },
  });
  service = runtime.service();
}

async function close(): Promise<void> {
  await previews.close();
  await runtime.close();
}

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'holdfast-ports-'));
  for (const server of [echo, web]) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await open();
  ({ id: sandbox } = await service.createSandbox({ isolation: 'none' }));
});
afterAll(async () => {
  for (const { id } of (await service.listSandboxes()).items) await service.destroySandbox(id);
  await close();
  web.closeAllConnections();
  for (const server of [echo, web]) server.close();
  await rm(home, { recursive: true, force: true });
});

describe('a connection', () => {
  const roundTrip = async (from: HoldfastService): Promise<void> => {
    const connection = await from.connectPort(sandbox, portOf(echo));
    const sent = Buffer.alloc(3_000_000, 'holdfast');
    const heard = collected(connection.output);
    for (let at = 0; at < sent.length; at += 100_000) await connection.write(sent.subarray(at, at + 100_000));
    await connection.endInput();
    const digest = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');
    expect(digest(await heard)).toBe(digest(sent));
    await connection.close();
  };

  it('carries bytes both ways and ends each way by itself', () => roundTrip(service));

  it('does the same over the API', async () => {
    const socketPath = join(home, 'run', 'api.sock');
    const server = await serve({
      listen: { socketPath },
      serviceOf: (tenant) => runtime.service(tenant),
      signingKey,
      log: silentLog,
    });
    const transport = unixTransport(socketPath);
    const client = createClient(transport);
    try {
      await roundTrip(client);
      const closed = await errorOf(client.connectPort(sandbox, 1));
      expect([closed.code, closed.hint]).toEqual(['port-closed', expect.stringContaining('Start the program')]);
      expect((await errorOf(client.connectPort('sbx-none', 1))).code).toBe('sandbox-not-found');
      const left = await client.connectPort(sandbox, portOf(echo));
      await left.close();
      expect((await errorOf(left.write(bytes('x')))).code).toBe('cancelled');
      const aborted = new AbortController();
      const held = await client.connectPort(sandbox, portOf(echo), { signal: aborted.signal });
      aborted.abort();
      expect((await errorOf(collected(held.output))).code).toBe('cancelled');
    } finally {
      transport.close();
      await server.close({ graceMs: 100 });
    }
  });

  it('finds nothing where nothing listens, and no port that is none', async () => {
    expect((await errorOf(service.connectPort(sandbox, 1))).code).toBe('port-closed');
    for (const port of [0, -1, 65_536, 1.5, Number.NaN]) {
      expect((await errorOf(service.connectPort(sandbox, port))).code).toBe('invalid-argument');
    }
  });

  it('is as absent as none for another tenant', async () => {
    const other = runtime.service('other');
    expect((await errorOf(other.connectPort(sandbox, portOf(echo)))).code).toBe('sandbox-not-found');
  });

  it('counts as use while it lives', async () => {
    const idle = await service.createSandbox({ isolation: 'none', idleMs: 1000 });
    await service.exec(idle.id, { argv: ['true'] });
    const connection = await service.connectPort(idle.id, portOf(echo));
    await systemClock.sleep(1500);
    expect((await service.getSandbox(idle.id)).state).toBe('ready');
    await connection.close();
    await expect.poll(async () => (await service.getSandbox(idle.id)).state, { timeout: 5000 }).toBe('gone');
  });

  it('joined to another passes bytes on until both ended', async () => {
    const one = await service.connectPort(sandbox, portOf(echo));
    const other = echoConnection();
    const joined = joinPorts(one, other);
    await other.write(bytes('round and round'));
    await one.close();
    await joined.catch(() => undefined);
  });
});

describe('a preview', () => {
  const share = (more: object = {}) => service.sharePort(sandbox, { port: portOf(web), ...more });
  const get = (url: string, path = '/') => {
    const { host, searchParams } = new URL(url);
    const token = searchParams.get('holdfast_token');
    const headers = { host, ...(token === null ? {} : { 'x-holdfast-token': token }) };
    return visit(previewPort, { path, method: 'GET', headers });
  };
  const follow = async (url: string): Promise<IncomingMessage> => {
    const { host, searchParams } = new URL(url);
    const headers = { host, 'x-holdfast-token': searchParams.get('holdfast_token') ?? '' };
    const asked = request({ host: '127.0.0.1', port: previewPort, path: '/stream', headers }).end();
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    answer.resume();
    return answer;
  };

  it('is opened by its link', async () => {
    const preview = await share({ expiresInMs: 60_000 });
    expect(preview).toMatchObject({ sandbox, port: portOf(web), visibility: 'signed', keepHost: false });
    expect(preview.url).toMatch(new RegExp(`^http://[a-z2-7]{26}\\.localhost:${previewPort}/\\?holdfast_token=`));
    expect((await get(preview.url)).text).toBe(`hello localhost:${portOf(web)}`);
    expect(await service.listPreviews(sandbox)).toContainEqual(preview);
  });

  it('taken back is gone at once, and what is open of it is cut', async () => {
    const preview = await share();
    const answer = await follow(preview.url);
    const broken = once(answer, 'error');
    await service.revokePreview(sandbox, preview.id);
    await broken;
    expect((await get(preview.url)).headers['x-holdfast-decision']).toBe('revoked');
    expect((await service.listPreviews(sandbox)).map(({ id }) => id)).not.toContain(preview.id);
    await service.revokePreview(sandbox, preview.id);
    expect((await errorOf(service.revokePreview(sandbox, 'prv-none'))).code).toBe('not-found');
  });

  it('survives a restart, with its link', async () => {
    const preview = await share();
    await close();
    await open();
    expect((await get(preview.url)).status).toBe(200);
    expect(await service.listPreviews(sandbox)).toContainEqual(preview);
  });

  it('stands in the journal and the events without its link', async () => {
    const preview = await share();
    const { host, searchParams } = new URL(preview.url);
    const { items } = await service.journal({ sandbox, limit: 1000 });
    const text = JSON.stringify(items);
    expect(text).toContain(preview.id);
    for (const secret of [host.split('.')[0], searchParams.get('holdfast_token')]) expect(text).not.toContain(secret);
    expect(searchParams.get('holdfast_token')).toMatch(/^[0-9a-f]{8}\.\w+\.[\w-]{43}$/);
  });

  it('belongs to its tenant: nobody else lists it, takes it back, or makes one of this sandbox', async () => {
    const preview = await share();
    const other = runtime.service('other');
    const box = await other.createSandbox({ isolation: 'none' });
    const attempts = [
      other.listPreviews(sandbox),
      other.revokePreview(sandbox, preview.id),
      other.sharePort(sandbox, { port: 1 }),
    ];
    for (const attempt of attempts) expect((await errorOf(attempt)).code).toBe('sandbox-not-found');
    expect((await errorOf(other.revokePreview(box.id, preview.id))).code).toBe('not-found');
    expect((await get(preview.url)).status).toBe(200);
    await other.destroySandbox(box.id);
  });

  it('wakes a suspended sandbox for whoever is let in, and only for them', async () => {
    const preview = await share();
    await service.suspendSandbox(sandbox);
    expect((await get(preview.url.replace(/\?.*/, ''))).status).toBe(403);
    expect((await service.getSandbox(sandbox)).state).toBe('suspended');
    expect((await get(preview.url)).status).toBe(200);
    expect((await service.getSandbox(sandbox)).state).toBe('ready');
  });

  it('of a sandbox that hibernates or is gone says so', async () => {
    const { id } = await service.createSandbox({ isolation: 'none' });
    const preview = await service.sharePort(id, { port: portOf(web) });
    await service.suspendSandbox(id, { memory: false });
    const asleep = await get(preview.url);
    expect([asleep.status, asleep.headers['x-holdfast-decision']]).toEqual([503, 'sandbox-asleep']);
    await service.resumeSandbox(id);
    const answer = await follow(preview.url);
    const broken = once(answer, 'error');
    await service.destroySandbox(id);
    await broken;
    expect((await get(preview.url)).headers['x-holdfast-decision']).toBe('sandbox-gone');
    expect(await service.listPreviews(id)).toEqual([]);
    expect((await errorOf(service.sharePort(id, { port: 1 }))).code).toBe('sandbox-gone');
    await service.prune();
  });

  it('needs a daemon, a port and an end', async () => {
    for (const input of [
      { port: 0 },
      { port: 80, expiresInMs: 8 * 24 * 3_600_000 },
      { port: 80, visibility: 'private' },
    ]) {
      expect((await errorOf(service.sharePort(sandbox, input as { port: number }))).code).toBe('invalid-argument');
    }
    const alone = await mkdtemp(join(tmpdir(), 'holdfast-ports-'));
    const substrate = new FakeSubstrate({ binary });
    const bare = await createRuntime({ home: alone, substrate, guestBinary: binary, ephemeral: true });
    const { id } = await bare.service().createSandbox({ isolation: 'none' });
    expect((await errorOf(bare.service().sharePort(id, { port: 80 }))).code).toBe('capability-missing');
    await bare.close();
    await rm(alone, { recursive: true, force: true });
  });
});
