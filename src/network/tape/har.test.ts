import { rm } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import { begin, record, temporaryHome } from '../../../test/fixtures/tapes.ts';
import { openTapeStore, type TapeStore } from './store.ts';

const tenant = 'local';
let home: string;
let store: TapeStore;

beforeEach(async () => {
  home = await temporaryHome();
  store = await openTapeStore({ home });
});

afterEach(async () => {
  await store.close();
  await rm(home, { recursive: true });
});

const nameAndValue = z.strictObject({ name: z.string(), value: z.string() });
const time = z.number().min(-1);
/** HAR 1.2 as far as an export has it; fields of its own begin with an underscore, as the format wants. */
const harSchema = z.strictObject({
  log: z.strictObject({
    version: z.literal('1.2'),
    creator: z.strictObject({ name: z.string(), version: z.string() }),
    entries: z.array(
      z.strictObject({
        startedDateTime: z.iso.datetime(),
        time: z.number().min(0),
        request: z.strictObject({
          method: z.string(),
          url: z.url(),
          httpVersion: z.string(),
          cookies: z.array(nameAndValue),
          headers: z.array(nameAndValue),
          queryString: z.array(nameAndValue),
          headersSize: z.int(),
          bodySize: z.int(),
          postData: z
            .strictObject({
              mimeType: z.string(),
              params: z.array(nameAndValue),
              text: z.string(),
              comment: z.string().optional(),
              _size: z.int(),
              _encoding: z.literal('base64').optional(),
            })
            .optional(),
        }),
        response: z.strictObject({
          status: z.int(),
          statusText: z.string(),
          httpVersion: z.string(),
          cookies: z.array(nameAndValue),
          headers: z.array(nameAndValue),
          redirectURL: z.string(),
          headersSize: z.int(),
          bodySize: z.int(),
          _error: z.string().optional(),
          content: z.strictObject({
            size: z.int(),
            mimeType: z.string(),
            text: z.string().optional(),
            encoding: z.literal('base64').optional(),
            comment: z.string().optional(),
          }),
        }),
        cache: z.strictObject({}),
        timings: z.strictObject({
          blocked: time,
          dns: time,
          connect: time,
          ssl: time,
          send: z.number().min(0),
          wait: z.number().min(0),
          receive: z.number().min(0),
        }),
        serverIPAddress: z.string().optional(),
        connection: z.string().optional(),
        _resourceType: z.literal('websocket').optional(),
        _webSocketMessages: z
          .array(
            z.strictObject({ type: z.enum(['send', 'receive']), time: z.number(), opcode: z.int(), data: z.string() }),
          )
          .optional(),
        comment: z.string().optional(),
        _exchange: z.int(),
      }),
    ),
  }),
});

async function exported(tape: string) {
  let text = '';
  for await (const piece of store.har(tenant, tape, '1.0.0')) text += piece;
  return harSchema.parse(JSON.parse(text)).log.entries;
}

it('exports text, binary, compressed, long, cut and failed exchanges as HAR 1.2', async () => {
  const recorder = await store.create({ tenant });
  const long = Buffer.alloc(2_000_001, 'abc\u00e9');
  const json = ['Content-Type', 'application/json', 'Cookie', 'a=1; b=2'];
  record(recorder, { method: 'POST', target: '/a?x=1&y=%20', headers: json, body: ['{"a":1}'] }, { body: ['hé'] });
  record(recorder, { target: '/binary' }, { body: [Buffer.from([0xff, 0xfe, 0])] });
  const headers = [
    'Content-Encoding',
    'gzip',
    'Content-Type',
    'text/plain',
    'Set-Cookie',
    'c=3; Path=/',
    'set-cookie',
    'd=',
  ];
  record(recorder, { target: '/packed' }, { headers, body: [gzipSync('unpacked')] });
  record(recorder, { target: '/lying' }, { headers: ['content-encoding', 'gzip'], body: ['not gzip'] });
  record(recorder, { target: '/long', port: 8443 }, { body: [long] });
  record(recorder, { target: '/moved' }, { status: 302, headers: ['Location', '/a'] });
  begin(recorder, { target: '/dead' }).failed('refused');
  await recorder.close();

  const [posted, binary, packed, lying, longer, moved, dead] = await exported(recorder.tape);
  expect(posted?.request).toMatchObject({
    method: 'POST',
    url: 'https://api.example.com/a?x=1&y=%20',
    cookies: [
      { name: 'a', value: '1' },
      { name: 'b', value: '2' },
    ],
    queryString: [
      { name: 'x', value: '1' },
      { name: 'y', value: ' ' },
    ],
    postData: { mimeType: 'application/json', text: '{"a":1}' },
  });
  expect(posted?.response.content).toMatchObject({ size: 3, text: 'hé' });
  expect(binary?.response.content).toMatchObject({ encoding: 'base64', text: '//4A' });
  expect(packed?.response.content).toMatchObject({ size: 8, text: 'unpacked' });
  expect(packed?.response.cookies).toEqual([
    { name: 'c', value: '3' },
    { name: 'd', value: '' },
  ]);
  expect(lying?.response.content.text).toBe('not gzip');
  expect(longer?.request.url).toBe('https://api.example.com:8443/long');
  expect(Buffer.from(longer?.response.content.text ?? '', 'base64').equals(long)).toBe(true);
  expect(moved?.response).toMatchObject({ status: 302, redirectURL: '/a' });
  expect(dead?.response).toMatchObject({ status: 0, _error: 'refused' });
});

it('exports WebSocket messages, and says of cut bodies how much is there', async () => {
  const small = await openTapeStore({ home, limits: { bodyBytes: 10 } });
  const recorder = await small.create({ tenant });
  const taped = begin(recorder, { target: '/socket' });
  taped.response({ status: 101, reason: '', headers: [] });
  taped.frame('up', 1, Buffer.from('hello'));
  taped.frame('down', 2, Buffer.from([1, 2, 255]));
  taped.responseEnd();
  record(recorder, { target: '/cut' }, { body: ['twelve bytes'] });
  await recorder.close();
  await small.close();
  const [socket, cut] = await exported(recorder.tape);
  expect(socket?._webSocketMessages).toMatchObject([
    { type: 'send', opcode: 1, data: 'hello' },
    { type: 'receive', opcode: 2, data: 'AQL/' },
  ]);
  expect(cut?.response.content).toMatchObject({
    text: 'twelve byt',
    comment: 'the tape has 10 of 12 bytes (body-limit)',
  });
});

it('exports a tape without exchanges', async () => {
  const recorder = await store.create({ tenant });
  await recorder.close();
  expect(await exported(recorder.tape)).toEqual([]);
});
