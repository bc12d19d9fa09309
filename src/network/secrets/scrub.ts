/**
 * Takes secrets out of bytes that come in pieces: every spelling of a value (encodings.ts) becomes its placeholder.
 *
 * 1. The result is the same however the bytes were cut.
 * 2. Only what may be the beginning of a secret is held back, and only until that is decided: an event stream flows.
 * 3. Where spellings are kept, the placeholder stands in the spelling that the value had: in base64 and in hexadecimal what
 *    comes out is what there would have been, had the placeholder been the value.
 */
import { Base64Run, type Replacement } from './base64.ts';
import { formedSpellings, type Spelling, spellings } from './encodings.ts';
import { leastBytes, Patterns } from './patterns.ts';
import type { BrokerSecret } from './types.ts';

interface ScrubOptions {
  keepsSpelling?: boolean;
  /** A spelling of the secret at this place of the list is replaced. */
  onFound?(secret: number): void;
}

/** What takes the place of one spelling. */
interface StandIn {
  secret: number;
  form: Spelling['form'];
  bytes: Buffer;
}

export class ScrubTable {
  readonly patterns: Patterns;
  readonly #standIns: StandIn[] = [];
  readonly #onFound: (secret: number) => void;

  constructor(secrets: readonly BrokerSecret[], { keepsSpelling = false, onFound }: ScrubOptions = {}) {
    this.#onFound = onFound ?? (() => undefined);
    const spelled = (value: Buffer): Spelling[] =>
      keepsSpelling ? formedSpellings(value) : spellings(value).map((bytes) => ({ bytes, form: 'plain' }));
    this.patterns = new Patterns(
      secrets.flatMap(({ value, placeholder }, secret) =>
        spelled(Buffer.from(value)).map(({ bytes, form }) => {
          const standIn = { secret, form, bytes: inForm(Buffer.from(placeholder), form) };
          return { bytes, owner: this.#standIns.push(standIn) - 1 };
        }),
      ),
    );
  }

  /** @param spelling as it was found; text that can go at once, or how base64 goes on */
  replace(owner: number, spelling: Buffer): Buffer | Replacement {
    const standIn = this.#standIns[owner];
    if (!standIn) throw new RangeError(`there is no spelling ${owner}`);
    const { secret, form, bytes } = standIn;
    this.#onFound(secret);
    if (typeof form === 'string') return bytes;
    return { form, spelling, by: bytes };
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
    // Both are the same, and most texts too short.
    if (isAscii(text)) return text.length < leastBytes ? text : this.line(text);
    const scrubbed = this.whole(Buffer.from(text)).toString();
    return isBytes(scrubbed) ? this.line(scrubbed) : scrubbed;
  }
}

export class Scrubber {
  /** Another one counts from the next piece on. */
  table: ScrubTable;
  hasFound = false;
  /** So many of the last bytes that went on are as they came: none of them stands for a secret. */
  asCame = 0;
  #held: Buffer = Buffer.alloc(0);
  #run: Base64Run | null = null;

  constructor(table: ScrubTable) {
    this.table = table;
  }

  /** Null within base64 that is being written anew. */
  get heldBytes(): number | null {
    return this.#run ? null : this.#held.length;
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
      const found = this.table.patterns.find(buffer, from, isLast);
      const to = found.isMatch ? found.start : found.safe;
      this.#pass(buffer.subarray(from, to), parts);
      this.asCame = found.isMatch ? 0 : this.asCame + to - from;
      if (!found.isMatch) {
        if (isLast) this.#endRun(parts);
        // A copy, so that a few bytes do not keep the whole piece.
        this.#held = Buffer.from(buffer.subarray(found.safe));
        return parts.length === 1 ? (parts[0] ?? buffer) : Buffer.concat(parts);
      }
      this.hasFound = true;
      this.#standIn(this.table.replace(found.owner, buffer.subarray(found.start, found.end)), parts);
      from = found.end;
    }
  }

  /** What is no secret's. */
  #pass(bytes: Buffer, parts: Buffer[]): void {
    let at = 0;
    if (this.#run) {
      while (at < bytes.length && this.#run.feed(bytes[at] ?? 0)) at++;
      if (at < bytes.length) this.#endRun(parts);
      else parts.push(this.#run.take());
    }
    if (at < bytes.length || parts.length === 0) parts.push(bytes.subarray(at));
  }

  #standIn(standIn: Buffer | Replacement, parts: Buffer[]): void {
    if (Buffer.isBuffer(standIn)) {
      this.#endRun(parts);
      parts.push(standIn);
      return;
    }
    if (!this.#run?.join(standIn)) {
      this.#endRun(parts);
      this.#run = new Base64Run(standIn);
    }
    parts.push(this.#run.take());
  }

  #endRun(parts: Buffer[]): void {
    if (this.#run) parts.push(this.#run.finish());
    this.#run = null;
  }
}

function inForm(placeholder: Buffer, form: Spelling['form']): Buffer {
  if (form === 'hexadecimal') return Buffer.from(placeholder.toString('hex'));
  return form === 'upper-hexadecimal' ? Buffer.from(placeholder.toString('hex').toUpperCase()) : placeholder;
}

function isAscii(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are ASCII
  return /^[\x00-\x7f]*$/.test(text);
}

function isBytes(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: every byte is meant
  return /^[\x00-\xff]*$/.test(text);
}
