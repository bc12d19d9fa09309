/** Ports of real sandboxes: programs inside, a preview server, real clients, and a browser where there is one. */
import { createHash } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { silentLog, systemClock } from '../../src/base/index.ts';
import { createRuntime, type Runtime } from '../../src/runtime/index.ts';
import type { HoldfastService, Preview } from '../../src/schema/index.ts';
import { defaultDomain, type PreviewServer, servePreviews } from '../../src/server/index.ts';
import { Browser, noBrowser } from '../fixtures/browser.ts';
import { visit } from '../fixtures/preview.ts';

const bigMebibytes = 64;

/** Without any package: pages, events, and a WebSocket that says back what it hears. */
const programText = `
const http = require('http'), crypto = require('crypto');
const server = http.createServer((asked, answer) => {
  if (asked.url === '/api') return answer.end(JSON.stringify({ cookie: asked.headers.cookie ?? null, host: asked.headers.host }));
  if (asked.url === '/events') {
    answer.writeHead(200, { 'content-type': 'text/event-stream' });
    let count = 0;
    const timer = setInterval(() => answer.write('data: ' + ++count + '\\n\\n'), 50);
    return asked.on('close', () => clearInterval(timer));
  }
  answer.setHeader('content-type', 'text/html');
  answer.end('<title>inside</title><h1>hello</h1>');
});
server.on('upgrade', (asked, socket) => {
  const key = asked.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
  const accept = crypto.createHash('sha1').update(key).digest('base64');
  socket.write('HTTP/1.1 101 Switching Protocols\\r\\nconnection: Upgrade\\r\\nupgrade: websocket\\r\\nsec-websocket-accept: ' + accept + '\\r\\n\\r\\n');
  socket.on('error', () => undefined);
  socket.on('data', (frame) => {
    const length = frame[1] & 127, mask = frame.subarray(2, 6);
    const text = Buffer.from(frame.subarray(6, 6 + length).map((byte, at) => byte ^ mask[at % 4]));
    socket.write(Buffer.concat([Buffer.from([0x81, length]), text]));
  });
});
server.listen(9000);
`;

let home: string;
let runtime: Runtime;
let previews: PreviewServer;
let previewPort = 0;
let service: HoldfastService;
let sandbox: string;
let files: Preview;
let pages: Preview;

beforeAll(async () => {
  home = await mkdtemp('/var/tmp/hfp-');
  runtime = await createRuntime({ home, ephemeral: true });
  previews = await servePreviews({
    source: runtime.previews,
    listen: { host: '127.0.0.1', port: 0 },
    domain: defaultDomain,
    signingKey: new Uint8Array(32).fill(5),
    clock: systemClock,
    log: silentLog,
    onListening: async (port) => {
      previewPort = port;
    },
  });
  service = runtime.service();
  sandbox = await sandboxWithPrograms(service, 'the owner’s');
  files = await service.sharePort(sandbox, { port: 8000 });
  pages = await service.sharePort(sandbox, { port: 9000 });
});
afterAll(async () => {
  await previews?.close();
  await runtime?.close();
  await rm(home, { recursive: true, force: true });
});

async function sandboxWithPrograms(from: HoldfastService, secret: string): Promise<string> {
  const { id } = await from.createSandbox({});
  const bytes = new TextEncoder().encode(programText);
  await from.writeFile(id, '/workspace/program.js', bytes);
  await from.writeFile(id, '/workspace/secret.txt', new TextEncoder().encode(secret));
  await from.startProcess(id, { argv: ['python3', '-m', 'http.server', '8000'] });
  await from.startProcess(id, { argv: ['node', 'program.js'] });
  for (const port of [8000, 9000]) await listens(from, id, port);
  return id;
}

async function listens(from: HoldfastService, id: string, port: number): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      return await (await from.connectPort(id, port)).close();
    } catch (error) {
      if (tries === 200) throw error;
      await systemClock.sleep(50);
    }
  }
}

const headersOf = ({ url }: Preview): { host: string; 'x-holdfast-token': string } => {
  const { host, searchParams } = new URL(url);
  return { host, 'x-holdfast-token': searchParams.get('holdfast_token') ?? '' };
};
const get = (preview: Preview, path = '/', headers: Record<string, string> = headersOf(preview)) =>
  visit(previewPort, { path, method: 'GET', headers });

async function follow(preview: Preview, path: string): Promise<IncomingMessage> {
  const options = { host: '127.0.0.1', port: previewPort, path, headers: headersOf(preview), agent: false };
  const [answer] = (await once(request(options).end(), 'response')) as [IncomingMessage];
  return answer;
}

describe('a program in a sandbox, through its preview', () => {
  it('answers, and knows nothing of tokens and cookies', async () => {
    const { status, text } = await get(files, '/secret.txt');
    expect([status, text]).toEqual([200, 'the owner’s']);
    const { text: told } = await get(pages, '/api');
    expect(JSON.parse(told)).toEqual({ cookie: null, host: 'localhost:9000' });
  });

  it(`serves ${bigMebibytes} MiB whole`, async () => {
    const make = `head -c ${bigMebibytes}M /dev/urandom > big && sha256sum < big`;
    const { stdout } = await service.exec(sandbox, { argv: ['sh', '-c', make] });
    const answer = await follow(files, '/big');
    const hash = createHash('sha256');
    for await (const piece of answer) hash.update(piece as Buffer);
    expect(hash.digest('hex')).toBe(new TextDecoder().decode(stdout).split(' ')[0]);
  });

  it('sends events as they happen', async () => {
    const answer = await follow(pages, '/events');
    for (const expected of ['data: 1\n\n', 'data: 2\n\n']) {
      const [piece] = await once(answer, 'data');
      expect(String(piece)).toBe(expected);
    }
    answer.destroy();
  });

  it('speaks over a WebSocket', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${previewPort}/`, { headers: headersOf(pages) });
    await once(socket, 'open');
    socket.send('round and round');
    const [message] = await once(socket, 'message');
    expect(String(message)).toBe('round and round');
    socket.terminate();
  });

  it('cannot be reached with another preview’s token', async () => {
    const swapped = { host: headersOf(pages).host, 'x-holdfast-token': headersOf(files)['x-holdfast-token'] };
    expect((await get(pages, '/', swapped)).status).toBe(403);
  });
});

describe('the preview server', () => {
  it('cannot be reached from inside', async () => {
    const own = Object.values(networkInterfaces()).flatMap((each) => each?.map(({ address }) => address) ?? []);
    // A link-local address needs an interface, and the sandbox has none.
    const named = [...own.filter((address) => !address.startsWith('fe80:')), ...[hostname(), 'host.docker.internal']];
    const all = ['127.0.0.1', '::1', '10.0.2.2', '169.254.169.254', ...named];
    const places = [...new Set(all)].filter((place) => place !== 'localhost');
    const tryAll = `
import errno, socket, sys
for place in sys.argv[1:]:
    try:
        socket.create_connection((place, ${previewPort}), 2).close()
        print(place, 'reached')
    except socket.gaierror:
        print(place, 'no such name')
    except OSError as error:
        print(place, errno.errorcode.get(error.errno, error))`;
    const accepted: number[] = [];
    const count = (message: unknown): void => {
      // Node publishes the socket that a server took.
      const { socket } = message as { socket: { localPort: number } };
      if (socket.localPort === previewPort) accepted.push(socket.localPort);
    };
    subscribe('net.server.socket', count);
    try {
      const { stdout } = await service.exec(sandbox, { argv: ['python3', '-c', tryAll, ...places] });
      const isLoopback = (place: string): boolean => place.startsWith('127.') || place === '::1';
      const answers = places.map((place) => {
        if (isIP(place)) return `${place} ${isLoopback(place) ? 'ECONNREFUSED' : 'ENETUNREACH'}`;
        return `${place} no such name`;
      });
      expect(new TextDecoder().decode(stdout).trim().split('\n')).toEqual(answers);
      expect(accepted).toEqual([]);
      expect((await get(files, '/secret.txt')).status).toBe(200);
      expect(accepted).toEqual([previewPort]);
    } finally {
      unsubscribe('net.server.socket', count);
    }
  });

  it('leads each tenant’s name to that tenant’s sandbox', async () => {
    const other = runtime.service('other');
    const id = await sandboxWithPrograms(other, 'somebody else’s');
    const theirs = await other.sharePort(id, { port: 8000 });
    expect((await get(theirs, '/secret.txt')).text).toBe('somebody else’s');
    expect((await get(files, '/secret.txt')).text).toBe('the owner’s');
    const swapped = { host: headersOf(files).host, 'x-holdfast-token': headersOf(theirs)['x-holdfast-token'] };
    expect((await get(files, '/secret.txt', swapped)).status).toBe(403);
    await other.destroySandbox(id);
  });

  it('cuts what is open when a sandbox is destroyed', async () => {
    const id = await sandboxWithPrograms(service, 'short');
    const preview = await service.sharePort(id, { port: 9000 });
    const answer = await follow(preview, '/events');
    answer.resume();
    const broken = once(answer, 'error');
    const socket = new WebSocket(`ws://127.0.0.1:${previewPort}/`, { headers: headersOf(preview) });
    await once(socket, 'open');
    const closed = once(
      socket.on('error', () => undefined),
      'close',
    );
    await service.destroySandbox(id);
    await Promise.all([broken, closed]);
    expect((await get(preview)).status).toBe(410);
  });
});

describe.skipIf(noBrowser !== null)(`a browser${noBrowser === null ? '' : ` (${noBrowser})`}`, () => {
  it('opens the link, and the page works as its own origin', async () => {
    await using browser = await Browser.start();
    await browser.open(pages.url);
    const { origin } = new URL(pages.url);
    expect(await browser.evaluate('document.title + location.href')).toBe(`inside${origin}/`);
    const [cookie, ...more] = await browser.cookies();
    expect(more).toEqual([]);
    expect(cookie).toMatchObject({ name: 'holdfast_preview', httpOnly: true, sameSite: 'Lax' });
    expect(cookie?.domain).toBe(new URL(origin).hostname);
    expect(await browser.evaluate('document.cookie')).toBe('');
    expect(await browser.evaluate("fetch('/api').then((answer) => answer.json())")).toEqual({
      cookie: null,
      host: 'localhost:9000',
    });
    expect(await browser.evaluate("fetch('/api', { method: 'POST' }).then((answer) => answer.status)")).toBe(200);
    const socket = `new Promise((resolve, reject) => {
      const socket = new WebSocket(location.origin.replace('http', 'ws'));
      socket.onopen = () => socket.send('from a page');
      socket.onmessage = ({ data }) => resolve(data);
      socket.onerror = () => reject(new Error('refused'));
    })`;
    expect(await browser.evaluate(socket)).toBe('from a page');
    await browser.open(files.url);
    expect((await browser.cookies()).length).toBe(1);
    const foreign = `fetch('${origin}/api', { method: 'POST', mode: 'no-cors', credentials: 'include' }).then(
      (answer) => answer.type, String)`;
    expect(await browser.evaluate(foreign)).toBe('opaque');
    const theirSocket = socket
      .replace('location.origin', `'${origin}'`)
      .replace("reject(new Error('refused'))", "resolve('refused')");
    expect(await browser.evaluate(theirSocket)).toBe('refused');
  });
});
