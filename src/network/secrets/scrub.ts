/**
 * Takes secrets out of bytes that come in pieces: every spelling of a value (encodings.ts) becomes its placeholder.
 *
 * 1. The result is the same however the bytes were cut.
 * 2. Only what may be the beginning of a secret is held back, and only until that is decided: an event stream flows.
 */
import { spellings } from './encodings.ts';
import { Patterns } from './patterns.ts';
import type { BrokerSecret } from './types.ts';

export class ScrubTable {
  readonly patterns: Patterns;
  readonly placeholders: readonly Buffer[];

  constructor(secrets: readonly BrokerSecret[]) {
    this.placeholders = secrets.map((secret) => Buffer.from(secret.placeholder));
    this.patterns = new Patterns(
      secrets.flatMap(({ value }, owner) => spellings(Buffer.from(value)).map((bytes) => ({ bytes, owner }))),
    );
  }

  whole(bytes: Buffer): Buffer {
    return new Scrubber(this).end(bytes);
  }

  /** A header's value, one character per byte as it came; of others (there are none on the wire) UTF-8 is searched. */
  line(text: string): string {
    const encoding = isBytes(text) ? 'latin1' : 'utf8';
    const bytes = Buffer.from(text, encoding);
    return this.patterns.find(bytes, 0, true).isMatch ? this.whole(bytes).toString(encoding) : text;
  }

  /** Anything written down: as text, and as bytes that were taken for characters. */
  text(text: string): string {
    const scrubbed = this.whole(Buffer.from(text)).toString();
    return isBytes(scrubbed) ? this.line(scrubbed) : scrubbed;
  }
}

export class Scrubber {
  readonly #table: ScrubTable;
  #held: Buffer = Buffer.alloc(0);

  constructor(table: ScrubTable) {
    this.#table = table;
  }

  /** What can go on already; empty when all of it is held back. */
  push(chunk: Buffer): Buffer {
    return this.#replace(chunk, false);
  }

  end(chunk: Buffer = Buffer.alloc(0)): Buffer {
    return this.#replace(chunk, true);
  }

  #replace(chunk: Buffer, isLast: boolean): Buffer {
    const buffer = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    const parts: Buffer[] = [];
    let from = 0;
    for (;;) {
      const found = this.#table.patterns.find(buffer, from, isLast);
      if (!found.isMatch) {
        parts.push(buffer.subarray(from, found.safe));
        // A copy, so that a few bytes do not keep the whole piece.
        this.#held = Buffer.from(buffer.subarray(found.safe));
        return parts.length === 1 ? (parts[0] ?? buffer) : Buffer.concat(parts);
      }
      parts.push(buffer.subarray(from, found.start), this.#table.placeholders[found.owner] ?? Buffer.alloc(0));
      from = found.end;
    }
  }
}

function isBytes(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: every byte is meant
  return /^[\x00-\xff]*$/.test(text);
}
