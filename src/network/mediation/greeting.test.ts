import { Duplex, PassThrough } from 'node:stream';
import { connect } from 'node:tls';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../base/index.ts';
import { parseGreeting, readGreeting } from './greeting.ts';

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

describe('a TLS greeting', () => {
  it('says the name and the protocols, in order', async () => {
    const bytes = await greetingOf({ servername: 'api.example.com', ALPNProtocols: ['h2', 'http/1.1'] });
    expect(parseGreeting(bytes)).toEqual({ serverName: 'api.example.com', protocols: ['h2', 'http/1.1'] });
    expect(parseGreeting(await greetingOf({}))).toEqual({ serverName: null, protocols: [] });
  });

  it('is waited for, piece by piece, and put back', async () => {
    const bytes = await greetingOf({ servername: 'a.test' });
    const stream = new PassThrough();
    const read = readGreeting(stream, systemClock);
    for (const byte of bytes) stream.write(Buffer.from([byte]));
    expect((await read).serverName).toBe('a.test');
    await new Promise((resolve) => setImmediate(resolve));
    expect(stream.read()).toEqual(bytes);
  });

  it('spans records', async () => {
    const bytes = await greetingOf({ servername: 'a.test' });
    const body = bytes.subarray(5);
    const records = [body.subarray(0, 1), body.subarray(1, 90), body.subarray(90)].map((part) =>
      Buffer.concat([Buffer.from([22, 3, 1, 0, 0]), part]),
    );
    for (const record of records) record.writeUInt16BE(record.length - 5, 3);
    expect(parseGreeting(Buffer.concat(records))).toMatchObject({ serverName: 'a.test' });
    expect(parseGreeting(Buffer.concat(records.slice(0, 2)))).toBeTypeOf('number');
  });

  it('is refused when it is another protocol or does not end', () => {
    expect(() => parseGreeting(Buffer.from('GET / HTTP/1.1'))).toThrow('not a TLS greeting');
    expect(() => parseGreeting(Buffer.from([22, 3, 1, 0, 0]))).toThrow('malformed');
    expect(() => parseGreeting(Buffer.from([22, 3, 1, 0, 4, 1, 1, 0, 0]))).toThrow('too long');
    const crumbs = Array.from({ length: 40 }, (_, index) => [22, 3, 1, 0, 1, [1, 0][index] ?? 0x7f]);
    expect(() => parseGreeting(Buffer.from(crumbs.flat()))).toThrow('too many records');
  });

  it('never fails otherwise, whatever is changed in it', async () => {
    const bytes = await greetingOf({ servername: 'a.test', ALPNProtocols: ['h2'] });
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), fc.nat(bytes.length), (at, value, cut) => {
        const changed = Buffer.from(bytes.subarray(0, cut));
        if (at < changed.length) changed[at] = value;
        try {
          parseGreeting(changed);
        } catch (error) {
          expect(String(error)).toMatch(/TLS greeting/);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
