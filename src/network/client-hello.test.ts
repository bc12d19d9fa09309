import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { connect } from 'node:tls';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { maxHelloBytes, readClientHello } from './client-hello.ts';

/** What a real client sends first. */
async function captured(options: { servername?: string; ALPNProtocols?: string[] }): Promise<Buffer> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', ...options });
  client.on('error', () => undefined);
  const [socket] = (await once(server, 'connection')) as [Socket];
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  client.destroy();
  server.close();
  return bytes;
}

const u16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255]);
const vector = (size: 1 | 2, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  return Buffer.concat([size === 1 ? Buffer.from([body.length]) : u16(body.length), body]);
};
const extension = (type: number, ...parts: Buffer[]): Buffer => Buffer.concat([u16(type), vector(2, ...parts)]);
const sni = (name: string | Buffer, type = 0): Buffer =>
  extension(0, vector(2, Buffer.from([type]), vector(2, Buffer.from(name as string))));

function message(...extensions: Buffer[]): Buffer {
  const body = Buffer.concat([
    Buffer.from([3, 3]),
    Buffer.alloc(32),
    vector(1),
    vector(2, u16(0x1301)),
    vector(1, Buffer.from([0])),
    vector(2, ...extensions),
  ]);
  const head = Buffer.alloc(4);
  head.writeUIntBE(body.length, 1, 3);
  head[0] = 1;
  return Buffer.concat([head, body]);
}
const record = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from([22, 3, 1]), vector(2, bytes)]);
const greeting = (...extensions: Buffer[]): Buffer => record(message(...extensions));
const malformed = { state: 'malformed', why: expect.any(String) };

describe('readClientHello', () => {
  let real: Buffer;
  beforeAll(async () => {
    real = await captured({ servername: 'api.example.com', ALPNProtocols: ['h2', 'http/1.1'] });
  });

  it('reads what a real client sends', async () => {
    const hello = { serverName: 'api.example.com', alpn: ['h2', 'http/1.1'], encrypted: false };
    expect(readClientHello(real)).toEqual({ state: 'complete', hello });
    expect(readClientHello(await captured({}))).toMatchObject({ hello: { serverName: null, alpn: [] } });
  });

  it('gives the same answer however it is split: more until the last byte (1)', () => {
    for (let length = 0; length < real.length; length++) {
      expect(readClientHello(real.subarray(0, length))).toEqual({ state: 'more' });
    }
  });

  it('reads a greeting cut into many records (2)', () => {
    const whole = message(sni('api.example.com'));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: whole.length }), (size) => {
        const pieces = Array.from({ length: Math.ceil(whole.length / size) }, (_, at) =>
          record(whole.subarray(at * size, (at + 1) * size)),
        );
        expect(readClientHello(Buffer.concat(pieces))).toMatchObject({ hello: { serverName: 'api.example.com' } });
      }),
    );
  });

  it.each([
    ['two extensions of the same kind', greeting(sni('a.example'), sni('b.example'))],
    [
      'two names',
      greeting(
        extension(
          0,
          vector(
            2,
            Buffer.from([0]),
            vector(2, Buffer.from('a.example')),
            Buffer.from([0]),
            vector(2, Buffer.from('b.example')),
          ),
        ),
      ),
    ],
    ['a name of another type', greeting(sni('a.example', 1))],
    ['an empty name', greeting(sni(''))],
    ['a NUL in the name', greeting(sni('a.example\0.evil.test'))],
    ['bytes that are not ASCII', greeting(sni(Buffer.from([0xc3, 0xa4, 0x2e, 0x61])))],
    ['something behind the greeting', record(Buffer.concat([message(sni('a.example')), Buffer.from([20, 0, 0, 0])]))],
    ['an empty record in between', Buffer.concat([record(Buffer.alloc(0)), greeting()])],
    ['another record in between', Buffer.concat([record(message().subarray(0, 9)), Buffer.from([23, 3, 3, 0, 1, 0])])],
    ['another message', record(Buffer.concat([Buffer.from([2]), message().subarray(1)]))],
    ['no TLS version', Buffer.from([22, 2, 0])],
    [
      'a length past its end',
      record(Buffer.concat([message(sni('a.example')).subarray(0, -3), Buffer.from([0, 9, 9])])),
    ],
  ])('refuses %s (3)', (_, bytes) => {
    expect(readClientHello(bytes)).toEqual(malformed);
  });

  it('sees that the name may be another one', () => {
    expect(readClientHello(greeting(sni('public.example'), extension(0xfe0d, Buffer.alloc(40))))).toMatchObject({
      hello: { serverName: 'public.example', encrypted: true },
    });
  });

  it('looks at no more than its bound (2)', () => {
    const large = message(extension(21, Buffer.alloc(maxHelloBytes)));
    const bytes = Buffer.concat([record(large.subarray(0, 0x3fff)), record(large.subarray(0x3fff))]);
    expect(readClientHello(bytes)).toEqual(malformed);
  });

  it('throws for no bytes at all', () => {
    const any = fc.uint8Array({ maxLength: 400 });
    fc.assert(fc.property(any, (bytes) => void readClientHello(Buffer.from(bytes))));
    fc.assert(fc.property(any, (bytes) => void readClientHello(record(Buffer.from(bytes)))));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 600 }), fc.integer({ min: 0, max: 255 }), (at, value) => {
        const bent = Buffer.from(real);
        bent[at % bent.length] = value;
        readClientHello(bent);
      }),
    );
  });
});
