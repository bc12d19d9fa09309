/** Recordings that are large, or were made to be: what reads them is bounded. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { closeSample, sampleRun, sampleWriter } from '../../test/fixtures/recordings.ts';
import { systemClock } from '../base/index.ts';
import { type FileChange, HoldfastError } from '../schema/index.ts';
import { sha256 } from './format.ts';
import { Incoming } from './incoming.ts';
import { openRecording } from './reader.ts';
import { outputOf, readRun } from './run.ts';
import { exportRecording, type ImportPlace, importRecording } from './transfer.ts';
import { verifyRecording } from './verify.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'hf-large-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const mebibyte = 1024 * 1024;
const place = (more: Partial<ImportPlace> = {}): ImportPlace => ({
  directory: join(root, 'rec-2'),
  id: 'rec-2',
  tenant: 'b',
  name: null,
  createdAt: '2026-01-02T03:04:05.678Z',
  clock: systemClock,
  ...more,
});

/** One event names so many files, each of which is a few kilobytes and unpacks to as much as a content may have. */
async function unpacksToMuch(count: number): Promise<void> {
  const writer = await sampleWriter(join(root, 'rec-1'), []);
  const change = { kind: 'added', type: 'file', sizeBefore: null, sizeAfter: 64 * mebibyte, modeBefore: null } as const;
  const changes: FileChange[] = [];
  for (let at = 0; at < count; at++) {
    const bytes = Buffer.alloc(64 * mebibyte);
    bytes.writeUInt32LE(at, 0);
    const digest = sha256(bytes);
    const shard = join(root, 'rec-1', 'blobs', digest.slice(0, 2));
    mkdirSync(shard, { recursive: true });
    writeFileSync(join(shard, `${digest}.zst`), zstdCompressSync(bytes));
    const after = { bytes: bytes.length, digest, blob: true } as const;
    changes.push({ ...change, modeAfter: 0o644, path: `/${at}`, after });
  }
  writer.append({ type: 'files-changed', after: 0, step: 0, changes, more: 0 });
  await closeSample(writer, 0);
}

async function* bundle(): AsyncGenerator<Uint8Array, void, undefined> {
  yield* exportRecording(await openRecording(join(root, 'rec-1')), 'bundle');
}

async function cpuMsOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.threadCpuUsage();
  await work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}

describe('a bundle that unpacks to much', () => {
  it('is read in a thread of its own: the loop of the daemon goes on', { timeout: 120_000 }, async () => {
    await unpacksToMuch(6);
    const alone = await cpuMsOf(() => verifyRecording(join(root, 'rec-1'), 'rec-1', true));
    const here = await cpuMsOf(() => importRecording(bundle(), 'bundle', place()));
    expect(here).toBeLessThan(alone / 2);
  });

  it('is refused where that is more than one may be', async () => {
    await unpacksToMuch(2);
    const verifying = (isOwn: boolean) => verifyRecording(join(root, 'rec-1'), 'rec-1', isOwn, 100 * mebibyte);
    await expect(verifying(false)).rejects.toMatchObject({ code: 'file-too-large' });
    // What this home recorded is its own.
    expect((await verifying(true)).report).toMatchObject({ ok: true, blobs: 2 });
  });

  it('is refused where it says more of its entries than they are', async () => {
    const tar = pack();
    const name = `blobs/ab/${'ab'.repeat(32)}`;
    tar.entry({ name, pax: { comment: 'x'.repeat(8 * mebibyte) } }, 'x');
    tar.finalize();
    const refused = importRecording(tar as AsyncIterable<Uint8Array>, 'bundle', place());
    await expect(refused).rejects.toMatchObject({ code: 'recording-corrupt' });
    expect(readdirSync(root)).toEqual([]);
  });
});

describe('what is brought in', () => {
  it('takes no more room than there is, also of several at once', async () => {
    const room = 10 * mebibyte;
    const incoming = new Incoming();
    const refuse = (more: number): void => {
      if (incoming.of('b') + more > room) throw new HoldfastError('quota-exceeded', 'no room');
    };
    let most = 0;
    const bring = async (id: string): Promise<void> => {
      const tar = pack();
      tar.entry({ name: 'events.jsonl' }, Buffer.alloc(8 * mebibyte));
      tar.finalize();
      const coming = incoming.begin('b', refuse);
      const take = (bytes: number): void => {
        coming.take(bytes);
        most = Math.max(most, incoming.of('b'));
      };
      try {
        await importRecording(
          tar as AsyncIterable<Uint8Array>,
          'bundle',
          place({ id, directory: join(root, id), take }),
        );
      } finally {
        coming.end();
      }
    };
    const done = await Promise.allSettled([bring('rec-2'), bring('rec-3')]);
    expect(done.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(done).toContainEqual({ status: 'rejected', reason: expect.objectContaining({ code: 'quota-exceeded' }) });
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(room);
    expect(incoming.of('b')).toBe(0);
    expect(readdirSync(root)).toEqual([]);
  });
});

describe('an export', () => {
  const steps = Array.from({ length: 20 }, (_, at) => ({ input: { at }, output: { stdout: `${at}`.repeat(20_000) } }));
  const takenFrom = async (content: AsyncIterable<Uint8Array>): Promise<{ bytes: number; code: string | null }> => {
    let bytes = 0;
    try {
      for await (const piece of content) bytes += piece.length;
    } catch (error) {
      return { bytes, code: error instanceof HoldfastError ? error.code : String(error) };
    }
    return { bytes, code: null };
  };

  it('as a trajectory is refused before any of it goes out, as an import of it would be', async () => {
    const { reader } = await sampleRun(join(root, 'rec-1'), steps);
    expect(await takenFrom(exportRecording(reader, 'atif', 300_000))).toEqual({ bytes: 0, code: 'file-too-large' });
    expect(await takenFrom(exportRecording(reader, 'atif'))).toMatchObject({ code: null });
    const large = { stdout: 'x'.repeat(9 * mebibyte) };
    const two = await sampleRun(join(root, 'rec-3'), [
      { input: {}, output: large },
      { input: {}, output: large },
    ]);
    expect(await takenFrom(exportRecording(two.reader, 'atif'))).toEqual({ bytes: 0, code: 'file-too-large' });
  });

  it('as spans goes out span by span, and no further than the bound', async () => {
    const { reader } = await sampleRun(join(root, 'rec-1'), steps);
    const most = 300_000;
    const { bytes, code } = await takenFrom(exportRecording(reader, 'otel', most));
    expect(code).toBe('file-too-large');
    expect(bytes).toBeGreaterThan(most / 2);
    expect(bytes).toBeLessThanOrEqual(most);
  });

  it('as spans has JSON where it does not fit', async () => {
    const output = { stdout: '"\u{1f600}'.repeat(60_000) };
    const { reader } = await sampleRun(join(root, 'rec-1'), [{ input: { command: 'x' }, output }]);
    const pieces: Uint8Array[] = [];
    for await (const piece of exportRecording(reader, 'otel')) pieces.push(piece);
    const [scope] = JSON.parse(Buffer.concat(pieces).toString()).resourceSpans[0].scopeSpans;
    const attribute = scope.spans[1].attributes.find(({ key }: { key: string }) => key === 'gen_ai.tool.call.result');
    const told = JSON.parse(attribute.value.stringValue);
    expect(told).toEqual({
      cut: expect.stringMatching(/^from \d+ characters$/),
      begins: expect.stringMatching(/^\{"stdout":"\\"/),
    });
  });
});

describe('a recording that is read whole', () => {
  const chatty = async (events: number): Promise<void> => {
    const writer = await sampleWriter(join(root, 'rec-1'), [{ input: { text: 'i'.repeat(3000) } }]);
    const process = { processId: 'prc-1', step: 1, argv: ['x'], cwd: '/', environment: {}, tag: null, pty: false };
    writer.append({ type: 'process-started', ...process });
    for (let at = 0; at < events; at++) {
      const content = writer.put(Buffer.from(`${at} `.repeat(400)));
      writer.append({ type: 'process-output', processId: 'prc-1', stream: 'stdout', offset: at, gapBytes: 0, content });
    }
    await closeSample(writer, 1);
  };

  it('leaves what was said where it lies, and finds it again', async () => {
    await chatty(1000);
    const run = await readRun(await openRecording(join(root, 'rec-1')));
    expect(run.heldBytes).toBeLessThan(40_000);
    const [step] = run.steps;
    const process = run.processes.get('prc-1');
    if (!step || !process) throw new Error('it has both');
    expect(step.input.text).toBeUndefined();
    expect(run.reader.value(step.input)).toEqual({ text: 'i'.repeat(3000) });
    const expected = Array.from({ length: 1000 }, (_, at) => `${at} `.repeat(400)).join('');
    expect(Buffer.from(outputOf(run, process, 'stdout')).toString()).toBe(expected);
  });

  it('is refused where what happened is more than is held at once', async () => {
    await chatty(200);
    const reader = await openRecording(join(root, 'rec-1'));
    await expect(readRun(reader, 2000)).rejects.toMatchObject({ code: 'file-too-large' });
  });
});
