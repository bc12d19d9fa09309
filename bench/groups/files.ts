/** Files as a whole: snapshot, rollback, diff and fork of workspaces of three sizes, ten files changed each time. */
import { spawn } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HoldfastService } from '../../src/schema/index.ts';
import type { Group, Plan } from '../group.ts';
import { type MeasuredRow, type Row, Samples, timed } from '../harness.ts';
import { inProcess, sayHi } from '../ours.ts';
import { run as runCommand, type Workbench } from '../workbench.ts';

const fileBytes = 21_475;
const perDirectory = 500;
const changedFiles = 10;
const forks = 64;
const sizes = [
  { name: '10 MiB', id: '10m', files: 500 },
  { name: '100 MiB', id: '100m', files: 5_000 },
  { name: '1 GiB', id: '1g', files: 50_000 },
] as const;

export const group: Group = {
  name: 'files',
  title: 'Snapshot, roll back, compare, fork',
  measures: `Workspaces of 500, 5,000 and 50,000 files of ${fileBytes} bytes, imported once; ${changedFiles} files are rewritten before each snapshot. Live: a process is running, so what changed is copied while everything stands still. Quiet: nothing runs, so the writable directory is sealed in place. "Pause" is how long the sandbox stood still, as the snapshot says; the other rows are wall time in the caller, in-process. Forks: ${forks} sandboxes from one snapshot, until all have answered a command. The floor is one \`cp -a\` of the same files on the host.`,
  leavesOut:
    "The first use of a snapshot in a daemon's life, which reads its layers once to verify them. Flushing to the disk, which is done in the background; the digest of what is new is part of a snapshot's wall time.",
  run,
};

type Operation = 'live-pause' | 'live' | 'quiet-pause' | 'quiet' | 'rollback' | 'diff' | 'forks' | 'copy';
const labels: Record<Operation, string> = {
  'live-pause': 'live snapshot, pause',
  live: 'live snapshot, wall',
  'quiet-pause': 'quiet snapshot, pause',
  quiet: 'quiet snapshot, wall',
  rollback: 'rollback',
  diff: 'diff',
  forks: `${forks} forks, all answered`,
  copy: '`cp -a` on the host (floor)',
};

async function run({ bench, quick, rounds, say }: Plan): Promise<Row[]> {
  const { service } = await inProcess(bench);
  const subjects: Subject[] = [];
  for (const size of sizes.slice(0, quick ? 2 : 3)) {
    say(`importing ${size.name}`);
    subjects.push(await prepare(bench, service, size));
  }
  const plan = rounds(30, 2);
  for (let round = -2; round < plan.rounds; round++) {
    for (const subject of subjects) await oneRound(service, subject, round < 0);
    plan.onRound?.(round + 3, plan.rounds + 2);
  }
  for (let round = 0; round < Math.min(10, plan.rounds); round++) {
    for (const subject of subjects) await forkRound(service, subject);
  }
  for (const subject of subjects) await copyRound(subject);
  return subjects.flatMap(({ samples }) => [...samples.values()].map((one): MeasuredRow => one.row()));
}

interface Subject {
  directory: string;
  sandbox: string;
  base: string;
  samples: Map<Operation, Samples>;
}

async function prepare(bench: Workbench, service: HoldfastService, size: (typeof sizes)[number]): Promise<Subject> {
  const directory = join(bench.directory, `tree-${size.id}`);
  await makeTree(directory, size.files);
  const tar = spawn('tar', ['-c', '--owner=1000', '--group=1000', '--numeric-owner', '-C', directory, '.'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { id: base } = await service.importFiles(tar.stdout, { path: '/workspace' });
  const { id: sandbox } = await service.createSandbox({ template: base });
  const names = Object.keys(labels) as Operation[];
  const samples = new Map(
    names.map((name) => [
      name,
      new Samples({
        id: `${name}-${size.id}`,
        label: `${size.name}, ${size.files.toLocaleString('en')} files: ${labels[name]}`,
      }),
    ]),
  );
  return { directory, sandbox, base, samples };
}

export async function makeTree(directory: string, files: number): Promise<void> {
  const content = Buffer.alloc(fileBytes, 'holdfast');
  for (let at = 0; at < files; at += perDirectory) {
    const folder = join(directory, `d${at / perDirectory}`);
    await mkdir(folder, { recursive: true });
    const names = Array.from({ length: Math.min(perDirectory, files - at) }, (_, n) => at + n);
    for (const name of names) {
      content.writeUInt32LE(name, 0);
      await writeFile(join(folder, `f${name}`), content);
    }
  }
}

async function oneRound(
  service: HoldfastService,
  { sandbox, base, samples }: Subject,
  isWarmup: boolean,
): Promise<void> {
  const add = (name: Operation, value: number): void => {
    if (!isWarmup) samples.get(name)?.add(value);
  };
  await service.startProcess(sandbox, { argv: ['/bin/sleep', '100000'], cwd: '/workspace' });
  await change(service, sandbox);
  const live = await snapshot(service, sandbox, 'copy');
  add('live', live.ms);
  add('live-pause', live.pauseMs);
  add('diff', await timed(() => differences(service, base, sandbox)));
  add('rollback', await timed(() => service.rollbackSandbox(sandbox, base)));
  await change(service, sandbox);
  const quiet = await snapshot(service, sandbox, 'rotate');
  add('quiet', quiet.ms);
  add('quiet-pause', quiet.pauseMs);
  await service.rollbackSandbox(sandbox, base);
  for (const { id } of [live, quiet]) await service.deleteSnapshot(id);
}

async function change(service: HoldfastService, sandbox: string): Promise<void> {
  const names = Array.from({ length: changedFiles }, (_, n) => `/workspace/d0/f${n * 7}`);
  const script = `for f in ${names.join(' ')}; do date +%N > $f || exit 1; done`;
  const { exitCode, stderr } = await service.exec(sandbox, { argv: ['/bin/sh', '-c', script] });
  if (exitCode !== 0) throw new Error(`changing files: ${new TextDecoder().decode(stderr)}`);
}

async function snapshot(
  service: HoldfastService,
  sandbox: string,
  expected: 'copy' | 'rotate',
): Promise<{ id: string; ms: number; pauseMs: number }> {
  const startedMs = performance.now();
  const taken = await service.createSnapshot(sandbox);
  const ms = performance.now() - startedMs;
  if (taken.method !== expected) throw new Error(`the snapshot was taken by ${taken.method}, not ${expected}`);
  return { id: taken.id, ms, pauseMs: taken.pauseMs };
}

async function differences(service: HoldfastService, from: string, to: string): Promise<void> {
  const { entries } = await service.diff({ from, to });
  const modified = entries.filter(({ kind }) => kind === 'modified').length;
  if (modified < changedFiles) throw new Error(`the diff shows ${modified} of ${changedFiles} changed files`);
}

async function forkRound(service: HoldfastService, { base, samples }: Subject): Promise<void> {
  let ids: string[] = [];
  try {
    const ms = await timed(async () => {
      ids = (await service.forkSandbox(base, { count: forks })).map(({ id }) => id);
      await Promise.all(ids.map((id) => sayHi(service, id)));
    });
    samples.get('forks')?.add(ms);
  } catch (error) {
    samples.get('forks')?.fail(error);
  }
  await Promise.all(ids.map((id) => service.destroySandbox(id)));
}

async function copyRound({ directory, samples }: Subject): Promise<void> {
  const target = `${directory}-copy`;
  samples.get('copy')?.add(
    await timed(async () => {
      const { status, stderr } = await runCommand(['cp', '-a', directory, target]);
      if (status !== 0) throw new Error(stderr);
    }),
  );
  await rm(target, { recursive: true, force: true });
}
