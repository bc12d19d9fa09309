/**
 * Closes a tape whose recorder died. Only for a tape that nobody writes any more.
 *
 * 1. What stands after the last newline was being written: it is cut off and counted. Any other damage is `tape-corrupt`
 *    and stays as it is.
 * 2. Blobs that no line names, and the spool, are removed.
 */
import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { type Clock, isoTime, join, open, processStartTicks, rm, unlink } from '../../base/index.ts';
import { HoldfastError } from '../../schema/index.ts';
import { blobPath } from './blobs.ts';
import { blobsName, type Content, corruptTape, linesName, spoolName, type TapeManifest } from './format.ts';
import { closeManifest } from './manifest.ts';
import type { TapeReader } from './reader.ts';

export interface TapeRecovery {
  tape: string;
  exchanges: number;
  cutBytes: number;
  blobsRemoved: number;
  /** Why it could not be closed: it is damaged. Null when it was. */
  problem: HoldfastError | null;
}

export async function recoverTape(reader: TapeReader, clock: Clock): Promise<TapeRecovery> {
  const { directory, manifest } = reader;
  if (isBeingWritten(manifest)) {
    throw new HoldfastError('in-use', `the tape ${manifest.id} is being written`, {
      hint: 'Close its recorder first.',
    });
  }
  const named = new Set<string>();
  const summary = await visitContents(reader, (content) => {
    if (content.blob) named.add(blobPath(directory, content.digest, content.blob));
  });
  if (summary.tornBytes > 0) await cutLines(join(directory, linesName), summary.lineBytes);
  const { removed, bytes } = await removeUnnamed(directory, named);
  await rm(join(directory, spoolName), { recursive: true, force: true });
  await closeManifest(directory, {
    at: isoTime(clock.nowMs()),
    root: summary.root,
    lines: summary.lines,
    exchanges: summary.exchanges,
    bytes: summary.lineBytes + bytes,
    dropped: 0,
    recovered: { cutBytes: summary.tornBytes, blobsRemoved: removed },
  });
  return {
    tape: manifest.id,
    exchanges: summary.exchanges,
    cutBytes: summary.tornBytes,
    blobsRemoved: removed,
    problem: null,
  };
}

/** By a process that still is the one that opened it. */
export function isBeingWritten({ closed, writer }: TapeManifest): boolean {
  return !closed && writer !== null && processStartTicks(writer.pid) === writer.startTicks;
}

/** Every content that a line names, in the lines' order. */
export async function visitContents(
  reader: TapeReader,
  visit: (content: Content) => void,
): ReturnType<TapeReader['scan']> {
  return await reader.scan({
    exchange: ({ request, response }) => {
      visit(request.body.content);
      if (response) visit(response.body.content);
    },
    frames: ({ frames }) => {
      for (const { content } of frames) visit(content);
    },
  });
}

async function cutLines(path: string, bytes: number): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.truncate(bytes);
    await file.datasync();
  } finally {
    await file.close();
  }
}

async function removeUnnamed(
  directory: string,
  named: ReadonlySet<string>,
): Promise<{ removed: number; bytes: number }> {
  const found = { removed: 0, bytes: 0 };
  const seen = new Set<string>();
  for (const path of await blobFiles(directory)) {
    if (named.has(path)) {
      found.bytes += (await stat(path)).size;
      seen.add(path);
    } else {
      await unlink(path);
      found.removed++;
    }
  }
  for (const path of named) if (!seen.has(path)) throw corruptTape(path, 'it is missing');
  return found;
}

export async function blobFiles(directory: string): Promise<string[]> {
  const entries: Dirent[] = await readdir(join(directory, blobsName), { recursive: true, withFileTypes: true }).catch(
    () => [],
  );
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
