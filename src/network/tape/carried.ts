/**
 * Exchanges of a tape that travel by themselves: taken out of it with the bodies they name, and laid out elsewhere as a tape
 * for as long as somebody plays it. What comes back was written by anybody.
 *
 * 1. Bodies are named by their digests, and every one is held against its own before anything is laid out.
 * 2. Numbers and digests are all that becomes a name on the disk.
 * 3. All of it together is bounded, also unpacked. No number in it makes whoever plays it wait, or grow.
 */
import { readFile } from 'node:fs/promises';
import { zstdDecompressSync } from 'node:zlib';
import { z } from 'zod';
import { chainStart, encodeLine, join, makePrivateDirectory, mkdir, writeFile } from '../../base/index.ts';
import { allowRuleSchema, expandedPresetSchema, HoldfastError, tapeRulesSchema } from '../../schema/index.ts';
import { maxInterim } from '../mediation/message.ts';
import { isCanonicalHost } from '../policy/names.ts';
import { blobPath } from './blobs.ts';
import { pathOf, sha256 } from './canonical.ts';
import {
  blobsName,
  type Content,
  corruptTape,
  defaultTapeLimits,
  type Exchange,
  exchangeSchema,
  framesSchema,
  linesName,
  longestLineBytes,
  type TapeManifest,
} from './format.ts';
import { writeManifest } from './manifest.ts';
import type { TapeReader } from './reader.ts';
import { parseTapeRules } from './rules.ts';

/** Of one that travels: exchanges, bodies as stored, and bodies unpacked. */
export const mostCarried = 10_000;
const largestStoredBytes: number = 16 * 1024 * 1024;
const largestUnpackedBytes: number = 64 * 1024 * 1024;
const latestMs = 8.64e15;

/** What a rule says of secrets, and of addresses to dial, is for whoever sends something. */
export const carriedRuleSchema = allowRuleSchema.omit({ addresses: true, credentials: true });

/** Each of its files is written into every sandbox that plays it. */
const carriedPresetSchema = expandedPresetSchema.extend({
  rules: z.array(carriedRuleSchema).max(1024),
  files: expandedPresetSchema.shape.files.max(64),
});

const carriedSchema = z.strictObject({
  /** How it is matched, unless its player is told otherwise. */
  rules: tapeRulesSchema,
  /** What the presets of its policy stood for. */
  presets: z.array(carriedPresetSchema).max(16),
  exchanges: z.array(exchangeSchema).max(mostCarried),
  /** Of WebSockets. */
  frames: z.array(framesSchema).max(mostCarried),
  /** Bodies of more than 4 KiB as they are stored, in base64, by the digest of what they hold. */
  blobs: z.record(z.string().regex(/^[0-9a-f]{64}$/), z.string()),
});
export type CarriedTape = z.output<typeof carriedSchema>;

/** Accepts only what can be laid out and played. */
export const carriedTapeSchema: z.ZodType<CarriedTape> = carriedSchema.superRefine((tape, context) => {
  const found = problemOf(tape);
  if (found) context.addIssue({ code: 'custom', path: found.path, message: found.why });
});

interface Problem {
  path: (string | number)[];
  why: string;
}

function problemOf(tape: CarriedTape): Problem | null {
  try {
    parseTapeRules(tape.rules);
  } catch (error) {
    return { path: ['rules'], why: error instanceof Error ? error.message : String(error) };
  }
  const numbers = new Set<number>();
  for (const [at, exchange] of tape.exchanges.entries()) {
    const why = numbers.has(exchange.number) ? 'its number is another one’s too' : problemOfExchange(exchange);
    if (why !== null) return { path: ['exchanges', at], why: `${nameOf(exchange)}: ${why}` };
    numbers.add(exchange.number);
  }
  for (const [at, { exchange, frames }] of tape.frames.entries()) {
    if (!numbers.has(exchange)) return { path: ['frames', at], why: `there is no exchange ${exchange}` };
    if (frames.some(({ opcode }) => opcode < 0 || opcode > 15)) return { path: ['frames', at], why: 'a frame is none' };
  }
  return problemOfBodies(tape);
}

const nameOf = ({ number, request }: Exchange): string =>
  `exchange ${number} (${request.method} ${request.scheme}://${request.host}:${request.port}${pathOf(request.target)})`.slice(
    0,
    300,
  );

const longestTarget = 65_536;
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}$/;
const breaks = /[\0\r\n]/;

/** What would be sent to whoever plays it has to be what can be sent. */
function problemOfExchange({ startedMs, request, interim, response, frames }: Exchange): string | null {
  if (Math.abs(startedMs) > latestMs) return 'there is no such time';
  if (!isCanonicalHost(request.host) || request.port < 1 || request.port > 65_535) return 'there is no such host';
  if (!token.test(request.method) || request.target.length > longestTarget) return 'there is no such request';
  if (interim.length > maxInterim) return 'it has too many interim answers';
  const heads = [...interim, ...(response ? [response] : [])];
  const lines = [...heads.map(({ headers }) => headers), response?.trailers ?? []];
  if (!lines.every(areHeaders) || heads.some(({ reason }) => breaks.test(reason))) return 'its headers are none';
  if (interim.some(({ status }) => status < 100 || status > 199 || status === 101)) return 'its status is none';
  if (!response) return frames ? 'it has frames and no answer' : bodyProblem(request.body);
  const { status, body, pieces } = response;
  if (status !== 101 && (status < 200 || status > 599)) return 'its status is none';
  if (pieces.some(([length]) => length < 1)) return 'a piece of its answer is empty';
  return bodyProblem(request.body) ?? bodyProblem(body);
}

function areHeaders(headers: readonly string[]): boolean {
  return (
    headers.length % 2 === 0 &&
    headers.every((text, at) => (at % 2 === 0 ? token.test(text) : !breaks.test(text) && text.length <= longestTarget))
  );
}

function bodyProblem({ bytes, cut, content }: Exchange['request']['body']): string | null {
  if (content.bytes > bytes || (cut === null && content.bytes !== bytes)) return 'it has more of a body than was sent';
  return content.bytes > defaultTapeLimits.bodyBytes ? 'it has a longer body than a tape may' : null;
}

interface Named {
  content: Content;
  path: (string | number)[];
  what: string;
}

function* contentsOf({ exchanges, frames }: CarriedTape): Generator<Named> {
  for (const [at, exchange] of exchanges.entries()) {
    const { request, response } = exchange;
    const where = ['exchanges', at];
    yield { content: request.body.content, path: [...where, 'request'], what: `the request of ${nameOf(exchange)}` };
    if (response)
      yield { content: response.body.content, path: [...where, 'response'], what: `the answer of ${nameOf(exchange)}` };
  }
  for (const [at, batch] of frames.entries())
    for (const { content } of batch.frames)
      yield { content, path: ['frames', at], what: `a frame of exchange ${batch.exchange}` };
}

/** Each body is what its digest says, and nothing stands there that nobody names. */
function problemOfBodies(tape: CarriedTape): Problem | null {
  const named = new Set<string>();
  let unpackedBytes = 0;
  for (const { content, path, what } of contentsOf(tape)) {
    const key = `${content.digest} ${content.blob ?? ''}`;
    if (content.blob && named.has(key)) continue;
    named.add(key);
    unpackedBytes += content.bytes;
    if (unpackedBytes > largestUnpackedBytes)
      return { path, why: `the bodies of a test are more than ${largestUnpackedBytes} bytes` };
    const data = unpacked(content, tape.blobs);
    if (data?.length !== content.bytes || sha256(data) !== content.digest)
      return { path, why: `${what} is not what its digest says` };
  }
  const unnamed = Object.keys(tape.blobs).find((digest) => !named.has(`${digest} raw`) && !named.has(`${digest} zstd`));
  return unnamed === undefined ? null : { path: ['blobs', unnamed], why: 'nothing names it' };
}

/** Never more than it says of itself; null for what is not there, or not whole. */
function unpacked({ text, base64, blob, digest, bytes }: Content, blobs: CarriedTape['blobs']): Buffer | null {
  if ([text, base64, blob].filter((each) => each !== undefined).length !== 1) return null;
  if (text !== undefined) return Buffer.from(text, 'utf8');
  if (base64 !== undefined) return Buffer.from(base64, 'base64');
  const stored = storedOf(blobs, digest);
  if (!stored || blob === 'raw') return stored;
  try {
    return zstdDecompressSync(stored, { maxOutputLength: Math.max(1, bytes) });
  } catch {
    return null;
  }
}

function storedOf(blobs: CarriedTape['blobs'], digest: string): Buffer | null {
  const stored = Object.hasOwn(blobs, digest) ? blobs[digest] : undefined;
  return stored === undefined ? null : Buffer.from(stored, 'base64');
}

/**
 * The exchanges with these numbers, without the addresses that were dialled.
 *
 * @throws HoldfastError `file-too-large`, `tape-corrupt`
 */
export async function carryOut(reader: TapeReader, numbers: ReadonlySet<number>): Promise<CarriedTape> {
  const { manifest, directory } = reader;
  if (numbers.size > mostCarried) throw tooMuch(`more than ${mostCarried} exchanges`);
  const exchanges: Exchange[] = [];
  const frames: CarriedTape['frames'] = [];
  await reader.scan({
    exchange: (exchange) => {
      if (numbers.has(exchange.number)) exchanges.push({ ...exchange, address: null });
    },
    frames: (batch) => {
      if (numbers.has(batch.exchange)) frames.push(batch);
    },
    name: () => undefined,
  });
  exchanges.sort((one, other) => one.number - other.number);
  const presets = manifest.presets.map(({ rules, ...preset }) => ({ ...preset, rules: rules.map(withoutSending) }));
  const tape: CarriedTape = { rules: manifest.rules, presets, exchanges, frames, blobs: {} };
  return checked({ ...tape, blobs: await blobsOf(tape, directory) }, directory);
}

/** A rule as one needs it who sends nothing. */
export function withoutSending<Rule extends { addresses?: unknown; credentials?: unknown }>({
  addresses: _,
  credentials: __,
  ...rule
}: Rule): Omit<Rule, 'addresses' | 'credentials'> {
  return rule;
}

/** What lies on a tape of ours is as it was written, or damaged. */
function checked(tape: CarriedTape, directory: string): CarriedTape {
  const found = problemOf(tape);
  if (found) throw corruptTape(directory, found.why);
  return tape;
}

async function blobsOf(tape: CarriedTape, directory: string): Promise<CarriedTape['blobs']> {
  const contents = new Map([...contentsOf(tape)].map(({ content }) => [content.digest, content]));
  const bytes = [...contents.values()].reduce((sum, content) => sum + content.bytes, 0);
  if (bytes > largestUnpackedBytes) throw tooMuch(`${bytes} bytes of bodies, of at most ${largestUnpackedBytes}`);
  const blobs: CarriedTape['blobs'] = {};
  let storedBytes = 0;
  for (const { digest, blob } of contents.values()) {
    if (!blob) continue;
    const path = blobPath(directory, digest, blob);
    const stored = await readFile(path).catch(() => {
      throw corruptTape(path, 'it is missing');
    });
    storedBytes += stored.length;
    if (storedBytes > largestStoredBytes) throw tooMuch(`more than ${largestStoredBytes} bytes of stored bodies`);
    blobs[digest] = stored.toString('base64');
  }
  return blobs;
}

const tooMuch = (what: string): HoldfastError =>
  new HoldfastError('file-too-large', `a test would carry ${what} of its tape`, {
    hint: 'Fewer steps need fewer answers: minimising leaves out the steps that do not matter.',
  });

/** The same with only these exchanges, and the bodies that they name. */
export function withOnly(tape: CarriedTape, numbers: ReadonlySet<number>): CarriedTape {
  const exchanges = tape.exchanges.filter(({ number }) => numbers.has(number));
  const frames = tape.frames.filter(({ exchange }) => numbers.has(exchange));
  const named = new Set([...contentsOf({ ...tape, exchanges, frames })].map(({ content }) => content.digest));
  const blobs = Object.fromEntries(Object.entries(tape.blobs).filter(([digest]) => named.has(digest)));
  return { ...tape, exchanges, frames, blobs };
}

/**
 * As a tape that nobody writes to. Its directory is made.
 *
 * @param tape was accepted by `carriedTapeSchema`, or was carried out
 */
export async function layOut(directory: string, tape: CarriedTape, manifest: TapeManifest): Promise<void> {
  await makePrivateDirectory(directory);
  for (const { content } of contentsOf(tape)) {
    const stored = content.blob && storedOf(tape.blobs, content.digest);
    if (!content.blob || !stored) continue;
    await mkdir(join(directory, blobsName, content.digest.slice(0, 2)), { recursive: true, mode: 0o700 });
    await writeFile(blobPath(directory, content.digest, content.blob), stored, { mode: 0o600 });
  }
  let link = chainStart;
  const lines: string[] = [];
  for (const [kind, bodies] of [['exchange', tape.exchanges] as const, ['frames', tape.frames] as const]) {
    for (const body of bodies) {
      const line = encodeLine(kind, body, link);
      if (line.text.length > longestLineBytes) throw tooMuch(`an exchange of more than ${longestLineBytes} bytes`);
      lines.push(line.text);
      link = line.link;
    }
  }
  await writeFile(join(directory, linesName), lines.join(''), { mode: 0o600 });
  await writeManifest(directory, manifest);
}
