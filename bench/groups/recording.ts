/** What recording costs, what it leaves, and how well what it leaves can be done again. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HoldfastService } from '../../src/schema/index.ts';
import type { Group, Plan } from '../group.ts';
import { overheadRow, pairedShare, type Row, Samples, timed } from '../harness.ts';
import { inProcess } from '../ours.ts';
import { kindsThere, recordedRun } from '../recorded-runs.ts';
import { Overlooked, recordAndReplay } from '../replayed.ts';
import { makeTree } from './files.ts';

/** A short thought of a model; a snapshot is over by then. */
const thoughtMs = 150;
const files = 50_000;
const stepsPerLog = 100;

export const group: Group = {
  name: 'recording',
  title: 'Recording, replay, fork at a step',
  measures: `A step is the tool \`shell\`: it searches 200 files, sorts what it found and writes a file. The same step in a sandbox that is recorded and in one that is not, in turns, each after a pause of ${thoughtMs} ms, in which the snapshot is taken; in-process; which comes first changes from round to round. "Overhead" is how much more the percentile of the recorded ones is; the note beside has the median of the pairs, one of each from the same round. The log is all of a recording on disk after ${stepsPerLog} such steps, blobs included. Fork: from the request to the answer of a command, at each step of a recording whose workspace began with ${files.toLocaleString('en')} files, 1 GiB. Corpus: made-up runs of ten kinds in turn, as a coding agent has them (tests in awk, Python and Node, Git, C, data, a database, sessions, servers, mistakes), recorded and done again at L2; the value is how long the replay took, the success rate is the share in which every step matched.`,
  leavesOut: 'Agents that do not pause: their next step waits for a snapshot under way. Models. Networks.',
  run,
};

async function run(plan: Plan): Promise<Row[]> {
  const { service } = await inProcess(plan.bench);
  return [
    ...(await overhead(plan, service)),
    await log(plan, service),
    await forks(plan, service),
    await corpus(plan, service),
  ];
}

const tree = 'mkdir -p src; for n in $(seq 200); do echo "line $n of this file, to be found" > src/f$n; done';
const step = (turn: number): string =>
  `grep -rh "line ${turn % 10}" src | sort | head -20 > found; wc -l < found; echo ${turn} > turn`;

async function call(service: HoldfastService, sandbox: string, command: string): Promise<void> {
  const result = await service.callTool(sandbox, { tool: 'shell', input: { command } });
  if (!result.ok) throw new Error(result.error.message);
}

async function overhead({ rounds, note }: Plan, service: HoldfastService): Promise<Row[]> {
  const plain = await service.createSandbox({});
  const recorded = await service.createSandbox({ record: true });
  const boxes = [
    { id: plain.id, samples: new Samples({ id: 'recording-off', label: 'a step, not recorded' }) },
    { id: recorded.id, samples: new Samples({ id: 'recording-on', label: 'the same step, recorded' }) },
  ];
  for (const { id } of boxes) await call(service, id, tree);
  const plan = rounds(600, 10);
  const pairs: { off: number; on: number }[] = [];
  for (let turn = -5; turn < plan.rounds; turn++) {
    const pair = { off: 0, on: 0 };
    for (const { id, samples } of turn % 2 === 0 ? boxes : boxes.toReversed()) {
      await sleep(thoughtMs);
      const ms = await timed(() => call(service, id, step(turn + 5)));
      if (turn >= 0) samples.add(ms);
      pair[id === recorded.id ? 'on' : 'off'] = ms;
    }
    if (turn >= 0) pairs.push(pair);
    plan.onRound?.(turn + 6, plan.rounds + 5);
  }
  for (const { id } of boxes) await service.destroySandbox(id);
  const { middle, low, high } = pairedShare(pairs);
  note(
    `Overhead by pairs: ${middle.toFixed(1)} % at the median, 95 % interval ${low.toFixed(1)} to ${high.toFixed(1)}.`,
  );
  const rows = boxes.map(({ samples }) => samples.row());
  const [off, on] = rows;
  return [...rows, ...(off && on ? [overheadRow('recording-overhead', 'overhead of recording', off, on)] : [])];
}

async function log({ rounds }: Plan, service: HoldfastService): Promise<Row> {
  const samples = new Samples({ id: 'recording-log', label: `log of ${stepsPerLog} steps`, unit: 'KiB' });
  for (let round = 0; round < rounds(3, 1).rounds; round++) {
    const { id } = await service.createSandbox({ record: true });
    await call(service, id, tree);
    for (let turn = 1; turn < stepsPerLog; turn++) {
      await call(service, id, step(turn));
      await sleep(40);
    }
    await service.destroySandbox(id);
    const [recording] = (await service.listRecordings({ sandbox: id })).items;
    samples.add((recording?.bytes ?? Number.NaN) / 1024);
  }
  return samples.row();
}

async function forks({ bench, quick, rounds, say }: Plan, service: HoldfastService): Promise<Row> {
  const samples = new Samples({ id: 'recording-fork-1g', label: 'fork at a step, 1 GiB, answered' });
  say('importing 1 GiB');
  const directory = join(bench.directory, 'tree-recording');
  await makeTree(directory, quick ? 2000 : files);
  const owner = ['--owner=1000', '--group=1000', '--numeric-owner'];
  const tar = spawn('tar', ['-c', ...owner, '-C', directory, '.'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const { id: base } = await service.importFiles(tar.stdout, { path: '/workspace' });
  const { id } = await service.createSandbox({ template: base, record: { name: 'large' } });
  const steps = 10;
  for (let turn = 0; turn < steps; turn++) {
    await call(service, id, `for n in 1 2 3; do date +%N > d0/f$((${turn} * 7 + n)); done`);
    await sleep(thoughtMs);
  }
  await service.destroySandbox(id);
  for (let round = -2; round < rounds(60, 4).rounds; round++) {
    let child = '';
    const ms = await timed(async () => {
      const forked = await service.forkRecording('large', { step: 1 + ((round + 2) % steps) });
      child = forked.sandbox.id;
      if (forked.reached !== forked.step) throw new Error(forked.notes.join('; '));
      await call(service, child, 'cat d0/f1 > /dev/null');
    });
    if (round >= 0) samples.add(ms);
    await service.destroySandbox(child);
  }
  return samples.row();
}

async function corpus({ rounds, say, note }: Plan, service: HoldfastService): Promise<Row> {
  const samples = new Samples({ id: 'recording-corpus', label: 'a made-up run of a coding agent, done again' });
  const kinds = await kindsThere(service);
  const plan = rounds(200, 12);
  const missed = new Map<string, number>();
  const overlooked = new Overlooked();
  for (let number = 0; number < plan.rounds; number++) {
    const run = recordedRun(number, kinds);
    try {
      const report = await recordAndReplay(service, run);
      samples.add(report.durationMs);
      overlooked.add(report);
    } catch (error) {
      samples.fail(error);
      const why = error instanceof Error ? error.message : String(error);
      missed.set(why, (missed.get(why) ?? 0) + 1);
    }
    plan.onRound?.(number + 1, plan.rounds);
  }
  for (const [why, count] of missed) say(`not reproduced, ${count}: ${why}`);
  note(overlooked.note());
  return samples.row();
}
