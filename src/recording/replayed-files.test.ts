/** Which files of a replay are compared, and that it is said of which they are not. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { sampleRun } from '../../test/fixtures/recordings.ts';
import { systemClock } from '../base/index.ts';
import { Comparer } from './compare-aside.ts';
import { FilesReplay } from './replayed-files.ts';
import type { RecordedRun, ShownStep } from './run.ts';

const parts = { clock: systemClock, comparer: new Comparer() };
let directory: string;
let run: RecordedRun;
beforeEach(async () => {
  directory = join(mkdtempSync(join(tmpdir(), 'hf-files-')), 'rec-1');
  run = await sampleRun(directory, [{ input: {} }, { input: {} }, { input: {} }]);
});
afterEach(() => rmSync(join(directory, '..'), { recursive: true }));

/** Nothing has changed in any step. */
const place = {
  snapshot: async () => 'snp-1',
  changes: async () => ({ changes: [], more: 0 }),
  digestOf: () => '',
};
const shown = (step: number, more: Partial<ShownStep> = {}): void => {
  const own = { step, atMs: 0, snapshot: 'snp-then', digest: null, processes: [], sealed: false, again: false };
  run.shown.set(step, { ...own, ...more });
};
const changed = (after: number, step: number): void => void run.changes.push({ after, step, changes: [], more: 0 });

async function uncompared(): Promise<string[]> {
  const files = new FilesReplay(run, { from: 1, until: 3, files: true, normalisers: [] }, parts);
  for (const { step } of run.steps) expect((await files.after(place, step, 'compared')).matched).toBe(true);
  return files.uncompared;
}

it('steps that follow each other are compared, and nothing is said', async () => {
  changed(0, 1);
  changed(1, 3);
  run.unseen.push(2);
  expect(await uncompared()).toEqual([]);
});

it('what was recorded from another step on than this run knows is said (3)', async () => {
  changed(0, 1);
  changed(0, 2);
  changed(2, 3);
  expect(await uncompared()).toEqual([
    'step 2: its files were not compared: what changed is recorded since step 0, and this run kept its files after step 1',
  ]);
});

it('so is a step whose snapshot failed, and none showed its files later (3)', async () => {
  changed(0, 1);
  run.unseen.push(3);
  expect(await uncompared()).toEqual(['step 3: its files were not compared: no snapshot could be taken of them then']);
});

it('one whose changes alone were not found out costs no other step its comparison (2)', async () => {
  changed(0, 1);
  shown(2);
  run.unseen.push(2);
  changed(2, 3);
  expect(await uncompared()).toEqual([
    'step 2: its files were not compared: what it changed could not be found out then',
  ]);
});

it('where nobody asked for files nothing is said, and nothing kept', async () => {
  changed(1, 2);
  shown(2);
  const files = new FilesReplay(run, { from: 1, until: 3, files: false, normalisers: [] }, parts);
  const kept: string[] = [];
  const snapshot = async (how: string): Promise<string> => `snp-${kept.push(how)}`;
  await files.after({ ...place, snapshot }, 2, 'compared');
  expect(files.uncompared).toEqual([]);
  expect(kept).toEqual([]);
});

it('begins on no other files than the recording did', () => {
  const start = () => new FilesReplay(run, { from: 1, until: 3, files: true, normalisers: [] }, parts).start;
  expect(start()).toBeNull();
  run.unseen.push(0);
  expect(start).toThrow(/began with are in no snapshot/);
  run.snapshots.push({ step: 0, snapshot: 'snp-0', digest: null, processes: [], sealed: false });
  expect(start()).toMatchObject({ snapshot: 'snp-0' });
});
