/** Splits one output stream of a persistent shell at a command's marks, however the bytes arrive. */
import { HeadTail } from '../../guest/index.ts';
import type { OutputChunk } from '../../schema/index.ts';
import type { Marks } from './script.ts';

/** A working directory's path and a few digits; more is not a mark the shell printed. */
const longestFields = 16 * 1024;

export class MarkScanner {
  readonly #marks: Marks;
  readonly #kept: HeadTail;
  /** The first is awaited next; when there is none left, all is found. */
  readonly #awaited: Uint8Array[];
  #pending: Buffer = Buffer.alloc(0);
  #outputBytes = 0;
  #lostBytes = 0;
  /** Where in the stream the bytes after `#pending` begin. */
  #offset: number;
  fields: string | null = null;

  constructor(marks: Marks, capBytes: number, offset: number, fromStart: boolean) {
    this.#marks = marks;
    this.#kept = new HeadTail(capBytes);
    this.#offset = offset;
    this.#awaited = [...(fromStart ? [marks.start] : []), marks.open, marks.close];
  }

  get done(): boolean {
    return this.#awaited.length === 0;
  }

  /** Where the next command's output begins. */
  get nextOffset(): number {
    return this.#offset - this.#pending.length;
  }

  /** What comes after the end is the next command's, and read again then. */
  push(chunk: OutputChunk): void {
    if (this.done) return;
    this.#offset = chunk.offset + chunk.data.length;
    if (chunk.gapBytes > 0) {
      this.#release(this.#pending.length);
      if (this.#awaited[0] !== this.#marks.start) this.#lostBytes += chunk.gapBytes;
    }
    this.#pending = this.#pending.length === 0 ? Buffer.from(chunk.data) : Buffer.concat([this.#pending, chunk.data]);
    this.#scan();
  }

  /** What the process printed last, when it ended without a mark. */
  finish(): void {
    if (!this.done) this.#release(this.#pending.length);
  }

  result(): { data: Uint8Array; cutBytes: number } {
    return this.#kept.result(this.#outputBytes + this.#lostBytes);
  }

  #scan(): void {
    for (let mark = this.#awaited[0]; mark; mark = this.#awaited[0]) {
      const found = this.#pending.indexOf(mark);
      if (found < 0) {
        this.#scanOn(mark);
        return;
      }
      const before = this.#pending.subarray(0, found);
      if (mark === this.#marks.close) this.fields = before.toString('utf8');
      if (mark === this.#marks.open) this.#keep(before);
      this.#pending = this.#pending.subarray(found + mark.length);
      this.#awaited.shift();
    }
  }

  /** Lets go of what cannot be the beginning of the awaited mark any more. */
  #scanOn(mark: Uint8Array): void {
    if (mark === this.#marks.close && this.#pending.length <= longestFields) return;
    this.#release(Math.max(0, this.#pending.length - mark.length + 1));
  }

  #release(length: number): void {
    if (this.#awaited[0] !== this.#marks.start) this.#keep(this.#pending.subarray(0, length));
    this.#pending = this.#pending.subarray(length);
  }

  #keep(bytes: Uint8Array): void {
    this.#kept.push(bytes);
    this.#outputBytes += bytes.length;
  }
}
