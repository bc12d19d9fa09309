import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFrame, FrameDecoder, readUint64, writeUint64 } from './frames.ts';
import { headerBytes, maxPayloadBytes } from './wire.ts';

interface Frame {
  type: number;
  id: number;
  payload: Buffer;
}

const frame = fc.record({
  type: fc.nat(255),
  id: fc.nat(0xffff_ffff),
  payload: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
});

describe('frames', () => {
  it('decode the same under every split into two', () => {
    const frames = [
      { type: 1, id: 1, payload: Buffer.alloc(0) },
      { type: 0xff, id: 0xffff_ffff, payload: Buffer.from('twelve bytes') },
      { type: 0x72, id: 7, payload: Buffer.alloc(0) },
      { type: 0x72, id: 7, payload: Buffer.from('x') },
    ];
    const bytes = encode(frames);
    for (let at = 0; at <= bytes.length; at++) {
      for (let then = at; then <= bytes.length; then++) {
        expect(decode([bytes.subarray(0, at), bytes.subarray(at, then), bytes.subarray(then)])).toEqual(frames);
      }
    }
  });

  it('decode the same byte by byte and under any split', () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 6 }), fc.array(fc.nat(300)), (frames, cuts) => {
        const bytes = encode(frames);
        expect(decode([...bytes].map((byte) => Buffer.from([byte])))).toEqual(frames);
        const ends = [...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
        expect(decode(ends.map((end, n) => bytes.subarray(ends[n - 1] ?? 0, end)))).toEqual(frames);
      }),
    );
  });

  it('hand out a view of the chunk a payload came whole in', () => {
    const bytes = encodeFrame(1, 2, Buffer.from('abc'));
    let view: Buffer | undefined;
    new FrameDecoder((_type, _id, payload) => (view = payload)).push(bytes);
    bytes.write('xyz', headerBytes);
    expect(view?.toString()).toBe('xyz');
  });

  it('come in pieces where that is wanted, with nothing lost or mixed', () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 6 }), fc.array(fc.nat(300)), (frames, cuts) => {
        const bytes = encode(frames);
        const ends = [...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
        const seen: Frame[] = [];
        const decoder = new FrameDecoder(
          (type, id, payload) => {
            const last = seen.at(-1);
            const wanted = frames[seen.length - 1];
            if (last && wanted && type % 2 === 0 && last.payload.length < wanted.payload.length) {
              expect([type, id]).toEqual([last.type, last.id]);
              last.payload = Buffer.concat([last.payload, payload]);
            } else seen.push({ type, id, payload: Buffer.from(payload) });
          },
          (type) => type % 2 === 0,
        );
        for (const [n, end] of ends.entries()) decoder.push(bytes.subarray(ends[n - 1] ?? 0, end));
        expect(seen).toEqual(frames);
      }),
    );
  });

  it('take the largest payload and refuse a larger one as soon as its length is known', () => {
    const largest = Buffer.alloc(maxPayloadBytes, 1);
    expect(decode([encodeFrame(1, 1, largest)])[0]?.payload.equals(largest)).toBe(true);
    const header = Buffer.alloc(headerBytes);
    header.writeUInt32LE(maxPayloadBytes + 1);
    for (let cut = 0; cut < headerBytes; cut++) {
      expect(() => decode([header.subarray(0, cut), header.subarray(cut)])).toThrow(
        expect.objectContaining({ code: 'guest-protocol', hint: expect.any(String) }),
      );
    }
  });

  it('carry integers up to 2^53 - 1 and refuse larger ones', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        const bytes = Buffer.alloc(8);
        writeUint64(bytes, 0, value);
        expect([bytes.readBigUInt64LE(), readUint64(bytes, 0)]).toEqual([BigInt(value), value]);
      }),
    );
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(2n ** 53n);
    expect(() => readUint64(bytes, 0)).toThrow(expect.objectContaining({ code: 'guest-protocol' }));
  });
});

const encode = (frames: Frame[]): Buffer =>
  Buffer.concat(frames.map(({ type, id, payload }) => encodeFrame(type, id, payload)));

function decode(chunks: Buffer[]): Frame[] {
  const frames: Frame[] = [];
  const decoder = new FrameDecoder((type, id, payload) => frames.push({ type, id, payload: Buffer.from(payload) }));
  for (const chunk of chunks) decoder.push(chunk);
  return frames;
}
