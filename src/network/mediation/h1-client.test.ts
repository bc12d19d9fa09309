import { duplexPair } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Http1Client } from './h1-client.ts';

const sink = { write: () => true, end: () => undefined, abort: () => undefined, onDrain: () => undefined };

async function sent(headers: string[], bodyBytes: number | null): Promise<{ refused: boolean; text: string | null }> {
  const [outside, socket] = duplexPair();
  const connection = new Http1Client(socket, null);
  const request = { method: 'POST', target: '/', scheme: 'https', authority: 'a.test', isWebSocket: false } as const;
  const handler = { interim: () => undefined, head: () => sink, failed: () => undefined };
  let refused = false;
  try {
    connection.send({ ...request, headers: ['Host', 'a.test', ...headers], bodyBytes }, handler);
  } catch {
    refused = true;
  }
  await turn();
  const text: Buffer | null = outside.read();
  connection.close();
  return { refused, text: text?.toString('latin1') ?? null };
}

it.each<[string[], number | null]>([
  [[], 4],
  [[], null],
  [['Content-Length', '4'], 0],
  [['Content-Length', '4'], 5],
  [['Content-Length', '4'], null],
  [['Transfer-Encoding', 'chunked'], 4],
  [['Transfer-Encoding', 'chunked'], 0],
  [['Content-Length', '4', 'Content-Length', '4'], 4],
  [['Content-Length', '4', 'Connection', 'content-length'], 4],
])('sends nothing under a head that measures its body otherwise: %j for %j bytes', async (headers, bodyBytes) => {
  expect(await sent(headers, bodyBytes)).toEqual({ refused: true, text: null });
});

it.each<[string[], number | null]>([
  [[], 0],
  [['Content-Length', '0'], 0],
  [['Content-Length', '4'], 4],
  [['Transfer-Encoding', 'chunked'], null],
])('sends a head that measures its body: %j for %j bytes', async (headers, bodyBytes) => {
  const { refused, text } = await sent(headers, bodyBytes);
  expect([refused, text?.split('\r\n')[0]]).toEqual([false, 'POST / HTTP/1.1']);
});

it.each<[string, string | null, string, string]>([
  ['with its authorization', 'Basic eA==', '/a?b', 'GET http://a.test:8080/a?b HTTP/1.1'],
  ['as nobody', null, '/', 'GET http://a.test:8080/ HTTP/1.1'],
  ['of the server itself', null, '*', 'GET http://a.test:8080 HTTP/1.1'],
])(
  'asks a proxy in absolute form, %s, and takes none of its own wishes for an answer',
  async (_, authorization, target, line) => {
    const [outside, socket] = duplexPair();
    const connection = new Http1Client(socket, null, { authorization });
    const failed = Promise.withResolvers<Error>();
    const handler = { interim: () => undefined, head: () => sink, failed: failed.resolve };
    const common = {
      method: 'GET',
      scheme: 'http',
      authority: 'a.test:8080',
      isWebSocket: false,
      bodyBytes: 0,
    } as const;
    connection.send({ ...common, target, headers: ['Host', 'a.test:8080'] }, handler);
    await turn();
    const lines = String(outside.read()).split('\r\n');
    expect(lines[0]).toBe(line);
    expect(lines.filter((each) => each.startsWith('Proxy-'))).toEqual(
      authorization === null ? [] : [`Proxy-Authorization: ${authorization}`],
    );
    outside.write('HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n');
    expect((await failed.promise).message).toContain('upstream proxy');
    expect(connection.isReady).toBe(false);
  },
);
