/**
 * A recording as it lies on the disk, for reading only: repairs nothing, and may be used while the recording is written.
 *
 * 1. Every line is checked against the chain and the schema. Anything else is `recording-corrupt`. What stands after the
 *    last newline was never acknowledged and is no part of it.
 * 2. A closed recording ends with the root it was closed with.
 * 3. Nothing is trusted because of where it lies: sizes are bounded, names are looked at.
 */
import { createReadStream, existsSync } from 'node:fs';
import { type ChainLink, chainStart, checkLine, join, lstat, readFileIfPresent } from '../base/index.ts';
import { type Content, HoldfastError, type RecordingEvent, recordingEventSchema } from '../schema/index.ts';
import { Blobs } from './blobs.ts';
import {
  corruptRecording,
  eventsName,
  longestLineBytes,
  manifestName,
  manifestSchema,
  type RecordingManifest,
} from './format.ts';
import { decodeValue } from './values.ts';

const newline = 0x0a;
const largestManifestBytes = 16 * 1024 * 1024;

export interface ReadEnd {
  link: ChainLink;
  /** In whole lines. */
  lineBytes: number;
  tornBytes: number;
}

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
    const path = join(this.directory, eventsName);
    let link = chainStart;
    let lineBytes = 0;
    let tornBytes = 0;
    for await (const { line, torn } of linesOf(path)) {
      if (torn) {
        tornBytes = line.length;
        continue;
      }
      const checked = checkLine(line, link);
      if ('problem' in checked) throw corruptRecording(`${path} event ${link.sequence + 1}`, checked.problem);
      link = checked.link;
      lineBytes += line.length + 1;
      yield parseEvent(checked.type, checked.body, link, path);
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
    return this.blobs.get(content);
  }

  /** What stands as canonical JSON. */
  value(content: Content): unknown {
    return decodeValue(JSON.parse(Buffer.from(this.bytes(content)).toString()), (inner) => this.bytes(inner));
  }
}

function parseEvent(type: string, body: Buffer, link: ChainLink, path: string): RecordingEvent {
  let value: unknown;
  try {
    value = JSON.parse(body.toString());
  } catch {
    throw corruptRecording(`${path} event ${link.sequence}`, 'its body is no JSON');
  }
  const parsed = recordingEventSchema.safeParse({ ...(value as object), type });
  if (parsed.success) return { ...parsed.data, sequence: link.sequence, hash: link.hash };
  const [issue] = parsed.error.issues;
  const where = issue ? `${issue.path.join('.')}: ${issue.message}` : '';
  throw corruptRecording(`${path} event ${link.sequence}`, `a ${type} is not of this format: ${where}`.slice(0, 500));
}

async function* linesOf(path: string): AsyncGenerator<{ line: Buffer; torn: boolean }, void, undefined> {
  if (!existsSync(path)) throw new HoldfastError('recording-corrupt', `${path} is missing`);
  let held: Buffer[] = [];
  let heldBytes = 0;
  for await (const piece of createReadStream(path, { highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>) {
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
