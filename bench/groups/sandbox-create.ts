/** From nothing to the first answer of a command inside. */

import type { HoldfastService } from '../../src/schema/index.ts';
import type { Group, Plan } from '../group.ts';
import { type Contender, interleave, type Row, timed } from '../harness.ts';
import { createAndSayHi, inProcess, sayHi, startDaemon } from '../ours.ts';
import { bubblewrap, justBash, nodeSpawn, runc, runsc, sandboxRuntime } from '../peers.ts';
import { podmanRun } from '../podman.ts';

const poolSize = 4;
/** The pool waits before it refills; by then it has. */
const refillMs = 80;

export const group: Group = {
  name: 'sandbox-create',
  title: 'Create a sandbox and run its first command',
  measures:
    'Wall time in the caller, from the request to the output of `/bin/echo hi` in hand. Rows of one process per sandbox end with its exit; ours end with the answer, and the sandbox is removed between rounds. "From the pool" rows find a ready sandbox; "hand-over" is the create alone.',
  leavesOut:
    "The start of a daemon, of the proxies of sandbox-runtime and of Node. Removal. Limits: none are set, in any row. The peers differ in what they isolate: bubblewrap, runc, podman and sandbox-runtime run here without Holdfast's guest agent, journal and writable layers; just-bash runs no real program.",
  run,
};

async function run({ bench, rounds }: Plan): Promise<Row[]> {
  const { service } = await inProcess(bench);
  const daemon = await startDaemon(bench);
  const pooled = await inProcess(bench, poolSize);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const contenders = [
    nodeSpawn(),
    await bubblewrap(bench),
    await runc(bench),
    await runsc(bench),
    await podmanRun(bench),
    await sandboxRuntime(bench),
    (await justBash()).create,
    cold('holdfast', 'Holdfast, in-process', service),
    cold('holdfast-http', 'Holdfast, HTTP over the unix socket', daemon.service),
    handOver(pooled.service),
    fromPool(pooled.service),
  ];
  return interleave(contenders, { ...rounds(200, 15), warmups: 5 });
}

function cold(id: string, label: string, service: HoldfastService): Contender {
  let made = '';
  return {
    id,
    label: `${label}: create and first exec`,
    attempt: () =>
      timed(async () => {
        made = (await createAndSayHi(service)).id;
      }),
    tidy: () => remove(service, made),
  };
}

function handOver(service: HoldfastService): Contender {
  let made = '';
  return {
    id: 'holdfast-pool',
    label: 'Holdfast, in-process, from the pool: hand-over',
    attempt: async () => {
      const bornBeforeMs = Date.now();
      const ms = await timed(async () => {
        made = (await service.createSandbox({})).id;
      });
      refuseYounger(made, bornBeforeMs);
      return ms;
    },
    tidy: () => refilled(service, made),
  };
}

function fromPool(service: HoldfastService): Contender {
  let made = '';
  return {
    id: 'holdfast-pool-exec',
    label: 'Holdfast, in-process, from the pool: hand-over and first exec',
    attempt: async () => {
      const bornBeforeMs = Date.now();
      const ms = await timed(async () => {
        made = (await service.createSandbox({})).id;
        await sayHi(service, made);
      });
      refuseYounger(made, bornBeforeMs);
      return ms;
    },
    tidy: () => refilled(service, made),
  };
}

/** An id begins with its time of birth: one that is younger than the request did not wait in the pool. */
function refuseYounger(id: string, beforeMs: number): void {
  const digits = '0123456789abcdefghjkmnpqrstvwxyz';
  const bornMs = [...id.slice(4, 14)].reduce((time, digit) => time * 32 + digits.indexOf(digit), 0);
  if (bornMs >= beforeMs) throw new Error('the pool was empty: the sandbox was made for this request');
}

async function refilled(service: HoldfastService, made: string): Promise<void> {
  await remove(service, made);
  await new Promise((resolve) => setTimeout(resolve, refillMs));
}

async function remove(service: HoldfastService, id: string): Promise<void> {
  await service.destroySandbox(id);
}
