import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isHoldfastError } from '../schema/index.ts';
import { Fields, FieldWriter } from './fields.ts';
import { headerBytes, maxPayloadBytes } from './wire.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 400 }).filter((value) => !value.includes('\0'));

describe('fields', () => {
  it('come out as they went in', () => {
    fc.assert(
      fc.property(
        fc.maxSafeNat(),
        text,
        fc.array(text),
        fc.uint8Array(),
        fc.array(text),
        (int, one, list, raw, nested) => {
          const writer = new FieldWriter().int(1, int).text(2, one).texts(3, list).bytes(4, raw).flag(5, true);
          for (const value of nested) writer.nested(6, (entry) => entry.text(1, value).int(2, value.length));
          const fields = new Fields(writer.payload());
          expect(fields.int(1)).toBe(int);
          expect(fields.text(2)).toBe(one);
          expect(fields.texts(3)).toEqual(list);
          expect([...fields.bytes(4)]).toEqual([...raw]);
          expect(fields.int(5)).toBe(1);
          expect(fields.nested(6).map((entry) => [entry.text(1), entry.int(2)])).toEqual(
            nested.map((value) => [value, value.length]),
          );
        },
      ),
    );
  });

  it('are a frame with their header in one buffer', () => {
    const writer = new FieldWriter().text(2, 'x'.repeat(1000));
    const payload = Buffer.from(writer.payload());
    const frame = writer.frame(0x20, 0x0102_0304);
    expect([frame.readUInt32LE(0), frame[4], frame.readUInt32LE(5)]).toEqual([payload.length, 0x20, 0x0102_0304]);
    expect(frame.subarray(headerBytes).equals(payload)).toBe(true);
  });

  it('leave out what is undefined or false', () => {
    const writer = new FieldWriter().int(1, undefined).text(2, undefined).flag(3, false).flag(4, undefined);
    expect(writer.payload().length).toBe(0);
    const fields = new Fields(writer.payload());
    expect([fields.optionalInt(1), fields.optionalText(2), fields.optionalBytes(3), fields.texts(4)]).toEqual([
      undefined,
      undefined,
      undefined,
      [],
    ]);
  });

  it('refuse what a caller may not send', () => {
    const refused = expect.objectContaining({ code: 'invalid-argument' });
    for (const value of [-1, 0.5, Number.NaN, 2 ** 53]) expect(() => new FieldWriter().int(1, value)).toThrow(refused);
    for (const value of ['a\0b', '\ud800']) expect(() => new FieldWriter().text(1, value)).toThrow(refused);
    expect(() => new FieldWriter().text(1, 'x'.repeat(maxPayloadBytes))).toThrow(refused);
    expect(() => new FieldWriter().text(1, 'x'.repeat(maxPayloadBytes - 5))).not.toThrow();
  });

  it('refuse what a peer may not send', () => {
    const refused = expect.objectContaining({ code: 'guest-protocol' });
    const twice = new Fields(new FieldWriter().int(1, 1).int(1, 2).payload());
    expect(() => twice.int(1)).toThrow(refused);
    expect(() => twice.text(9)).toThrow(refused);
    const short = new Fields(new FieldWriter().bytes(1, Buffer.alloc(7)).payload());
    expect(() => short.int(1)).toThrow(refused);
    const whole = new FieldWriter().text(1, 'abc').payload();
    for (let end = 1; end < whole.length; end++) expect(() => new Fields(whole.subarray(0, end))).toThrow(refused);
  });

  it('survive any bytes: a value, or guest-protocol', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(255), (bytes, tag) => {
        for (const read of ['int', 'text', 'texts', 'bytes', 'nested', 'signed', 'optionalInt'] as const) {
          expect(onlyProtocolErrors(() => new Fields(Buffer.from(bytes))[read](tag))).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });
});

function onlyProtocolErrors(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch (error) {
    return isHoldfastError(error) && error.code === 'guest-protocol';
  }
}
