/** A disk that takes what is written and fails to flush it. */
import { fdatasync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { closeSample, sampleHead } from '../../test/fixtures/recordings.ts';
import { systemClock } from '../base/index.ts';
import { openRecording } from './reader.ts';
import { verifyRecording } from './verify.ts';
import { beginRecording, type RecordingWriter } from './writer.ts';

let directory: string;
let writer: RecordingWriter;
let code: string | null;
beforeEach(async () => {
  directory = join(mkdtempSync(join(tmpdir(), 'hf-flush-')), 'rec-1');
  code = null;
  writer = await beginRecording({
    directory,
    head: sampleHead(),
    clock: systemClock,
    flush: (file, done) => (code === null ? fdatasync(file, done) : done(Object.assign(new Error('no'), { code }))),
  });
  const manifest = JSON.parse(JSON.stringify(sampleHead()));
  writer.append({ type: 'recording-begun', manifest, resumed: false, cutBytes: 0 });
});
afterEach(() => rmSync(join(directory, '..'), { recursive: true }));

const note = (text: string) => ({ type: 'note', by: 'a', text }) as const;
const path = (): string => join(directory, 'events.jsonl');

async function kept(): Promise<string[]> {
  const found: string[] = [];
  for await (const event of (await openRecording(directory)).events())
    found.push(event.type === 'note' ? event.text : event.type);
  return found;
}

it.each([
  ['EIO', 'state-unusable'],
  ['ENOSPC', 'host-disk-full'],
])('that says %s is told as what it is, and what was written is written again (2)', async (said, told) => {
  writer.append(note('one'));
  code = said;
  await expect(writer.durable()).rejects.toMatchObject({ code: told });
  renameSync(path(), `${path()}.away`);
  expect(() => writer.append(note('two'))).toThrow(expect.objectContaining({ code: 'state-unusable' }));
  expect(writer.tryAppend(note('three'))).toBeNull();
  await expect(writer.durable()).rejects.toMatchObject({ code: 'state-unusable' });
  renameSync(`${path()}.away`, path());
  code = null;
  writer.append(note('four'));
  await writer.durable();
  expect(await kept()).toEqual(['recording-begun', 'one', 'gap', 'four']);
  await closeSample(writer, 0);
  expect((await verifyRecording(directory, 'rec-1', true)).report).toMatchObject({ ok: true });
});

it('is no reason why a recording cannot be closed later', async () => {
  writer.append(note('one'));
  code = 'EIO';
  await expect(closeSample(writer, 0)).rejects.toMatchObject({ code: 'state-unusable' });
  renameSync(path(), `${path()}.away`);
  await expect(closeSample(writer, 0)).rejects.toMatchObject({ code: 'state-unusable' });
  renameSync(`${path()}.away`, path());
  await closeSample(writer, 0);
  expect(await kept()).toEqual(['recording-begun', 'one']);
  expect((await openRecording(directory)).manifest.closed).toMatchObject({ reason: 'stopped', events: 2 });
});
