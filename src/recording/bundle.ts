/**
 * A recording as one tar, out and in. What comes in was made by anybody: names are a fixed list, sizes are bounded before
 * anything is kept, and the whole is verified before it counts.
 */
import { Buffer } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { extract, pack } from 'tar-stream';
import { join, lstat, readdir, rm } from '../base/index.ts';
import { HoldfastError } from '../schema/index.ts';
import {
  blobsName,
  corruptRecording,
  eventsName,
  manifestName,
  type RecordingManifest,
  usualLimits,
} from './format.ts';
import { parseManifest, type RecordingReader } from './reader.ts';

/** Of everything in the tar, as it lies on the disk. */
const largestBytes = 1024 ** 3;
const largestManifestBytes = 16 * 1024 * 1024;
const mostEntries = 200_000;
const blobName = /^blobs\/([0-9a-f]{2})\/([0-9a-f]{64})(\.zst)?$/;

/** A recording that is still written is carried out up to its last whole event. */
export async function* packBundle(reader: RecordingReader): AsyncGenerator<Uint8Array, void, undefined> {
  const tar = pack();
  const filling = fill(tar, reader);
  filling.catch((error: unknown) => tar.destroy(error instanceof Error ? error : new Error(String(error))));
  for await (const piece of tar as AsyncIterable<Uint8Array>) yield piece;
  await filling;
}

async function fill(tar: ReturnType<typeof pack>, reader: RecordingReader): Promise<void> {
  let lineBytes = 0;
  for await (const _ of reader.events((end) => {
    lineBytes = end.lineBytes;
  }));
  await entry(tar, manifestName, Buffer.from(`${JSON.stringify(reader.manifest, null, 2)}\n`));
  await fileEntry(tar, eventsName, join(reader.directory, eventsName), lineBytes);
  const files = await readdir(join(reader.directory, blobsName), { recursive: true });
  for (const name of files.sort()) {
    const path = `${blobsName}/${name}`;
    if (!blobName.test(path)) continue;
    const { size } = await lstat(join(reader.directory, path));
    await fileEntry(tar, path, join(reader.directory, path), size);
  }
  tar.finalize();
}

function entry(tar: ReturnType<typeof pack>, name: string, data: Buffer): Promise<void> {
  return new Promise((resolve, reject) =>
    tar.entry({ name, mode: 0o600 }, data, (error) => (error ? reject(error) : resolve())),
  );
}

function fileEntry(tar: ReturnType<typeof pack>, name: string, path: string, size: number): Promise<void> {
  if (size === 0) return entry(tar, name, Buffer.alloc(0));
  return new Promise((resolve, reject) => {
    const sink = tar.entry({ name, mode: 0o600, size }, (error) => (error ? reject(error) : resolve()));
    createReadStream(path, { end: size - 1 })
      .on('error', reject)
      .pipe(sink);
  });
}

/** Hears of bytes before they are kept. @throws HoldfastError where there is no room for them */
export type TakeBytes = (bytes: number) => void;

/** As `unpackFiles`, with the manifest. */
export async function unpackBundle(data: AsyncIterable<Uint8Array>, directory: string): Promise<RecordingManifest> {
  await unpackFiles(data, directory);
  return parseManifest(await readFile(join(directory, manifestName), 'utf8'), manifestName);
}

/** Puts the files in place, checked by name and size only: `verifyRecording` does the rest. */
export async function unpackFiles(
  data: AsyncIterable<Uint8Array>,
  directory: string,
  take: TakeBytes = () => undefined,
): Promise<void> {
  await mkdir(join(directory, blobsName), { recursive: true, mode: 0o700 });
  try {
    await unpack(data, directory, take);
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    if (error instanceof HoldfastError) throw error;
    throw corruptRecording('the bundle', error instanceof Error ? error.message : String(error));
  }
}

async function unpack(data: AsyncIterable<Uint8Array>, directory: string, take: TakeBytes): Promise<void> {
  const tar = extract();
  const over = Promise.withResolvers<void>();
  let failure: unknown = null;
  const feeding = feed(data, tar, { take, over: over.promise });
  feeding.catch((error: unknown) => {
    failure = error;
    tar.destroy();
  });
  try {
    const seen = await entriesOf(tar, directory);
    await feeding;
    if (!seen.has(manifestName) || !seen.has(eventsName))
      throw corruptRecording('the bundle', 'it has no manifest or no events');
  } catch (error) {
    // What ended the one end is why the other one breaks.
    throw failure ?? error;
  } finally {
    over.resolve();
  }
}

async function entriesOf(tar: ReturnType<typeof extract>, directory: string): Promise<ReadonlySet<string>> {
  const seen = new Set<string>();
  for await (const part of tar) {
    const { name, type } = part.header;
    if (type !== 'file' && type !== 'contiguous-file') throw corruptRecording(name, `a bundle holds no ${type}`);
    if (name !== manifestName && name !== eventsName && !blobName.test(name)) {
      throw corruptRecording(name.slice(0, 200), 'a bundle holds no such file');
    }
    if (seen.has(name) || seen.size >= mostEntries) throw corruptRecording(name, 'it is there twice, or one too many');
    seen.add(name);
    // A tar's entry yields bytes, whatever its type says.
    await write(directory, name, part as AsyncIterable<Uint8Array>);
  }
  return seen;
}

/** As it comes: memory does not grow with it. A blob is no larger than a content may be. */
async function write(directory: string, name: string, part: AsyncIterable<Uint8Array>): Promise<void> {
  const shard = blobName.exec(name)?.[1];
  const ofFile = name === manifestName ? largestManifestBytes : largestBytes;
  const mostBytes = shard === undefined ? ofFile : usualLimits.contentBytes;
  if (shard !== undefined) await mkdir(join(directory, blobsName, shard), { recursive: true, mode: 0o700 });
  await writeFile(join(directory, name), bounded(part, name, mostBytes), { mode: 0o600, flag: 'wx' });
}

async function* bounded(part: AsyncIterable<Uint8Array>, name: string, mostBytes: number): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const piece of part) {
    bytes += piece.length;
    if (bytes > mostBytes) throw corruptRecording(name, `it is larger than ${mostBytes} bytes`);
    yield piece;
  }
}

/** @param over when nobody takes anything any more */
async function feed(
  data: AsyncIterable<Uint8Array>,
  tar: ReturnType<typeof extract>,
  { take, over }: { take: TakeBytes; over: Promise<void> },
): Promise<void> {
  let bytes = 0;
  let isOver = false;
  const ended = over.then(() => {
    isOver = true;
  });
  for await (const piece of data) {
    bytes += piece.length;
    if (bytes > largestBytes)
      throw new HoldfastError('file-too-large', `a bundle is larger than ${largestBytes} bytes`);
    take(piece.length);
    if (isOver) return;
    const drained = Promise.withResolvers<void>();
    tar.once('drain', drained.resolve);
    if (!tar.write(piece)) await Promise.race([drained.promise, ended]);
    tar.removeListener('drain', drained.resolve);
  }
  tar.end(() => undefined);
}
