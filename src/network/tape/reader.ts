/**
 * A tape as it lies on the disk, for reading only: repairs nothing, and may be used while the tape is written.
 *
 * 1. Every line is checked against the chain when the tape is opened; a closed tape must end with the root it was closed
 *    with. Anything else is `tape-corrupt`. What stands after the last newline was never part of the tape.
 * 2. Bodies stay on the disk. In memory is where lines are, and what the caller keeps of them.
 */
import { createReadStream } from 'node:fs';
import { type ChainLink, chainStart, checkLine, type FileHandle, join, open } from '../../base/index.ts';
import { HoldfastError } from '../../schema/index.ts';
import {
  corruptTape,
  type Exchange,
  exchangeSchema,
  type FrameBatch,
  framesSchema,
  linesName,
  longestLineBytes,
  nameSchema,
  type TapeManifest,
} from './format.ts';
import { readManifest } from './manifest.ts';

const pieceBytes = 256 * 1024;
const newline = 0x0a;

export interface Place {
  offset: number;
  bytes: number;
}

export interface TapeVisitor {
  exchange(exchange: Exchange, place: Place): void;
  frames?(batch: FrameBatch): void;
}

export interface TapeSummary {
  lines: number;
  exchanges: number;
  /** In whole lines. */
  lineBytes: number;
  /** After the last newline. */
  tornBytes: number;
  isFull: boolean;
  root: string;
}

export class TapeReader {
  readonly directory: string;
  readonly manifest: TapeManifest;
  readonly #file: FileHandle;
  readonly #frames = new Map<number, Place[]>();

  constructor(directory: string, manifest: TapeManifest, file: FileHandle) {
    this.directory = directory;
    this.manifest = manifest;
    this.#file = file;
  }

  /** Reads the whole tape once, in order. */
  async scan(visitor: TapeVisitor): Promise<TapeSummary> {
    const path = join(this.directory, linesName);
    const state = { link: chainStart, exchanges: 0, isFull: false };
    this.#frames.clear();
    const { lineBytes, tornBytes } = await this.#eachLine((line, place) => {
      this.#visit(path, line, place, { state, visitor });
    });
    const { closed } = this.manifest;
    if (closed && (closed.root !== state.link.hash || tornBytes > 0)) {
      throw corruptTape(path, 'it does not end where the tape was closed', {
        expected: closed.root,
        found: state.link.hash,
      });
    }
    const { link, exchanges, isFull } = state;
    return { lines: link.sequence, exchanges, lineBytes, tornBytes, isFull, root: link.hash };
  }

  async exchange(place: Place): Promise<Exchange> {
    return parse(exchangeSchema, await this.#body(place), this.directory);
  }

  async *frames(exchange: number): AsyncGenerator<FrameBatch['frames'][number]> {
    for (const place of this.#frames.get(exchange) ?? []) {
      yield* parse(framesSchema, await this.#body(place), this.directory).frames;
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  /** Of a line's body, not the line: the chain was checked at open. */
  async #body({ offset, bytes }: Place): Promise<Buffer> {
    const { buffer, bytesRead } = await this.#file.read(Buffer.allocUnsafe(bytes), 0, bytes, offset);
    if (bytesRead !== bytes) throw corruptTape(join(this.directory, linesName), 'it became shorter');
    return buffer;
  }

  #visit(
    path: string,
    line: Buffer,
    offset: number,
    { state, visitor }: { state: { link: ChainLink; exchanges: number; isFull: boolean }; visitor: TapeVisitor },
  ): void {
    const checked = checkLine(line, state.link);
    if ('problem' in checked) {
      throw corruptTape(path, `line ${state.link.sequence + 1}: ${checked.problem}`, { line: state.link.sequence + 1 });
    }
    state.link = checked.link;
    const place = { offset: offset + (checked.body.byteOffset - line.byteOffset), bytes: checked.body.length };
    if (checked.type === 'exchange') {
      state.exchanges++;
      visitor.exchange(parse(exchangeSchema, checked.body, path), place);
    } else if (checked.type === 'frames') {
      const batch = parse(framesSchema, checked.body, path);
      const places = this.#frames.get(batch.exchange) ?? [];
      places.push(place);
      this.#frames.set(batch.exchange, places);
      visitor.frames?.(batch);
    } else if (checked.type === 'name') {
      parse(nameSchema, checked.body, path);
    } else if (checked.type === 'full') state.isFull = true;
    else throw corruptTape(path, `line ${checked.link.sequence}: a tape has no ${checked.type}`);
  }

  async #eachLine(visit: (line: Buffer, offset: number) => void): Promise<{ lineBytes: number; tornBytes: number }> {
    let rest: Buffer = Buffer.alloc(0);
    let lineBytes = 0;
    for (;;) {
      const { buffer, bytesRead } = await this.#file.read(
        Buffer.allocUnsafe(pieceBytes),
        0,
        pieceBytes,
        lineBytes + rest.length,
      );
      if (bytesRead === 0) return { lineBytes, tornBytes: rest.length };
      const piece = buffer.subarray(0, bytesRead);
      const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
      let from = 0;
      for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, from)) {
        visit(bytes.subarray(from, end), lineBytes + from);
        from = end + 1;
      }
      lineBytes += from;
      rest = bytes.subarray(from);
      if (rest.length > longestLineBytes) throw corruptTape(join(this.directory, linesName), 'a line has no end');
    }
  }
}

export async function openReader(directory: string, id: string): Promise<TapeReader> {
  const manifest = await readManifest(directory);
  if (!manifest) throw unknownTape(id);
  const path = join(directory, linesName);
  const file = await open(path, 'r').catch(() => {
    throw corruptTape(path, 'it is missing');
  });
  return new TapeReader(directory, manifest, file);
}

/** Without checking: a string inside a line has no bare quote. */
export async function countExchanges(path: string): Promise<number> {
  const mark = Buffer.from('"type":"exchange"}\n');
  let count = 0;
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of createReadStream(path)) {
    const bytes = Buffer.concat([rest, piece as Buffer]);
    let from = 0;
    for (let at = bytes.indexOf(mark); at >= 0; at = bytes.indexOf(mark, from)) {
      from = at + mark.length;
      count++;
    }
    rest = bytes.subarray(Math.max(from, bytes.length - mark.length + 1));
  }
  return count;
}

export function unknownTape(id: string): HoldfastError {
  return new HoldfastError('not-found', `there is no tape ${id}`, { hint: 'holdfast tape ls lists those there are.' });
}

function parse<T>(
  schema: { safeParse(value: unknown): { success: true; data: T } | { success: false } },
  body: Buffer,
  path: string,
): T {
  const parsed = schema.safeParse(parseJson(body));
  if (!parsed.success) throw corruptTape(path, 'a line is of another format');
  return parsed.data;
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return null;
  }
}
