/** Many at once, and many in a row: what a training run does. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { HoldfastService } from '../../src/schema/index.ts';
import { longestBlock } from '../event-loop.ts';
import type { Group, Plan } from '../group.ts';
import { type Row, Samples, skippedRow } from '../harness.ts';
import { createAndSayHi, inProcess, removeAll, startDaemon } from '../ours.ts';
import { bubblewrap, echo, nodeSpawn } from '../peers.ts';
import { runExpecting } from '../workbench.ts';

const burstSize = 100;
/** The pool makes one after the other; by then all are there again. */
const refillMs = 3000;
const sustainedMs = 10_000;
/** As in every other group: bursts that are not counted. */
const warmups = 2;
const sustainedAtOnce = 8;

export const group: Group = {
  name: 'burst',
  title: 'A hundred at once, and as many as go',
  measures: `Burst: ${burstSize} creates with their first exec begun in the same turn of the event loop; each value is one of them, from the burst's begin to its own answer; two bursts of each go before that are not counted. Sustained: ${sustainedAtOnce} loops of create, exec and destroy for ${sustainedMs / 1000} s; a value is how many were completed in one second. Event loop: the longest time it did not turn while our rows ran in this process, one value per burst.`,
  leavesOut: 'More than one machine, limits, a network. The bench itself shares the CPUs with what it measures.',
  run,
};

type Work = () => Promise<unknown>;

async function run(plan: Plan): Promise<Row[]> {
  const { service } = await inProcess(plan.bench);
  const daemon = await startDaemon(plan.bench);
  const pooled = await inProcess(plan.bench, burstSize);
  const wrap = await bubblewrap(plan.bench);
  const block = new Samples({
    id: 'burst-event-loop',
    label: 'Holdfast, in-process: longest event-loop block in a burst',
  });
  const bursts: Burst[] = [
    { samples: samplesOf('node-spawn', nodeSpawn().label), work: () => runExpecting('hi\n', echo) },
    {
      samples: samplesOf('bwrap', wrap.label),
      work: () => runExpecting('hi\n', [...wrap.argv, ...echo]),
      skip: wrap.skip ?? null,
    },
    {
      samples: samplesOf('holdfast', 'Holdfast, in-process'),
      work: () => createAndSayHi(service),
      after: () => removeAll(service),
      block,
    },
    {
      samples: samplesOf('holdfast-http', 'Holdfast, HTTP'),
      work: () => createAndSayHi(daemon.service),
      after: () => removeAll(daemon.service),
    },
  ];
  bursts.push({
    samples: samplesOf('holdfast-pool', `Holdfast, in-process, from a pool of ${burstSize}`),
    work: () => createAndSayHi(pooled.service),
    after: async () => {
      await removeAll(pooled.service);
      await sleep(refillMs);
    },
  });
  await sleep(refillMs);
  await warm(service);
  await warm(daemon.service);
  const { rounds, onRound } = plan.rounds(10, 1);
  for (let round = -warmups; round < rounds; round++) {
    for (const burst of bursts) if (!burst.skip) await oneBurst(burst, round >= 0);
    onRound?.(round + warmups + 1, rounds + warmups);
  }
  const rows = bursts.map(({ samples, skip }) => (skip ? skippedRow({ ...samples.head, skip }) : samples.row()));
  return [...rows, block.row(), ...(await sustained(plan, service, daemon.service))];
}

interface Burst {
  samples: Samples;
  work: Work;
  skip?: string | null;
  after?: () => Promise<void>;
  block?: Samples;
}

function samplesOf(id: string, label: string): Samples {
  return new Samples({ id: `burst-${id}`, label: `${label}: one of ${burstSize} at once` });
}

async function oneBurst({ samples, work, after, block }: Burst, counts: boolean): Promise<void> {
  const watch = longestBlock();
  const startedMs = performance.now();
  await Promise.all(
    Array.from({ length: burstSize }, async () => {
      try {
        await work();
        if (counts) samples.add(performance.now() - startedMs);
      } catch (error) {
        if (counts) samples.fail(error);
      }
    }),
  );
  const blockedMs = watch();
  if (counts) block?.add(blockedMs);
  await after?.();
}

async function sustained(plan: Plan, service: HoldfastService, http: HoldfastService): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [id, label, target] of [
    ['sustained-holdfast', 'Holdfast, in-process', service],
    ['sustained-holdfast-http', 'Holdfast, HTTP', http],
  ] as const) {
    plan.say(`sustained, ${label}`);
    const samples = new Samples({ id, label: `${label}: create, exec, destroy, sustained`, unit: 'per second' });
    await loops(target, samples, plan.quick ? sustainedMs / 5 : sustainedMs);
    rows.push(samples.row());
  }
  return rows;
}

async function loops(service: HoldfastService, samples: Samples, forMs: number): Promise<void> {
  const startedMs = performance.now();
  const perSecond = Array.from({ length: Math.floor(forMs / 1000) }, () => 0);
  const loop = async (): Promise<void> => {
    while (performance.now() - startedMs < forMs) {
      try {
        const { id } = await createAndSayHi(service);
        await service.destroySandbox(id);
        const second = Math.floor((performance.now() - startedMs) / 1000);
        if (second < perSecond.length) perSecond[second] = (perSecond[second] ?? 0) + 1;
      } catch (error) {
        samples.fail(error);
      }
    }
  };
  await Promise.all(Array.from({ length: sustainedAtOnce }, loop));
  for (const count of perSecond) samples.add(count);
}

async function warm(service: HoldfastService): Promise<void> {
  for (let n = 0; n < 10; n++) await createAndSayHi(service);
  await removeAll(service);
}
