/**
 * A request's body on its way out.
 *
 * 1. Where no JSON position is declared it is only looked at: it streams, and fails before the first byte of a placeholder
 *    leaves. A compressed body is looked at as it is: a placeholder inside it leads nowhere.
 * 2. With a JSON position, a JSON body is read whole, at most `jsonBodyLimit`, and the one string changed; every other byte
 *    stays. Larger, compressed or ambiguous ones are refused.
 */
import { isUtf8 } from 'node:buffer';
import { Transform, type TransformCallback } from 'node:stream';
import type { HoldfastError } from '../../schema/index.ts';
import { refusedError } from '../gateway/refusals.ts';
import { headerTokens, headerValues } from '../mediation/headers.ts';
import { Gathered, type Keep, type MemoryShare } from '../memory.ts';
import { refused } from '../policy/decisions.ts';
import type { Grant, RequestHead } from '../types.ts';
import { jsonEscape } from './encodings.ts';
import { DuplicateKey, locateString } from './json-pointer.ts';
import { type Keyring, Placing, type Spliced } from './keyring.ts';

export const jsonBodyLimit = 1024 * 1024;

export interface BodyPlan {
  transform: Transform | null;
  /** The announced length will not be true. */
  changesLength: boolean;
}

export interface PlacedRequest {
  head: RequestHead;
  grant: Grant;
  /** Of what is kept of its body. */
  memory: MemoryShare;
}

/** @param onPlaced told whose values were put into the body. @throws HoldfastError `forbidden` when it is hopeless already */
export function planBody(
  keyring: Keyring,
  { head, grant, memory }: PlacedRequest,
  onPlaced: (owners: number[]) => void,
): BodyPlan {
  const announced = announcedBytes(head);
  if (announced === 0) return { transform: null, changesLength: false };
  const pointers = keyring.pointers(grant);
  if (pointers.length === 0 || !isJson(head)) {
    return { transform: new SearchStream(keyring, grant), changesLength: false };
  }
  if (headerTokens(head.headers, 'content-encoding').some((coding) => coding !== 'identity')) {
    throw unreadable(
      grant,
      'The body is compressed, and a secret may have to be placed into it',
      'Send the body uncompressed.',
    );
  }
  if (announced !== null && announced > jsonBodyLimit) throw tooLarge(grant);
  return { transform: new JsonStream({ keyring, grant, pointers, onPlaced }, memory.keeper()), changesLength: true };
}

const bodyPlace = { words: "the request's body", position: null };

/** Looks, changes nothing, and keeps back only what may be the beginning of a placeholder. */
class SearchStream extends Transform {
  readonly #keyring: Keyring;
  readonly #grant: Grant;
  #held: Buffer = Buffer.alloc(0);

  constructor(keyring: Keyring, grant: Grant) {
    super();
    this.#keyring = keyring;
    this.#grant = grant;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#look(chunk, false, done);
  }

  override _flush(done: TransformCallback): void {
    this.#look(Buffer.alloc(0), true, done);
  }

  #look(chunk: Buffer, isLast: boolean, done: TransformCallback): void {
    const buffer = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    const found = this.#keyring.finder.find(buffer, isLast);
    if ('owner' in found) {
      done(this.#keyring.misplaced(found.owner, bodyPlace, this.#grant));
      return;
    }
    this.#held = Buffer.from(buffer.subarray(found.safe));
    if (found.safe > 0) this.push(buffer.subarray(0, found.safe));
    done();
  }
}

interface JsonPlan {
  keyring: Keyring;
  grant: Grant;
  pointers: readonly string[];
  onPlaced: (owners: number[]) => void;
}

/** Comes out in one piece. */
class JsonStream extends Transform {
  readonly #plan: JsonPlan;
  readonly #gathered: Gathered;

  constructor(plan: JsonPlan, keep: Keep) {
    super();
    this.#plan = plan;
    this.#gathered = new Gathered(keep);
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    finishing(done, () => {
      if (this.#gathered.length + chunk.length > jsonBodyLimit) throw tooLarge(this.#plan.grant);
      this.#gathered.add(chunk, jsonBodyLimit);
    });
  }

  override _flush(done: TransformCallback): void {
    finishing(done, () => {
      const { sent, owners } = placeInJson(this.#gathered.bytes, this.#plan);
      this.#plan.onPlaced(owners);
      this.#gathered.clear();
      if (sent.length > 0) this.push(sent);
    });
  }
}

function finishing(done: TransformCallback, work: () => void): void {
  try {
    work();
  } catch (error) {
    done(error instanceof Error ? error : new Error(String(error)));
    return;
  }
  done();
}

function placeInJson(json: Buffer, { keyring, grant, pointers }: JsonPlan): Spliced {
  if (keyring.finder.search(json) === null) return { sent: json, rest: json, owners: [] };
  if (!isJsonText(json)) throw unreadable(grant, 'The body holds a placeholder and is no valid JSON', null);
  const placing = new Placing(grant);
  const places = pointers
    .flatMap((pointer) => locate(json, pointer, grant))
    .sort((one, other) => one.start - other.start);
  const spans = places.flatMap(({ pointer, start, end }) =>
    keyring.finder
      .spans(json.subarray(start, end), { percentTimes: 0, json: true })
      .filter(({ owner }) =>
        keyring.takes(owner, placing, (position) => position.kind === 'json' && position.pointer === pointer),
      )
      .map((span) => ({ owner: span.owner, start: start + span.start, end: start + span.end })),
  );
  const spliced = keyring.splice(json, spans, (owner) => {
    const value = Buffer.from(keyring.secret(owner).value);
    if (isUtf8(value)) return Buffer.from(jsonEscape(value.toString()));
    throw keyring.unfit(owner, 'is not text (UTF-8) and cannot stand in a JSON string', grant);
  });
  keyring.refuseLeft(spliced.rest, bodyPlace, grant);
  return spliced;
}

function locate(json: Buffer, pointer: string, grant: Grant): { pointer: string; start: number; end: number }[] {
  try {
    const span = locateString(json, pointer);
    return span ? [{ pointer, ...span }] : [];
  } catch (error) {
    if (!(error instanceof DuplicateKey)) throw error;
    throw unreadable(grant, `The JSON body is ambiguous at ${pointer}: ${error.message}`, null);
  }
}

function isJsonText(json: Buffer): boolean {
  if (!isUtf8(json)) return false;
  try {
    JSON.parse(json.toString());
    return true;
  } catch {
    return false;
  }
}

/** Null: not known before it ends. */
function announcedBytes(head: RequestHead): number | null {
  const [length] = headerValues(head.headers, 'content-length');
  if (length !== undefined) return Number(length);
  const isChunked = headerValues(head.headers, 'transfer-encoding').length > 0;
  return head.httpVersion === '1.1' && !isChunked ? 0 : null;
}

function isJson(head: RequestHead): boolean {
  const [type = ''] = headerValues(head.headers, 'content-type');
  return /^(application|text)\/([a-z0-9.!#$&^_-]+\+)?json[ \t]*(;|$)/i.test(type.trim());
}

function tooLarge(grant: Grant): HoldfastError {
  return unreadable(
    grant,
    `The body is larger than ${jsonBodyLimit} bytes, and a secret may have to be placed into it`,
    'Declare a header instead of a JSON position, or give large uploads a rule without one.',
  );
}

function unreadable(grant: Grant, reason: string, hint: string | null): HoldfastError {
  return refusedError(refused('secret-misplaced', reason, { rule: grant.rule, hint }));
}
