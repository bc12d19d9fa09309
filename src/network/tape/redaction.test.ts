/** What a recording calls a secret, on its tape: nowhere as itself, and as the token everywhere that a replay asks. */
import { randomBytes } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  brotliCompressSync,
  brotliDecompressSync,
  deflateSync,
  gunzipSync,
  gzipSync,
  inflateSync,
  zstdCompressSync,
  zstdDecompressSync,
} from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { canarySecret } from '../../../test/fixtures/network/canary-secret.ts';
import { ask, type Heard, record, type Said, temporaryHome, textOf } from '../../../test/fixtures/tapes.ts';
import { Redactor } from '../secrets/redactor.ts';
import { openTapeStore, type TapeStore } from './store.ts';

const tenant = 'local';
const key = new Uint8Array(32).fill(7);
const canary = canarySecret();
const redactor = new Redactor(key, tenant, () => undefined);
redactor.learnEnvironment({ API_TOKEN: canary.value });
const token = redactor.text(canary.value);
const { secrets } = redactor;

let home: string;
let store: TapeStore;

beforeEach(async () => {
  home = await temporaryHome();
  store = await openTapeStore({ home, limits: { bodyBytes: 1024 * 1024 } });
});
afterEach(async () => {
  await store.close();
  await rm(home, { recursive: true });
});

const basic = (value: string): string => `Basic ${Buffer.from(`user:${value}`).toString('base64')}`;
const form = ['content-type', 'application/x-www-form-urlencoded'];
const json = ['content-type', 'application/json'];
/** More than a part of a body: its pieces reach the writer one after the other. */
const filler = 'x'.repeat(100_000);

/** The same with any value: as the program sent it with the secret, and as it does with the token. */
const sayings: Record<string, (value: string) => Said> = {
  'in a header': (value) => ({ headers: ['authorization', `Bearer ${value}`] }),
  'in basic authentication': (value) => ({ headers: ['Authorization', basic(value)] }),
  'in the query': (value) => ({ target: `/?a=1&token=${encodeURIComponent(value)}` }),
  'in base64 in the query': (value) => ({ target: `/?t=${Buffer.from(`a${value}bc`).toString('base64url')}&x` }),
  'in the path': (value) => ({ target: `/x/${encodeURIComponent(value)}/y` }),
  'in the name of a host': (value) => ({ host: `${hostLabel(value)}.example.com` }),
  'in JSON': (value) => ({ method: 'POST', headers: json, body: [JSON.stringify({ a: { value }, b: 1 })] }),
  'in JSON in base64': (value) => ({
    method: 'POST',
    body: [Buffer.from(JSON.stringify({ user: 'me', value, more: true })).toString('base64')],
  }),
  'in a form': (value) => ({ method: 'POST', headers: form, body: [`${new URLSearchParams({ value, x: 'y' })}`] }),
  'in hexadecimal': (value) => ({ method: 'POST', body: [Buffer.from(value).toString('hex')] }),
  'in pieces': (value) => ({ method: 'POST', body: pieces(`${value},${value}`) }),
  'in a long body': (value) => ({ method: 'POST', body: [filler, ...pieces(value), filler, value] }),
};
const label = 'Acme-Tenant-0042';
const hostLabel = (value: string): string => (value === token ? redactor.text(label) : label).toLowerCase();
redactor.learnEnvironment({ LABEL_SECRET: label });

function pieces(text: string): string[] {
  return text.match(/.{1,5}/gs) ?? [];
}

interface Spoken {
  said: Said;
  heard?: Heard;
}

async function taped(all: readonly Spoken[], known = redactor.secrets): Promise<string> {
  const recorder = await store.create({ tenant, rules: { headers: ['authorization'] }, secrets: known });
  for (const { said, heard = { body: ['answer'] } } of all) record(recorder, said, heard);
  await recorder.close();
  return recorder.tape;
}

/** Each is an answer of its own. */
const answers = (heard: readonly Heard[]): Spoken[] =>
  heard.map((one, at) => ({ said: { target: `/${at}` }, heard: one }));

async function harOf(tape: string): Promise<string> {
  let text = '';
  for await (const piece of store.har(tenant, tape, '1')) text += piece;
  return text;
}

/** Spellings that stand in any of its files, as they lie there or decompressed. */
async function found(tape: string): Promise<string[]> {
  const entries = await readdir(join(home, 'tapes', tape), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  expect(files.length).toBeGreaterThan(1);
  const bytes = await Promise.all(files.map((path) => readFile(path)));
  return bytes.flatMap((data, at) => [
    ...canary.in(data),
    ...(files[at]?.endsWith('.zst') ? canary.in(zstdDecompressSync(data)) : []),
  ]);
}

async function expectClean(tape: string): Promise<void> {
  const har = await harOf(tape);
  expect(await found(tape)).toEqual([]);
  expect(canary.in(har)).toEqual([]);
  expect(har.toLowerCase()).not.toContain(label.toLowerCase());
  await store.verify(tenant, tape);
  expect(await readdir(join(home, 'tapes', tape))).not.toContain('spool');
}

describe('a secret that a program sends', () => {
  it('is on no tape, and who sends its token is answered exactly', async () => {
    const tape = await taped(Object.values(sayings).map((say) => ({ said: say(canary.value) })));
    await expectClean(tape);
    const player = await store.player(tenant, tape);
    for (const [where, say] of Object.entries(sayings)) {
      const { response } = await ask(player, say(token));
      expect({ where, match: response?.match }).toEqual({ where, match: 'exact' });
    }
    await player.close();
  });

  it('would be found: without being told, the tape has it', async () => {
    const recorder = await store.create({ tenant });
    for (const say of Object.values(sayings)) record(recorder, say(canary.value));
    await recorder.close();
    expect(await found(recorder.tape)).not.toEqual([]);
    expect(canary.in(await harOf(recorder.tape))).not.toEqual([]);
  });

  it('is known to who plays the tape with it, too, and to nobody else', async () => {
    const tape = await taped([{ said: { target: `/?t=${encodeURIComponent(canary.value)}` } }]);
    const asked = { target: `/?t=${encodeURIComponent(canary.value)}` };
    const [knowing, other] = [await store.player(tenant, tape, { secrets }), await store.player(tenant, tape)];
    expect(await textOf(knowing, asked)).toBe('answer');
    expect(await textOf(other, asked)).toBe('miss');
    expect(await store.hasTokens(tenant, tape)).toBe(true);
    await Promise.all([knowing.close(), other.close()]);
  });

  it('that is a well-known key is found by its form, in basic authentication as well', async () => {
    const word = `ghp_${'a1B2'.repeat(9)}`;
    const say = (value: string): Said => ({
      method: 'POST',
      headers: ['authorization', basic(value)],
      body: [`${filler} `, value.slice(0, 11), value.slice(11)],
    });
    const known = new Redactor(key, tenant, () => undefined);
    const tape = await taped([{ said: say(word) }], known.secrets);
    const lines = await readFile(join(home, 'tapes', tape, 'exchanges.jsonl'), 'utf8');
    expect(lines).not.toContain(basic(word).slice(16, 48));
    const player = await store.player(tenant, tape);
    expect((await ask(player, say(known.text(word)))).response?.match).toBe('exact');
    await player.close();
  });

  it('that is learnt later is taken out from then on', async () => {
    const recorder = await store.create({ tenant, secrets: { ...secrets, values: [] } });
    record(recorder, { target: '/before' });
    await recorder.takeOut(secrets);
    record(recorder, { target: `/?${encodeURIComponent(canary.value)}` });
    await recorder.close();
    expect(await found(recorder.tape)).toEqual([]);
    const player = await store.player(tenant, recorder.tape);
    expect((await ask(player, { target: `/?${token}` })).response?.match).toBe('exact');
    await player.close();
  });
});

/** Near its end, where what is in it has been told already. */
function damaged(coded: Buffer): Buffer {
  const bytes = Buffer.from(coded);
  bytes.fill(0xa5, bytes.length - 7, bytes.length - 4);
  return bytes;
}

/** By a reader that takes what it can get. */
function undone({ text, encoding }: { text: string; encoding?: string }): string {
  const bytes = encoding === 'base64' ? Buffer.from(text, 'base64') : Buffer.from(text);
  const readers = [gunzipSync, inflateSync, brotliDecompressSync, zstdDecompressSync];
  return readers
    .map((read) => {
      try {
        return read(bytes, { finishFlush: read === brotliDecompressSync ? 1 : 2 }).toString('latin1');
      } catch {
        return '';
      }
    })
    .join();
}

describe('a secret that a server says', () => {
  const codings: Record<string, (data: Buffer) => Buffer> = {
    gzip: (data) => gzipSync(data),
    deflate: (data) => deflateSync(data),
    br: (data) => brotliCompressSync(data),
    zstd: (data) => zstdCompressSync(data),
    'gzip, br': (data) => brotliCompressSync(gzipSync(data)),
  };
  const echo = Buffer.from(JSON.stringify({ echo: canary.value, noise: randomBytes(50_000).toString('hex') }));

  it('is a token in heads, trailers and bodies, and the length is right', async () => {
    const body = `you said ${canary.value}.`;
    const headers = ['x-said', canary.value, 'Content-Length', String(Buffer.byteLength(body))];
    const tape = await taped([{ said: {}, heard: { headers, body: pieces(body), trailers: ['x-end', canary.value] } }]);
    await expectClean(tape);
    const player = await store.player(tenant, tape);
    const { response, pieces: parts } = await ask(player, {});
    const said = `you said ${token}.`;
    expect(Buffer.concat(parts ?? []).toString()).toBe(said);
    expect(response?.head.headers).toEqual(['x-said', token, 'Content-Length', String(said.length)]);
    expect(response?.trailers).toEqual(['x-end', token]);
    await player.close();
  });

  it('is one in what comes coded, and comes so again', async () => {
    const short = Buffer.from(`{"echo":${JSON.stringify(canary.value)}}`);
    const all = Object.entries(codings).flatMap(([coding, encode]) =>
      [short, echo].map((plain) => ({ headers: ['content-encoding', coding], body: [encode(plain)] })),
    );
    const tape = await taped(answers(all));
    await expectClean(tape);
    const { entries } = JSON.parse(await harOf(tape)).log;
    const player = await store.player(tenant, tape);
    for (const [at, { headers }] of all.entries()) {
      expect(entries[at].response.content.text).toContain(token);
      const { response, pieces: parts } = await ask(player, { target: `/${at}` });
      expect(response?.head.headers).toEqual(headers);
      expect(response?.broken).toBeNull();
      if (headers.includes('gzip')) expect(gunzipSync(Buffer.concat(parts ?? [])).toString()).toContain(token);
    }
    await player.close();
  });

  it('is none in what is coded and holds none: the bytes are those that came', async () => {
    const all = ['short', randomBytes(200_000)].map((plain) => gzipSync(plain, { level: 1 }));
    const tape = await taped(answers(all.map((coded) => ({ headers: ['content-encoding', 'gzip'], body: [coded] }))));
    const player = await store.player(tenant, tape);
    for (const [at, coded] of all.entries())
      expect(Buffer.concat((await ask(player, { target: `/${at}` })).pieces ?? []).equals(coded)).toBe(true);
    await player.close();
  });

  const hidden: Record<string, [coding: string, body: Buffer]> = {
    'cut off': ['gzip', gzipSync(echo).subarray(0, -20_000)],
    'cut off in br': ['br', brotliCompressSync(echo).subarray(0, -20_000)],
    'cut off in zstd': ['zstd', zstdCompressSync(echo).subarray(0, -20_000)],
    'cut off in deflate': ['deflate', deflateSync(echo).subarray(0, -20_000)],
    'cut off and short': ['gzip', gzipSync(canary.value).subarray(0, -3)],
    damaged: ['gzip', damaged(gzipSync(echo))],
    'damaged and short': ['gzip', damaged(gzipSync(canary.value))],
    'damaged in br': ['br', damaged(brotliCompressSync(echo))],
    'damaged in zstd': ['zstd', damaged(zstdCompressSync(echo))],
    'over before it': ['gzip', Buffer.concat([gzipSync('something'), Buffer.from(canary.value)])],
    'in no coding at all': ['gzip', Buffer.from(`not gzip: ${canary.value}`)],
    'in a coding of its own': ['x-own', Buffer.from(`who knows: ${canary.value}`)],
    'too long when it is decoded': ['gzip', gzipSync(Buffer.concat([Buffer.alloc(8 * 1024 * 1024), echo]))],
    'too long, and known before': ['gzip', gzipSync(Buffer.concat([echo, Buffer.alloc(8 * 1024 * 1024)]))],
  };

  /** Brotli has no checksum, nor has Zstandard if it is not asked for: what is damaged there may be other bytes, or none that can be read. */
  const mayBeOther = new Set(['damaged in br', 'damaged in zstd']);
  const isUnreadable = (name: string): boolean => /damaged|too long|over before|cut off in zstd/.test(name);

  it('is on no tape when its coding hides it, whatever a reader may get out of it', async () => {
    const all = Object.values(hidden).map(([coding, body]) => ({
      headers: ['content-encoding', coding],
      body: [body],
    }));
    const tape = await taped(answers(all));
    await expectClean(tape);
    const { entries } = JSON.parse(await harOf(tape)).log;
    for (const [at, name] of Object.keys(hidden).entries()) {
      const { content } = entries[at].response;
      expect({ name, found: canary.in(undone(content)) }).toEqual({ name, found: [] });
      if (mayBeOther.has(name)) continue;
      expect({ name, comment: content.comment }).toEqual({
        name,
        comment: isUnreadable(name) ? expect.stringContaining('unreadable') : undefined,
      });
    }
  });

  it('is searched for in coded requests, which match by what is coded', async () => {
    const say = (value: string, level: number): Said => ({
      method: 'POST',
      headers: [...json, 'content-encoding', 'gzip'],
      body: [gzipSync(JSON.stringify({ value, a: 1 }), { level })],
    });
    const tape = await taped([{ said: say(canary.value, 9) }]);
    await expectClean(tape);
    const player = await store.player(tenant, tape);
    const { response } = await ask(player, say(token, 1));
    expect(response?.match).toBe('canonical');
    await player.close();
  });

  it('is a token in frames and in names that were looked up', async () => {
    const recorder = await store.create({ tenant, secrets: redactor.secrets });
    const exchange = record(recorder, { target: '/live' }, { status: 101 });
    const live = recorder.begin(
      {
        question: { scheme: 'https', method: 'GET', host: 'a.example', port: 443, target: '/' },
        httpVersion: '1.1',
        headers: [],
      },
      { startedMs: Date.now(), address: null },
    );
    live.requestEnd();
    live.response({ status: 101, reason: '', headers: [] });
    live.frame('up', 1, Buffer.from(`hello ${canary.value}`));
    live.frame('down', 2, Buffer.from(canary.value));
    live.responseEnd();
    recorder.resolved(`${label.toLowerCase()}.example.com`, true);
    await recorder.close();
    expect(exchange.number).toBe(1);
    expect(await found(recorder.tape)).toEqual([]);
    const har = await harOf(recorder.tape);
    expect(canary.in(har)).toEqual([]);
    expect(har).toContain(`hello ${token}`);
  });
});
