/**
 * A recording as it lies on the disk, for reading only: repairs nothing, and may be used while the recording is written.
 *
 * 1. Every line is checked against the chain and the schema. Anything else is `recording-corrupt`. What stands after the
 *    last newline was never acknowledged and is no part of it.
 * 2. A closed recording ends with the root it was closed with.
 * 3. Nothing is trusted because of where it lies: sizes are bounded, names are looked at.
 */
import { closeSync, createReadStream, existsSync, openSync, readSync } from 'node:fs';
import { type ChainLink, chainStart, checkLine, join, lstat, readFileIfPresent } from '../base/index.ts';
import {
  type Content,
  HoldfastError,
  type RecordingEvent,
  type RecordingEventBody,
  recordingEventSchema,
} from '../schema/index.ts';
import { Blobs } from './blobs.ts';
import {
  corruptRecording,
  eventsName,
  longestLineBytes,
  manifestName,
  manifestSchema,
  type RecordingManifest,
} from './format.ts';
import { isLeft, type LeftContent, type LinePlace } from './left-contents.ts';
import { contentsOf, decodeValue } from './values.ts';

const newline = 0x0a;
const largestManifestBytes = 16 * 1024 * 1024;
const windowBytes = 256 * 1024;

export interface ReadEnd {
  link: ChainLink;
  /** In whole lines. */
  lineBytes: number;
  tornBytes: number;
}

/** Where it goes on: behind an event. */
export interface ReadFrom {
  link: ChainLink;
  /** Of all lines until there. */
  lineBytes: number;
}
const beginning: ReadFrom = { link: chainStart, lineBytes: 0 };

export async function openRecording(directory: string): Promise<RecordingReader> {
  const path = join(directory, manifestName);
  const facts = await lstat(path).catch(() => null);
  if (!facts?.isFile() || facts.size > largestManifestBytes)
    throw corruptRecording(path, 'it is not there, or no manifest');
  const text = (await readFileIfPresent(path)) ?? '';
  return new RecordingReader(directory, parseManifest(text, path));
}

export function parseManifest(text: string, path: string): RecordingManifest {
  try {
    return manifestSchema.parse(JSON.parse(text));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.slice(0, 500) : '';
    throw corruptRecording(path, `it is not a manifest of this format: ${why}`);
  }
}

export class RecordingReader {
  readonly directory: string;
  readonly manifest: RecordingManifest;
  readonly blobs: Blobs;
  readonly #window = new LineWindow();

  constructor(directory: string, manifest: RecordingManifest) {
    this.directory = directory;
    this.manifest = manifest;
    this.blobs = new Blobs(directory);
  }

  get id(): string {
    return this.manifest.head.id;
  }

  /** Every event, in order. The function it is given hears how the file ended. */
  async *events(onEnd: (end: ReadEnd) => void = () => undefined): AsyncGenerator<RecordingEvent, void, undefined> {
    for await (const { event } of this.placed(beginning, onEnd)) yield event;
  }

  /** @param from of an earlier reading: what comes behind it is held against it */
  async *placed(
    from: ReadFrom = beginning,
    onEnd: (end: ReadEnd) => void = () => undefined,
  ): AsyncGenerator<{ event: RecordingEvent; place: LinePlace }, void, undefined> {
    const path = join(this.directory, eventsName);
    let { link, lineBytes } = from;
    let tornBytes = 0;
    for await (const { line, torn } of linesOf(path, lineBytes)) {
      if (torn) {
        tornBytes = line.length;
        continue;
      }
      const checked = checkLine(line, link);
      if ('problem' in checked) throw corruptRecording(`${path} event ${link.sequence + 1}`, checked.problem);
      link = checked.link;
      const place = { offset: lineBytes, bytes: line.length };
      lineBytes += line.length + 1;
      yield { event: parseEvent(checked.type, checked.body, link, path), place };
    }
    const { closed } = this.manifest;
    if (closed && (closed.root !== link.hash || tornBytes > 0)) {
      throw corruptRecording(path, 'it does not end where the recording was closed', {
        expected: closed.root,
        found: link.hash,
      });
    }
    onEnd({ link, lineBytes, tornBytes });
  }

  bytes(content: Content): Uint8Array {
    return this.blobs.get(isLeft(content) ? this.#inLine(content) : content);
  }

  /** What the `process-output` of that line has. */
  outputAt(offset: number, bytes: number): Uint8Array {
    const event = this.#eventAt({ offset, bytes });
    if (event.type === 'process-output') return this.bytes(event.content);
    throw corruptRecording(join(this.directory, eventsName), `at ${offset} there is no output any more`);
  }

  #inLine({ line, digest }: LeftContent): Content {
    for (const { content } of contentsOf(this.#eventAt(line))) if (content.digest === digest) return content;
    throw corruptRecording(`content ${digest}`, 'it is not in its line any more');
  }

  /** Of a line that was held against the chain before; what it holds has digests of its own. */
  #eventAt({ offset, bytes }: LinePlace): RecordingEventBody {
    const path = join(this.directory, eventsName);
    // A line of a chain has both.
    const { type, body } = parseJson(this.#window.read(path, offset, bytes), path) as { type: string; body: object };
    return parseBody(type, body, `${path} at ${offset}`);
  }

  /** What stands as canonical JSON. */
  value(content: Content): unknown {
    return decodeValue(JSON.parse(Buffer.from(this.bytes(content)).toString()), (inner) => this.bytes(inner));
  }
}

function parseEvent(type: string, body: Buffer, link: ChainLink, path: string): RecordingEvent {
  const where = `${path} event ${link.sequence}`;
  return { ...parseBody(type, parseJson(body, where), where), sequence: link.sequence, hash: link.hash };
}

function parseJson(bytes: Buffer, where: string): object {
  try {
    return Object(JSON.parse(bytes.toString()));
  } catch {
    throw corruptRecording(where, 'its body is no JSON');
  }
}

function parseBody(type: string, body: object, where: string): RecordingEventBody {
  const parsed = recordingEventSchema.safeParse({ ...body, type });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const what = issue ? `${issue.path.join('.')}: ${issue.message}` : '';
  throw corruptRecording(where, `a ${type} is not of this format: ${what}`.slice(0, 500));
}

/** What follows each other in a file is mostly read one after the other. */
class LineWindow {
  #offset = 0;
  #data: Buffer = Buffer.alloc(0);

  /** @throws HoldfastError `recording-corrupt` where there is not so much */
  read(path: string, offset: number, bytes: number): Buffer {
    const at = offset - this.#offset;
    if (at < 0 || at + bytes > this.#data.length) {
      this.#data = readAt(path, offset, Math.max(bytes, windowBytes));
      this.#offset = offset;
    }
    const from = offset - this.#offset;
    if (from + bytes > this.#data.length) throw corruptRecording(path, 'it has become shorter');
    return this.#data.subarray(from, from + bytes);
  }
}

function readAt(path: string, offset: number, bytes: number): Buffer {
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(bytes);
    return buffer.subarray(0, readSync(file, buffer, 0, bytes, offset));
  } finally {
    closeSync(file);
  }
}

async function* linesOf(path: string, start: number): AsyncGenerator<{ line: Buffer; torn: boolean }, void, undefined> {
  if (!existsSync(path)) throw new HoldfastError('recording-corrupt', `${path} is missing`);
  let held: Buffer[] = [];
  let heldBytes = 0;
  for await (const piece of createReadStream(path, { start, highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>) {
    let from = 0;
    for (let end = piece.indexOf(newline, from); end >= 0; end = piece.indexOf(newline, from)) {
      yield { line: Buffer.concat([...held, piece.subarray(from, end)]), torn: false };
      held = [];
      heldBytes = 0;
      from = end + 1;
    }
    const rest = piece.subarray(from);
    heldBytes += rest.length;
    if (heldBytes > longestLineBytes) throw corruptRecording(path, `a line is longer than ${longestLineBytes} bytes`);
    if (rest.length > 0) held.push(Buffer.from(rest));
  }
  if (heldBytes > 0) yield { line: Buffer.concat(held), torn: true };
}
