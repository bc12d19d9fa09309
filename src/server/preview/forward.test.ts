/** What passes through a preview, and what does not. Numbers are the invariants of forward.ts, headers.ts and server.ts. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import {
  type PreviewRig,
  previewRig,
  program,
  rawProgram,
  type Shared,
  sendRaw,
} from '../../../test/fixtures/preview.ts';
import { TestClock } from '../../../test/fixtures/test-clock.ts';
import { HoldfastError } from '../../schema/index.ts';

const mebibyte = Buffer.alloc(1024 * 1024, 'holdfast ');

let inside: Awaited<ReturnType<typeof program>>;
let rig: PreviewRig;
let open: Shared;
let signed: Shared;

beforeAll(async () => {
  inside = await program((asked, answer) => {
    if (asked.url === '/echo') answer.end(JSON.stringify({ method: asked.method, raw: asked.rawHeaders }));
    else if (asked.url === '/big') Readable.from(repeated(64)).pipe(answer);
    else if (asked.url === '/digest') digest(asked, (text) => answer.end(text));
    else if (asked.url === '/stream') void events(answer);
    else if (asked.url === '/half')
      answer.writeHead(200, { 'content-length': '10' }).write('half', () => answer.destroy());
    else if (asked.url === '/deaf') asked.pause();
    else if (asked.url === '/early') answer.writeHead(413).end('too much');
    else answer.end('fine');
  });
  const sockets = new WebSocketServer({ noServer: true });
  inside.server.on('upgrade', (asked, socket, head) => {
    if (asked.url === '/refused')
      return socket.end('HTTP/1.1 401 No\r\nx-why: because\r\ncontent-length: 4\r\n\r\nnope');
    if (asked.url === '/other') return socket.end('HTTP/1.1 101 Yes\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n');
    sockets.handleUpgrade(asked, socket, head, (ws) => {
      ws.send(JSON.stringify(asked.rawHeaders));
      ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));
    });
  });
  rig = await previewRig(inside.port);
  open = await rig.share({ visibility: 'public' });
  signed = await rig.share();
});
afterAll(async () => {
  await rig[Symbol.asyncDispose]();
  await inside[Symbol.asyncDispose]();
});

describe('what the program inside sees', () => {
  const seen = async (shared: Shared, headers: Record<string, string>): Promise<[string, string][]> => {
    const { raw } = JSON.parse((await shared.get('/echo', headers)).text) as { raw: string[] };
    return raw.flatMap((name, at) =>
      at % 2 === 0 ? [[name.toLowerCase(), raw[at + 1] ?? ''] as [string, string]] : [],
    );
  };

  it('1: is no token, and no cookie of ours in any spelling', async () => {
    const cookie = await signed.cookie();
    const [, value = ''] = cookie.split('=');
    const spellings = `a=1; ${cookie}; holdfast_preview=x; __Host-holdfast_preview=y; HOLDFAST_PREVIEW=z; holdfast_preview; b=2`;
    const headers = {
      cookie: spellings,
      'x-holdfast-token': signed.token,
      referer: `${signed.origin}/?holdfast_token=${signed.token}`,
    };
    const got = await seen(signed, headers);
    expect(got.filter(([name]) => name === 'cookie')).toEqual([['cookie', 'a=1; b=2']]);
    const text = JSON.stringify(got);
    for (const secret of [signed.token, value, 'holdfast']) expect(text).not.toContain(secret);
    const only = await seen(signed, { cookie });
    expect(only.filter(([name]) => name === 'cookie')).toEqual([]);
  });

  it('2: is who asked, as we say it, and its own address', async () => {
    const lies = {
      'x-forwarded-for': '1.2.3.4',
      'x-forwarded-user': 'root',
      forwarded: 'for=1.2.3.4',
      'x-real-ip': '1.2.3.4',
    };
    const got = new Map(await seen(open, { ...lies, origin: open.origin, referer: `${open.origin}/page` }));
    expect(got.get('host')).toBe(`localhost:${inside.port}`);
    expect(got.get('origin')).toBe(`http://localhost:${inside.port}`);
    expect(got.get('referer')).toBe(`http://localhost:${inside.port}/page`);
    expect(got.get('x-forwarded-for')).toBe('127.0.0.1');
    expect(got.get('x-forwarded-host')).toBe(open.host);
    expect(got.get('x-forwarded-proto')).toBe('http');
    expect(JSON.stringify([...got])).not.toMatch(/1\.2\.3\.4|root/);
  });

  it('is the preview’s own address when asked for', async () => {
    const kept = await rig.share({ visibility: 'public', keepHost: true });
    const got = new Map(await seen(kept, { origin: kept.origin }));
    expect([got.get('host'), got.get('origin')]).toEqual([kept.host, kept.origin]);
  });

  it('2: is nothing of the visitor’s connection', async () => {
    const hop = {
      connection: 'close, x-secret-hop',
      'x-secret-hop': 'x',
      te: 'trailers',
      'proxy-authorization': 'Basic x',
    };
    const got = await seen(open, { ...hop, 'keep-alive': '5', __proto__x: 'kept' });
    expect(got.map(([name]) => name)).not.toContain('x-secret-hop');
    expect(got.filter(([name]) => /^(te|proxy-|keep-alive|upgrade)/.test(name))).toEqual([]);
    expect(got).toContainEqual(['__proto__x', 'kept']);
  });
});

describe('what a hostile program says', () => {
  async function said(head: string, body = ''): Promise<Awaited<ReturnType<Shared['get']>>> {
    await using hostile = await rawProgram((socket) => {
      socket.once('data', () => socket.end(`${head}\r\n\r\n${body}`, 'latin1'));
    });
    const shared = await rig.share({ visibility: 'public', port: hostile.port });
    return await shared.get('/');
  }

  it('3: sets no cookie of ours, and none for other hosts', async () => {
    const { headers } = await said(
      [
        'HTTP/1.1 200 OK',
        'set-cookie: holdfast_preview=evil',
        'set-cookie: __Host-holdfast_preview=evil; Secure; Path=/',
        'set-cookie: Holdfast_Preview=evil',
        'set-cookie: =holdfast_preview=evil',
        'set-cookie: holdfast_preview',
        'set-cookie: a=1; Domain=localhost; Path=/',
        'set-cookie: b=2;DOMAIN = .preview.example ; HttpOnly',
        'set-cookie: c=3; domain',
        'content-length: 0',
      ].join('\r\n'),
    );
    expect(headers['set-cookie']).toEqual(['a=1; Path=/', 'b=2; HttpOnly', 'c=3']);
  });

  it('3: tells a browser nothing that outlives this host', async () => {
    const { headers } = await said(
      'HTTP/1.1 200 OK\r\nalt-svc: h2="evil:443"\r\nclear-site-data: "*"\r\nstrict-transport-security: max-age=9\r\n' +
        'x-holdfast-decision: fake\r\nconnection: x-hop\r\nx-hop: 1\r\ncontent-length: 0',
    );
    const kept = Object.keys(headers).filter((name) => !['date', 'connection', 'keep-alive'].includes(name));
    expect(kept.sort()).toEqual(['content-length', 'referrer-policy']);
  });

  it('sends its own address on as the preview’s, and others as they are', async () => {
    const port = rig.records.length;
    const shared = (await rig.share({ visibility: 'public', port: 1 })).record;
    expect(port).toBeGreaterThan(0);
    for (const [place, expected] of [
      ['http://localhost:PORT/next?x', 'OWN/next?x'],
      ['https://127.0.0.1:PORT/', 'OWN/'],
      ['http://[::1]:PORT', 'OWN'],
      ['/relative', '/relative'],
      ['http://localhost:PORT@evil.example/', 'http://localhost:PORT@evil.example/'],
      ['http://localhost:PORT.evil.example/', 'http://localhost:PORT.evil.example/'],
      ['https://elsewhere.example/', 'https://elsewhere.example/'],
    ] as const) {
      await using hostile = await rawProgram((socket) => {
        const location = place.replace('PORT', String(socket.localPort));
        socket.once('data', () => socket.end(`HTTP/1.1 302 F\r\nlocation: ${location}\r\ncontent-length: 0\r\n\r\n`));
      });
      const own = await rig.share({ visibility: 'public', port: hostile.port, label: shared.label.replace('z', '7') });
      const { headers } = await own.get('/');
      expect(headers.location).toBe(expected.replace('OWN', own.origin).replace('PORT', String(hostile.port)));
      rig.records.pop();
    }
  });

  it.each([
    ['is not HTTP', 'SSH-2.0-OpenSSH'],
    ['is HTTP in part', 'HTTP/1.1 200 OK\r\nno colon'],
    ['has two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2'],
    ['has a length and chunks', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked'],
    ['has a head without end', `HTTP/1.1 200 OK\r\nx: ${'a'.repeat(70_000)}`],
    ['switches protocols unasked', 'HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: websocket'],
    ['is nothing', ''],
  ])('4: an answer that %s is refused', async (_name, head) => {
    const { status, headers } = await said(head);
    expect([status, headers['x-holdfast-decision']]).toEqual([502, 'bad-answer']);
  });

  it('3: half an answer is broken off', async () => {
    await expect(open.get('/half')).rejects.toThrow('aborted');
  });
});

describe('streams', () => {
  it('2: 64 MiB come out whole, and their program waits for a slow visitor', async () => {
    const asked = request({ host: '127.0.0.1', port: rig.port, path: '/big', headers: { host: open.host } }).end();
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    await sleep(100);
    const before = rig.streams.at(-1);
    expect((before as Socket).bytesRead).toBeLessThan(32 * 1024 * 1024);
    const startedMs = performance.now();
    const hash = createHash('sha256');
    for await (const piece of answer) hash.update(piece);
    expect(performance.now() - startedMs).toBeLessThan(10_000);
    expect(hash.digest('hex')).toBe(await hashOf(64));
  });

  it('2: 32 MiB go in whole, chunked', async () => {
    const headers = { host: open.host };
    const asked = request({ host: '127.0.0.1', port: rig.port, path: '/digest', method: 'POST', headers });
    Readable.from(repeated(32)).pipe(asked);
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    expect(await textOf(answer)).toBe(await hashOf(32));
  });

  it('a body goes in with the framing it came with, also where none is usual', async () => {
    const raw = `Host: ${open.host}\r\nconnection: close\r\n`;
    const chunked = `DELETE /digest HTTP/1.1\r\n${raw}transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`;
    const digestOf = createHash('sha256').update('abc').digest('hex');
    expect(await sendRaw(rig.port, chunked)).toContain(digestOf);
    const sized = `POST /digest HTTP/1.1\r\n${raw}content-length: 3\r\n\r\nabc`;
    expect(await sendRaw(rig.port, sized)).toContain(digestOf);
    const empty = `POST /echo HTTP/1.1\r\n${raw}\r\n`;
    expect(await sendRaw(rig.port, empty)).toContain('"Content-Length","0"');
  });

  it('an answer before the end of the request arrives', async () => {
    const headers = { host: open.host, 'content-length': '1000' };
    const asked = request({ host: '127.0.0.1', port: rig.port, path: '/early', method: 'POST', headers });
    asked.write('only a part');
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    expect([answer.statusCode, await textOf(answer)]).toEqual([413, 'too much']);
    asked.on('error', () => undefined).destroy();
  });

  it('events arrive as they happen, and a visitor who leaves ends them inside', async () => {
    const asked = request({ host: '127.0.0.1', port: rig.port, path: '/stream', headers: { host: open.host } }).end();
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    const [first] = await once(answer, 'data');
    expect(String(first)).toBe('data: 1\n\n');
    const stream = rig.streams.at(-1);
    answer.destroy();
    await expect.poll(() => stream?.destroyed).toBe(true);
  });

  it('HEAD has a head only', async () => {
    const { status, text } = await open.get('/', {}, 'HEAD');
    expect([status, text]).toEqual([200, '']);
  });
});

describe('a WebSocket', () => {
  const socketTo = (path: string, headers: Record<string, string>, shared = signed): WebSocket =>
    new WebSocket(`ws://127.0.0.1:${rig.port}${path}`, { headers: { host: shared.host, ...headers } });

  it('passes both ways, with the cookie and from its own pages', async () => {
    const cookie = await signed.cookie();
    const socket = socketTo('/socket', { cookie, origin: signed.origin });
    const [greeting] = await once(socket, 'message');
    expect(String(greeting)).not.toContain('holdfast');
    expect(String(greeting)).toContain(`"localhost:${inside.port}"`);
    for (const message of [Buffer.from('hi'), Buffer.alloc(1_000_000, 7)]) {
      socket.send(message);
      const [back] = await once(socket, 'message');
      expect(Buffer.compare(back as Buffer, message)).toBe(0);
    }
    socket.close(1000);
    expect((await once(socket, 'close'))[0]).toBe(1000);
  });

  it.each([
    ['from another site', async () => ({ cookie: await signed.cookie(), origin: 'https://evil.example' }), 403],
    ['without an origin, by the cookie', async () => ({ cookie: await signed.cookie() }), 403],
    ['with nothing', async () => ({ origin: signed.origin }), 403],
    ['with a wrong token', async () => ({ 'x-holdfast-token': 'x' }), 403],
    ['under a wrong name', async () => ({ host: `evil.example:${rig.port}`, 'x-holdfast-token': signed.token }), 421],
  ])('%s is refused', async (_name, headersOf, status) => {
    const before = rig.asked.length;
    const socket = socketTo('/', await headersOf());
    const [, answer] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
    expect(answer.statusCode).toBe(status);
    answer.destroy();
    expect(rig.asked.length).toBe(before);
  });

  it('that the program refuses gets the program’s answer', async () => {
    const socket = socketTo('/refused', { 'x-holdfast-token': signed.token });
    const [, answer] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
    expect([answer.statusCode, answer.headers['x-why'], await textOf(answer)]).toEqual([401, 'because', 'nope']);
  });

  it('that becomes something else is refused', async () => {
    const socket = socketTo('/other', { 'x-holdfast-token': signed.token });
    const [, answer] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
    expect(answer.statusCode).toBe(502);
    answer.destroy();
  });

  it('is the only protocol to switch to', async () => {
    const answer = await sendRaw(
      rig.port,
      `GET /echo HTTP/1.1\r\nHost: ${open.host}\r\nconnection: upgrade, close\r\nupgrade: h2c\r\nhttp2-settings: x\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).not.toMatch(/h2c|http2-settings/);
  });
});

describe('2: what is open is cut', () => {
  it('when the preview is revoked: streams, requests and WebSockets', async () => {
    const shared = await rig.share({ visibility: 'public' });
    const other = await followed(await rig.share({ visibility: 'public' }));
    const stream = await followed(shared);
    const socket = new WebSocket(`ws://127.0.0.1:${rig.port}/`, { headers: { host: shared.host } });
    await once(socket, 'open');
    rig.cut(shared.record.id);
    await Promise.all([
      once(
        socket.on('error', () => undefined),
        'close',
      ),
      stream.broken,
    ]);
    expect(rig.streams.slice(-2).every((one) => one.destroyed)).toBe(true);
    expect(other.answer.destroyed).toBe(false);
    other.answer.destroy();
  });

  it('when its time is over', async () => {
    const shared = await rig.share({ visibility: 'public', expiresMs: Date.now() + 300 });
    const { broken } = await followed(shared);
    await broken;
    expect((await shared.get('/')).headers['x-holdfast-decision']).toBe('expired');
  });

  async function followed(shared: Shared): Promise<{ answer: IncomingMessage; broken: Promise<unknown> }> {
    const asked = request({ host: '127.0.0.1', port: rig.port, path: '/stream', headers: { host: shared.host } }).end();
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    answer.resume();
    const broken = once(answer, 'error');
    broken.catch(() => undefined);
    return { answer, broken };
  }
});

describe('5: a request that stands still', () => {
  let clock: TestClock;
  let slow: PreviewRig;
  let shared: Shared;
  beforeAll(async () => {
    clock = new TestClock();
    slow = await previewRig(inside.port, { clock });
    shared = await slow.share({ visibility: 'public' });
  });
  afterAll(() => slow[Symbol.asyncDispose]());

  const post = (path: string, bytes: number) => {
    const headers = { host: shared.host, 'content-length': String(bytes) };
    const asked = request({ host: '127.0.0.1', port: slow.port, path, method: 'POST', headers, agent: false });
    asked.on('error', () => undefined);
    const answer = once(asked, 'response').then(async ([head]) => [head.statusCode, await textOf(head)]);
    return { asked, answer };
  };
  const written = (): number => (slow.streams.at(-1) as Socket | undefined)?.bytesWritten ?? 0;

  it('is refused, and its place is free', async () => {
    const stalled = Array.from({ length: 128 }, () => post('/digest', 10));
    for (const { asked } of stalled) asked.write('half');
    await expect.poll(() => slow.streams.filter((stream) => (stream as Socket).bytesWritten > 0).length).toBe(128);
    expect((await shared.get('/')).status).toBe(503);
    clock.advance(60_000);
    for (const [status, text] of await Promise.all(stalled.map(({ answer }) => answer))) {
      expect([status, text]).toEqual([408, expect.stringContaining('stalled')]);
    }
    expect((await shared.get('/')).status).toBe(200);
  });

  it('goes on as long as something comes', async () => {
    const { asked, answer } = post('/digest', 3);
    for (const piece of ['a', 'b', 'c']) {
      const before = written();
      asked.write(piece);
      await expect.poll(written).not.toBe(before);
      clock.advance(59_000);
    }
    asked.end();
    expect(await answer).toEqual([200, createHash('sha256').update('abc').digest('hex')]);
  });

  it('is ended, too, when the program takes nothing more of it', async () => {
    const { asked, answer } = post('/deaf', 1024 ** 3);
    Readable.from(repeated(1024))
      .on('error', () => undefined)
      .pipe(asked);
    for (let before = -1; before !== written(); await sleep(200)) before = written();
    const stream = slow.streams.at(-1);
    for (let minute = 1; minute < 5; minute++) clock.advance(60_000);
    expect(stream?.destroyed).toBe(false);
    clock.advance(60_000);
    await expect.poll(() => stream?.destroyed).toBe(true);
    // The answer may be lost to a visitor who still sends.
    await answer.catch(() => undefined);
    asked.destroy();
  });
});

describe('a sandbox that cannot be reached', () => {
  it.each([
    ['port-closed', 502, 'port-closed'],
    ['wrong-state', 503, 'sandbox-asleep'],
    ['sandbox-gone', 410, 'sandbox-gone'],
    ['sandbox-not-found', 410, 'sandbox-gone'],
    ['deadline-exceeded', 504, 'no-answer'],
    ['internal', 502, 'failed'],
  ] as const)('%s is status %i, and tells a visitor nothing of the sandbox', async (code, status, reason) => {
    rig.failure = new HoldfastError(code, 'sandbox sbx-secret at /secret', { hint: 'holdfast resume secret' });
    const answer = await open.get('/').finally(() => {
      rig.failure = null;
    });
    expect([answer.status, answer.headers['x-holdfast-decision']]).toEqual([status, reason]);
    expect(answer.text).not.toContain('secret');
  });

  it('3: one that is asked too much at once says so, and others do not notice', async () => {
    const crowd = await rig.share({ visibility: 'public', sandbox: 'sbx-crowded' });
    const asked = Array.from({ length: 128 }, () =>
      request({
        host: '127.0.0.1',
        port: rig.port,
        path: '/stream',
        headers: { host: crowd.host },
        agent: false,
      }).end(),
    );
    const answers = (await Promise.all(asked.map((one) => once(one, 'response')))) as [IncomingMessage][];
    const refused = await crowd.get('/');
    expect([refused.status, refused.headers['x-holdfast-decision']]).toEqual([503, 'busy']);
    expect((await open.get('/')).status).toBe(200);
    for (const [answer] of answers) answer.on('error', () => undefined).destroy();
    await expect.poll(async () => (await crowd.get('/')).status).toBe(200);
  });
});

function* repeated(mebibytes: number): Generator<Buffer> {
  for (let left = mebibytes; left > 0; left--) yield mebibyte;
}

async function hashOf(mebibytes: number): Promise<string> {
  const hash = createHash('sha256');
  for (const piece of repeated(mebibytes)) hash.update(piece);
  return hash.digest('hex');
}

function digest(asked: IncomingMessage, done: (text: string) => void): void {
  const hash = createHash('sha256');
  asked.on('data', (piece: Buffer) => hash.update(piece)).on('end', () => done(hash.digest('hex')));
}

async function events(answer: import('node:http').ServerResponse): Promise<void> {
  answer.writeHead(200, { 'content-type': 'text/event-stream' });
  answer.flushHeaders();
  for (let count = 1; !answer.destroyed; count++) {
    await sleep(50);
    answer.write(`data: ${count}\n\n`);
  }
}

async function textOf(answer: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of answer) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString();
}
