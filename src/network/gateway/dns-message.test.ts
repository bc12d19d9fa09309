import dnsPacket from 'dns-packet';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DnsFrames, framed, readDns, writeDns, writeDnsError } from './dns-message.ts';
import { pointerAddress } from './synthetic.ts';

const opt = { type: 'OPT' as const, name: '.' as const, udpPayloadSize: 4096, flags: 0, options: [] };
const ask = (name: string, type: 'A' | 'AAAA' | 'TXT' = 'A', edns = false): Buffer =>
  dnsPacket.encode({
    type: 'query',
    id: 77,
    flags: dnsPacket.RECURSION_DESIRED,
    questions: [{ name, type }],
    ...(edns ? { additionals: [opt as unknown as dnsPacket.Answer] } : {}),
  });
const question = (bytes: Buffer) => {
  const read = readDns(bytes);
  if (read.state !== 'question') throw new Error(read.state);
  return read.question;
};

describe('readDns', () => {
  it('reads a question', () => {
    expect(question(ask('Api.Example.com', 'AAAA', true))).toMatchObject({
      id: 77,
      name: 'Api.Example.com',
      type: 28,
      edns: true,
    });
    expect(question(ask('api.example.com'))).toMatchObject({ edns: false, recursionDesired: true });
  });

  const bent = (change: (bytes: Buffer) => void): Buffer => {
    const bytes = ask('a.example');
    change(bytes);
    return bytes;
  };
  it.each([
    ['a response', bent((bytes) => bytes.writeUInt8(0x80, 2)), { state: 'drop' }],
    ['too few bytes', Buffer.alloc(11), { state: 'drop' }],
    ['another operation', bent((bytes) => bytes.writeUInt8(0x28, 2)), { state: 'error', code: 'notImplemented' }],
    ['two questions', bent((bytes) => bytes.writeUInt16BE(2, 4)), { state: 'error', code: 'formatError' }],
    ['an answer', bent((bytes) => bytes.writeUInt16BE(1, 6)), { state: 'error', code: 'formatError' }],
    ['another class', bent((bytes) => bytes.writeUInt16BE(3, bytes.length - 2)), { state: 'error', code: 'refused' }],
    [
      'a pointer as the name',
      bent((bytes) => bytes.writeUInt16BE(0xc00c, 12)),
      { state: 'error', code: 'formatError' },
    ],
    ['bytes left over', Buffer.concat([ask('a.example'), Buffer.from([0])]), { state: 'error', code: 'formatError' }],
    ['a cut name', ask('a.example').subarray(0, 16), { state: 'error', code: 'formatError' }],
  ])('refuses %s', (_, bytes, expected) => {
    expect(readDns(bytes)).toMatchObject(expected);
  });

  it.each([0x00, 0x2e, 0x20, 0x5c, 0x80, 0xff])('calls no name what has the byte %i in a label', (byte) => {
    const bytes = ask('aXb.example');
    bytes[bytes.indexOf('X')] = byte;
    expect(question(bytes).name).toBeNull();
  });

  it('throws for no bytes at all, and what it writes can be read', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => void readDns(Buffer.from(bytes))));
    fc.assert(
      fc.property(fc.nat(40), fc.nat(255), (at, value) => {
        const bytes = ask('api.example.com', 'A', true);
        bytes[at % bytes.length] = value;
        const read = readDns(bytes);
        if (read.state === 'question') dnsPacket.decode(writeDns(read.question, { code: 'noName' }));
      }),
    );
  });
});

describe('writeDns', () => {
  it('answers with the question as it came, its mixed case too', () => {
    const answer = writeDns(question(ask('aPi.eXample.com')), { code: 'noError', address: '127.64.1.2' });
    expect(dnsPacket.decode(answer)).toMatchObject({
      id: 77,
      type: 'response',
      rcode: 'NOERROR',
      questions: [{ name: 'aPi.eXample.com', type: 'A' }],
      answers: [{ name: 'aPi.eXample.com', type: 'A', ttl: 60, data: '127.64.1.2' }],
    });
  });

  it('says why in an extended error, to who reads them', () => {
    const extended = { code: 15, text: 'no-rule: No rule allows it.' };
    const told = dnsPacket.decode(writeDns(question(ask('a.example', 'A', true)), { code: 'noName', extended }));
    expect(told).toMatchObject({ rcode: 'NXDOMAIN' });
    const [record] = told.additionals as unknown as { type: string; options: { code: number; data: Buffer }[] }[];
    expect(record?.options[0]?.code).toBe(15);
    expect(record?.options[0]?.data.subarray(2).toString()).toBe(extended.text);
    expect(dnsPacket.decode(writeDns(question(ask('a.example')), { code: 'noName', extended })).additionals).toEqual(
      [],
    );
  });

  it('writes errors and pointers', () => {
    expect(dnsPacket.decode(writeDnsError(5, 'formatError'))).toMatchObject({ id: 5, rcode: 'FORMERR', questions: [] });
    const pointer = writeDns(question(ask('2.1.64.127.in-addr.arpa')), { code: 'noError', pointer: 'a.example' });
    expect(dnsPacket.decode(pointer).answers).toMatchObject([{ type: 'PTR', data: 'a.example' }]);
    expect(pointerAddress('2.1.64.127.in-addr.arpa')).toBe('127.64.1.2');
    expect(pointerAddress('a.example')).toBeNull();
  });
});

describe('DnsFrames', () => {
  it('takes questions off a stream, however it is split', () => {
    const messages = [ask('a.example'), ask('b.example', 'TXT')];
    const whole = Buffer.concat(messages.map(framed));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: whole.length }), (size) => {
        const frames = new DnsFrames();
        const got: Buffer[] = [];
        for (let at = 0; at < whole.length; at += size) got.push(...frames.push(whole.subarray(at, at + size)));
        expect(got).toEqual(messages);
      }),
    );
  });

  it('refuses a length that no question has', () => {
    expect(() => new DnsFrames().push(Buffer.from([0xff, 0xff]))).toThrow(/too long/);
  });
});
