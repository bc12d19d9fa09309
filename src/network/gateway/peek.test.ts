import { Duplex, PassThrough } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../base/index.ts';
import { classify, peek } from './peek.ts';

const options = { clock: systemClock, timeoutMs: 2000 };
const tls = Buffer.from('16030100', 'hex');

describe('classify', () => {
  it.each([
    ['GET / HTTP/1.1', 'http'],
    ['get / HTTP/1.1', 'http'],
    ['\r\n\r\nGET / HTTP/1.1', 'http'],
    ['GET\t/ HTTP/1.1', 'http'],
    ['GET http://a.example/', 'http'],
    ['OPTIONS * HTTP/1.1', 'http'],
    ['PRI * HTTP/2.0', 'http'],
    ['SSH-2.0-OpenSSH_9.6', 'other'],
    ['PING\r\n', 'other'],
    ['EHLO me', 'other'],
    ['\x00\x01', 'other'],
    ['GE', 'more'],
    ['GET ', 'more'],
    ['GET ht', 'more'],
    ['\r\n', 'more'],
    ['', 'more'],
  ])('%j is %s', (text, kind) => {
    const result = classify(Buffer.from(text, 'latin1'));
    expect(result === 'more' ? result : result.kind).toBe(kind);
  });

  it('is the same for any split: what is decided stays decided (1)', () => {
    const text = fc.oneof(fc.string({ maxLength: 40 }), fc.constantFrom('GET / HTTP/1.1\r\n', '\nPOST /x', 'PING\r\n'));
    fc.assert(
      fc.property(text, fc.nat(40), (whole, cut) => {
        const bytes = Buffer.from(whole, 'latin1');
        const early = classify(bytes.subarray(0, cut));
        if (early !== 'more') expect(classify(bytes)).toEqual(early);
      }),
    );
  });

  it('never calls `other` what a server could read as HTTP or TLS (2)', () => {
    const ends = fc.constantFrom('', '\r\n', '\n\n');
    const method = fc.stringMatching(/^[A-Za-z-]{1,32}$/);
    const target = fc.constantFrom('/', '/a', '*', 'http://x/', 'HTTPS://x/');
    fc.assert(
      fc.property(ends, method, fc.constantFrom(' ', '\t', '  '), target, (end, name, gap, path) => {
        expect(classify(Buffer.from(`${end}${name}${gap}${path} HTTP/1.1\r\n`))).toEqual({ kind: 'http' });
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (rest) => {
        const result = classify(Buffer.concat([Buffer.from([22]), rest]));
        expect(result === 'more' || result.kind === 'tls' || result.kind === 'malformed').toBe(true);
      }),
    );
  });
});

describe('peek', () => {
  it('loses nothing', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 9 }), { minLength: 1, maxLength: 20 }),
        async (pieces) => {
          const stream = new PassThrough();
          for (const piece of pieces) stream.write(piece);
          stream.end();
          const first = await peek(stream, options);
          if (first.kind === 'nothing') return;
          stream.resume();
          const got: Buffer[] = [];
          for await (const chunk of stream) got.push(chunk);
          expect(Buffer.concat(got)).toEqual(Buffer.concat(pieces));
        },
      ),
      { numRuns: 50 },
    );
  });

  it('answers `quiet` only when not one byte came', async () => {
    expect(await peek(new PassThrough(), { ...options, quietMs: 20 })).toEqual({ kind: 'quiet' });
    const slow = new PassThrough();
    slow.write('G');
    expect(await peek(slow, { ...options, timeoutMs: 60, quietMs: 20 })).toMatchObject({ kind: 'nothing' });
  });

  it('waits no longer than told for half a greeting', async () => {
    const stream = new PassThrough();
    stream.write(tls);
    expect(await peek(stream, { ...options, timeoutMs: 30 })).toMatchObject({ kind: 'nothing' });
  });

  it('sees an end, an error and a stream that is gone', async () => {
    const ended = new PassThrough();
    ended.end('GE');
    expect(await peek(ended, options)).toMatchObject({ kind: 'nothing' });
    const broken = new Duplex({ read: () => undefined });
    broken.on('error', () => undefined);
    const peeking = peek(broken, options);
    broken.destroy(new Error('broken'));
    expect(await peeking).toMatchObject({ kind: 'nothing' });
    expect(await peek(broken, options)).toMatchObject({ kind: 'nothing' });
  });
});
