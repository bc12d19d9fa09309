/** When the recorder of a sandbox takes snapshots, and when not. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RecorderBench } from '../../test/fixtures/recorder-bench.ts';
import { systemClock } from '../base/index.ts';
import type { ProcessExit } from '../schema/index.ts';
import { quietMs } from './step-snapshots.ts';

const bench = new RecorderBench();
const { begin, of } = bench;
beforeEach(() => bench.start());
afterEach(() => bench.close());

const exited: ProcessExit = {
  reason: 'exited',
  exitCode: 0,
  signal: null,
  durationMs: 1,
  stdoutBytes: 0,
  stderrBytes: 0,
};
const startProgram = (processId: string): void =>
  bench.recorder.processStarted({
    processId,
    argv: ['make'],
    cwd: '/workspace',
    environment: {},
    tag: null,
    pty: false,
  });
const answered = { ok: true as const, value: { exitCode: 0, reason: 'exited' }, durationMs: 1 };

describe('a snapshot', () => {
  it('is taken in the pause after a step that changes something, and what it changed is told', async () => {
    begin('a').end(answered);
    expect(bench.taken).toBe(0);
    await expect.poll(() => of('files-changed')).toHaveLength(1);
    expect((await of('snapshot-taken'))[0]).toMatchObject({ step: 1, snapshot: 'snp-1' });
    expect((await of('files-changed'))[0]).toMatchObject({
      after: 0,
      step: 1,
      changes: [{ path: expect.stringMatching(/^\/workspace\/a-hfr_/) }],
    });
  });

  it('is not taken for a step that only looked', async () => {
    begin('a', { mutates: false }).end(answered);
    await bench.recorder.settle(true);
    expect(bench.taken).toBe(0);
  });

  it('is shared by steps that follow each other at once', async () => {
    for (const name of ['a', 'b', 'c']) begin(name).end(answered);
    await bench.recorder.settle(true);
    expect(await of('snapshot-taken')).toMatchObject([{ step: 3 }]);
    expect(await of('files-changed')).toMatchObject([{ after: 0, step: 3 }]);
  });

  it('is waited for by the next step while it is taken (3)', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    bench.gate = promise;
    begin('a').end(answered);
    await expect.poll(() => bench.recorder.ready() !== null).toBe(true);
    let isReady = false;
    const waiting = bench.recorder.ready()?.then(() => {
      isReady = true;
    });
    await systemClock.sleep(30);
    expect(isReady).toBe(false);
    resolve();
    await waiting;
    expect(bench.taken).toBe(1);
  });

  it('that is due is taken before the files go back, and none while they do', async () => {
    begin('a').end(answered);
    const release = await bench.recorder.still();
    expect(await of('snapshot-taken')).toMatchObject([{ step: 1 }]);
    bench.recorder.lifecycle('sandbox-rolled-back', { snapshot: 'snp-0' });
    await systemClock.sleep(60);
    expect(bench.taken).toBe(1);
    release();
    await expect.poll(() => bench.taken).toBe(2);
  });

  it('is not taken while a step is under way', async () => {
    const slow = begin('a');
    begin('b').end(answered);
    await systemClock.sleep(60);
    expect(bench.taken).toBe(0);
    slow.end(answered);
    await expect.poll(() => bench.taken).toBe(1);
  });

  it('that is due when a recording ends within a step is not taken: it would show half of that (4)', async () => {
    begin('a').end(answered);
    const second = begin('b');
    await bench.recorder.settle(true);
    expect(bench.taken).toBe(0);
    expect(await of('snapshot-failed')).toMatchObject([
      { step: 1, cause: 'unknown', failure: { code: 'cancelled', message: expect.stringContaining('under way') } },
    ]);
    second.end(answered);
  });

  it('that is due when files go back within a step is not taken, and the next one is (4)', async () => {
    begin('a').end(answered);
    const second = begin('b');
    const release = await bench.recorder.still();
    expect(bench.taken).toBe(0);
    release();
    second.end(answered);
    await expect.poll(() => of('snapshot-taken')).toMatchObject([{ step: 2 }]);
  });

  it('is taken after the step that is under way when a recording ends, and no other begins before', async () => {
    begin('a').end(answered);
    const second = begin('b');
    const held = bench.recorder.hold(10_000);
    let isReady = false;
    const third = bench.recorder.ready()?.then(() => {
      isReady = true;
    });
    await systemClock.sleep(3 * quietMs);
    expect([bench.taken, isReady]).toEqual([0, false]);
    second.end(answered);
    const release = await held;
    await bench.recorder.settle(true);
    expect(isReady).toBe(false);
    release();
    await third;
    expect(await of('snapshot-taken')).toMatchObject([{ step: 2 }]);
    expect(bench.recorder.ready()).toBeNull();
  });

  it('waits no longer for a step than it was told', async () => {
    const step = begin('a');
    const release = await bench.recorder.hold(30);
    release();
    step.end(answered);
  });

  it('is taken again when a program of the step ends, and what changed since the step before is told again (5)', async () => {
    const step = begin('a');
    await step.during(async () => startProgram('prc-1'));
    step.end(answered);
    await expect.poll(() => of('files-changed')).toHaveLength(1);
    bench.recorder.processEnded('prc-1', exited);
    await expect.poll(() => of('files-changed')).toHaveLength(2);
    expect(await of('snapshot-taken')).toMatchObject([
      { step: 1, snapshot: 'snp-1', processes: ['prc-1'] },
      { step: 1, snapshot: 'snp-2', processes: [] },
    ]);
    expect(await of('files-changed')).toMatchObject([
      { after: 0, step: 1, snapshot: 'snp-1' },
      { after: 0, step: 1, snapshot: 'snp-2' },
    ]);
  });

  it('after a program that ran beside steps tells what changed since before it began, too', async () => {
    const step = begin('a');
    await step.during(async () => startProgram('prc-1'));
    step.end(answered);
    await expect.poll(() => of('files-changed')).toHaveLength(1);
    begin('b').end(answered);
    await expect.poll(() => of('files-changed')).toHaveLength(2);
    bench.recorder.processEnded('prc-1', exited);
    await bench.recorder.settle(true);
    const told = (await of('files-changed')).map(({ after, step: of, snapshot }) => [after, of, snapshot]);
    expect(told).toEqual([
      [0, 1, 'snp-1'],
      [1, 2, 'snp-2'],
      [1, 2, 'snp-3'],
      [0, 2, 'snp-3'],
    ]);
  });

  it('of files that went back tells no changes: what comes begins there', async () => {
    begin('a').end(answered);
    await expect.poll(() => of('files-changed')).toHaveLength(1);
    bench.recorder.lifecycle('sandbox-rolled-back', { snapshot: 'snp-0' });
    await expect.poll(() => bench.taken).toBe(2);
    begin('b').end(answered);
    await bench.recorder.settle(true);
    const told = (await of('files-changed')).map(({ after, step }) => [after, step]);
    expect(told).toEqual([
      [0, 1],
      [1, 2],
    ]);
  });

  it('that failed is tried again at the end, and not at once', async () => {
    bench.failing = true;
    begin('a').end(answered);
    await expect.poll(() => of('snapshot-failed')).toHaveLength(1);
    await systemClock.sleep(3 * quietMs);
    expect(await of('snapshot-failed')).toHaveLength(1);
    bench.failing = false;
    await bench.recorder.settle(true);
    expect(await of('snapshot-taken')).toMatchObject([{ step: 1 }]);
  });

  it('that failed is tried again after a step that only looked', async () => {
    bench.failing = true;
    begin('a').end(answered);
    await expect.poll(() => of('snapshot-failed')).toHaveLength(1);
    bench.failing = false;
    begin('b', { mutates: false }).end(answered);
    await expect.poll(() => of('snapshot-taken')).toMatchObject([{ step: 2 }]);
  });

  it('that fails is told, and the next step tries again', async () => {
    bench.failing = true;
    begin('a').end(answered);
    await expect.poll(() => of('snapshot-failed')).toMatchObject([{ cause: 'infrastructure' }]);
    bench.failing = false;
    begin('b').end(answered);
    await expect.poll(() => of('snapshot-taken')).toMatchObject([{ step: 2 }]);
  });
});

it('takes no snapshot any more once it has settled', async () => {
  const step = begin();
  await bench.recorder.settle(true);
  step.end(answered);
  await new Promise((resolve) => setTimeout(resolve, 3 * quietMs));
  expect(bench.taken).toBe(0);
});
