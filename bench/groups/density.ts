/** How many idle sandboxes fit, and how quickly one stands still and goes on. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { HoldfastService } from '../../src/schema/index.ts';
import type { Group, Plan } from '../group.ts';
import { type Contender, interleave, type Row, Samples, timed } from '../harness.ts';
import { memoryFacts } from '../machine.ts';
import { createAndSayHi, removeAll, sayHi, startDaemon } from '../ours.ts';

const settleMs = 1500;
const gibibyte = 1024 ** 3;
const atOnce = 8;

export const group: Group = {
  name: 'density',
  title: 'Idle sandboxes, suspend and resume',
  measures:
    "Idle: 600 sandboxes that have each answered one command. A value is one GiB divided by the fall of MemAvailable per sandbox, so it counts everything: the agent, kernel structures, page tables, and what the daemon itself grew by. The KiB rows say where it went, from /proc/meminfo. Suspend and resume: wall time in the caller over HTTP; resume ends with the verb's answer, the third row with a command's.",
  leavesOut: 'Sandboxes at work. Page cache, which the kernel gives back.',
  run,
};

async function run({ bench, quick, rounds, say }: Plan): Promise<Row[]> {
  const { service } = await startDaemon(bench);
  await createAndSayHi(service);
  await removeAll(service);
  const density = await fill(service, quick ? 60 : 600, quick ? 1 : 5, say);
  const moves = await interleave(suspendAndResume(service, (await service.createSandbox({})).id), {
    ...rounds(200, 20),
    warmups: 5,
  });
  return [...density, ...moves];
}

const parts = [
  ['slab', 'kernel slab', ['Slab']],
  ['tables', 'page tables and kernel stacks', ['PageTables', 'KernelStack']],
  ['anonymous', 'anonymous memory', ['AnonPages']],
] as const;

async function fill(
  service: HoldfastService,
  count: number,
  times: number,
  say: (text: string) => void,
): Promise<Row[]> {
  const total = new Samples({ id: 'idle', label: `Idle sandboxes, ${count} at once`, unit: 'per GiB' });
  const shares = parts.map(([id, label, fields]) => ({
    fields,
    samples: new Samples({ id: `idle-${id}`, label: `One idle sandbox: ${label}`, unit: 'KiB' }),
  }));
  for (let time = 0; time < times; time++) {
    say(`filling with ${count} sandboxes, ${time + 1} of ${times}`);
    await sleep(settleMs);
    const before = await memoryFacts();
    for (let made = 0; made < count; made += atOnce) {
      await Promise.all(Array.from({ length: Math.min(atOnce, count - made) }, () => createAndSayHi(service)));
    }
    await sleep(settleMs);
    const after = await memoryFacts();
    const grown = (field: string): number => (after[field] ?? 0) - (before[field] ?? 0);
    total.add((gibibyte * count) / -grown('MemAvailable'));
    for (const { fields, samples } of shares)
      samples.add(fields.reduce((sum, field) => sum + grown(field), 0) / count / 1024);
    await removeAll(service);
  }
  return [total.row(), ...shares.map(({ samples }) => samples.row())];
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
