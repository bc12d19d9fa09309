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
