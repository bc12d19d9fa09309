import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { through } from '../../../test/fixtures/through.ts';
import { MemoryBudget } from '../memory.ts';
import type { RawHeaders, ResponseHead } from '../types.ts';
import { createBroker } from './broker.ts';
import { spellings } from './encodings.ts';

const placeholder = `hfs_${'k'.repeat(26)}`;
const value = Buffer.from('s3cret+/&"value');
const created = createBroker({ secrets: [{ name: 'api-key', placeholder, value }] });
const broker = {
  ...created,
  incomingBody: (head: ResponseHead) => created.incomingBody(head, new MemoryBudget().share()),
};

const response = (headers: RawHeaders = [], status = 200): ResponseHead => ({ status, reason: 'OK', headers });

async function receive(body: Buffer, headers: RawHeaders = [], sizes: number[] = []): Promise<string> {
  const transform = broker.incomingBody(response(headers));
  if (!transform) throw new Error('nothing scrubs it');
  return (await through(transform, body, sizes)).toString();
}

const page = `<p>${value}</p>`;
const clean = `<p>${placeholder}</p>`;

describe('a response', () => {
  it.each<[string, Buffer, string]>([
    ['gzip', gzipSync(page), 'gzip'],
    ['x-gzip', gzipSync(page), 'X-GZIP'],
    ['two members of gzip', Buffer.concat([gzipSync(page.slice(0, 9)), gzipSync(page.slice(9))]), 'gzip'],
    ['deflate', deflateSync(page), 'deflate'],
    ['bare deflate', deflateRawSync(page), 'deflate'],
    ['br', brotliCompressSync(page), 'br'],
    ['zstd', zstdCompressSync(page), 'zstd'],
    ['gzip in br', brotliCompressSync(gzipSync(page)), 'gzip, br'],
    ['identity', Buffer.from(page), 'identity'],
    ['no coding', Buffer.from(page), ''],
  ])('is read through %s', async (_name, body, coding) => {
    const headers = coding === '' ? [] : ['content-encoding', coding];
    for (const sizes of [[], [1, 1, 1, 1, 1, 2, 3, 5]]) expect(await receive(body, headers, sizes)).toBe(clean);
  });

  it('is empty in any coding', async () => {
    expect(await receive(Buffer.alloc(0), ['content-encoding', 'gzip'])).toBe('');
  });

  it('loses the headers that are true of its coded bytes only', () => {
    const headers = [
      'ETag',
      '"1"',
      'Content-Encoding',
      'gzip',
      'Content-Length',
      '9',
      'Digest',
      'x',
      'Accept-Ranges',
      'bytes',
      'Vary',
      'a',
    ];
    expect(broker.incomingHead(response(headers)).headers).toEqual(['ETag', '"1"', 'Vary', 'a']);
    expect(broker.incomingHead(response(['content-length', '9'])).headers).toEqual(['content-length', '9']);
    expect(broker.incomingHead(response(headers, 304)).headers).toContain('Content-Encoding');
  });

  it('holds no secret in its head or its trailers', () => {
    const echoed = [
      'set-cookie',
      `t=${encodeURIComponent(value.toString())}; Path=/`,
      'x',
      value.toString('latin1'),
      'location',
      `/?t=${value.toString('base64url')}`,
    ];
    expect(broker.incomingHead({ ...response(echoed), reason: `No ${value}` })).toEqual({
      status: 200,
      reason: `No ${placeholder}`,
      headers: ['set-cookie', `t=${placeholder}; Path=/`, 'x', placeholder, 'location', `/?t=${placeholder}`],
    });
    expect(broker.incomingTrailers(['x', value.toString('hex')])).toEqual(['x', placeholder]);
  });

  it.each<[string, ResponseHead, string]>([
    ['a coding that cannot be read', response(['content-encoding', 'dcz']), '"dcz" cannot be read'],
    ['one among others', response(['content-encoding', 'gzip, aws-chunked']), '"aws-chunked" cannot be read'],
    ['a name of every object', response(['content-encoding', 'constructor']), 'cannot be read'],
    ['a transfer coding', response(['transfer-encoding', 'gzip, chunked']), 'its transfer coding hides its body'],
    ['too many codings', response(['content-encoding', 'gzip, gzip, gzip, gzip']), 'coded 4 times over'],
    ['a part', response([], 206), 'a part that nobody asked for'],
    ['many parts', response(['content-type', 'multipart/byteranges; boundary=x']), 'a part that nobody asked for'],
  ])('is refused for %s', (_name, head, reason) => {
    for (const read of [() => broker.incomingHead(head), () => broker.incomingBody(head)]) {
      expect(read).toThrow(
        expect.objectContaining({ code: 'network-unreachable', message: expect.stringContaining(reason) }),
      );
    }
  });

  it.each([100, 103, 204, 304])('of status %i has no body', (status) => {
    expect(broker.incomingBody(response(['content-encoding', 'dcz'], status))).toBeNull();
  });

  it('breaks where its coding is damaged or cut short', async () => {
    const zipped = gzipSync(randomBytes(5000));
    const coded = ['content-encoding', 'gzip'];
    await expect(receive(zipped.subarray(0, 3000), coded)).rejects.toMatchObject({ code: 'network-unreachable' });
    await expect(receive(Buffer.from('no gzip'), coded)).rejects.toThrow('coding is damaged');
  });

  it('flows: what is compressed and flushed arrives before the next', async () => {
    const { createGzip, constants } = await import('node:zlib');
    const gzip = createGzip({ flush: constants.Z_SYNC_FLUSH });
    const transform = broker.incomingBody(response(['content-encoding', 'gzip', 'content-type', 'text/event-stream']));
    if (!transform) throw new Error('nothing scrubs it');
    gzip.pipe(transform);
    for (const text of ['data: 1\n\n', `data: ${value}\n\n`, 'data: 3\n\n']) {
      gzip.write(text);
      const [chunk] = await once(transform, 'data');
      expect(String(chunk)).toBe(text.replace(String(value), placeholder));
    }
    gzip.destroy();
    transform.destroy();
  });

  it('goes at its reader’s pace, however much comes out of little', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    const transform = broker.incomingBody(response(['content-encoding', 'gzip']));
    if (!transform) throw new Error('nothing scrubs it');
    transform.end(bomb);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(transform.readableLength).toBeLessThan(1024 * 1024);
    let length = 0;
    for await (const chunk of transform) length += chunk.length;
    expect(length).toBe(64 * 1024 * 1024);
  });

  it('never holds a spelling of a secret, and is else the same (3)', async () => {
    const part = fc.oneof(
      fc.string({ maxLength: 8 }),
      fc.constantFrom(...spellings(value).map((each) => each.toString('latin1'))),
    );
    const codings = {
      gzip: gzipSync,
      br: brotliCompressSync,
      zstd: zstdCompressSync,
      identity: (body: Buffer) => body,
    };
    await fc.assert(
      fc.asyncProperty(
        fc.array(part, { maxLength: 10 }),
        fc.constantFrom(...(['gzip', 'br', 'zstd', 'identity'] as const)),
        fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 20 }),
        async (parts, coding, sizes) => {
          const body = Buffer.from(parts.join('|'));
          const received = await receive(codings[coding](body), ['content-encoding', coding], sizes);
          for (const each of spellings(value)) expect(received).not.toContain(each.toString('latin1'));
          expect(received).toBe(broker.scrubText(body.toString()));
        },
      ),
      { numRuns: 150 },
    );
  });
});

it('is refused when undoing its coding would take more memory than that coding may', async () => {
  const params = { [constants.ZSTD_c_windowLog]: 27, [constants.ZSTD_c_compressionLevel]: 1 };
  // In one piece it declares no window but its size, which is as much.
  const bomb = zstdCompressSync(Buffer.alloc(16 * 1024 * 1024), { params });
  await expect(receive(bomb, ['content-encoding', 'zstd'])).rejects.toMatchObject({ code: 'network-unreachable' });
});
