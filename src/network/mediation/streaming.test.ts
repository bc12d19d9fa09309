import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import {
  type ClientHttp2Session,
  connect as connectH2,
  constants,
  type Http2SecureServer,
  type ServerHttp2Stream,
} from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  createWorld,
  denied,
  host,
  httpsOrigin,
  originAuthority,
  policyOf,
  sandboxOf,
  talk,
  type World,
  type WorldOptions,
} from '../../../test/unit/mediation-world.ts';
import type { CertificateAuthority } from './authority.ts';

let authority: CertificateAuthority;
let origin: { server: Http2SecureServer; port: number };
/** Of its own: a listener for requests makes Node's HTTP/2 send trailers in the name of one for streams. */
let streamOrigin: { server: Http2SecureServer; port: number };
let serve: (request: IncomingMessage, response: ServerResponse) => void;
let serveStream: (stream: ServerHttp2Stream, headers: Record<string, unknown>) => void;
const worlds: World[] = [];

beforeAll(async () => {
  authority = await originAuthority();
  origin = await httpsOrigin(authority);
  origin.server.on('request', (request, response) => {
    serve(request as never, response as never);
  });
  origin.server.on('checkContinue', (request, response) => serve(request as never, response as never));
  streamOrigin = await httpsOrigin(authority);
  streamOrigin.server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    serveStream(stream, headers);
  });
});
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});
afterAll(() => {
  origin.server.close();
  streamOrigin.server.close();
});

async function open(options: WorldOptions = {}, port = origin.port): Promise<World> {
  const world = await createWorld(port, authority, options);
  worlds.push(world);
  return world;
}

async function sessionOf(world: World): Promise<ClientHttp2Session> {
  const tls = await world.tls({ alpn: ['h2'] });
  const session = connectH2(`https://${host}`, { createConnection: () => tls });
  session.on('error', () => undefined);
  return session;
}

const head = (method: string, target: string, ...lines: string[]): string =>
  [`${method} ${target} HTTP/1.1`, `Host: ${host}`, ...lines, '', ''].join('\r\n');

const ask = (tls: TLSSocket, options: object) =>
  httpRequest({ host, port: 443, defaultPort: 443, path: '/', createConnection: () => tls, ...options });

describe('HTTP/1.1', () => {
  it('passes 100-continue and other interim answers', async () => {
    serve = (request, response) => {
      response.writeEarlyHints({ link: '</a.css>; rel=preload' });
      response.writeContinue();
      request.resume().on('end', () => response.end('done'));
    };
    const world = await open();
    const tls = await world.tls();
    const first = await talk(tls, head('POST', '/', 'Expect: 100-continue', 'Content-Length: 5'), 'Continue\r\n\r\n');
    expect(first).toMatch(/^HTTP\/1\.1 103 .*\r\nlink: .*HTTP\/1\.1 100 Continue/is);
    expect(await talk(tls, 'hello', 'done')).toContain('200 OK');
    expect(await world.flow()).toMatchObject({ status: 200, bytesUp: 5, bytesDown: 4 });
  });

  it('passes trailers in both directions', async () => {
    serve = (request, response) => {
      request.resume().on('end', () => {
        response.writeHead(200, { trailer: 'x-sum' });
        response.write('body');
        response.addTrailers({ 'X-Sum': `${request.trailers['x-up']}!` });
        response.end();
      });
    };
    const world = await open();
    const text = `${head('POST', '/', 'Transfer-Encoding: chunked', 'TE: trailers', 'Connection: TE')}3\r\nabc\r\n0\r\nX-Up: 7\r\n\r\n`;
    expect(await talk(await world.tls(), text, '!\r\n\r\n')).toContain('0\r\nX-Sum: 7!\r\n\r\n');
  });

  it('gives empty answers as empty, and goes on', async () => {
    serve = (request, response) => {
      if (request.method === 'HEAD') response.writeHead(200, { 'content-length': 1234 });
      else response.writeHead(request.url === '/304' ? 304 : 204, { etag: 'x' });
      response.end();
    };
    const world = await open();
    const tls = await world.tls();
    const answers = await talk(
      tls,
      `${head('HEAD', '/')}${head('GET', '/304')}${head('GET', '/204')}`,
      '204 No Content',
    );
    expect(answers).toMatch(/200 OK.*content-length: 1234.*304 Not Modified.*204 No Content/is);
    expect((await world.flow(3)).status).toBe(204);
    expect(world.dials.length).toBe(1);
  });

  it('leaves coded bodies, ranges and redirects as they are', async () => {
    const bodies: Record<string, Buffer> = { gzip: gzipSync('hello'), br: brotliCompressSync('hello') };
    serve = (request, response) => {
      const coding = request.url?.slice(1) ?? '';
      if (coding === 'range')
        response.writeHead(206, { 'content-range': 'bytes 0-1/5', 'content-length': 2 }).end('he');
      else if (coding === 'away') response.writeHead(302, { location: 'https://other.test/' }).end();
      else response.writeHead(200, { 'content-encoding': coding }).end(bodies[coding]);
    };
    const world = await open();
    for (const [coding, body] of Object.entries(bodies)) {
      const request = ask(await world.tls(), { path: `/${coding}` }).end();
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      expect(Buffer.concat(await response.toArray())).toEqual(body);
      expect(response.headers['content-encoding']).toBe(coding);
    }
    const tls = await world.tls();
    expect(await talk(tls, head('GET', '/range', 'Range: bytes=0-1'), '\r\n\r\nhe')).toContain('206 Partial');
    expect(await talk(tls, head('GET', '/away'), '\r\n\r\n')).toContain('location: https://other.test/');
  });

  it('passes events as they come, not when they end', async () => {
    let say: (text: string) => void = () => undefined;
    serve = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      say = (text) => response.write(text);
      say('data: 1\n\n');
    };
    const world = await open({ isWrapped: true });
    const tls = await world.tls();
    expect(await talk(tls, head('GET', '/'), 'data: 1')).toContain('200 OK');
    const second = talk(tls, '', 'data: 2');
    say('data: 2\n\n');
    expect(await second).toContain('data: 2');
  });

  it('answers pipelined requests one after the other', async () => {
    const order: string[] = [];
    serve = (request, response) => {
      order.push(`${request.url}`);
      setImmediate(() => {
        order.push(`${request.url} done`);
        response.end(`<${request.url}>`);
      });
    };
    const world = await open();
    const answer = await talk(await world.tls(), ['/1', '/2', '/3'].map((url) => head('GET', url)).join(''), '</3>');
    expect(answer.match(/<\/\d>/g)).toEqual(['</1>', '</2>', '</3>']);
    expect(order).toEqual(['/1', '/1 done', '/2', '/2 done', '/3', '/3 done']);
  });

  it('passes an answer that comes before the upload ends', async () => {
    serve = (_request, response) => response.writeHead(413, { connection: 'close' }).end('too much');
    const world = await open();
    const tls = await world.tls();
    const answer = await talk(tls, `${head('POST', '/', 'Content-Length: 1000000')}begin`, 'too much');
    expect(answer).toContain('413 Payload Too Large');
    expect(await world.flow()).toMatchObject({ status: 413, error: null });
  });

  it('leaves the outside when the sandbox leaves, in an upload and in an answer', async () => {
    for (const part of ['upload', 'answer']) {
      const left = Promise.withResolvers<void>();
      const begun = Promise.withResolvers<void>();
      serve = (request, response) => {
        request.on('error', () => undefined).once('data', () => begun.resolve());
        response.on('close', () => left.resolve());
        if (part === 'answer') response.write('x'.repeat(100));
      };
      const world = await open({ isWrapped: part === 'upload' });
      const tls = await world.tls();
      tls.on('error', () => undefined);
      tls.write(`${head('POST', '/', 'Content-Length: 100')}half`);
      await begun.promise;
      tls.destroy();
      await left.promise;
      expect(await world.flow()).toMatchObject({ bytesUp: 4, error: expect.stringMatching(/client|away/) });
    }
  });

  it('breaks when the outside closes a kept connection under a request, and tells a fresh one', async () => {
    let served = 0;
    serve = (request, response) => {
      if (served++ === 0) response.end('first');
      else request.socket.destroy();
    };
    const world = await open();
    const tls = await world.tls();
    await talk(tls, head('GET', '/'), 'first');
    expect(await talk(tls, head('POST', '/', 'Content-Length: 0'))).toBe('');
    expect(await world.flow(2)).toMatchObject({ status: null });
    expect(await talk(await world.tls(), head('GET', '/'), '}}')).toContain('502 Bad Gateway');
  });
});

describe('HTTP/2', () => {
  it('passes interim answers, trailers and a call of gRPC', async () => {
    serveStream = (stream, headers) => {
      stream.additionalHeaders({ ':status': 103, link: '</a>' });
      stream.on('data', (chunk) => stream.write(chunk));
      stream.respond({ ':status': 200, 'content-type': String(headers['content-type']) }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', 'grpc-message': 'fine' }));
      stream.on('end', () => stream.end());
    };
    const world = await open({}, streamOrigin.port);
    const session = await sessionOf(world);
    const call = session.request({
      ':method': 'POST',
      ':path': '/svc/Call',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    const told: unknown[] = [];
    call.on('headers', (headers) => told.push(headers[':status']));
    call.on('response', (headers) => told.push(headers[':status'], headers['content-type']));
    call.on('trailers', (trailers) => told.push(trailers['grpc-status'], trailers['grpc-message']));
    call.write('one');
    expect(String((await once(call, 'data'))[0])).toBe('one');
    call.end('two');
    await once(call, 'close');
    expect(told).toEqual([103, 200, 'application/grpc', '0', 'fine']);
    expect(await world.flow()).toMatchObject({ status: 200, bytesUp: 6 });
    session.close();
  });

  it('resets on one side what was reset on the other, by the same code', async () => {
    const reset = Promise.withResolvers<number>();
    serveStream = (stream, headers) => {
      if (headers[':path'] === '/refuse') stream.close(constants.NGHTTP2_REFUSED_STREAM);
      else if (headers[':path'] === '/half') {
        // Without this, Node ends the stream before it resets it, and nobody can tell it from a whole one.
        stream.respond({ ':status': 200 }, { waitForTrailers: true });
        stream.write('half', () => setImmediate(() => stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM)));
      } else stream.on('close', () => reset.resolve(stream.rstCode));
    };
    const world = await open({}, streamOrigin.port);
    const session = await sessionOf(world);
    const refused = session.request({ ':path': '/refuse' });
    const [error] = await once(refused, 'error');
    expect(String(error)).toContain('REFUSED_STREAM');
    const half = session.request({ ':path': '/half' });
    half.resume();
    expect(String((await once(half, 'error'))[0])).toContain('ENHANCE_YOUR_CALM');
    const left = session.request({ ':path': '/left' });
    left.on('error', () => undefined);
    await world.flow(2);
    left.write('', () => undefined);
    await new Promise((resolve) => setTimeout(resolve, 50));
    left.close(constants.NGHTTP2_CANCEL);
    expect(await reset.promise).toBe(constants.NGHTTP2_CANCEL);
    session.close();
  });

  it('never ends an upload that broke off, nor an answer that is cut', async () => {
    const uploaded = Promise.withResolvers<string>();
    serveStream = (stream, headers) => {
      if (headers[':method'] === 'POST') {
        stream.on('data', () => undefined).on('end', () => uploaded.resolve(stream.aborted ? 'broken' : 'whole'));
        stream.on('close', () => uploaded.resolve('broken'));
      } else {
        stream.respond({ ':status': 200 });
        stream.write('part');
      }
    };
    const world = await open({}, streamOrigin.port);
    const session = await sessionOf(world);
    const upload = session.request({ ':method': 'POST', ':path': '/' });
    upload.on('error', () => undefined);
    upload.write('half');
    for (let turn = 0; turn < 200 && world.dials.length < 1; turn++)
      await new Promise((resolve) => setTimeout(resolve, 2));
    await new Promise((resolve) => setTimeout(resolve, 30));
    upload.destroy(new Error('stop'));
    expect(await uploaded.promise).toBe('broken');
    const answer = session.request({ ':path': '/' });
    await once(answer, 'data');
    world.sandbox = sandboxOf({
      policy: policyOf(() => ({ allowed: false, decision: denied('no-rule') })),
    });
    const cut = once(answer, 'error');
    for (const mediation of world.mediations) mediation.recheck();
    expect(String((await cut)[0])).toContain('INTERNAL_ERROR');
    expect((await world.flow(2)).decision.code).toBe('policy-changed');
    session.close();
  });

  it('carries many requests at a time over one connection outside', async () => {
    serveStream = (stream, headers) => {
      stream.respond({ ':status': 200 });
      setImmediate(() => stream.end(`<${headers[':path']}>`));
    };
    const world = await open({ isWrapped: true }, streamOrigin.port);
    const session = await sessionOf(world);
    const answers = await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        const stream = session.request({ ':path': `/${index}` });
        return Buffer.concat(await stream.toArray()).toString();
      }),
    );
    expect(answers).toEqual(Array.from({ length: 60 }, (_, index) => `</${index}>`));
    expect(world.dials.length).toBe(1);
    session.close();
  });
});

describe('big bodies', () => {
  const totalBytes = 256 * 1024 * 1024;
  const block = Buffer.alloc(1024 * 1024, 'x');

  function pump(write: (chunk: Buffer) => boolean, emitter: NodeJS.EventEmitter, end: () => void): void {
    let left = totalBytes / block.length;
    const more = (): void => {
      while (left > 0) {
        left--;
        if (!write(block)) {
          emitter.once('drain', more);
          return;
        }
      }
      end();
    };
    more();
  }

  it('go both ways at flat memory', { timeout: 60_000 }, async () => {
    serve = (request, response) => {
      let bytes = 0;
      if (request.method === 'GET')
        pump(
          (chunk) => response.write(chunk),
          response,
          () => response.end(),
        );
      else {
        request.on('data', (chunk) => {
          bytes += chunk.length;
        });
        request.on('end', () => response.end(`got ${bytes}`));
      }
    };
    const world = await open();
    let peakBytes = 0;
    const watch = setInterval(() => {
      peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
    }, 20);
    const startBytes = process.memoryUsage.rss();
    const down = ask(await world.tls(), {}).end();
    const [response] = (await once(down, 'response')) as [IncomingMessage];
    let bytes = 0;
    response.on('data', (chunk) => {
      bytes += chunk.length;
    });
    await once(response, 'end');
    expect(bytes).toBe(totalBytes);
    const tls = await world.tls();
    const up = ask(tls, { method: 'POST', headers: { 'content-length': totalBytes } });
    pump(
      (chunk) => up.write(chunk),
      up,
      () => up.end(),
    );
    const [answer] = (await once(up, 'response')) as [IncomingMessage];
    expect(Buffer.concat(await answer.toArray()).toString()).toBe(`got ${totalBytes}`);
    clearInterval(watch);
    expect(await world.flow(2)).toMatchObject({ bytesUp: totalBytes });
    expect((peakBytes - startBytes) / 1024 ** 2).toBeLessThan(200);
  });

  it('stop the outside when the sandbox does not read', async () => {
    let written = 0;
    serve = (_request, response) => {
      const more = (): void => {
        while (written < 512 && response.write(block)) written++;
        written++;
        if (written < 512) response.once('drain', more);
      };
      more();
    };
    const world = await open({ isWrapped: true });
    const tls = await world.tls();
    tls.pause();
    tls.write(head('GET', '/'));
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(written).toBeLessThan(40);
  });
});

describe('real clients', () => {
  it.skipIf(!existsSync('/usr/bin/curl'))('curl, in both versions', async () => {
    serve = (request, response) => void request.resume().on('end', () => response.end(`one ${request.url}`));
    serveStream = (stream, headers) => {
      stream.respond({ ':status': 200 });
      stream.resume().on('end', () => stream.end(`two ${headers[':path']}`));
    };
    let world = await open();
    const directory = mkdtempSync(join(tmpdir(), 'holdfast-curl-'));
    try {
      const ca = join(directory, 'ca.crt');
      const upload = join(directory, 'upload');
      writeFileSync(ca, world.authority.pem.certificate);
      writeFileSync(upload, Buffer.alloc(300_000, 'u'));
      const curl = async (...flags: string[]): Promise<string> => {
        const to = ['--connect-to', `::127.0.0.1:${world.frontPort}`, '--cacert', ca, '-sS', '-m', '10'];
        return (await promisify(execFile)('/usr/bin/curl', [...to, ...flags])).stdout;
      };
      expect(await curl('--http1.1', `https://${host}/a`, `https://${host}/b`)).toBe('one /aone /b');
      expect(await curl('--http1.1', '-T', upload, `https://${host}/up`)).toBe('one /up');
      const second = await open({}, streamOrigin.port);
      world = second;
      writeFileSync(ca, world.authority.pem.certificate);
      expect(await curl('--http2', `https://${host}/a`, `https://${host}/b`)).toBe('two /atwo /b');
      expect(await curl('--http2', '-T', upload, `https://${host}/up`)).toBe('two /up');
      expect(world.flows.at(-1)).toMatchObject({ bytesUp: 300_000, method: 'PUT' });
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
