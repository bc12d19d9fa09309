/** The sandbox's side of a connection, with nothing behind it. */
import { duplexPair } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { TestClock } from '../../../test/fixtures/test-clock.ts';
import { Http1Server } from './h1-server.ts';

describe('a client that ends its connection inside a request, and closes it', () => {
  it('is told once: to the receiver of the body, and to the exchange', async () => {
    const [client, stream] = duplexPair();
    const told: string[] = [];
    const closed = Promise.withResolvers<void>();
    new Http1Server(stream, new TestClock(), {
      request: (incoming) => {
        incoming.onGone = () => told.push('gone');
        incoming.read({
          onDrain: () => undefined,
          write: () => true,
          end: () => told.push('end'),
          abort: () => told.push('abort'),
        });
      },
      malformed: () => told.push('malformed'),
      closed: () => closed.resolve(),
    });
    client.on('error', () => undefined).resume();
    client.end('POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhal');
    await closed.promise;
    expect(told).toEqual(['abort', 'gone']);
  });
});
