/** Documents with one long list, told piece by piece: what is held at once is one of its items. */
import { giveWay } from '../base/index.ts';
import { type Content, HoldfastError } from '../schema/index.ts';
import { RecordingReader } from './reader.ts';

const encoder = new TextEncoder();

export interface Listed {
  /** The document, its list empty; it has no earlier field of that name. */
  frame: Record<string, unknown>;
  list: string;
  items: Iterable<unknown>;
}

/**
 * As JSON, indented.
 *
 * @throws HoldfastError `file-too-large` before it would be more than `mostBytes`
 */
export async function* pieces(
  { frame, list, items }: Listed,
  mostBytes: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const text = JSON.stringify(frame, null, 2);
  // No string of JSON has a line break in it: a line that begins so is a field.
  const found = new RegExp(`^( *)"${list}": \\[\\]`, 'm').exec(text);
  if (!found) throw new HoldfastError('internal', `the document has no empty list ${list}`);
  const [{ length }, indent = ''] = found;
  const [before, after] = [text.slice(0, found.index), text.slice(found.index + length)];
  let bytes = 0;
  const piece = (said: string): Uint8Array => {
    const data = encoder.encode(said);
    bytes += data.length;
    if (bytes > mostBytes)
      throw new HoldfastError('file-too-large', `it would be more than ${mostBytes} bytes`, {
        hint: 'As a bundle (--as bundle) it goes out whole, or look at its steps with holdfast show.',
      });
    return data;
  };
  const line = `\n${indent}  `;
  yield piece(`${before}${indent}"${list}": [`);
  let isFirst = true;
  for (const item of items) {
    yield piece(`${isFirst ? '' : ','}${line}${JSON.stringify(item, null, 2).replaceAll('\n', line)}`);
    isFirst = false;
    await giveWay();
  }
  yield piece(`${isFirst ? '' : `\n${indent}`}]${after}\n`);
}

/** Reads no more than so many bytes of contents for one item. */
export class MeasuredReader extends RecordingReader {
  readonly #mostBytes: number;
  #leftBytes: number;

  constructor({ directory, manifest }: RecordingReader, mostBytes: number) {
    super(directory, manifest);
    this.#mostBytes = mostBytes;
    this.#leftBytes = mostBytes;
  }

  nextItem(): void {
    this.#leftBytes = this.#mostBytes;
  }

  /** @throws HoldfastError `file-too-large` */
  override bytes(content: Content): Uint8Array {
    this.#leftBytes -= content.bytes;
    if (this.#leftBytes < 0)
      throw new HoldfastError('file-too-large', `its contents are more than ${this.#mostBytes} bytes`);
    return super.bytes(content);
  }
}
