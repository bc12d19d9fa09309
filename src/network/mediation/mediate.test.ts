import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import {
  type ClientHttp2Session,
  connect as connectH2,
  type Http2SecureServer,
  type OutgoingHttpHeaders,
} from 'node:http2';
import { type AddressInfo, createServer } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  allowed,
  createWorld,
  denied,
  grant,
  host,
  httpsOrigin,
  originAuthority,
  policyOf,
  rawTlsOrigin,
  sandboxOf,
  talk,
  type World,
  type WorldOptions,
} from '../../../test/unit/mediation-world.ts';
import type { CertificateAuthority } from './authority.ts';

let authority: CertificateAuthority;
let origin: { server: Http2SecureServer; port: number };
/** Heads as the outside got them. */
const seen: { method: string; url: string; raw: string[] }[] = [];
const worlds: World[] = [];

beforeAll(async () => {
  authority = await originAuthority();
  origin = await httpsOrigin(authority);
  origin.server.on('request', (request, response) => {
    seen.push({ method: request.method ?? '', url: request.url ?? '', raw: request.rawHeaders });
    request.resume().on('end', () => response.end(`ok ${request.url}`));
  });
});
afterEach(async () => {
  seen.length = 0;
  for (const world of worlds.splice(0)) await world.close();
});
afterAll(() => {
  origin.server.close();
});

async function open(options: WorldOptions = {}, port = origin.port): Promise<World> {
  const world = await createWorld(port, authority, options);
  worlds.push(world);
  return world;
}

const get = (target: string, lines = `Host: ${host}\r\n`): string => `GET ${target} HTTP/1.1\r\n${lines}\r\n`;
const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0);

async function sessionOf(world: World): Promise<ClientHttp2Session> {
  const tls = await world.tls({ alpn: ['h2'] });
  const session = connectH2(`https://${host}`, { createConnection: () => tls });
  session.on('error', () => undefined);
  return session;
}

async function askH2(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders,
): Promise<{ status: number; body: string }> {
  const stream = session.request(headers);
  let status = 0;
  let body = '';
  stream.on('response', (head) => {
    status = Number(head[':status']);
  });
  stream.on('data', (chunk) => {
    body += chunk;
  });
  stream.on('error', () => undefined);
  stream.end();
  await once(stream, 'close').catch(() => undefined);
  return { status, body };
}

describe('names', () => {
  it.each(['other.test', `x.${host}`, `${host}.evil.test`, 'localhost'])(
    'refuses the server name %s',
    async (servername) => {
      const world = await open();
      await expect(world.tls({ servername })).rejects.toThrow(/unrecognized name/);
      expect(await world.flow()).toMatchObject({ kind: 'refused', decision: { code: 'name-mismatch' } });
      expect(world.dials).toEqual([]);
    },
  );

  it('refuses a greeting without a server name', async () => {
    const world = await open();
    await expect(world.tls({ servername: '' })).rejects.toThrow(/unrecognized name/);
    expect((await world.flow()).decision.code).toBe('name-mismatch');
  });

  it('takes the server name in any case', async () => {
    const world = await open();
    const tls = await world.tls({ servername: host.toUpperCase() });
    expect(await talk(tls, get('/'), 'ok /')).toContain('200');
  });

  const mismatches: [string, string, number][] = [
    ['another host', get('/', 'Host: other.test\r\n'), 421],
    ['a host below', get('/', `Host: x.${host}\r\n`), 421],
    ['a trailing dot', get('/', `Host: ${host}.\r\n`), 421],
    ['another port', get('/', `Host: ${host}:8443\r\n`), 421],
    ['a user name', get('/', `Host: user@${host}\r\n`), 421],
    ['a user name that looks like the host', get('/', `Host: ${host}@other.test\r\n`), 421],
    ['two hosts in one line', get('/', `Host: ${host}, other.test\r\n`), 421],
    ['an empty host', get('/', 'Host: \r\n'), 421],
    ['no host', get('/', ''), 400],
    ['two hosts', get('/', `Host: ${host}\r\nHost: other.test\r\n`), 400],
    ['the same host twice', get('/', `Host: ${host}\r\nhost: ${host}\r\n`), 400],
    ['an absolute target elsewhere', get('https://other.test/'), 421],
    ['an absolute target with a user name', get(`https://user@${host}/`), 421],
    ['an absolute target in another scheme', get(`http://${host}/`), 421],
    ['an absolute target on another port', get(`https://${host}:444/`), 421],
    ['an authority target', get(host), 421],
    ['an absolute target here and a host elsewhere', get(`https://${host}/`, 'Host: other.test\r\n'), 421],
  ];

  it.each(mismatches)('refuses %s', async (_name, text, status) => {
    const world = await open();
    const answer = await talk(await world.tls(), text, '}}');
    expect(statusOf(answer)).toBe(status);
    expect(answer).toContain('x-holdfast-decision: name-mismatch');
    expect((await world.flow()).decision.code).toBe('name-mismatch');
    expect(seen).toEqual([]);
  });

  it.each([
    ['the host', get('/a'), '/a'],
    ['its default port', get('/a', `Host: ${host}:443\r\n`), '/a'],
    ['another spelling', get('/a', `hOST: ${host.toUpperCase()}\r\n`), '/a'],
    ['an absolute target', get(`https://${host}/a?b`), '/a?b'],
    ['an absolute target without a path', get(`HTTPS://${host}:443`), '/'],
    ['an absolute target with only a query', get(`https://${host}?b`), '/?b'],
  ])('takes %s', async (_name, text, url) => {
    const world = await open();
    expect(statusOf(await talk(await world.tls(), text, 'ok '))).toBe(200);
    expect(seen.map((request) => request.url)).toEqual([url]);
  });

  it('needs the port where it is not the default one', async () => {
    const world = await open({ port: 8443 });
    const tls = await world.tls();
    expect(statusOf(await talk(tls, get('/'), '}}'))).toBe(421);
    expect(statusOf(await talk(tls, get('/', `Host: ${host}:8443\r\n`), 'ok /'))).toBe(200);
  });

  it('compares both names of HTTP/2', async () => {
    const world = await open();
    const session = await sessionOf(world);
    const ask = (headers: OutgoingHttpHeaders): Promise<{ status: number }> =>
      askH2(session, { ':path': '/', ...headers });
    expect((await ask({})).status).toBe(200);
    expect((await ask({ ':authority': 'other.test' })).status).toBe(421);
    expect((await ask({ ':authority': `${host}:444` })).status).toBe(421);
    // Refused by the reader of HTTP/2 before anything is asked.
    expect((await ask({ ':authority': `user@${host}` })).status).toBe(0);
    expect((await ask({ ':authority': host, host: 'other.test' })).status).toBe(421);
    expect((await ask({ ':authority': host, host })).status).toBe(200);
    expect((await ask({ ':scheme': 'http' })).status).toBe(421);
    expect((await ask({ ':path': `https://other.test/` })).status).toBe(0);
    expect((await ask({ ':method': 'CONNECT', ':path': undefined, ':authority': host })).status).toBe(403);
    expect((await ask({})).status).toBe(200);
    expect(world.flows.map((flow) => flow.status)).toEqual([200, 421, 421, 421, 200, 421, 403, 200]);
    session.close();
  });

  it('resets a stream whose length is beyond counting, and goes on', async () => {
    const world = await open();
    const session = await sessionOf(world);
    const lengthy = { ':method': 'POST', ':path': '/', 'content-length': '9'.repeat(18) };
    expect((await askH2(session, lengthy)).status).toBe(0);
    expect((await askH2(session, { ':path': '/' })).status).toBe(200);
    session.close();
  });

  it('decides about plain HTTP all the same', async () => {
    const plain = createServer((socket) => {
      socket
        .on('error', () => undefined)
        .on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
    }).listen(0, '127.0.0.1');
    await once(plain, 'listening');
    const world = await open({ protocol: 'http' }, (plain.address() as AddressInfo).port);
    const tcp = await world.tcp();
    expect(statusOf(await talk(tcp, get('/'), '\r\n\r\nok'))).toBe(200);
    expect(statusOf(await talk(tcp, get('/', 'Host: other.test\r\n'), '}}'))).toBe(421);
    expect(statusOf(await talk(tcp, get(`http://${host}:80/`), '\r\n\r\nok'))).toBe(200);
    expect(world.flows.map((flow) => [flow.protocol, flow.status])).toEqual([
      ['http', 200],
      ['http', 421],
      ['http', 200],
    ]);
    plain.close();
  });

  it.skipIf(!existsSync('/usr/bin/curl'))('says why a client that does not trust the authority left', async () => {
    const world = await open();
    const flags = ['-sS', '--connect-to', `::127.0.0.1:${world.frontPort}`, `https://${host}/`];
    await expect(promisify(execFile)('/usr/bin/curl', flags)).rejects.toThrow(/certificate/);
    expect(await world.flow()).toMatchObject({ kind: 'refused', decision: { allowed: true } });
    expect((await world.flow()).error).toMatch(/TLS handshake failed/);
  });

  it('refuses what is no TLS', async () => {
    const world = await open();
    expect(await talk(await world.tcp(), get('/'))).toBe('');
    expect((await world.flow()).error).toContain('not a TLS greeting');
  });

  it('speaks what the outside chooses from what the sandbox offers', async () => {
    const world = await open();
    expect((await world.tls({ alpn: ['h2', 'http/1.1'] })).alpnProtocol).toBe('h2');
    expect((await world.tls({ alpn: ['http/1.1'] })).alpnProtocol).toBe('http/1.1');
    expect((await world.tls()).alpnProtocol).toBe(false);
    const old = await rawTlsOrigin(authority, () => undefined);
    const other = await open({}, old.port);
    expect((await other.tls({ alpn: ['h2', 'http/1.1'] })).alpnProtocol).toBe('http/1.1');
    old.server.close();
  });
});

describe('malformed requests', () => {
  const head = `POST / HTTP/1.1\r\nHost: ${host}\r\n`;
  const smuggled = get('/smuggled');
  const measured = `Content-Length: ${smuggled.length}\r\n\r\n`;
  it.each([
    ['a length that Connection names', `${head}Connection: content-length\r\n${measured}`],
    ['one of many that Connection names', `${head}Connection: close, Content-LENGTH\r\n${measured}`],
    ['one that a second Connection names', `${head}Connection: close\r\nConnection:\tcontent-length\r\n${measured}`],
    [
      'a coding that Connection names',
      `${head}Connection: transfer-encoding\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    ['a host that Connection names', `GET / HTTP/1.1\r\nConnection: host\r\nHost: ${host}\r\n\r\n`],
    ['both lengths', `${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['both lengths, the other way', `${head}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`],
    ['two lengths', `${head}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`],
    ['the same length twice', `${head}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello`],
    ['two lengths in one line', `${head}Content-Length: 5, 5\r\n\r\nhello`],
    ['a signed length', `${head}Content-Length: +5\r\n\r\nhello`],
    ['a length in another base', `${head}Content-Length: 0x5\r\n\r\nhello`],
    ['an empty length', `${head}Content-Length:\r\n\r\nhello`],
    ['an unknown coding', `${head}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
    ['chunked twice', `${head}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['a disguised coding', `${head}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
    ['a coding behind a control character', `${head}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n`],
    ['a space before the colon', `${head}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`],
    ['a folded line', `${head}X: 1\r\n Transfer-Encoding: chunked\r\n\r\n`],
    ['a bare line feed', `${head}X: 1\nContent-Length: 5\r\n\r\nhello`],
    ['HTTP/1.0', `GET / HTTP/1.0\r\nHost: ${host}\r\n\r\n`],
    ['HTTP/0.9', 'GET /\r\n\r\n'],
    ['an HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['a space in the target', `GET /a b HTTP/1.1\r\nHost: ${host}\r\n\r\n`],
    ['a raw byte in the target', `GET /\xe4 HTTP/1.1\r\nHost: ${host}\r\n\r\n`],
    ['an empty first line', `\r\nGET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`],
    ['a length among the trailers', `${head}Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 4\r\n\r\n`],
  ])('refuses %s, and ends the connection', async (_name, text) => {
    const world = await open();
    const tls = await world.tls();
    const answer = await talk(tls, Buffer.from(`${text}${smuggled}`, 'latin1'));
    expect([400, 431, 501, 505]).toContain(statusOf(answer));
    expect(answer.match(/HTTP\/1\.1 /g)?.length).toBe(1);
    expect(seen.some((request) => request.url === '/smuggled')).toBe(false);
    const last = await world.flow();
    expect(world.flows.some((flow) => flow.decision.code === 'protocol-not-allowed')).toBe(true);
    expect(last.kind).toMatch(/refused|request/);
  });

  it('refuses a fragment in a target', async () => {
    const world = await open();
    expect(statusOf(await talk(await world.tls(), get('/a#b'), '}}'))).toBe(400);
    expect((await world.flow()).decision.code).toBe('path-malformed');
  });
});

describe('decisions', () => {
  const readOnly = policyOf((question) =>
    question.method === 'GET' && question.target.startsWith('/open')
      ? { allowed: true, decision: allowed, grant }
      : { allowed: false, decision: denied(question.method === 'GET' ? 'path-not-allowed' : 'method-not-allowed') },
  );

  it('denies in words, and keeps the connection for what is allowed', async () => {
    const world = await open({ sandbox: { policy: readOnly } });
    const tls = await world.tls();
    const refused = await talk(tls, get('/closed'), '}}');
    expect(statusOf(refused)).toBe(403);
    expect(refused).toContain('content-type: application/json');
    expect(refused).toContain('x-holdfast-decision: path-not-allowed');
    expect(JSON.parse(refused.slice(refused.indexOf('{')))).toEqual({
      error: {
        code: 'forbidden',
        decision: 'path-not-allowed',
        message: "It is not allowed. This is this sandbox's network policy; trying again does not help.",
        host,
        port: 443,
        rule: null,
        hint: 'allow: [...]',
        retryable: false,
      },
    });
    expect(statusOf(await talk(tls, get('/open'), 'ok /open'))).toBe(200);
    const upload = `POST /open HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 5\r\n\r\nhello`;
    expect(statusOf(await talk(tls, upload, '}}'))).toBe(403);
    expect(statusOf(await talk(tls, get('/open/2'), 'ok /open/2'))).toBe(200);
    expect(seen.map((request) => request.url)).toEqual(['/open', '/open/2']);
    expect(world.dials.length).toBe(1);
  });

  it('ends the connection when a denied body is not worth reading, or waits to be asked for', async () => {
    const world = await open({ sandbox: { policy: readOnly } });
    for (const line of [
      'Content-Length: 1000000',
      'Transfer-Encoding: chunked',
      'Content-Length: 5\r\nExpect: 100-continue',
    ]) {
      const answer = await talk(await world.tls(), `POST /open HTTP/1.1\r\nHost: ${host}\r\n${line}\r\n\r\n`);
      expect(statusOf(answer)).toBe(403);
      expect(answer).toContain('Connection: close');
    }
    expect(seen).toEqual([]);
  });

  it.each([
    'X-HTTP-Method: DELETE',
    'x-http-method-override: delete',
    'X-METHOD-OVERRIDE: PUT',
    'X-HTTP-Method: GET\r\nX-HTTP-Method: DELETE',
    'X-HTTP-Method: "DELETE"',
    'X-Original-URL: /closed',
    'X-Rewrite-URL: /closed',
    'X_HTTP_Method_Override: DELETE',
    'X-Override_URL: /closed',
    'X-Original-URI: /closed',
  ])('decides about what overrides the request: %s', async (line) => {
    const world = await open({ sandbox: { policy: readOnly } });
    const answer = await talk(await world.tls(), get('/open', `Host: ${host}\r\n${line}\r\n`), '}}');
    expect(statusOf(answer)).toBe(403);
    expect(seen).toEqual([]);
  });

  it('decides about a method in the query', async () => {
    const world = await open({ sandbox: { policy: readOnly } });
    const tls = await world.tls();
    expect(statusOf(await talk(tls, get('/open?a&_method=DELETE'), '}}'))).toBe(403);
    expect(statusOf(await talk(tls, get('/open?a&_m%65thod=DELETE'), '}}'))).toBe(403);
    expect(statusOf(await talk(tls, get('/open?_%6dethod=DELETE&method'), '}}'))).toBe(403);
    expect(statusOf(await talk(tls, get('/open?_method=get'), 'ok /open'))).toBe(200);
  });

  it('asks the meter', async () => {
    const world = await open({
      sandbox: { meter: { admit: () => denied('rate-limit'), admitGreeting: () => true, stream: () => null } },
    });
    const answer = await talk(await world.tls(), get('/'), '}}');
    expect(statusOf(answer)).toBe(429);
    expect(answer).toContain('"retryable":true');
    expect(seen).toEqual([]);
  });

  it('cuts what a new policy does not allow, and leaves the rest', async () => {
    const arrived = Promise.withResolvers<void>();
    const slow = await rawTlsOrigin(authority, (socket) => {
      socket.once('data', (chunk) => {
        if (chunk.includes('/quiet')) arrived.resolve();
        else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart');
      });
    });
    const world = await open({}, slow.port);
    const [begun, quiet, other] = await Promise.all([world.tls(), world.tls(), world.tls()]);
    const [first] = await Promise.all([talk(begun, get('/old'), 'part'), talk(other, get('/open'), 'part')]);
    expect(statusOf(first)).toBe(200);
    const waiting = talk(quiet, get('/quiet'), '}}');
    await arrived.promise;
    world.sandbox = sandboxOf({ policy: readOnly });
    const closed = once(begun, 'close');
    for (const mediation of world.mediations) mediation.recheck();
    await closed;
    expect(statusOf(await waiting)).toBe(403);
    expect(world.flows.map((flow) => [flow.path, flow.status, flow.decision.code]).sort()).toEqual([
      ['/old', 200, 'policy-changed'],
      ['/quiet', 403, 'policy-changed'],
    ]);
    expect(other.destroyed).toBe(false);
    slow.server.close();
  });
});

describe('the outside', () => {
  it('gets the head as it was written, without what concerns one connection only', async () => {
    const world = await open();
    const lines = `X-First: 1\r\nhOsT: ${host}\r\naccept: */*\r\nConnection: keep-alive, X-Mine\r\nX-Mine: 1\r\nKeep-Alive: timeout=5\r\nProxy-Authorization: Basic x\r\nX-first: 2\r\nUpgrade: h2c\r\n`;
    await talk(await world.tls(), get('/a', lines), 'ok /a');
    expect(seen[0]?.raw).toEqual([
      'X-First',
      '1',
      'hOsT',
      host,
      'accept',
      '*/*',
      'Connection',
      'keep-alive',
      'X-first',
      '2',
    ]);
  });

  it('is not trusted without a certificate for its name from a known authority', async () => {
    const world = await open({ isDistrusting: true });
    const answer = await talk(await world.tls(), get('/'), '}}');
    expect(statusOf(answer)).toBe(502);
    expect(answer).toContain('network-unreachable');
    expect(answer).toContain('is not to be trusted');
    expect((await world.flow()).error).toContain('certificate');
    expect(seen).toEqual([]);
    const misnamed = await rawTlsOrigin(
      { ...authority, pem: authority.pem, leaf: () => authority.leaf('other.test') },
      () => undefined,
    );
    const second = await open({}, misnamed.port);
    expect(await talk(await second.tls(), get('/'), '}}')).toContain('ERR_TLS_CERT_ALTNAME_INVALID');
    misnamed.server.close();
  });

  it('is said to be out of reach in words, and asked again for the next request', async () => {
    const world = await open({ dial: () => Promise.reject(new Error('connect ECONNREFUSED')) });
    const tls = await world.tls({ alpn: ['h2', 'http/1.1'] });
    expect(tls.alpnProtocol).toBe('http/1.1');
    expect(statusOf(await talk(tls, get('/'), '}}'))).toBe(502);
    expect(statusOf(await talk(tls, get('/'), '}}'))).toBe(502);
    expect(world.dials.length).toBe(3);
  });

  it.each([
    ['another protocol', 'SSH-2.0-x\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    ['both lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a bare line feed', 'HTTP/1.1 200 OK\nContent-Length: 1\r\n\r\na'],
    ['a change of protocol', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n'],
    ['nothing', ''],
  ])('answers %s, and that is a failure', async (_name, text) => {
    const odd = await rawTlsOrigin(authority, (socket) => socket.once('data', () => socket.end(text, 'latin1')));
    const world = await open({}, odd.port);
    expect(statusOf(await talk(await world.tls(), get('/'), '}}'))).toBe(502);
    expect((await world.flow()).error).toMatch(/\w/);
    odd.server.close();
  });

  it('is never finished in its name when it breaks off', async () => {
    const bodies = [
      'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\npart',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\nnonsense\r\n',
    ];
    for (const body of bodies) {
      const broken = await rawTlsOrigin(authority, (socket) => socket.once('data', () => socket.end(body)));
      const world = await open({}, broken.port);
      const error = await fetchOver(await world.tls()).then(String, (reason: Error) => reason.message);
      expect(error).toMatch(/aborted|hang up/);
      expect((await world.flow()).error).toMatch(/\w/);
      broken.server.close();
    }
  });
});

/** A whole answer, by a client that knows what whole is. */
function fetchOver(tls: TLSSocket): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host, port: 443, defaultPort: 443, path: '/', createConnection: () => tls });
    request.on('error', reject).on('response', (response) => {
      let body = '';
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => resolve(body)).on('error', reject);
    });
    request.end();
  });
}
