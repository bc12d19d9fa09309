/** An input as a list of choices: what has run out is 0. */
export class Choices {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  byte(): number {
    return this.#bytes[this.#at++] ?? 0;
  }

  of<T>(list: readonly [T, ...T[]]): T {
    return list[this.byte() % list.length] ?? list[0];
  }

  /** So many, or what there is. */
  bytes(length: number): Buffer {
    const start = Math.min(this.#at, this.#bytes.length);
    this.#at = start + length;
    return this.#bytes.subarray(start, start + length);
  }

  rest(): Buffer {
    return this.bytes(this.left);
  }
}

/** One turn of the event loop. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** What each byte of a stream with this id is, where nothing else was sent. */
export const patternOf = (id: number): number => (id * 37 + 11) & 0xff;
