import { Duplex, PassThrough } from 'node:stream';
import { connect } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../base/index.ts';
import { readGreeting } from './greeting.ts';

/** What a real client sends first. */
async function greetingOf(options: { servername?: string; ALPNProtocols?: string[] }): Promise<Buffer> {
  const first = Promise.withResolvers<Buffer>();
  const wire = new Duplex({
    read: () => undefined,
    write: (chunk, _encoding, done) => done(first.resolve(chunk) ?? null),
  });
  const socket = connect({ socket: wire, rejectUnauthorized: false, ...options });
  socket.on('error', () => undefined);
  const bytes = await first.promise;
  socket.destroy();
  return bytes;
}

/** What `readGreeting` makes of bytes after which nothing comes. */
function read(bytes: Buffer): ReturnType<typeof readGreeting> {
  const stream = new PassThrough();
  stream.end(bytes);
  return readGreeting(stream, systemClock);
}

describe('a TLS greeting', () => {
  it('says the name and the protocols, in order', async () => {
    const bytes = await greetingOf({ servername: 'api.example.com', ALPNProtocols: ['h2', 'http/1.1'] });
    expect(await read(bytes)).toEqual({ serverName: 'api.example.com', alpn: ['h2', 'http/1.1'], encrypted: false });
  });

  it('is waited for, piece by piece, and put back', async () => {
    const bytes = await greetingOf({ servername: 'a.test' });
    const stream = new PassThrough();
    const reading = readGreeting(stream, systemClock);
    for (const byte of bytes) stream.write(Buffer.from([byte]));
    expect((await reading).serverName).toBe('a.test');
    await new Promise((resolve) => setImmediate(resolve));
    expect(stream.read()).toEqual(bytes);
  });

  it('is refused when it is another protocol, too long, or cut off', async () => {
    const bytes = await greetingOf({ servername: 'a.test' });
    await expect(read(Buffer.from('GET / HTTP/1.1'))).rejects.toThrow('not a TLS greeting');
    await expect(read(Buffer.from([22, 3, 1, 0, 0]))).rejects.toThrow('not a TLS greeting');
    await expect(read(Buffer.from([22, 3, 1, 0, 4, 1, 1, 0, 0]))).rejects.toThrow('larger than');
    await expect(read(bytes.subarray(0, 20))).rejects.toThrow('ended before');
  });
});
