/**
 * Programs that run on beside the steps of a recording: what they write when, whose step it is, and that a replay, a fork and a
 * bisection know of it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRuntime } from '../../src/runtime/index.ts';
import type { HoldfastService, RecordingEvent, ReplayReport } from '../../src/schema/index.ts';
import { RecordedRuns } from '../fixtures/recorded-runs.ts';

const runs = new RecordedRuns();
const { shell, thought, until, finished } = runs;
let service: HoldfastService;
beforeAll(async () => {
  service = await runs.open();
});
afterAll(() => runs.close());

const made = { reproduced: true, divergence: null, uncompared: [] };
const notEnded = 'the process that step 1 started had not ended when the recording did: it is not compared';
const chance = 'od -An -N8 -tx8 /dev/urandom | tr -d " "';

async function start(box: string, script: string): Promise<string> {
  return (await service.startProcess(box, { argv: ['sh', '-c', script] })).processId;
}
async function end(box: string, processId: string): Promise<void> {
  const attached = await service.attachProcess(box, processId);
  await attached.exit;
  await attached.detach();
}
const eventsOf = async (id: string): Promise<RecordingEvent[]> =>
  (await service.recordingEvents(id, { limit: 1000 })).items;
const changesOf = async (id: string) =>
  (await eventsOf(id)).flatMap((event) =>
    event.type === 'files-changed' ? [[event.after, event.step, event.changes.map(({ path }) => path.slice(11))]] : [],
  );
const filesAt = async (id: string, step: number): Promise<string[]> => {
  const { sandbox } = await service.forkRecording(id, { step });
  const names = (await service.listFiles(sandbox.id, '/workspace')).map(({ path }) => path.slice(11));
  await service.destroySandbox(sandbox.id);
  return names.sort();
};
const replayed = (id: string): Promise<ReplayReport> => service.replayRecording(id);

describe('a command that takes longer than a pause, writes and ends', () => {
  /** As `holdfast record -- sh -c …` does it. */
  async function recorded(script: string): Promise<string> {
    const box = await service.createSandbox({ record: true });
    await end(box.id, await start(box.id, script));
    return finished(box);
  }

  it('is done again and is the same', { timeout: 60_000 }, async () => {
    const id = await recorded('echo begun > begun; sleep 0.5; echo z > z; rm begun');
    expect(await replayed(id)).toMatchObject(made);
    expect((await changesOf(id)).at(-1)).toEqual([0, 1, ['z']]);
    expect(await filesAt(id, 1)).toEqual(['z']);
  });

  it('that fails is a failure of its recording', { timeout: 60_000 }, async () => {
    const id = await recorded('echo oops >&2; sleep 0.1; exit 3');
    expect(await service.getRecording(id)).toMatchObject({ failures: { agent: 1, unknown: 0 } });
  });

  it('that writes something else is a divergence', { timeout: 60_000 }, async () => {
    const { reproduced, divergence } = await replayed(await recorded(`sleep 0.3; ${chance} > z`));
    expect(reproduced).toBe(false);
    expect(divergence).toMatchObject({ step: 1, class: 'files', expected: expect.stringContaining('/workspace/z') });
  });
});

describe('programs that run over many steps and end', () => {
  let id: string;
  beforeAll(async () => {
    const box = await service.createSandbox({ record: true });
    const first = await start(box.id, 'for n in 1 2 3 4 5 6 7 8; do echo $n >> log; sleep 0.1; done; echo 1 > first');
    await thought(box.id, 1);
    await shell(box.id, 'echo a > a');
    await thought(box.id, 2);
    const second = await start(box.id, 'while ! test -e go; do sleep 0.02; done; echo 2 > second');
    await end(box.id, first);
    await until(box.id, (event) => event.type === 'files-changed' && JSON.stringify(event.changes).includes('/first"'));
    await shell(box.id, 'echo b > b; touch go');
    await end(box.id, second);
    await shell(box.id, 'rm go; cat second');
    await thought(box.id, 5);
    id = await finished(box);
  }, 60_000);

  it('are the same when they are done again, whatever they had come to at each step', { timeout: 60_000 }, async () => {
    expect(await replayed(id)).toMatchObject(made);
  });

  it('are begun again by a replay of what comes later', { timeout: 60_000 }, async () => {
    const report = await service.replayRecording(id, { from: 4 });
    expect(report).toMatchObject({ ...made, from: 4 });
    expect(report.steps.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5]);
  });

  it('and are said where the last step that is done comes before their end', { timeout: 60_000 }, async () => {
    const report = await service.replayRecording(id, { until: 2 });
    expect(report).toMatchObject({ reproduced: true, divergence: null });
    expect(report.uncompared).toContain(
      'the process that step 1 started ended after the last step that was replayed: it is not compared',
    );
  });

  it('have what they wrote in the step after which it is seen first', { timeout: 60_000 }, async () => {
    expect(await filesAt(id, 3)).toEqual(['a', 'first', 'log']);
    expect(await filesAt(id, 5)).toEqual(['a', 'b', 'first', 'log', 'second']);
    const found = await service.bisectRecording(id, { predicate: { command: 'test -e first' }, runs: 1 });
    expect(found).toMatchObject({ step: 3, name: 'start-process' });
    expect(found.notes).toContain('programs of step 1 ran on beside step 3: it may be their doing');
  });
});

describe('a program that does not end', () => {
  it('may be further or less far than it was', { timeout: 90_000 }, async () => {
    const box = await service.createSandbox({ record: true });
    await start(box.id, 'while :; do date >> log; echo $$ > pid; sleep 0.05; done');
    for (const step of [2, 3, 4]) {
      await thought(box.id, step - 1);
      await shell(box.id, `sleep 0.2; echo ${step} > f${step}`);
    }
    await thought(box.id, 4);
    const report = await replayed(await finished(box));
    expect(report).toMatchObject({ reproduced: true, divergence: null });
    expect(report.uncompared.at(-1)).toBe(notEnded);
    const moved = /^[12] files? compared as far as then and now have come, .*: (\/workspace\/(log|pid)(, )?)+$/;
    for (const what of report.uncompared.slice(0, -1)) expect(what).toMatch(moved);
  });

  it('hides no difference in what steps do beside it', { timeout: 90_000 }, async () => {
    const box = await service.createSandbox({ record: true });
    await start(box.id, 'echo up > up; sleep 1000');
    await thought(box.id, 1);
    await shell(box.id, `${chance} > drawn`);
    await thought(box.id, 2);
    const { divergence } = await replayed(await finished(box));
    expect(divergence).toMatchObject({ step: 2, class: 'files', expected: expect.stringContaining('/drawn') });
  });

  it('is waited for where this run is ahead of it, and programs that end beside it are the same', {
    timeout: 90_000,
  }, async () => {
    const box = await service.createSandbox({ record: true });
    await start(box.id, 'sleep 0.7; echo up > up; sleep 1000');
    await thought(box.id, 1);
    const short = await start(box.id, 'echo half > out; sleep 0.4; echo whole > out');
    await thought(box.id, 2);
    await shell(box.id, 'echo a > a');
    await end(box.id, short);
    await shell(box.id, 'while ! test -e up; do sleep 0.02; done; echo b > b');
    await thought(box.id, 4);
    const id = await finished(box);
    expect(await replayed(id)).toMatchObject({ reproduced: true, divergence: null, uncompared: [notEnded] });
  });
});

it('one that ends while no daemon is there to see it is seen by the next', { timeout: 60_000 }, async () => {
  const home = mkdtempSync(join(tmpdir(), 'hf-beside-'));
  const script = 'sleep 1; echo z > z';
  const worker = spawn(process.execPath, [join(import.meta.dirname, '../fixtures/beside-worker.ts'), home, script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [line] = (await once(createInterface({ input: worker.stdout }), 'line')) as [string];
    const { sandbox, processId } = JSON.parse(line) as { sandbox: string; processId: string };
    worker.kill('SIGKILL');
    await once(worker, 'exit');
    await sleep(1500);
    await using next = await createRuntime({ home, ephemeral: true });
    const again = next.service();
    const all = async () => (await again.recordingEvents('beside', { limit: 1000 })).items;
    const ended = expect.objectContaining({ type: 'process-ended', processId });
    await expect.poll(all, { timeout: 20_000 }).toContainEqual(ended);
    await again.destroySandbox(sandbox);
    expect(await again.replayRecording('beside')).toMatchObject(made);
  } finally {
    worker.kill('SIGKILL');
    rmSync(home, { recursive: true, force: true });
  }
});
