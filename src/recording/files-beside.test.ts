/** Which files of a replay are held against which, where programs ran on beside the steps. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { changedFile as file } from '../../test/fixtures/changed-file.ts';
import { sampleRun } from '../../test/fixtures/recordings.ts';
import { systemClock } from '../base/index.ts';
import { usualNormalisers } from '../schema/index.ts';
import type { Compared } from './compare.ts';
import { Comparer } from './compare-aside.ts';
import { MovingFiles } from './moving-files.ts';
import { FilesReplay } from './replayed-files.ts';
import type { RecordedRun } from './run.ts';
import type { ChangedFile } from './step-snapshots.ts';
import { inlineContent } from './test-case.ts';

let directory: string;
let run: RecordedRun;
/** Between which snapshots of this run was looked. */
let looks: (string | null)[][];
/** What changed now, by looks; the last stays. */
let now: ChangedFile[][];
let taken: number;
beforeEach(async () => {
  directory = join(mkdtempSync(join(tmpdir(), 'hf-files-')), 'rec-1');
  run = await sampleRun(directory, [{ input: {} }, { input: {} }, { input: {} }]);
  [looks, now, taken] = [[], [[]], 0];
});
afterEach(() => rmSync(join(directory, '..'), { recursive: true }));

const place = {
  snapshot: async () => `now-${++taken}`,
  changes: async (from: string | null, to: string) => {
    looks.push([from, to]);
    const changes = (now.length > 1 ? now.shift() : now[0]) ?? [];
    return { changes, more: 0 };
  },
  digestOf: () => '',
};

/** A snapshot after a step, in which these programs ran, and since which steps it was told what changed. */
function shown(
  step: number,
  since: readonly number[],
  running: readonly string[] = [],
  more: ChangedFile[] = [],
): void {
  const snapshot = `then-${step}`;
  const again = run.shown.has(step);
  run.shown.set(step, { step, atMs: 0, snapshot, digest: null, processes: [...running], sealed: false, again });
  run.snapshots.push({ step, snapshot, digest: null, processes: [...running], sealed: false });
  const changes = more.map(({ content, digest: _, ...rest }) => ({
    ...rest,
    after: inlineContent(content ?? Buffer.from('')),
  }));
  for (const after of since) run.changes.push({ after, step, snapshot, changes, more: 0 });
}

/** @param before the step before whose beginning it ended; null: it did not */
function program(processId: string, before: number | null, tag: string | null = null): void {
  const exit = { reason: 'exited' as const, exitCode: 0, signal: null, durationMs: 1, stdoutBytes: 0, stderrBytes: 0 };
  const sequence = before === null ? 0 : (run.steps[before - 1]?.sequence ?? 1000) - 0.5;
  const ended = { type: 'process-ended' as const, atMs: 1, processId, exit, cause: null, sequence };
  const own = { processId, step: 1, tag, output: { stdout: [], stderr: [] }, input: [] };
  run.processes.set(processId, { ...own, ended: before === null ? null : ended });
}

const files = (more: { from?: number; until?: number } = {}): FilesReplay =>
  new FilesReplay(
    run,
    { from: 1, until: 3, files: true, normalisers: [], ...more },
    { clock: systemClock, comparer: new Comparer() },
  );
async function done(replay: FilesReplay, until = 3): Promise<Compared[]> {
  const found: Compared[] = [];
  for (let step = 1; step <= until; step++) found.push(await replay.after(place, step, 'compared'));
  return found;
}
const differs = { matched: false, class: 'files' };

describe('a program that ends', () => {
  it('is compared from before it began to after it ended, and not between (2)', async () => {
    program('prc-1', 4);
    shown(1, [0], ['prc-1'], [file('/half', 'x')]);
    shown(2, [1], ['prc-1']);
    shown(3, [2, 0]);
    const replay = files();
    expect(await done(replay)).toMatchObject([{ matched: true }, { matched: true }, { matched: true }]);
    expect(replay.uncompared).toEqual([]);
    expect(looks).toEqual([[null, 'now-1']]);
  });

  it('is found to have written something else then', async () => {
    program('prc-1', 3);
    shown(1, [0], ['prc-1']);
    shown(2, [1, 0], [], [file('/z', 'then')]);
    now = [[file('/z', 'now')]];
    expect((await done(files(), 2))[1]).toMatchObject(differs);
  });

  it('is said where no snapshot shows what it left, and where the files went back before (3)', async () => {
    const why = 'a program was running that ended later, and no snapshot shows them as it left them';
    program('prc-1', 3);
    shown(1, [0], ['prc-1']);
    const replay = files({ until: 2 });
    await done(replay, 2);
    expect(replay.uncompared).toEqual([`step 1: its files were not compared: ${why}`]);
    shown(2, [1, 0]);
    const facts = { type: 'lifecycle' as const, atMs: 1, what: 'sandbox-rolled-back', facts: {} };
    run.steps[1]?.before.push(facts);
    const back = files({ until: 2 });
    await back.after(place, 1, 'compared');
    expect(back.uncompared).toEqual([`step 1: its files were not compared: ${why}`]);
  });

  it('counts as one that does not where the last step that is done comes before its end', async () => {
    program('prc-1', 4);
    shown(1, [0], ['prc-1']);
    shown(2, [1], ['prc-1']);
    const replay = files({ until: 2 });
    await done(replay, 2);
    expect(looks).toEqual([
      [null, 'now-1'],
      ['now-1', 'now-2'],
    ]);
  });

  it('that is a session’s shell keeps nothing from being compared', async () => {
    program('prc-1', 4, 'shell-session');
    shown(1, [0], ['prc-1'], [file('/z', 'then')]);
    now = [[file('/z', 'now')]];
    expect(await files().after(place, 1, 'compared')).toMatchObject(differs);
  });

  it('is begun again by a replay of later steps', () => {
    program('prc-1', 4);
    shown(1, [0]);
    shown(2, [1], ['prc-1']);
    expect(files({ from: 2 }).start).toMatchObject({ step: 1 });
    expect(files({ from: 3 }).start).toMatchObject({ step: 1 });
  });

  it('beside a step that was not done is compared with nothing that comes of both (3)', async () => {
    program('prc-1', 4);
    shown(1, [0], ['prc-1']);
    shown(2, [1], ['prc-1']);
    shown(3, [2, 0], [], [file('/z', 'then')]);
    const replay = files();
    await replay.after(place, 1, 'compared');
    await replay.after(place, 2, 'not-done');
    expect(await replay.after(place, 3, 'compared')).toMatchObject({ matched: true });
    expect(replay.uncompared).toEqual(['steps 1 to 3: their files were not compared: step 2 was not done']);
  });
});

describe('a recording that tells of the first snapshot of a step alone', () => {
  const why = 'what a program changed after the first snapshot was not kept then';

  it('is compared with nothing that came after that', async () => {
    shown(1, [0]);
    shown(1, []);
    for (const each of run.changes) delete each.snapshot;
    now = [[file('/z', 'z')]];
    const replay = files({ until: 1 });
    expect(await done(replay, 1)).toMatchObject([{ matched: true }]);
    expect(replay.uncompared).toEqual([`step 1: its files were not compared: ${why}`]);
  });

  it('is compared where there is one only', async () => {
    shown(1, [0]);
    for (const each of run.changes) delete each.snapshot;
    now = [[file('/z', 'z')]];
    expect(await done(files({ until: 1 }), 1)).toMatchObject([differs]);
  });
});

describe('a program that does not end', () => {
  const moved = (path: string): string =>
    `1 file compared as far as then and now have come, since a program that did not end was writing: ${path}`;
  beforeEach(() => program('prc-1', null));

  it('is waited for (4)', async () => {
    shown(1, [0], ['prc-1'], [file('/z', 'z')]);
    now = [[], [], [file('/z', 'z')]];
    const replay = files();
    expect(await replay.after(place, 1, 'compared')).toMatchObject({ matched: true });
    expect(looks.map(([from]) => from)).toEqual([null, null, null]);
    expect(replay.uncompared).toEqual([]);
  });

  it('is not waited for without end: what does not come is a difference (4)', async () => {
    shown(1, [0], ['prc-1'], [file('/z', 'z')]);
    expect(await files().after(place, 1, 'compared')).toMatchObject(differs);
    expect(looks.length).toBeGreaterThan(1);
  });

  it.each([
    ['further', '1\n2\n', '1\n2\n3\n'],
    ['less far', '1\n2\n3\n', '1\n2'],
  ])('may have come %s in what it goes on writing, and that is said', async (_how, then, here) => {
    shown(1, [0], ['prc-1'], [file('/log', then)]);
    shown(2, [1], ['prc-1'], [file('/log', '9\n')]);
    now = [[file('/log', here)]];
    const replay = files();
    expect(await done(replay, 2)).toMatchObject([{ matched: true }, { matched: true }]);
    expect(replay.uncompared).toEqual([moved('/log')]);
  });

  it('may have written already what came later then', async () => {
    shown(1, [0], ['prc-1']);
    shown(2, [1], ['prc-1'], [file('/z', 'z')]);
    now = [[file('/z', 'z')], []];
    const replay = files();
    expect(await done(replay, 2)).toMatchObject([{ matched: true }, { matched: true }]);
    expect(replay.uncompared).toEqual([moved('/z')]);
  });

  it('may have been just writing anew what stands whole now', async () => {
    const anew = { ...file('/pid', ''), kind: 'modified' as const };
    shown(1, [0], ['prc-1'], [file('/pid', '7\n')]);
    shown(2, [1], ['prc-1'], [anew]);
    now = [[file('/pid', '7\n')], []];
    const replay = files();
    expect(await done(replay, 2)).toMatchObject([{ matched: true }, { matched: true }]);
    expect(replay.uncompared).toEqual([moved('/pid')]);
    // What was appended then is not.
    run.changes = run.changes.slice(0, 1);
    shown(2, [1], ['prc-1'], [{ ...file('/pid', '7\n8\n'), kind: 'modified' }]);
    now = [[file('/pid', '7\n')], []];
    expect((await done(files(), 2))[1]).toMatchObject(differs);
  });

  it('makes no other file one that may differ', async () => {
    shown(1, [0], ['prc-1'], [file('/log', '1\n'), file('/z', 'then')]);
    now = [[file('/log', '1\n2\n'), file('/z', 'now')]];
    expect(await files().after(place, 1, 'compared')).toMatchObject({
      ...differs,
      expected: expect.stringContaining('/z'),
    });
  });

  it('may have written at another time, as long as that is no matter of length or number (4)', () => {
    const moment = {
      isLate: true,
      comesLater: () => true,
      before: () => null,
      normalisers: usualNormalisers,
      asked: 'make',
    };
    const times = (hour: string, lines: number): ChangedFile => file('/log', `at ${hour}:34:56\n`.repeat(lines));
    const grew = (expected: ChangedFile, actual: ChangedFile): boolean =>
      new MovingFiles().take({ expected, actual }, moment);
    expect(grew(times('12', 2), times('13', 3))).toBe(true);
    expect(grew(times('12', 5000), times('12', 6000))).toBe(true);
    expect(grew(times('12', 5000), times('13', 6000))).toBe(false);
    const files = new MovingFiles();
    const taken: boolean[] = [];
    for (let at = 0; at < 200; at++) {
      taken.push(files.take({ expected: null, actual: file(`/${at}`, '') }, moment));
    }
    expect(taken.filter((each) => each)).toHaveLength(100);
  });
});
