/** Since when it is told what changed, where programs run on beside the steps. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { closeSample, sampleWriter } from '../../test/fixtures/recordings.ts';
import { openRecording } from './reader.ts';
import { type LeftBehind, survey } from './recovery.ts';
import { readRun } from './run.ts';
import { SnapshotBases } from './snapshot-bases.ts';
import type { NewEvent, RecordingWriter } from './writer.ts';

/** For each snapshot, the steps since which it is told. */
function told(...taken: readonly [step: number, ...running: string[]][]): number[][] {
  const bases = new SnapshotBases({ step: 0, snapshot: null, running: [] });
  return taken.map(([step, ...running]) =>
    bases.take({ step, snapshot: `snp-${step}`, running }).map((base) => base.step),
  );
}

describe('what changed is told', () => {
  it('since the step before, and of one more snapshot of a step once more (1)', () => {
    expect(told([0], [1], [3], [3], [4])).toEqual([[], [0], [1], [1], [3]]);
  });

  it('since before a program began that has ended (2)', () => {
    expect(told([1], [2, 'a'], [3, 'a'], [4], [5])).toEqual([[0], [1], [2], [3, 1], [4]]);
    expect(told([1, 'a'], [1])).toEqual([[0], [0]]);
  });

  it('where others run on that ran before it began (2)', () => {
    expect(told([1, 'on'], [2, 'on', 'a'], [3, 'on', 'a', 'b'], [4, 'on', 'b'], [5, 'on'])).toEqual([
      [0],
      [1],
      [2],
      [3, 1],
      [4, 1],
    ]);
  });

  it('since nothing where the files had gone back', () => {
    const bases = new SnapshotBases({ step: 0, snapshot: null, running: [] });
    bases.take({ step: 2, snapshot: 'snp-2', running: ['a'] });
    bases.beginAgain({ step: 2, snapshot: 'snp-back', running: [] });
    expect(bases.take({ step: 2, snapshot: 'snp-again', running: [] })).toEqual([]);
    expect(bases.take({ step: 3, snapshot: 'snp-3', running: [] })).toEqual([
      { step: 2, snapshot: 'snp-again', running: [] },
    ]);
  });
});

describe('a recording that is taken up', () => {
  let directory: string;
  let writer: RecordingWriter;
  beforeEach(async () => {
    directory = join(mkdtempSync(join(tmpdir(), 'hf-bases-')), 'rec-1');
    writer = await sampleWriter(directory, [{ input: 1 }]);
  });
  afterEach(() => rmSync(join(directory, '..'), { recursive: true }));

  const write = (...events: NewEvent[]): void => {
    for (const event of events) writer.append(event);
  };
  const left = async (): Promise<LeftBehind> => {
    await writer.leave();
    return survey(await openRecording(directory));
  };
  const started: NewEvent = {
    type: 'process-started',
    step: 1,
    processId: 'prc-1',
    argv: ['make'],
    cwd: '/workspace',
    environment: {},
    tag: null,
    pty: false,
  };
  const exit = { reason: 'exited', exitCode: 0, signal: null, durationMs: 1, stdoutBytes: 0, stderrBytes: 0 } as const;
  const ended: NewEvent = { type: 'process-ended', processId: 'prc-1', exit, cause: null };
  const taken = (snapshot: string, processes: string[] = []): NewEvent => {
    const facts = { digest: null, method: 'copy' as const, pauseMs: 1, addedFiles: 0, addedBytes: 0 };
    return { type: 'snapshot-taken', step: 1, snapshot, processes, ...facts };
  };
  const changed = (snapshot: string): NewEvent => ({
    type: 'files-changed',
    after: 0,
    step: 1,
    snapshot,
    changes: [],
    more: 0,
  });
  const back: NewEvent = { type: 'lifecycle', what: 'sandbox-rolled-back', facts: {} };

  it.each<[string, LeftBehind['due'], NewEvent[]]>([
    ['its step has none', 'changed', []],
    ['its step has one and runs nothing', 'no', [taken('snp-1'), changed('snp-1')]],
    ['a program runs on', 'no', [started, taken('snp-1', ['prc-1']), changed('snp-1')]],
    ['a program ended', 'changed', [started, taken('snp-1', ['prc-1']), changed('snp-1'), ended]],
    ['a program ended while it was taken', 'changed', [started, ended, taken('snp-1', ['prc-1']), changed('snp-1')]],
    ['what it shows was not told', 'changed', [taken('snp-1')]],
    [
      'what the second shows was not told',
      'changed',
      [started, taken('snp-1'), ended, taken('snp-2'), changed('snp-1')],
    ],
    ['what the second shows was told', 'no', [started, taken('snp-1'), ended, taken('snp-2'), changed('snp-2')]],
    ['the files went back', 'went-back', [taken('snp-1'), changed('snp-1'), back]],
    ['they went back, and it shows that', 'no', [taken('snp-1'), changed('snp-1'), back, taken('snp-2')]],
  ])('takes a snapshot where one is due: %s', async (_why, due, events) => {
    write(...events);
    expect((await left()).due).toBe(due);
  });

  it('goes on from the same snapshots', async () => {
    write(started, taken('snp-1', ['prc-1']), changed('snp-1'), ended);
    const { bases } = await left();
    expect(bases.take({ step: 1, snapshot: 'snp-2', running: [] })).toMatchObject([{ step: 0 }]);
  });

  it('and of several of a step a run has the last, as it was before the files went back', async () => {
    write(started, taken('snp-1', ['prc-1']), changed('snp-1'), ended, taken('snp-2'), changed('snp-2'));
    write(back, taken('snp-3'));
    await closeSample(writer, 1);
    const { shown, snapshots } = await readRun(await openRecording(directory));
    expect([...shown.values()]).toMatchObject([{ step: 1, snapshot: 'snp-2', processes: [], again: true }]);
    expect(snapshots).toMatchObject([{ step: 1, snapshot: 'snp-3' }]);
  });
});
