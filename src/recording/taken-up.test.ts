/** Recordings that a start of the daemon takes up, where that start dies itself, or the disk is full. */
import { execFile } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ownRecordings } from '../../test/fixtures/own-recordings.ts';
import { sampleHead } from '../../test/fixtures/recordings.ts';
import { sandboxRecord } from '../../test/fixtures/sandbox-record.ts';
import { idMaker, systemClock, systemRandom } from '../base/index.ts';
import { HoldfastError, type RecordingEvent } from '../schema/index.ts';
import { openStore, type Store } from '../state/index.ts';
import { openRecording } from './reader.ts';
import type { Recorder } from './recorder.ts';
import type { Recordings } from './recordings.ts';
import type { TakenUp } from './recordings-parts.ts';
import { verifyRecording } from './verify.ts';
import { RecordingWriter } from './writer.ts';

let home: string;
let store: Store;
let ended: Record<string, unknown>[];
let goneOn: TakenUp[];
const newId = idMaker(systemClock, systemRandom);
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'hf-taken-up-'));
  store = openStore({ home });
  [ended, goneOn] = [[], []];
});
afterEach(() => {
  vi.restoreAllMocks();
  store.close();
  rmSync(home, { recursive: true });
});

const open = (): Recordings =>
  ownRecordings(
    { home, store },
    {
      publish: (type, _, data) => type === 'recording-ended' && ended.push(data),
      goOn: (taken) => goneOn.push(taken),
    },
  );
const lostSteps = 3;
/** Of a take-up: the beginning, and an end of each step. */
const events = 1 + lostSteps;

function begin(recorder: Recorder, name: string) {
  return recorder.begin({ callId: name, kind: 'tool', name: 'shell', input: { name }, mutates: true });
}

/** Of a daemon that was killed within three steps, and within a line. */
async function killed(state: 'ready' | 'gone'): Promise<{ sandbox: string; recording: string; directory: string }> {
  const record = sandboxRecord({ state });
  store.sandboxes.insert(record);
  const before = open();
  const head = sampleHead({ id: newId('recording'), tenant: record.tenant });
  const { id } = await before.start({ ...head, sandbox: { ...head.sandbox, id: record.id } }, false);
  const recorder = before.mustOf(record.id);
  for (let step = 1; step <= lostSteps; step++) begin(recorder, `cal-${step}`);
  await recorder.writer.leave();
  const directory = before.directory(id);
  appendFileSync(join(directory, 'events.jsonl'), '{"body":{"atMs":1');
  return { sandbox: record.id, recording: id, directory };
}

async function eventsOf(directory: string): Promise<RecordingEvent[]> {
  const found: RecordingEvent[] = [];
  for await (const event of (await openRecording(directory)).events()) found.push(event);
  return found;
}

const stateOf = (recording: string) => store.recordings.find('a', recording)?.state;
const openFiles = (): string[] =>
  readdirSync('/proc/self/fd').flatMap((name) => {
    try {
      return [readlinkSync(`/proc/self/fd/${name}`)].filter((path) => path.startsWith(home) && path.endsWith('.jsonl'));
    } catch {
      return [];
    }
  });

/** From the event with this number on nothing can be written. */
function fullFrom(number: number): { clear(): void } {
  const { append } = RecordingWriter.prototype;
  let count = 0;
  const spy = vi.spyOn(RecordingWriter.prototype, 'append').mockImplementation(function (this: RecordingWriter, event) {
    if (count++ >= number) throw new HoldfastError('host-disk-full', 'no space left');
    return append.call(this, event);
  });
  return { clear: () => spy.mockRestore() };
}

describe.each(['ready', 'gone'] as const)('of a sandbox that is %s', (state) => {
  it.each(Array.from({ length: events + 1 }, (_, number) => number))(
    'a start that is killed before event %i of its own leaves all to the next',
    { timeout: 30_000 },
    async (number) => {
      const { sandbox, recording, directory } = await killed(state);
      store.close();
      const worker = join(import.meta.dirname, '../../test/fixtures/take-up-worker.ts');
      const died = await promisify(execFile)(process.execPath, [worker, home, String(number)]).catch(
        ({ signal }: { signal: string }) => signal,
      );
      if (number < events) expect(died).toBe('SIGKILL');
      store = openStore({ home });
      const recordings = open();
      const taken = await recordings.recover();
      expect(taken.map((each) => each.recording)).toEqual(state === 'ready' ? [recording] : []);
      if (state === 'ready') begin(recordings.mustOf(sandbox), 'next').end({ ok: true, value: 1, durationMs: 1 });
      await recordings.finish(sandbox, 'stopped');
      const all = await eventsOf(directory);
      const ends = all.filter((event) => event.type === 'step-ended').map(({ step, causeRule }) => [step, causeRule]);
      const lost = Array.from({ length: lostSteps }, (_, at) => [at + 1, 'daemon-ended']);
      expect(ends).toEqual(state === 'ready' ? [...lost, [lostSteps + 1, null]] : lost);
      const begun = all.filter((event) => event.type === 'recording-begun').slice(1);
      expect(begun.length).toBeGreaterThanOrEqual(1);
      expect(begun.filter(({ cutBytes }) => cutBytes > 0).length).toBeLessThanOrEqual(1);
      expect((await verifyRecording(directory, recording, true)).report).toMatchObject({ ok: true, tornBytes: 0 });
      const row = store.recordings.find('a', recording);
      expect(row).toMatchObject({ state: 'closed', steps: state === 'ready' ? lostSteps + 1 : lostSteps });
      expect(row?.failures.infrastructure).toBe(lostSteps);
    },
  );

  it.each(Array.from({ length: events }, (_, number) => number))(
    'a disk that is full at event %i of a start is told as such, and does no harm',
    async (number) => {
      const { sandbox, recording, directory } = await killed(state);
      const disk = fullFrom(number);
      const recordings = open();
      expect(await recordings.recover()).toEqual([]);
      expect(openFiles()).toEqual([]);
      expect([stateOf(recording), ended]).toEqual(['open', []]);
      if (state === 'ready') {
        await recordings.mend(sandbox);
        const refused = { code: 'host-disk-full', message: expect.stringContaining(recording) };
        expect(() => recordings.forStep(sandbox)).toThrow(expect.objectContaining(refused));
      }
      disk.clear();
      await recordings.mend(sandbox);
      expect(goneOn.map((each) => each.recording)).toEqual(state === 'ready' ? [recording] : []);
      expect(recordings.mend(sandbox)).toBeNull();
      if (state === 'ready') expect(recordings.forStep(sandbox)?.steps).toBe(lostSteps);
      await recordings.finish(sandbox, 'stopped');
      expect(stateOf(recording)).toBe('closed');
      const ends = (await eventsOf(directory)).filter((event) => event.type === 'step-ended');
      expect(ends.map(({ step }) => step)).toEqual([1, 2, 3]);
      expect((await verifyRecording(directory, recording, true)).report).toMatchObject({ ok: true });
      expect(openFiles()).toEqual([]);
    },
  );
});

describe('while the disk is full', () => {
  it('a recording that could not be taken up is ended, as stopped and not as corrupt', async () => {
    const { sandbox, recording } = await killed('ready');
    fullFrom(0);
    const recordings = open();
    await recordings.recover();
    await recordings.finish(sandbox, 'stopped');
    expect(stateOf(recording)).toBe('closed');
    expect(recordings.forStep(sandbox)).toBeNull();
    expect(ended).toMatchObject([{ recording, reason: 'stopped', problem: 'no space left' }]);
  });

  it('one whose sandbox lives is not given up, and one whose sandbox is gone is, to be deleted', async () => {
    const lives = await killed('ready');
    const gone = await killed('gone');
    fullFrom(0);
    const recordings = open();
    await recordings.recover();
    const row = (id: string) => store.recordings.find('a', id);
    const [one, other] = [row(lives.recording), row(gone.recording)];
    if (!one || !other) throw new Error('no row');
    expect([recordings.giveUp(one), recordings.giveUp(other)]).toEqual([false, true]);
    expect([stateOf(lives.recording), stateOf(gone.recording)]).toEqual(['open', 'closed']);
    await recordings.remove(gone.recording);
    expect(readdirSync(join(home, 'recordings'))).not.toContain(gone.recording);
  });

  it('a recording that is stopped is closed, and its manifest says so when there is room', async () => {
    const { sandbox, directory, recording } = await killed('ready');
    const recordings = open();
    await recordings.recover();
    const manifest = join(directory, 'recording.json');
    renameSync(manifest, `${manifest}.away`);
    mkdirSync(manifest);
    await recordings.finish(sandbox, 'stopped');
    expect(stateOf(recording)).toBe('closed');
    expect(ended).toMatchObject([{ reason: 'stopped', problem: expect.any(String) }]);
    expect(recordings.of(sandbox)).toBeNull();
    expect(openFiles()).toEqual([]);
    rmSync(manifest, { recursive: true });
    renameSync(`${manifest}.away`, manifest);
    expect(JSON.parse(readFileSync(manifest, 'utf8')).closed).toBeNull();
    expect((await verifyRecording(directory, recording, true)).report).toMatchObject({ ok: true });
    await recordings.close();
    expect(JSON.parse(readFileSync(manifest, 'utf8')).closed).toMatchObject({ reason: 'stopped', steps: lostSteps });
    expect((await verifyRecording(directory, recording, true)).report).toMatchObject({ ok: true });
  });
});

it('an end that was written and whose row was not is not gone on with', async () => {
  const { sandbox, directory, recording } = await killed('ready');
  const first = open();
  await first.recover();
  await first.finish(sandbox, 'stopped');
  const before = await eventsOf(directory);
  store.recordings.update(recording, { state: 'open', endedAt: null });
  const recordings = open();
  expect(await recordings.recover()).toEqual([]);
  expect(recordings.of(sandbox)).toBeNull();
  expect(stateOf(recording)).toBe('closed');
  expect(await eventsOf(directory)).toEqual(before);
});

it('a row that has lost its sandbox is closed, once', async () => {
  const { directory, recording } = await killed('gone');
  const row = store.recordings.find('a', recording);
  if (!row) throw new Error('no row');
  store.recordings.remove(recording);
  store.recordings.insert({ ...row, sandbox: null });
  for (let start = 0; start < 2; start++) await open().recover();
  expect(stateOf(recording)).toBe('closed');
  expect((await eventsOf(directory)).filter((event) => event.type === 'recording-begun')).toHaveLength(2);
  expect(openFiles()).toEqual([]);
});
