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

/** For the message of a failure. */
export const describe = (value: unknown): string =>
  value instanceof Error ? (value.stack ?? value.message) : (JSON.stringify(value) ?? String(value));

const mostPieces = 8;

/** The same bytes in several pieces, the last one with all that is left. */
export function piecesOf(bytes: Buffer, pieceBytes: number): Buffer[] {
  const made: Buffer[] = [];
  let at = 0;
  for (; at < bytes.length && made.length < mostPieces; at += pieceBytes)
    made.push(bytes.subarray(at, at + pieceBytes));
  if (at < bytes.length) made.push(bytes.subarray(at));
  return made;
}

/** One turn of the event loop. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** What each byte of a stream with this id is, where nothing else was sent. */
export const patternOf = (id: number): number => (id * 37 + 11) & 0xff;
