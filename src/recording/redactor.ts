/**
 * Takes secrets out of what is recorded, before anything is hashed: each becomes a token made with a key of this home.
 *
 * 1. The same secret has the same token in all recordings of a tenant, so calls still match; without the key a token says
 *    nothing, not even of a guess.
 * 2. Known are: secrets of the tenant's store in every usual spelling, values of variables with a telling name, and words
 *    of the form of well-known keys. What nobody ever called a secret is recorded as it is.
 * 3. The result does not depend on how a stream was cut, for what is known by value.
 */
import { createHmac } from 'node:crypto';
import { Scrubber, ScrubTable } from '../network/index.ts';

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

/** Forms that are hardly ever anything else. */
const wellKnown: readonly { name: string; pattern: RegExp }[] = [
  { name: 'github-token', pattern: /\bgh[pousr]_[A-Za-z0-9]{36,255}\b/g },
  { name: 'github-token', pattern: /\bgithub_pat_[A-Za-z0-9_]{60,255}\b/g },
  { name: 'openai-key', pattern: /\bsk-[A-Za-z0-9_-]{32,255}/g },
  { name: 'aws-key-id', pattern: /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g },
  { name: 'slack-token', pattern: /\bxox[abprs]-[A-Za-z0-9-]{20,255}/g },
  {
    name: 'json-web-token',
    pattern: /\beyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{20,2000}/g,
  },
  {
    name: 'private-key',
    pattern: /-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[\s\S]{32,20000}?-----END [A-Z ]{0,30}PRIVATE KEY-----/g,
  },
];
/** A cheap look before seven expressions are tried. */
const hint = /gh[pousr]_|github_pat_|sk-|AKIA|ASIA|xox|eyJ|-----BEGIN/;

export class Redactor {
  readonly #key: Uint8Array;
  readonly #tenant: string;
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

  learn(secrets: readonly KnownSecret[]): void {
    for (const { name, value } of secrets) this.#add(value, 'secret', name);
    this.#build();
  }

  learnEnvironment(variables: Readonly<Record<string, string>>): void {
    const before = this.#known.size;
    for (const [name, value] of Object.entries(variables)) {
      if (!telling.test(name) || this.#environment >= mostEnvironment) continue;
      if (this.#add(Buffer.from(value), 'environment', name)) this.#environment++;
    }
    if (this.#known.size !== before) this.#build();
  }

  text(text: string): string {
    const scrubbed = this.#table ? this.#table.text(text) : text;
    const clean = hint.test(scrubbed) ? this.#patterns(scrubbed) : scrubbed;
    if (clean !== text) this.#tell(clean);
    return clean;
  }

  bytes(bytes: Uint8Array): Uint8Array {
    if (bytes.length < leastBytes) return bytes;
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const scrubbed = this.#table ? this.#table.whole(buffer) : buffer;
    // One character per byte, so that what is no text comes through unchanged.
    const text = scrubbed.toString('latin1');
    const clean = hint.test(text) ? Buffer.from(this.#patterns(text), 'latin1') : scrubbed;
    if (!clean.equals(buffer)) this.#tell(clean.toString('latin1'));
    return clean;
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
  stream(): { push(chunk: Uint8Array): Uint8Array; end(): Uint8Array } {
    const table = this.#table;
    if (!table) return { push: (chunk) => this.bytes(chunk), end: () => new Uint8Array() };
    const scrubber = new Scrubber(table);
    return {
      push: (chunk) => this.bytes(scrubber.push(Buffer.from(chunk))),
      end: () => this.bytes(scrubber.end()),
    };
  }

  /** Of bytes that were not read for secrets: equal ones have equal digests, and without the key none can be guessed. */
  digest(sha256: string): string {
    return createHmac('sha256', this.#key).update(this.#tenant).update('\0digest\0').update(sha256).digest('hex');
  }

  #add(value: Uint8Array, kind: TokenKind, name: string): boolean {
    if (value.length < leastBytes) return false;
    const token = this.#tokenOf(value);
    if (this.#known.has(token)) return false;
    this.#known.set(token, { facts: { token, kind, name }, value });
    return true;
  }

  #build(): void {
    const secrets = [...this.#known].map(([placeholder, { facts, value }]) => ({
      name: facts.name,
      placeholder,
      value,
    }));
    this.#table = secrets.length > 0 ? new ScrubTable(secrets) : null;
  }

  #patterns(text: string): string {
    let clean = text;
    for (const { name, pattern } of wellKnown) {
      clean = clean.replace(pattern, (word) => {
        const token = this.#tokenOf(Buffer.from(word));
        this.#once({ token, kind: 'pattern', name });
        return token;
      });
    }
    return clean;
  }

  #tell(clean: string): void {
    for (const { facts } of this.#known.values()) {
      if (!this.#told.has(facts.token) && clean.includes(facts.token)) this.#once(facts);
    }
  }

  #once(facts: TokenFacts): void {
    if (this.#told.has(facts.token)) return;
    if (facts.kind === 'pattern' && ++this.#patternsTold > mostPatternsTold) return;
    this.#told.add(facts.token);
    this.#onToken(facts);
  }

  #tokenOf(value: Uint8Array): string {
    const mac = createHmac('sha256', this.#key).update(this.#tenant).update('\0').update(value).digest();
    return `hfr_${[...mac.subarray(0, 26)].map((byte) => alphabet[byte & 31]).join('')}`;
  }
}
