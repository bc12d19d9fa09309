/** Virtual machines: made from memory, forked while they run, put away; beside QEMU that boots the same kernel. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createRuntime, type Runtime } from '../../src/runtime/index.ts';
import type { HoldfastService } from '../../src/schema/index.ts';
import { buildDebian, whyNoMachines } from '../../test/fixtures/machines.ts';
import { Machine, MachineParts, whyNoMachine } from '../../test/system/machine-rig.ts';
import { Beside } from '../beside.ts';
import { coldBoots } from '../cold-boot.ts';
import { createBursts, removeEach } from '../create-bursts.ts';
import type { Group, Plan } from '../group.ts';
import { type Contender, interleave, type Row, Samples, skippedRow, timed } from '../harness.ts';
import { ping, staticExec } from '../inside.ts';
import { examining, lastPause, pauseWithDisk, sleeping } from '../machine-saves.ts';
import { newHome, sayHi } from '../ours.ts';
import { crowdSize, warmCrowd } from '../warm-crowd.ts';
import type { Workbench } from '../workbench.ts';

const isolation = 'microvm';
const poolSize = 2;
/** Making one for the pool takes some tenths of a second, after a pause. */
const refillMs = 1500;
const fileBytes = 64 * 1024 * 1024;
const forkSize = 16;

export const group: Group = {
  name: 'machines',
  title: 'Virtual machines',
  measures: `Wall time in the caller, in-process, from the request to the output of \`/bin/echo hi\` in hand. Plain: QEMU started with the same kernel, first process and a smaller image, without a memory snapshot, to the agent's answer of the same command. Cold boot: the same by Holdfast's launcher and driver, with the template's image, as the first create of a template does. Static program: our guest binary asked for its version. Ping: one frame to the agent and back, without the service around it. Pause: how long the parent of a fork stood still. With a disk of its own: 512 MiB were written to it, and are copied with the memory. To disk and back: of a machine whose program holds random bytes. Given back: by how much MemAvailable is more when it sleeps than before. Doctor: with machines of both kinds that have booted before. Crowd: ${crowdSize} live sandboxes of a template whose warm program starts a Python server; memory is what the processes of each take of this machine's (PSS: what several share counts in parts), after each has answered and run Python once more; the answer is that of the server, which runs in each from the start.`,
  leavesOut: 'KVM: guests are emulated here. The first create of a template in a home, which boots it once. Removal.',
  run,
};

async function run(plan: Plan): Promise<Row[]> {
  const skip = (await whyNoMachines(isolation)) ?? whyNoMachine();
  if (skip) return [skippedRow({ id: 'machines', label: 'Holdfast on microVMs', skip })];
  const { bench, rounds, say } = plan;
  const { service, home, pooled } = await open(bench);
  say('creating');
  const boots = await coldBoots(bench);
  const times = new Beside({
    id: 'machines-times',
    label: 'Holdfast on a microVM: how many times faster a create is than a plain cold boot, round by round',
    unit: 'times',
  });
  const compared = [times.noted(plainBoot(bench), 'plain'), ...boots, times.noted(create(service), 'ours')];
  const creates = await interleave([...compared, fromPool(pooled)], {
    ...rounds(30, 3),
    warmups: 2,
  });
  const { id } = await service.createSandbox({ isolation, lifetimeMs });
  const parts = [
    await staticExec(
      { id: 'machines-static', label: 'Holdfast on a microVM: exec of a static program' },
      { service, sandbox: id },
    ),
    await ping({ id: 'machines-ping', label: 'Holdfast on a microVM: ping of the guest agent' }, { home, sandbox: id }),
  ];
  const used = await interleave([exec(service, id), ...parts], { ...rounds(10, 2), warmups: 1, inARow: 10 });
  const files = await interleave(filesOf(service, id), { ...rounds(8, 1), warmups: 1 });
  say('forking');
  const forks = [...(await forking(service, plan)), await pauseWithDisk(service, plan)];
  say('hibernating');
  const sleeps = await interleave(await sleeping(service), { ...rounds(8, 1), warmups: 1 });
  say('examining');
  const examined = await interleave([await examining(service)], { ...rounds(10, 1), warmups: 1 });
  say('bursts');
  const bursts = await createBursts(service, plan, { id: 'machines', label: 'Holdfast on microVMs', isolation });
  say('crowd');
  const all = [...creates, times.row(), ...used, ...files, ...forks, ...sleeps, ...examined, ...bursts];
  return [...all, ...(await warmCrowd(service, plan))];
}

const lifetimeMs = 24 * 3_600_000;

async function open(bench: Workbench): Promise<{ service: HoldfastService; home: string; pooled: HoldfastService }> {
  const make = async (home: string, size = 0): Promise<Runtime> => {
    // The pool needs the template when its runtime opens.
    const first = await createRuntime({ home });
    await buildDebian(first);
    await first
      .service()
      .createSandbox({ isolation })
      .then(({ id }) => first.service().destroySandbox(id));
    await first.close();
    const runtime = await createRuntime({ home, ephemeral: true, pools: [{ template: 'debian', size, isolation }] });
    bench.defer(() => runtime.close());
    return runtime;
  };
  const home = newHome(bench);
  const plain = await make(home);
  const pooled = await make(newHome(bench), poolSize);
  await sleep(refillMs);
  return { service: plain.service(), home, pooled: pooled.service() };
}

function plainBoot(bench: Workbench): Contender {
  const parts = new MachineParts();
  bench.defer(async () => parts.close());
  let machine: Machine | null = null;
  return {
    id: 'machines-plain',
    label: 'QEMU, plain: cold boot to first exec',
    attempt: () =>
      timed(async () => {
        machine = new Machine(parts);
        await machine.configure();
        const sandbox = await machine.launch();
        const { out } = await sandbox.run(['/bin/echo', 'hi']);
        if (out !== 'hi\n') throw new Error(`it answered ${JSON.stringify(out)}`);
      }),
    tidy: async () => {
      machine?.close();
      await machine?.exited;
    },
  };
}

function create(service: HoldfastService): Contender {
  let made = '';
  return {
    id: 'machines-create',
    label: 'Holdfast on a microVM: create and first exec',
    attempt: () =>
      timed(async () => {
        made = (await service.createSandbox({ isolation })).id;
        await sayHi(service, made);
      }),
    tidy: async () => void (await service.destroySandbox(made)),
  };
}

function fromPool(service: HoldfastService): Contender {
  const contender = create(service);
  return {
    ...contender,
    id: 'machines-pool',
    label: 'Holdfast on a microVM, from the pool: hand-over and first exec',
    tidy: async () => {
      await contender.tidy?.();
      await sleep(refillMs);
    },
  };
}

const exec = (service: HoldfastService, id: string): Contender => ({
  id: 'machines-exec',
  label: 'Holdfast on a microVM: exec in a living sandbox',
  attempt: () => timed(() => sayHi(service, id)),
});

function filesOf(service: HoldfastService, id: string): Contender[] {
  const bytes = new Uint8Array(fileBytes).map((_, at) => at >>> 9);
  const rateOf = (ms: number): number => fileBytes / 1e6 / (ms / 1000);
  const readAll = async (): Promise<void> => {
    let length = 0;
    const { content } = await service.readFile(id, '/workspace/large');
    for await (const piece of content) length += piece.length;
    if (length !== fileBytes) throw new Error(`read ${length} bytes of ${fileBytes}`);
  };
  return [
    {
      id: 'machines-file-in',
      label: 'Holdfast on a microVM: 64 MiB file in',
      unit: 'MB/s',
      attempt: async () => rateOf(await timed(() => service.writeFile(id, '/workspace/large', bytes))),
    },
    {
      id: 'machines-file-out',
      label: 'Holdfast on a microVM: 64 MiB file out',
      unit: 'MB/s',
      attempt: async () => rateOf(await timed(readAll)),
    },
  ];
}

async function forking(service: HoldfastService, { rounds }: Plan): Promise<Row[]> {
  const { id: parent } = await service.createSandbox({ isolation, lifetimeMs });
  await sayHi(service, parent);
  const pause = new Samples({
    id: 'machines-fork-pause',
    label: `Holdfast on a microVM: live fork into ${forkSize}, pause`,
  });
  let children: string[] = [];
  const [row] = await interleave(
    [
      {
        id: 'machines-fork',
        label: `Holdfast on a microVM: live fork into ${forkSize}, all answered an exec`,
        attempt: async (counts) => {
          const tookMs = await timed(async () => {
            children = (await service.forkSandbox(parent, { count: forkSize, memory: true })).map(({ id }) => id);
            await Promise.all(children.map((id) => sayHi(service, id)));
          });
          if (counts) pause.add(await lastPause(service, parent));
          return tookMs;
        },
        tidy: () => removeEach(service, children),
      },
    ],
    { ...rounds(8, 1), warmups: 1 },
  );
  await service.destroySandbox(parent);
  return [...(row ? [row] : []), pause.row()];
}
