/** How many idle sandboxes fit, and how quickly one stands still and goes on. */
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HoldfastService } from '../../src/schema/index.ts';
import type { Group, Plan } from '../group.ts';
import { type Contender, interleave, type Row, Samples, timed } from '../harness.ts';
import { memoryFacts } from '../machine.ts';
import { createAndSayHi, type Daemon, removeAll, sayHi, startDaemon } from '../ours.ts';

const settleMs = 1500;
const gibibyte = 1024 ** 3;
const atOnce = 8;

export const group: Group = {
  name: 'density',
  title: 'Idle sandboxes, suspend and resume',
  measures:
    "Idle: 600 sandboxes that have each answered one command. A value is one GiB divided by the fall of MemAvailable per sandbox, so it counts everything: the agent, kernel structures, page tables, and what the daemon itself grew by. The KiB rows say where it went. Suspend and resume: wall time in the caller over HTTP, ten in a row in each one's turn; resume ends with the verb's answer, the third row with a command's.",
  leavesOut:
    'What else happens on the machine meanwhile moves these figures. Sandboxes at work. Page cache, which the kernel gives back.',
  run,
};

async function run({ bench, quick, rounds, say }: Plan): Promise<Row[]> {
  const daemon = await startDaemon(bench);
  await createAndSayHi(daemon.service);
  await removeAll(daemon.service);
  const density = await fill(daemon, { count: quick ? 60 : 600, times: quick ? 1 : 5, say });
  const { id } = await daemon.service.createSandbox({});
  const moves = await interleave(suspendAndResume(daemon.service, id), { ...rounds(20, 2), warmups: 1, inARow: 10 });
  return [...density, ...moves];
}

interface Memory {
  available: number;
  slab: number;
  tables: number;
  daemon: number;
}

async function fill(
  { service, pid }: Daemon,
  { count, times, say }: { count: number; times: number; say: (text: string) => void },
): Promise<Row[]> {
  const total = new Samples({ id: 'idle', label: `Idle sandboxes, ${count} at once`, unit: 'per GiB' });
  const one = (id: string, label: string): Samples =>
    new Samples({ id: `idle-${id}`, label: `One idle sandbox: ${label}`, unit: 'KiB' });
  const shares = {
    slab: one('slab', 'kernel slab'),
    tables: one('tables', 'page tables and kernel stacks'),
    daemon: one('daemon', 'growth of the daemon'),
  };
  const agent = one('agent', 'its agent, proportional set size');
  for (let time = 0; time < times; time++) {
    say(`filling with ${count} sandboxes, ${time + 1} of ${times}`);
    await sleep(settleMs);
    const before = await memoryOf(pid);
    for (let made = 0; made < count; made += atOnce) {
      await Promise.all(Array.from({ length: Math.min(atOnce, count - made) }, () => createAndSayHi(service)));
    }
    await sleep(settleMs);
    const after = await memoryOf(pid);
    const taken = before.available - after.available;
    if (taken > 0) total.add((gibibyte * count) / taken);
    else total.fail(new Error('something else gave back more memory than the sandboxes took'));
    for (const name of ['slab', 'tables', 'daemon'] as const)
      shares[name].add((after[name] - before[name]) / count / 1024);
    for (const kilobytes of await agentSizes(pid)) agent.add(kilobytes);
    await removeAll(service);
  }
  return [total.row(), ...Object.values(shares).map((samples) => samples.row()), agent.row()];
}

async function memoryOf(daemon: number): Promise<Memory> {
  const facts = await memoryFacts();
  const of = (field: string): number => facts[field] ?? Number.NaN;
  const status = await readFile(`/proc/${daemon}/status`, 'utf8');
  return {
    available: of('MemAvailable'),
    slab: of('Slab'),
    tables: of('PageTables') + of('KernelStack'),
    daemon: Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) * 1024,
  };
}

/** Agents are children of the launcher, which is the daemon's only child. A few are enough: all are alike. */
async function agentSizes(daemon: number): Promise<number[]> {
  const [launcher] = await childrenOf(daemon);
  const agents = launcher === undefined ? [] : (await childrenOf(launcher)).slice(0, 20);
  const maps = await Promise.all(agents.map((pid) => readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '')));
  return maps.flatMap((text) => [...text.matchAll(/^Pss:\s+(\d+)/gm)].map(([, kilobytes]) => Number(kilobytes)));
}

async function childrenOf(pid: number): Promise<number[]> {
  const tasks = await readdir(`/proc/${pid}/task`);
  const lists = await Promise.all(tasks.map((task) => readFile(`/proc/${pid}/task/${task}/children`, 'utf8')));
  return lists.flatMap((list) => list.split(' ').filter(Boolean).map(Number));
}

/** In this order within a round: the interleaving of one contender each would suspend what is suspended. */
function suspendAndResume(service: HoldfastService, sandbox: string): Contender[] {
  const resume = async (): Promise<void> => void (await service.resumeSandbox(sandbox));
  const suspend = async (): Promise<void> => void (await service.suspendSandbox(sandbox));
  return [
    { id: 'suspend', label: 'Suspend', attempt: () => timed(suspend), tidy: resume },
    {
      id: 'resume',
      label: 'Resume',
      attempt: async () => {
        await suspend();
        return timed(resume);
      },
    },
    {
      id: 'resume-exec',
      label: 'Resume and exec',
      attempt: async () => {
        await suspend();
        return timed(async () => {
          await resume();
          await sayHi(service, sandbox);
        });
      },
    },
  ];
}
