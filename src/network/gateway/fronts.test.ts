/** The proxy and SOCKS5, spoken to over a pair of streams: what they take, and what they refuse before anything is decided. */
import { type Duplex, duplexPair } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../base/index.ts';
import type { Decision } from '../../schema/index.ts';
import type { Arrival } from './carrier.ts';
import { arriveByProxy } from './http-proxy.ts';
import { arriveBySocks } from './socks-front.ts';

interface Met {
  arrival: Arrival | null;
  refused: { host: string; decision: Decision }[];
  /** What the client read until now. */
  answer(): Promise<string>;
  client: Duplex;
}

async function meet(front: typeof arriveByProxy, sent: string | Buffer): Promise<Met> {
  const [client, stream] = duplexPair();
  const refused: Met['refused'] = [];
  const got: Buffer[] = [];
  client.on('data', (chunk: Buffer) => got.push(chunk));
  client.on('error', () => undefined);
  client.write(typeof sent === 'string' ? Buffer.from(sent, 'latin1') : sent);
  const parts = {
    clock: systemClock,
    refused: ({ host }: { host: string }, decision: Decision) => refused.push({ host, decision }),
  };
  const arrival = await front(stream, parts as unknown as Parameters<typeof front>[1]);
  const answer = async (): Promise<string> => {
    await systemClock.sleep(5);
    return Buffer.concat(got).toString('latin1');
  };
  return { arrival, refused, answer, client };
}

const head = (first: string, ...headers: string[]): string => [first, ...headers, '\r\n'].join('\r\n');

describe('the HTTP proxy', () => {
  it('takes CONNECT, in one spelling of the host', async () => {
    const { arrival, answer } = await meet(
      arriveByProxy,
      head('CONNECT API.Example.com.:443 HTTP/1.1', 'Host: api.example.com'),
    );
    expect(arrival).toMatchObject({ via: 'proxy', destination: { host: 'api.example.com', port: 443 } });
    arrival?.accept();
    expect(await answer()).toBe('HTTP/1.1 200 Connection established\r\n\r\n');
  });

  it('hands a request in absolute form on in origin form, told to close, its body behind it', async () => {
    const sent = head(
      'POST http://a.example:8080?x=1 HTTP/1.1',
      'Host: a.example:8080',
      'Proxy-Authorization: Basic eA==',
      'Proxy-Connection: keep-alive',
      'Content-Length: 4',
    );
    const { arrival } = await meet(arriveByProxy, `${sent}body`);
    expect(arrival).toMatchObject({
      destination: { host: 'a.example', port: 8080 },
      request: { method: 'POST', path: '/?x=1' },
    });
    expect(arrival?.stream.read().toString()).toBe(
      'POST /?x=1 HTTP/1.1\r\nHost: a.example:8080\r\nContent-Length: 4\r\nconnection: close\r\n\r\nbody',
    );
  });

  it.each([
    ['CONNECT without a port', head('CONNECT a.example HTTP/1.1')],
    ['CONNECT with a body', head('CONNECT a.example:443 HTTP/1.1', 'Content-Length: 5')],
    ['CONNECT with a coding', head('CONNECT a.example:443 HTTP/1.1', 'Transfer-Encoding: chunked')],
    ['https in absolute form', head('GET https://a.example/ HTTP/1.1', 'Host: a.example')],
    ['origin form', head('GET / HTTP/1.1', 'Host: a.example')],
    ['another scheme', head('GET ftp://a.example/ HTTP/1.1', 'Host: a.example')],
    ['a user in the URL', head('GET http://u:p@a.example/ HTTP/1.1', 'Host: a.example')],
    ['a fragment', head('GET http://a.example/#x HTTP/1.1', 'Host: a.example')],
    ['no Host', head('GET http://a.example/ HTTP/1.1')],
    ['two Hosts', head('GET http://a.example/ HTTP/1.1', 'Host: a.example', 'Host: a.example')],
    ['a bare LF', 'GET http://a.example/ HTTP/1.1\nHost: a.example\n\n'],
  ])('answers 400 to %s', async (_, sent) => {
    const { arrival, answer, refused } = await meet(arriveByProxy, sent);
    expect(arrival).toBeNull();
    expect(await answer()).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(refused).toEqual([]);
  });

  it.each([
    ['another Host', head('GET http://a.example/ HTTP/1.1', 'Host: b.example'), 'name-mismatch'],
    ['another port in Host', head('GET http://a.example/ HTTP/1.1', 'Host: a.example:81'), 'name-mismatch'],
    ['another Host at CONNECT', head('CONNECT a.example:443 HTTP/1.1', 'Host: b.example:443'), 'name-mismatch'],
    ['a decimal address', head('CONNECT 2130706433:80 HTTP/1.1'), 'host-malformed'],
    ['a short address', head('CONNECT 127.1:80 HTTP/1.1'), 'host-malformed'],
    ['an escaped host', head('CONNECT a%2eexample:80 HTTP/1.1'), 'host-malformed'],
    ['an address in an address', head('CONNECT [::ffff:127.0.0.1]:80 HTTP/1.1'), 'host-malformed'],
    ['localhost', head('CONNECT localhost:80 HTTP/1.1'), 'host-malformed'],
  ])('refuses %s, and says so', async (_, sent, code) => {
    const { arrival, answer, refused } = await meet(arriveByProxy, sent);
    expect(arrival).toBeNull();
    expect(refused).toMatchObject([{ decision: { code } }]);
    expect(await answer()).toContain(`x-holdfast-decision: ${code}`);
  });

  it('survives whoever goes away in the middle', async () => {
    const [client, stream] = duplexPair();
    client.write('CONNECT a');
    client.destroy();
    expect(await arriveByProxy(stream, { clock: systemClock, refused: () => undefined })).toBeNull();
  });
});

const hello = Buffer.from([5, 1, 0]);
const request = (command: number, type: number, address: Buffer, port = 443): Buffer =>
  Buffer.concat([hello, Buffer.from([5, command, 0, type]), address, Buffer.from([port >> 8, port & 255])]);
const named = (text: string): Buffer => Buffer.concat([Buffer.from([text.length]), Buffer.from(text, 'latin1')]);

describe('SOCKS5', () => {
  it.each([
    ['a name', request(1, 3, named('API.example.com')), 'api.example.com'],
    ['an IPv4 address', request(1, 1, Buffer.from([192, 0, 2, 1])), '192.0.2.1'],
    ['an IPv6 address', request(1, 4, Buffer.from('20010db8000000000000000000000001', 'hex')), '2001:db8::1'],
  ])('takes %s', async (_, sent, host) => {
    const { arrival, answer } = await meet(arriveBySocks, sent);
    expect(arrival).toMatchObject({ via: 'socks', destination: { host, port: 443 } });
    arrival?.accept();
    expect(await answer()).toBe('\x05\x00\x05\x00\x00\x01\0\0\0\0\0\0');
  });

  it.each([
    ['NUL in the name', named('evil.test\0.example.com')],
    ['NUL behind the name', named('example.com\0')],
    ['a dot more', named('example..com')],
    ['bytes that are not ASCII', named('ex\xe4mple.com')],
    ['a line end', named('example.com\r\nx')],
    ['an address written oddly', named('0x7f.1')],
    ['nothing', named('')],
  ])('refuses %s with reply 2', async (_, address) => {
    const { arrival, answer, refused } = await meet(arriveBySocks, request(1, 3, address));
    expect(arrival).toBeNull();
    expect(refused).toMatchObject([{ decision: { code: 'host-malformed' } }]);
    expect((await answer()).slice(2, 4)).toBe('\x05\x02');
  });

  it.each([
    ['BIND', request(2, 1, Buffer.alloc(4)), '\x05\x07'],
    ['UDP', request(3, 1, Buffer.alloc(4)), '\x05\x07'],
    ['another kind of address', request(1, 2, Buffer.alloc(4)), '\x05\x08'],
    ['port 0', request(1, 3, named('a.example'), 0), '\x05\x01'],
  ])('refuses %s', async (_, sent, reply) => {
    const { arrival, answer } = await meet(arriveBySocks, sent);
    expect(arrival).toBeNull();
    expect((await answer()).slice(2, 4)).toBe(reply);
  });

  it.each([
    ['SOCKS4', Buffer.from([4, 1, 1, 187, 1, 2, 3, 4, 0]), ''],
    ['who wants a password only', Buffer.from([5, 1, 2]), '\x05\xff'],
  ])('refuses %s', async (_, sent, expected) => {
    const { arrival, answer } = await meet(arriveBySocks, sent);
    expect(arrival).toBeNull();
    expect(await answer()).toBe(expected);
  });

  it('reads byte by byte the same', async () => {
    const [client, stream] = duplexPair();
    client.resume();
    const arriving = arriveBySocks(stream, { clock: systemClock, refused: () => undefined });
    for (const byte of request(1, 3, named('a.example'))) {
      client.write(Buffer.from([byte]));
      await systemClock.sleep(1);
    }
    expect((await arriving)?.destination).toEqual({ host: 'a.example', port: 443 });
  });
});
