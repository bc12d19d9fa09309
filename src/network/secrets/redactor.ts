/**
 * Takes secrets out of what is recorded, before anything is hashed: each becomes a token made with a key of this home.
 *
 * 1. The same secret has the same token in all recordings of a tenant, so calls still match; without the key a token says
 *    nothing, not even of a guess.
 * 2. Known are: secrets of the tenant's store in every usual spelling, values of variables with a telling name, and words
 *    of the form of well-known keys. What nobody ever called a secret is recorded as it is.
 * 3. The result does not depend on how a stream was cut.
 * 4. A token stands in the spelling that the secret had, so that a program which has the token for the secret makes the
 *    same of it. A token is no secret: it stays what it is.
 */
import { createHmac } from 'node:crypto';
import { Scrubber, ScrubTable } from './scrub.ts';
import { KeyStream, replaceKeys } from './well-known-keys.ts';

export interface KnownSecret {
  name: string;
  value: Uint8Array;
}

export type TokenKind = 'secret' | 'environment' | 'pattern';
export type TokenFacts = { token: string; kind: TokenKind; name: string };

/** Shorter values occur by chance. */
const leastBytes = 8;
const mostEnvironment = 1000;
/** Who is inside can print any number of words that look like keys: all are replaced, so many are told. */
export const mostPatternsTold = 1000;
const telling =
  /(?:^|_)(?:TOKEN|SECRET|PASSWORD|PASSWD|APIKEY|API_KEY|ACCESS_KEY|PRIVATE_KEY|CREDENTIALS?|AUTH)(?:$|_)/i;
const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
const tokenForm = /^hfr_[a-z2-7]{26}$/;

/** A stream on its way through; `hasFound` once something in it was replaced. */
export interface RedactedStream {
  readonly hasFound: boolean;
  /** So many of the last bytes that came have not gone on; null where that is not to be said, within what stands for a secret. */
  readonly heldBytes: number | null;
  push(chunk: Uint8Array): Uint8Array;
  end(): Uint8Array;
}

/** What tokens are made with and what is known by value: all that another process needs to make the same ones. */
export interface TokenSecrets {
  tenant: string;
  key: Uint8Array<ArrayBuffer>;
  values: Uint8Array<ArrayBuffer>[];
}

/** One that tells nobody of what it finds. */
export function redactorOf(secrets: TokenSecrets): Redactor {
  const redactor = new Redactor(secrets.key, secrets.tenant, () => undefined);
  redactor.learnOf(secrets);
  return redactor;
}

export class Redactor {
  readonly #key: Uint8Array;
  readonly #tenant: string;
  /** By token. */
  readonly #known = new Map<string, { facts: TokenFacts; value: Uint8Array }>();
  readonly #told = new Set<string>();
  #patternsTold = 0;
  readonly #onToken: (facts: TokenFacts) => void;
  #environment = 0;
  #table: ScrubTable | null = null;

  /** @param onToken hears of each token once, when it is first used; of those found by form, of the first 1000 */
  constructor(key: Uint8Array, tenant: string, onToken: (facts: TokenFacts) => void) {
    this.#key = key;
    this.#tenant = tenant;
    this.#onToken = onToken;
  }

  /** As `redactorOf` takes it. */
  get secrets(): TokenSecrets {
    const values = [...this.#known.values()].map(({ value }) => new Uint8Array(value));
    return { tenant: this.#tenant, key: new Uint8Array(this.#key), values };
  }

  /** True when one of them was not known. */
  learn(secrets: readonly KnownSecret[]): boolean {
    const before = this.#known.size;
    for (const { name, value } of secrets) this.#add(value, 'secret', name);
    return this.#build(before);
  }

  /** What another one of the same key knows. */
  learnOf({ values }: TokenSecrets): void {
    this.learn(values.map((value) => ({ name: '', value })));
  }

  /** Of variables with a telling name; answers as `learn`. */
  learnEnvironment(variables: Readonly<Record<string, string>>): boolean {
    const before = this.#known.size;
    for (const [name, value] of Object.entries(variables)) {
      if (!telling.test(name) || this.#environment >= mostEnvironment) continue;
      if (this.#add(Buffer.from(value), 'environment', name)) this.#environment++;
    }
    return this.#build(before);
  }

  text(text: string): string {
    return replaceKeys(this.#table ? this.#table.text(text) : text, this.#ofForm);
  }

  bytes(bytes: Uint8Array): Uint8Array {
    if (bytes.length < leastBytes) return bytes;
    const buffer = asBuffer(bytes);
    const scrubbed = this.#table ? this.#table.whole(buffer) : buffer;
    // One character per byte, so that what is no text comes through unchanged.
    const text = scrubbed.toString('latin1');
    const clean = replaceKeys(text, this.#ofForm);
    return clean === text ? scrubbed : Buffer.from(clean, 'latin1');
  }

  /** Any plain value: texts and bytes in it, keys included. */
  value(value: unknown, depth = 0): unknown {
    if (typeof value === 'string') return this.text(value);
    if (value instanceof Uint8Array) return this.bytes(value);
    if (typeof value !== 'object' || value === null || depth > 100) return value;
    if (Array.isArray(value)) return value.map((item) => this.value(item, depth + 1));
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [this.text(key), this.value(item, depth + 1)]),
    );
  }

  /** For bytes that come in pieces; what may be the beginning of a secret is held back until that is decided. */
  stream(): RedactedStream {
    const scrubber = new Scrubber(this.#table ?? nothing);
    const keys = new KeyStream(this.#ofForm);
    const next = (text: string): Buffer => Buffer.from(text, 'latin1');
    return {
      get hasFound() {
        return scrubber.hasFound || keys.hasFound;
      },
      get heldBytes() {
        const [undecided, held] = [scrubber.heldBytes, keys.heldBytes];
        if (undecided === null || held === null || held > scrubber.asCame) return null;
        return undecided + held;
      },
      push: (chunk) => {
        scrubber.table = this.#table ?? nothing;
        return next(keys.push(scrubber.push(asBuffer(chunk)).toString('latin1')));
      },
      end: () => next(keys.push(scrubber.end().toString('latin1')) + keys.end()),
    };
  }

  /** Of bytes that were not read for secrets: equal ones have equal digests, and without the key none can be guessed. */
  digest(sha256: string): string {
    return createHmac('sha256', this.#key).update(this.#tenant).update('\0digest\0').update(sha256).digest('hex');
  }

  #add(value: Uint8Array, kind: TokenKind, name: string): boolean {
    if (value.length < leastBytes || tokenForm.test(asBuffer(value).toString('latin1'))) return false;
    const made = this.#tokenOf(value);
    if (this.#known.has(made)) return false;
    this.#known.set(made, { facts: { token: made, kind, name }, value });
    return true;
  }

  #build(before: number): boolean {
    if (this.#known.size === before) return false;
    const known = [...this.#known.values()];
    const secrets = known.map(({ facts, value }) => ({ name: facts.name, placeholder: facts.token, value }));
    this.#table = new ScrubTable(secrets, {
      keepsSpelling: true,
      onFound: (at) => {
        const found = known[at];
        if (found) this.#once(found.facts);
      },
    });
    return true;
  }

  #once(facts: TokenFacts): void {
    if (this.#told.has(facts.token)) return;
    if (facts.kind === 'pattern' && ++this.#patternsTold > mostPatternsTold) return;
    this.#told.add(facts.token);
    this.#onToken(facts);
  }

  readonly #ofForm = (word: string, name: string): string => {
    const made = this.#tokenOf(Buffer.from(word));
    this.#once({ token: made, kind: 'pattern', name });
    return made;
  };

  #tokenOf(value: Uint8Array): string {
    const mac = createHmac('sha256', this.#key).update(this.#tenant).update('\0').update(value).digest();
    return `hfr_${[...mac.subarray(0, 26)].map((byte) => alphabet[byte & 31]).join('')}`;
  }
}

const nothing = new ScrubTable([]);

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
