/** All recordings of a home, after a start at which one of them is damaged. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ownRecordings } from '../../test/fixtures/own-recordings.ts';
import { sampleHead } from '../../test/fixtures/recordings.ts';
import { sandboxRecord } from '../../test/fixtures/sandbox-record.ts';
import { openStore, type Store } from '../state/index.ts';
import type { Recordings } from './recordings.ts';

let home: string;
let store: Store;
let told: [string, Record<string, unknown>][];
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'hf-recordings-'));
  store = openStore({ home });
  told = [];
});
afterEach(() => {
  store.close();
  rmSync(home, { recursive: true });
});

const open = (): Recordings => ownRecordings({ home, store }, { publish: (type, _, data) => told.push([type, data]) });

async function damaged(
  state: 'ready' | 'gone',
): Promise<{ sandbox: string; recording: string; recordings: Recordings }> {
  const record = sandboxRecord({ state });
  store.sandboxes.insert(record);
  const before = open();
  const head = sampleHead({ tenant: record.tenant });
  const { id } = await before.start({ ...head, sandbox: { ...head.sandbox, id: record.id } }, false);
  await before.close();
  const path = join(before.directory(id), 'events.jsonl');
  writeFileSync(path, readFileSync(path, 'utf8').replace('"host"', '"hose"'));
  const recordings = open();
  expect(await recordings.recover()).toEqual([]);
  return { sandbox: record.id, recording: id, recordings };
}
const stateOf = (recording: string) => store.recordings.inState('closed').find(({ id }) => id === recording)?.state;

it('a recording that cannot be taken up lets no step pass until it is ended, at this start and the next', async () => {
  const { sandbox, recording, recordings } = await damaged('ready');
  const refused = expect.objectContaining({ code: 'recording-corrupt', message: expect.stringContaining(recording) });
  expect(() => recordings.forStep(sandbox)).toThrow(refused);
  expect(recordings.of(sandbox)).toBeNull();
  expect(stateOf(recording)).toBeUndefined();
  const next = open();
  await next.recover();
  expect(() => next.forStep(sandbox)).toThrow(refused);
  await expect(
    next.start(sampleHead({ sandbox: { ...sampleHead().sandbox, id: sandbox } }), false),
  ).rejects.toMatchObject({ code: 'in-use' });
  await next.finish(sandbox, 'stopped');
  expect(next.forStep(sandbox)).toBeNull();
  expect(stateOf(recording)).toBe('closed');
  expect(told.at(-1)).toEqual([
    'recording-ended',
    expect.objectContaining({
      recording,
      reason: 'corrupt',
      ended: 'stopped',
      problem: expect.stringContaining('hash'),
    }),
  ]);
});

it('a recording that cannot be taken up ends with its sandbox, and that it is damaged is told', async () => {
  const { recording, sandbox, recordings } = await damaged('gone');
  expect(stateOf(recording)).toBe('closed');
  expect(recordings.forStep(sandbox)).toBeNull();
  expect(told.at(-1)).toMatchObject(['recording-ended', { recording, reason: 'corrupt', ended: 'sandbox-gone' }]);
});
