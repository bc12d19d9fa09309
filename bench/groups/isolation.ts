/** Sandboxes with a kernel of their own, beside what they are made of used plainly. */
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rootScope } from '../../src/base/index.ts';
import { findRunsc, type Runsc } from '../../src/compute/late.ts';
import { createRuntime } from '../../src/runtime/index.ts';
import type { HoldfastService, Isolation } from '../../src/schema/index.ts';
import { Beside } from '../beside.ts';
import { createBursts } from '../create-bursts.ts';
import type { Group, Plan } from '../group.ts';
import { type Contender, interleave, type Row, timed } from '../harness.ts';
import { ping, staticExec } from '../inside.ts';
import { newHome, sayHi } from '../ours.ts';
import { echo } from '../peers.ts';
import { run as runCommand, runExpecting, type Workbench } from '../workbench.ts';

const poolSize = 3;
/** The pool waits before it refills; by then it has. */
const refillMs = 1500;

export const group: Group = {
  name: 'isolation',
  title: 'Sandboxes with a kernel of their own',
  measures:
    'Wall time in the caller, from the request to the output of `/bin/echo hi` in hand. Plain rows are one process per sandbox, of the same runsc build that Holdfast found, and end with its exit; ours end with the answer, and the sandbox is removed between rounds. "From the pool" finds a ready sandbox. Execs are ten in a row, and so are their parts: a static program is our guest binary asked for its version; a ping is one frame to the agent and back, without the service around it. Suspend, resume, snapshot and rollback are of one idle sandbox; rollback ends with the first command after it. One of 16 or 64 at once: from the moment all of them were asked for.',
  leavesOut:
    'The start of a daemon and of Node. Removal. Limits: none are set, in any row. Plain rows have no agent, journal, writable layer or way to be reached again.',
  run,
};

async function run(plan: Plan): Promise<Row[]> {
  const { bench, rounds } = plan;
  // runsc keeps an empty network namespace mounted there.
  bench.defer(async () => void (await runCommand(['umount', join(bench.directory, 'runsc/null-netns')])));
  await using scope = rootScope({ name: 'find gVisor' });
  const runsc = await findRunsc(scope);
  const skip = runsc ? await whyNot(bench) : 'gVisor is not installed: holdfast substrate install gvisor';
  const { service, home } = await open(bench, 0);
  const pooled = await open(bench, skip ? 0 : poolSize);
  await new Promise((resolve) => setTimeout(resolve, refillMs));
  const beside = new Beside({
    id: 'isolation-gvisor-beside',
    label: 'Holdfast on gVisor: create and first exec, beside `runsc run` of the same round',
    unit: '% more',
  });
  const restored = new Beside({
    id: 'isolation-gvisor-wake-beside',
    label: 'Holdfast on gVisor: back from a checkpoint, beside a create of the same round',
    unit: '% more',
  });
  const plain = beside.noted(await plainRun(bench, runsc), 'plain');
  const ours = restored.noted(beside.noted(create(service, skip), 'ours'), 'plain');
  const woken = restored.noted(await wake(service, skip), 'ours');
  const creates = await interleave([plainDo(bench, runsc), plain, ours, fromPool(pooled.service, skip), woken], {
    ...rounds(60, 10),
    warmups: 3,
  });
  const ratios = skip ? [] : [beside.row(), restored.row()];
  const busy = skip ? '' : (await service.createSandbox({ isolation })).id;
  const within = await partsOfExec({ service, home, sandbox: busy }, skip);
  const execs = await interleave([exec(service, busy, skip), ...within], {
    ...rounds(50, 5),
    warmups: 3,
    inARow: 10,
  });
  const living = skip ? '' : (await service.createSandbox({ isolation })).id;
  const used = await interleave(
    [suspendResume(service, living, skip), snapshot(service, living, skip), await rollback(service, living, skip)],
    { ...rounds(50, 5), warmups: 2, inARow: 2 },
  );
  const bursts = { id: 'isolation-gvisor', label: 'Holdfast on gVisor', isolation };
  return [...creates, ...ratios, ...execs, ...used, ...(skip ? [] : await createBursts(service, plan, bursts))];
}

const isolation: Isolation = 'userspace-kernel';

async function open(bench: Workbench, size: number): Promise<{ service: HoldfastService; home: string }> {
  const home = newHome(bench);
  const pools = [{ template: 'host', size, isolation }];
  const runtime = await createRuntime({ home, ephemeral: true, pools });
  bench.defer(() => runtime.close());
  return { service: runtime.service(), home };
}

const parts = {
  static: { id: 'isolation-gvisor-static', label: 'Holdfast on gVisor: exec of a static program' },
  ping: { id: 'isolation-gvisor-ping', label: 'Holdfast on gVisor: ping of the guest agent' },
} as const;

async function partsOfExec(
  where: { service: HoldfastService; home: string; sandbox: string },
  skip: string | null,
): Promise<Contender[]> {
  if (skip === null) return [await staticExec(parts.static, where), await ping(parts.ping, where)];
  return Object.values(parts).map((about) => ({ ...about, skip, attempt: () => Promise.reject(new Error(skip)) }));
}

async function whyNot(bench: Workbench): Promise<string | null> {
  const { service } = await open(bench, 0);
  const report = (await service.doctor()).substrates.find(({ substrate }) => substrate === 'gvisor');
  return report?.usable ? null : (report?.detail ?? 'this build has no gVisor substrate');
}

const plainFlags = (bench: Workbench, { program }: Runsc): string[] => [
  program,
  `--root=${join(bench.directory, 'runsc')}`,
  '--network=none',
  '--ignore-cgroups',
];

function plainDo(bench: Workbench, runsc: Runsc | null): Contender {
  return {
    id: 'isolation-runsc-do',
    label: 'gVisor, plain: `runsc do`',
    skip: runsc ? null : 'runsc is not installed',
    attempt: () => timed(() => runExpecting('hi\n', [...(runsc ? plainFlags(bench, runsc) : []), 'do', ...echo])),
  };
}

/** The machine's /usr over empty directories, as ours is; written through a memory overlay, as runsc's default is. */
async function plainRun(bench: Workbench, runsc: Runsc | null): Promise<Contender> {
  const bundle = join(bench.directory, 'plain-runsc');
  const rootfs = join(bundle, 'rootfs');
  for (const name of ['usr', 'etc', 'proc', 'dev', 'sys', 'tmp']) await mkdir(join(rootfs, name), { recursive: true });
  for (const name of ['bin', 'lib', 'lib64', 'sbin']) await symlink(`usr/${name}`, join(rootfs, name));
  const config = {
    ociVersion: '1.0.2',
    process: { user: { uid: 0, gid: 0 }, args: echo, env: ['PATH=/usr/bin:/bin'], cwd: '/' },
    root: { path: rootfs, readonly: true },
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc' },
      { destination: '/usr', type: 'bind', source: '/usr', options: ['rbind', 'ro'] },
    ],
    linux: { namespaces: ['pid', 'mount', 'ipc', 'uts'].map((type) => ({ type })) },
  };
  await writeFile(join(bundle, 'config.json'), JSON.stringify(config));
  let count = 0;
  return {
    id: 'isolation-runsc-run',
    label: 'gVisor, plain: `runsc run`',
    skip: runsc ? null : 'runsc is not installed',
    attempt: () =>
      timed(() =>
        runExpecting('hi\n', [
          ...(runsc ? plainFlags(bench, runsc) : []),
          'run',
          `--bundle=${bundle}`,
          `hfb-${process.pid}-${count++}`,
        ]),
      ),
  };
}

function create(service: HoldfastService, skip: string | null): Contender {
  let made = '';
  return {
    id: 'isolation-gvisor',
    label: 'Holdfast on gVisor: create and first exec',
    skip,
    attempt: () =>
      timed(async () => {
        made = (await service.createSandbox({ isolation })).id;
        await sayHi(service, made);
      }),
    tidy: async () => void (await service.destroySandbox(made)),
  };
}

function fromPool(service: HoldfastService, skip: string | null): Contender {
  const contender = create(service, skip);
  return {
    ...contender,
    id: 'isolation-gvisor-pool',
    label: 'Holdfast on gVisor, from the pool: hand-over and first exec',
    tidy: async () => {
      await contender.tidy?.();
      await new Promise((resolve) => setTimeout(resolve, refillMs));
    },
  };
}

/** Its checkpoint is written anew each time, outside of what is measured. */
async function wake(service: HoldfastService, skip: string | null): Promise<Contender> {
  const id = skip ? '' : (await service.createSandbox({ isolation })).id;
  return {
    id: 'isolation-gvisor-wake',
    label: 'Holdfast on gVisor: back from a checkpoint on disk, and first exec',
    skip,
    attempt: async () => {
      await service.suspendSandbox(id, { disk: true });
      return timed(async () => {
        await service.resumeSandbox(id);
        await sayHi(service, id);
      });
    },
  };
}

function exec(service: HoldfastService, id: string, skip: string | null): Contender {
  return {
    id: 'isolation-gvisor-exec',
    label: 'Holdfast on gVisor: exec in a living sandbox',
    skip,
    attempt: () => timed(() => sayHi(service, id)),
  };
}

function suspendResume(service: HoldfastService, id: string, skip: string | null): Contender {
  return {
    id: 'isolation-gvisor-suspend',
    label: 'Holdfast on gVisor: suspend and resume',
    skip,
    attempt: () =>
      timed(async () => {
        await service.suspendSandbox(id);
        await service.resumeSandbox(id);
      }),
  };
}

function snapshot(service: HoldfastService, id: string, skip: string | null): Contender {
  return {
    id: 'isolation-gvisor-snapshot',
    label: 'Holdfast on gVisor: snapshot of an idle sandbox',
    skip,
    attempt: () => timed(() => service.createSnapshot(id)),
  };
}

async function rollback(service: HoldfastService, id: string, skip: string | null): Promise<Contender> {
  const taken = skip ? '' : (await service.createSnapshot(id)).id;
  return {
    id: 'isolation-gvisor-rollback',
    label: 'Holdfast on gVisor: rollback and first exec',
    skip,
    attempt: () =>
      timed(async () => {
        await service.rollbackSandbox(id, taken);
        await sayHi(service, id);
      }),
  };
}
