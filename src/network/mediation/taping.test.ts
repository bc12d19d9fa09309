import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect as connectH2, type Http2SecureServer } from 'node:http2';
import { Transform } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import {
  allowed,
  createWorld,
  denied,
  grant,
  host,
  httpsOrigin,
  originAuthority,
  policyOf,
  talk,
  type World,
  type WorldOptions,
} from '../../../test/unit/mediation-world.ts';
import { HoldfastError } from '../../schema/index.ts';
import type { Grant, SecretBroker, TapedExchange, TapedResponse, TapePlayer, TapeRecorder } from '../types.ts';
import type { CertificateAuthority } from './authority.ts';

const placeholder = 'hfs_aaaaaaaaaaaaaaaaaaaaaaaaaa';
const secret = 's3cr3t';

let authority: CertificateAuthority;
let origin: { server: Http2SecureServer; port: number };
let serve: (request: IncomingMessage, response: ServerResponse) => void;
let sockets: WebSocketServer;
const worlds: World[] = [];

beforeAll(async () => {
  authority = await originAuthority();
  origin = await httpsOrigin(authority);
  origin.server.on('request', (request, response) => serve(request as never, response as never));
  sockets = new WebSocketServer({ noServer: true, perMessageDeflate: true });
  origin.server.on('upgrade', (request, socket, head) =>
    sockets.handleUpgrade(request, socket, head, (accepted) => sockets.emit('connection', accepted, request)),
  );
});
afterEach(async () => {
  sockets.removeAllListeners('connection');
  for (const world of worlds.splice(0)) await world.close();
});
afterAll(() => {
  origin.server.close();
});

async function open(options: WorldOptions = {}): Promise<World> {
  const world = await createWorld(origin.port, authority, options);
  worlds.push(world);
  return world;
}

const head = (method: string, target: string, ...lines: string[]): string =>
  [`${method} ${target} HTTP/1.1`, `Host: ${host}`, ...lines, '', ''].join('\r\n');

const swap = (from: string, to: string): Transform =>
  new Transform({ transform: (chunk, _encoding, done) => done(null, String(chunk).replaceAll(from, to)) });

const clean = (text: string): string => text.replaceAll(secret, placeholder);

/** Puts the secret where its placeholder is, anywhere, and takes it out of whatever comes back. */
function brokerOf(calls: string[], body: () => Transform | null = () => null): SecretBroker {
  return {
    concerns: () => true,
    outgoing: (request) => {
      calls.push('outgoing');
      if (request.question.target.includes(placeholder))
        return { allowed: false, decision: denied('secret-misplaced') };
      const headers = request.headers.map((text) => text.replaceAll(placeholder, secret));
      return { allowed: true, target: request.question.target, headers, body: body(), secrets: ['key'] };
    },
    incomingHead: (answer) => {
      calls.push('incomingHead');
      return { ...answer, headers: answer.headers.map(clean) };
    },
    incomingBody: () => {
      calls.push('incomingBody');
      return swap(secret, placeholder);
    },
    outgoingTrailers: (trailers) => (trailers.join().includes(placeholder) ? denied('secret-misplaced') : null),
    incomingTrailers: (trailers) => trailers.map(clean),
    frames: () => ({
      up: (_opcode, payload) =>
        Buffer.from(payload).includes(placeholder)
          ? { allowed: false, decision: denied('secret-misplaced') }
          : { allowed: true, payload },
      down: (_opcode, payload) => Buffer.from(clean(Buffer.from(payload).toString('latin1')), 'latin1'),
    }),
    scrubText: clean,
  };
}

function recorderOf(calls: string[]): TapeRecorder {
  const taped = (number: number): TapedExchange => ({
    number,
    isLost: false,
    requestBody: (chunk) => calls.push(`up ${Buffer.from(chunk)}`),
    requestEnd: (trailers) => calls.push(`up end ${trailers?.join() ?? ''}`.trim()),
    response: ({ status, headers }) => calls.push(`answer ${status}${headers.includes(secret) ? ' LEAK' : ''}`),
    responseBody: (chunk) => calls.push(`down ${Buffer.from(chunk)}`),
    responseEnd: (trailers) => calls.push(`down end ${trailers?.join() ?? ''}`.trim()),
    frame: (direction, opcode, payload) => calls.push(`frame ${direction} ${opcode} ${Buffer.from(payload)}`),
    failed: () => calls.push('failed'),
  });
  let count = 0;
  return {
    tape: 'tap_1',
    begin: ({ headers, question }, { address }) => {
      calls.push(
        `begin ${question.method} ${question.target} ${address} ${headers.join().includes(secret) ? 'LEAK' : ''}`.trim(),
      );
      return taped(++count);
    },
    resolved: () => undefined,
    close: () => Promise.resolve(),
  };
}

describe('taping', () => {
  it('tells a tape what passed, in order', async () => {
    serve = (request, response) => {
      response.writeContinue();
      request
        .on('data', () => undefined)
        .on('end', () => {
          response.writeHead(200, { trailer: 'x-t' });
          response.write('one');
          response.addTrailers({ 'x-t': '1' });
          response.end();
        });
    };
    const calls: string[] = [];
    const world = await open({ sandbox: { recorder: recorderOf(calls) } });
    const text = `${head('POST', '/a', 'Transfer-Encoding: chunked')}3\r\nabc\r\n0\r\nx-up: 2\r\n\r\n`;
    await talk(await world.tls(), text, 'x-t: 1\r\n\r\n');
    expect(calls).toEqual([
      'begin POST /a 192.0.2.1',
      'up abc',
      'up end x-up,2',
      'answer 100',
      'answer 200',
      'down one',
      'down end x-t,1',
    ]);
    expect((await world.flow()).tape).toEqual({ tape: 'tap_1', exchange: 1 });
  });

  it('marks what broke, and tapes nothing that was refused', async () => {
    serve = (_request, response) => {
      response.writeHead(200, { 'content-length': 10 }).write('half');
      setTimeout(() => response.destroy(), 20);
    };
    const calls: string[] = [];
    const policy = policyOf(({ target }) =>
      target === '/no' ? { allowed: false, decision: denied('no-rule') } : { allowed: true, decision: allowed, grant },
    );
    const world = await open({ sandbox: { recorder: recorderOf(calls), policy } });
    const tls = await world.tls();
    await talk(tls, head('GET', '/no'), '}}');
    await talk(tls, head('GET', '/a'));
    expect(calls).toEqual(['begin GET /a 192.0.2.1', 'up end', 'answer 200', 'down half', 'failed']);
  });
});

describe('secrets', () => {
  it('go out where the broker puts them, come back as placeholders, and are not taped', async () => {
    const seen: string[] = [];
    serve = (request, response) => {
      seen.push(String(request.headers.authorization));
      request.resume().on('end', () => response.writeHead(200, { 'x-echo': secret }).end(`echo ${secret}`));
    };
    const calls: string[] = [];
    const world = await open({ sandbox: { broker: brokerOf(calls), recorder: recorderOf(calls) } });
    const text = `${head('POST', '/a', `Authorization: Bearer ${placeholder}`, 'Content-Length: 2')}hi`;
    const answer = await talk(await world.tls(), text, '0\r\n\r\n');
    expect(seen).toEqual([`Bearer ${secret}`]);
    expect(answer).toContain(`x-echo: ${placeholder}`);
    expect(answer).toContain(`echo ${placeholder}`);
    expect(answer).not.toContain(secret);
    expect(calls).toEqual([
      'outgoing',
      'begin POST /a 192.0.2.1',
      'up hi',
      'up end',
      'incomingBody',
      'incomingHead',
      'answer 200',
      `down echo ${placeholder}`,
      'down end',
    ]);
    expect((await world.flow()).secrets).toEqual(['key']);
  });

  it('are refused elsewhere, and nothing is sent', async () => {
    let served = 0;
    serve = (_request, response) => {
      served++;
      response.end();
    };
    const world = await open({ sandbox: { broker: brokerOf([]) } });
    expect(await talk(await world.tls(), head('GET', `/?k=${placeholder}`), '}}')).toContain('secret-misplaced');
    expect(served).toBe(0);
  });

  it('are refused in a body that is only looked at, and the upload is never finished', async () => {
    const ends: string[] = [];
    serve = (request) => {
      request
        .on('data', () => undefined)
        .on('end', () => ends.push('whole'))
        .on('close', () => ends.push('closed'));
      request.on('error', () => undefined);
    };
    const look = (): Transform =>
      new Transform({
        transform: (chunk, _encoding, done) =>
          String(chunk).includes(placeholder)
            ? done(new HoldfastError('forbidden', 'misplaced', { details: { decision: 'secret-misplaced' } }))
            : done(null, chunk),
      });
    const world = await open({ sandbox: { broker: brokerOf([], look) } });
    const text = `${head('POST', '/', 'Content-Length: 42')}{"a":"${placeholder}","b":1}`;
    expect(await talk(await world.tls(), text, '}}')).toMatch(/403 Forbidden[\s\S]*secret-misplaced/);
    expect((await world.flow()).decision.code).toBe('secret-misplaced');
    expect(ends).not.toContain('whole');
  });

  it('change the length of a JSON body, and it is announced right', async () => {
    const seen: unknown[] = [];
    serve = (request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        seen.push([request.headers['content-length'], request.headers['transfer-encoding'], body]);
        response.end('ok');
      });
    };
    const json: Grant = { ...grant, credentials: [{ secret: 'key', position: { kind: 'json', pointer: '/k' } }] };
    const policy = policyOf(() => ({ allowed: true, decision: allowed, grant: json }));
    const world = await open({ sandbox: { policy, broker: brokerOf([], () => swap(placeholder, secret)) } });
    const tls = await world.tls();
    const body = `{"k":"${placeholder}"}`;
    await talk(tls, `${head('POST', '/', `Content-Length: ${body.length}`)}${body}`, '0\r\n\r\n');
    await talk(
      tls,
      `${head('POST', '/', 'Transfer-Encoding: chunked')}${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
      '0\r\n\r\n',
    );
    const sent = `{"k":"${secret}"}`;
    expect(seen).toEqual([
      [String(sent.length), undefined, sent],
      [undefined, 'chunked', sent],
    ]);
    expect((await world.flow()).bytesUp).toBe(body.length);
  });

  it('are refused after a body, and scrubbed after one', async () => {
    serve = (request, response) =>
      request.resume().on('end', () => {
        response.writeHead(200, { trailer: 'x-t' });
        response.addTrailers({ 'x-t': secret });
        response.end('x');
      });
    const world = await open({ sandbox: { broker: brokerOf([]) } });
    expect(await talk(await world.tls(), head('GET', '/'), `x-t: ${placeholder}\r\n\r\n`)).not.toContain(secret);
    const text = `${head('POST', '/', 'Transfer-Encoding: chunked')}0\r\nx-t: ${placeholder}\r\n\r\n`;
    expect(await talk(await world.tls(), text, '}}')).toContain('secret-misplaced');
  });

  it('do not break out of their header', async () => {
    serve = (_request, response) => response.end();
    const broker = {
      ...brokerOf([]),
      outgoing: () => ({
        allowed: true as const,
        target: '/',
        headers: ['host', host, 'a', 'x\r\nb: y'],
        body: null,
        secrets: [],
      }),
    };
    const world = await open({ sandbox: { broker } });
    expect(await talk(await world.tls(), head('GET', '/'), '}}')).toContain('502');
  });
});

describe('limits', () => {
  it('cut a body that grows past them', async () => {
    serve = (request, response) => request.resume().on('end', () => response.end('x'.repeat(1000)));
    const limit = (): Transform =>
      new Transform({
        transform: (chunk, _encoding, done) =>
          chunk.length > 100
            ? done(new HoldfastError('forbidden', 'too many bytes', { details: { decision: denied('byte-limit') } }))
            : done(null, chunk),
      });
    const world = await open({ sandbox: { meter: { admit: () => null, admitGreeting: () => true, stream: limit } } });
    const upload = `${head('POST', '/', 'Content-Length: 200')}${'u'.repeat(200)}`;
    expect(await talk(await world.tls(), upload, '}}')).toMatch(/403 Forbidden[\s\S]*byte-limit/);
    expect(await talk(await world.tls(), head('GET', '/'))).not.toContain('xxx');
    expect(world.flows.map((flow) => flow.decision.code)).toEqual(['byte-limit', 'byte-limit']);
  });
});

async function webSocket(world: World): Promise<WebSocket> {
  const tls = await world.tls({ alpn: ['http/1.1'] });
  const socket = new WebSocket(`wss://${host}/live`, { createConnection: () => tls });
  await once(socket, 'open');
  return socket;
}

async function heard(socket: WebSocket): Promise<string> {
  const [data] = (await once(socket, 'message')) as [RawData];
  return String(data);
}

describe('a WebSocket', () => {
  const echo = (): void => {
    sockets.on('connection', (socket) =>
      socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })),
    );
  };

  it('passes as it is when nobody looks', async () => {
    echo();
    const world = await open();
    const socket = await webSocket(world);
    expect(socket.extensions).toContain('permessage-deflate');
    socket.send('hello');
    expect(await heard(socket)).toBe('hello');
    socket.close(1000);
    await once(socket, 'close');
    expect(await world.flow()).toMatchObject({ kind: 'websocket', status: 101, error: null });
  });

  it('is taped message by message, and its echoes are scrubbed', async () => {
    echo();
    const calls: string[] = [];
    const world = await open({ isWrapped: true, sandbox: { recorder: recorderOf(calls), broker: brokerOf([]) } });
    const socket = await webSocket(world);
    expect(socket.extensions).toBe('');
    socket.send('frag', { fin: false });
    socket.send('ments');
    expect(await heard(socket)).toBe('fragments');
    socket.send(`say ${secret}`);
    expect(await heard(socket)).toBe(`say ${placeholder}`);
    const big = 'b'.repeat(300_000);
    socket.send(big);
    expect(await heard(socket)).toBe(big);
    socket.close(1000);
    await once(socket, 'close');
    await world.flow();
    expect(calls.filter((call) => call.length < 200)).toEqual([
      'begin GET /live 192.0.2.1',
      'up end',
      'answer 101',
      'frame up 1 fragments',
      'frame down 1 fragments',
      `frame up 1 say ${secret}`,
      `frame down 1 say ${placeholder}`,
      expect.stringMatching(/^frame up 8/),
      expect.stringMatching(/^frame down 8/),
      'down end',
    ]);
  });

  it('is broken off before a placeholder leaves on it', async () => {
    const arrived: string[] = [];
    sockets.on('connection', (socket) =>
      socket.on('message', (data) => arrived.push(String(data))).on('error', () => undefined),
    );
    const world = await open({ sandbox: { broker: brokerOf([]) } });
    const socket = await webSocket(world);
    socket.on('error', () => undefined);
    socket.send('fine');
    socket.send(`not ${placeholder}`);
    await once(socket, 'close');
    expect(arrived).toEqual(['fine']);
    expect((await world.flow()).decision.code).toBe('secret-misplaced');
  });

  it('breaks when it is none', async () => {
    sockets.on('connection', (socket) => socket.on('error', () => undefined));
    const world = await open({ sandbox: { recorder: recorderOf([]) } });
    const tls = await world.tls();
    const lines = [
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    ];
    expect(await talk(tls, head('GET', '/live', ...lines), '\r\n\r\n')).toContain('101 Switching');
    await talk(tls, 'GET / HTTP/1.1\r\n\r\n');
    expect((await world.flow()).error).toContain('WebSocket');
  });
});

describe('replay', () => {
  async function* pieces<T>(...items: T[]): AsyncGenerator<T> {
    yield* items;
  }
  const response = (parts: Partial<TapedResponse>): TapedResponse => ({
    interim: [{ status: 103, reason: 'Early Hints', headers: ['link', '</a>'] }],
    head: { status: 200, reason: 'OK', headers: ['x-tape', '1'] },
    body: pieces(Buffer.from('one'), Buffer.from('two')),
    trailers: [],
    match: 'exact',
    exchange: 7,
    broken: null,
    frames: null,
    ...parts,
  });
  const playerOf = (answer: (body: string) => TapedResponse | null): TapePlayer => ({
    tape: 'tap_2',
    missed: () => undefined,
    async answer(_head, body) {
      let text = '';
      for await (const chunk of body) text += Buffer.from(chunk);
      const found = answer(text);
      return found ? { allowed: true, response: found } : { allowed: false, decision: denied('tape-miss') };
    },
  });

  it('answers from the tape in both versions, and dials nothing', async () => {
    const world = await open({ sandbox: { player: playerOf((body) => (body === 'miss' ? null : response({}))) } });
    const tls = await world.tls();
    expect(await talk(tls, head('GET', '/'), '0\r\n\r\n')).toMatch(/200 OK[\s\S]*x-tape: 1[\s\S]*one[\s\S]*two/);
    const missed = await talk(tls, `${head('POST', '/', 'Content-Length: 4')}miss`, '}}');
    expect(missed).toMatch(/504 Gateway Timeout[\s\S]*x-holdfast-decision: tape-miss/);
    expect(await talk(tls, head('GET', '/'), '0\r\n\r\n')).toContain('200 OK');
    const h2 = await world.tls({ alpn: ['h2'] });
    const session = connectH2(`https://${host}`, { createConnection: () => h2 });
    expect(Buffer.concat(await session.request({ ':path': '/' }).toArray()).toString()).toBe('onetwo');
    session.close();
    expect(world.dials).toEqual([]);
    expect(world.flows.map((flow) => [flow.status, flow.bytesDown, flow.tape?.exchange])).toEqual([
      [200, 6, 7],
      [504, 0, undefined],
      [200, 6, 7],
      [200, 6, 7],
    ]);
  });

  it('breaks where it broke', async () => {
    const world = await open({
      sandbox: { player: playerOf(() => response({ broken: 'reset', body: pieces(Buffer.from('half')) })) },
    });
    const answer = await talk(await world.tls(), head('GET', '/'));
    expect(answer).toContain('half');
    expect(answer).not.toContain('0\r\n\r\n');
    expect((await world.flow()).error).toBe('reset');
  });

  it('says on a WebSocket what was said, after what it followed', async () => {
    const frame = (direction: 'up' | 'down', text: string, opcode = 1) => ({
      direction,
      opcode,
      payload: Buffer.from(text),
    });
    const frames = (): TapedResponse =>
      response({
        head: {
          status: 101,
          reason: 'Switching Protocols',
          headers: ['Upgrade', 'websocket', 'Connection', 'Upgrade', 'Sec-WebSocket-Accept', 'old'],
        },
        interim: [],
        body: pieces(),
        frames: pieces(
          frame('down', 'welcome'),
          frame('up', 'x'),
          frame('down', 'first'),
          frame('up', 'y'),
          frame('down', 'second'),
        ),
      });
    const world = await open({ sandbox: { player: playerOf(frames) } });
    const tls = await world.tls({ alpn: ['http/1.1'] });
    const socket = new WebSocket(`wss://${host}/live`, { createConnection: () => tls });
    const said: string[] = [];
    socket.on('message', (data) => said.push(String(data)));
    await once(socket, 'message');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(said).toEqual(['welcome']);
    socket.send('one');
    await once(socket, 'message');
    socket.send('two');
    await once(socket, 'close');
    expect(said).toEqual(['welcome', 'first', 'second']);
    expect(world.dials).toEqual([]);
  });
});
