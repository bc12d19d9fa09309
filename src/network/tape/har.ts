/**
 * A tape as HAR 1.2, written as it is read: memory does not grow with the tape or with a body. Bodies are decoded as HAR
 * wants them where that is possible; what is no text is base64. What the tape has not all of says so in `comment`.
 */
import { isUtf8 } from 'node:buffer';
import { isoTime } from '../../base/index.ts';
import { codingsIn, decodedWhole } from '../mediation/codings.ts';
import type { RawHeaders, ResponseHead } from '../types.ts';
import { headerValue } from './canonical.ts';
import { readContent, readWhole } from './content.ts';
import type { Exchange, TapedBody } from './format.ts';
import type { Place, TapeReader } from './reader.ts';

/** Longer bodies are not looked into: they are base64, as recorded. */
const decodedBytes = 1024 * 1024;
const mostDecodedBytes: number = 16 * 1024 * 1024;
/** A multiple of three, so that the pieces of base64 can be put behind each other. */
const base64Bytes = 3 * 16 * 1024;

export async function* exportHar(reader: TapeReader, version: string): AsyncGenerator<string> {
  const places: { number: number; place: Place }[] = [];
  await reader.scan({ exchange: ({ number }, place) => places.push({ number, place }) });
  places.sort((a, b) => a.number - b.number);
  yield `{"log":{"version":"1.2","creator":${JSON.stringify({ name: 'holdfast', version })},"entries":[`;
  for (const [index, { place }] of places.entries()) {
    yield index === 0 ? '\n' : ',\n';
    yield* entry(reader, await reader.exchange(place));
  }
  yield '\n]}}\n';
}

async function* entry(reader: TapeReader, exchange: Exchange): AsyncGenerator<string> {
  const { request, timing, startedMs, address, number } = exchange;
  yield `{"startedDateTime":${JSON.stringify(isoTime(startedMs))},"time":${timing.endMs},"request":`;
  yield* requestObject(reader, request);
  yield ',"response":';
  yield* responseObject(reader, exchange);
  yield `,"cache":{},"timings":${JSON.stringify(timings(exchange))}`;
  if (address !== null) yield `,"serverIPAddress":${JSON.stringify(address)}`;
  yield `,"connection":${JSON.stringify(String(request.port))}`;
  if (exchange.frames) {
    yield ',"_resourceType":"websocket","_webSocketMessages":[';
    yield* messages(reader, exchange);
    yield ']';
    const { kept, seen, cut } = exchange.frames;
    if (cut !== null) yield `,"comment":${JSON.stringify(`the tape has ${kept} of ${seen} frames (${cut})`)}`;
  }
  yield `,"_exchange":${number}}`;
}

/** What was not measured is -1, except that `send`, `wait` and `receive` may not be. */
function timings({ timing: { sentMs, headMs, endMs } }: Exchange): Record<string, number> {
  const sent = sentMs ?? 0;
  const answered = Math.max(sent, headMs ?? endMs);
  return {
    blocked: -1,
    dns: -1,
    connect: -1,
    ssl: -1,
    send: sent,
    wait: answered - sent,
    receive: Math.max(0, endMs - answered),
  };
}

async function* requestObject(reader: TapeReader, request: Exchange['request']): AsyncGenerator<string> {
  const { method, httpVersion, headers, body } = request;
  const head = {
    method,
    url: urlOf(request),
    httpVersion: `HTTP/${httpVersion}`,
    cookies: cookiesOf(headerValue(headers, 'cookie')),
    headers: headerList(headers),
    queryString: queryOf(request.target),
    headersSize: -1,
    bodySize: body.bytes,
  };
  yield JSON.stringify(head).slice(0, -1);
  if (body.bytes > 0) {
    const mimeType = headerValue(headers, 'content-type') ?? 'application/octet-stream';
    yield `,"postData":{"mimeType":${JSON.stringify(mimeType)},"params":[],`;
    yield* contentFields({ reader, body, headers, prefix: '_' });
    yield '}';
  }
  yield '}';
}

async function* responseObject(reader: TapeReader, exchange: Exchange): AsyncGenerator<string> {
  const { request, response, error } = exchange;
  const { status, reason, headers }: ResponseHead = response ?? { status: 0, reason: '', headers: [] };
  const head = {
    status,
    statusText: reason,
    httpVersion: `HTTP/${request.httpVersion}`,
    cookies: setCookiesOf(headers),
    headers: headerList(headers),
    redirectURL: headerValue(headers, 'location') ?? '',
    headersSize: -1,
    bodySize: response?.body.bytes ?? -1,
    ...(error === null ? {} : { _error: error }),
  };
  yield `${JSON.stringify(head).slice(0, -1)},"content":{`;
  const mimeType = headerValue(headers, 'content-type') ?? 'x-unknown';
  yield `"mimeType":${JSON.stringify(mimeType)},`;
  if (response) yield* contentFields({ reader, body: response.body, headers, prefix: '' });
  else yield '"size":0';
  yield '}}';
}

interface ContentOptions {
  reader: TapeReader;
  body: TapedBody;
  headers: RawHeaders;
  /** Of size and encoding: HAR knows them only for what a response holds. */
  prefix: '' | '_';
}

async function* contentFields({ reader, body, headers, prefix }: ContentOptions): AsyncGenerator<string> {
  const comment = body.cut === null ? null : `the tape has ${body.content.bytes} of ${body.bytes} bytes (${body.cut})`;
  if (comment !== null) yield `"comment":${JSON.stringify(comment)},`;
  if (body.content.bytes > decodedBytes) {
    yield `"${prefix}size":${body.content.bytes},"${prefix}encoding":"base64","text":"`;
    yield* base64Of(readContent(reader.directory, body.content));
    yield '"';
    return;
  }
  const stored = await readWhole(reader.directory, body.content);
  const decoded = body.cut === null ? decode(stored, headers) : stored;
  const size = `"${prefix}size":${decoded.length},`;
  if (isUtf8(decoded)) yield `${size}"text":${JSON.stringify(decoded.toString('utf8'))}`;
  else yield `${size}"${prefix}encoding":"base64","text":"${decoded.toString('base64')}"`;
}

/** As recorded when it cannot be decoded, or becomes too long. */
function decode(data: Buffer, headers: RawHeaders): Buffer {
  return data.length === 0 ? data : (decodedWhole(data, codingsIn(headers), mostDecodedBytes) ?? data);
}

async function* base64Of(pieces: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of pieces) {
    const bytes = Buffer.concat([rest, piece]);
    const whole = bytes.length - (bytes.length % 3);
    for (let from = 0; from < whole; from += base64Bytes) {
      yield bytes.toString('base64', from, Math.min(whole, from + base64Bytes));
    }
    rest = bytes.subarray(whole);
  }
  yield rest.toString('base64');
}

/** As browsers write them: text as it is, everything else as base64, `time` in seconds since 1970. */
async function* messages(reader: TapeReader, exchange: Exchange): AsyncGenerator<string> {
  let separator = '';
  for await (const { direction, opcode, atMs, content } of reader.frames(exchange.number)) {
    const payload = await readWhole(reader.directory, content);
    const isText = opcode === 1 && isUtf8(payload);
    const type = direction === 'up' ? 'send' : 'receive';
    const time = (exchange.startedMs + atMs) / 1000;
    yield separator + JSON.stringify({ type, time, opcode, data: payload.toString(isText ? 'utf8' : 'base64') });
    separator = ',';
  }
}

function urlOf({ scheme, host, port, target }: Exchange['request']): string {
  const name = host.includes(':') ? `[${host}]` : host;
  const isUsual = port === (scheme === 'https' ? 443 : 80);
  return `${scheme}://${name}${isUsual ? '' : `:${port}`}${target}`;
}

function headerList(headers: RawHeaders): { name: string; value: string }[] {
  const list: { name: string; value: string }[] = [];
  for (let index = 0; index + 1 < headers.length; index += 2) {
    list.push({ name: headers[index] ?? '', value: headers[index + 1] ?? '' });
  }
  return list;
}

function queryOf(target: string): { name: string; value: string }[] {
  const mark = target.indexOf('?');
  if (mark < 0) return [];
  return [...new URLSearchParams(target.slice(mark + 1))].map(([name, value]) => ({ name, value }));
}

function cookiesOf(header: string | null): { name: string; value: string }[] {
  return (header ?? '')
    .split(/[;,] */)
    .filter((pair) => pair.includes('='))
    .map(nameAndValue);
}

function setCookiesOf(headers: RawHeaders): { name: string; value: string }[] {
  return headerList(headers)
    .filter(({ name }) => name.toLowerCase() === 'set-cookie')
    .map(({ value }) => nameAndValue(value.split(';', 1)[0] ?? ''));
}

function nameAndValue(pair: string): { name: string; value: string } {
  const equals = pair.indexOf('=');
  return { name: pair.slice(0, Math.max(0, equals)).trim(), value: pair.slice(equals + 1).trim() };
}
