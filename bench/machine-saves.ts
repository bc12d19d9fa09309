/** A microVM's memory put on disk and taken up, and a fork's pause, where memory and disk are really in use; and `doctor`, which starts one of each. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { HoldfastService } from '../src/schema/index.ts';
import type { Plan } from './group.ts';
import { type Contender, interleave, type Row, Samples, timed } from './harness.ts';
import { memoryFacts, pssOf } from './machine.ts';
import { sayHi } from './ours.ts';

const isolation = 'microvm';
const lifetimeMs = 24 * 3_600_000;
const mebibyte = 1024 * 1024;
const memoryMib = 512;
/** What a program holds of it; the rest is that program's own, the agent's, and what the kernel keeps for the sandbox. */
const heldMib = 448;
const diskMib = 2048;
const writtenMib = 512;
const fillMs = 180_000;
const settleMs = 1500;
const isHeld = 'kill -0 $(cat /tmp/holder)';

/** One of 512 MiB whose memory holds as much as it may: chance, so that nothing of it is a hole. */
export async function sleeping(service: HoldfastService): Promise<Contender[]> {
  const { id } = await service.createSandbox({ isolation, lifetimeMs, limits: { memoryBytes: memoryMib * mebibyte } });
  const hold = `import os, time\nheld = [os.urandom(1 << 20) for _ in range(${heldMib})]\nopen("/tmp/held", "w").close()\ntime.sleep(86400)`;
  const started = `python3 -c '${hold}' >/dev/null 2>&1 & echo $! > /tmp/holder`;
  await inside(service, id, `${started}; until [ -e /tmp/held ]; do ${isHeld} || exit 1; sleep 0.2; done`);
  const suspend = (): Promise<unknown> => service.suspendSandbox(id, { disk: true });
  const resume = async (): Promise<void> => {
    await service.resumeSandbox(id);
    await sayHi(service, id);
  };
  const about = `Holdfast on a microVM of ${memoryMib} MiB, ${heldMib} of them held by a program`;
  const awake = async (): Promise<void> => {
    await resume();
    await inside(service, id, isHeld);
  };
  return [
    {
      id: 'machines-asleep',
      label: `${about}: memory that sleep on disk gives back`,
      unit: 'KiB',
      attempt: async () => {
        const beforeBytes = await settledAvailable();
        await suspend();
        const left = await pssOf(id);
        if (left > 0) throw new Error(`${left} bytes are still held by processes of it`);
        return ((await settledAvailable()) - beforeBytes) / 1024;
      },
      tidy: awake,
    },
    {
      id: 'machines-hibernate',
      label: `${about}: memory to disk`,
      attempt: () => timed(suspend),
      tidy: awake,
    },
    {
      id: 'machines-wake',
      label: `${about}: back from disk, first exec`,
      attempt: async () => {
        await suspend();
        return timed(resume);
      },
    },
  ];
}

/** How long the parent stands still whose disk is copied with its memory. */
export async function pauseWithDisk(service: HoldfastService, { rounds }: Plan): Promise<Row> {
  const samples = new Samples({
    id: 'machines-fork-pause-disk',
    label: `Holdfast on a microVM with a disk of its own, ${writtenMib} MiB written: live fork, pause`,
  });
  const { id } = await service.createSandbox({ isolation, lifetimeMs, limits: { diskBytes: diskMib * mebibyte } });
  await inside(service, id, `head -c ${writtenMib}M /dev/zero > /workspace/written && sync`);
  await interleave(
    [
      {
        id: 'machines-fork-disk',
        label: 'one child of it',
        attempt: async (counts) => {
          const [child] = await service.forkSandbox(id, { count: 1, memory: true });
          if (child) await sayHi(service, child.id);
          const pauseMs = await lastPause(service, id);
          if (counts) samples.add(pauseMs);
          if (child) await service.destroySandbox(child.id);
          return pauseMs;
        },
      },
    ],
    { ...rounds(8, 1), warmups: 1 },
  );
  await service.destroySandbox(id);
  return samples.row();
}

/** How long the parent of the last fork stood still, milliseconds. */
export async function lastPause(service: HoldfastService, sandbox: string): Promise<number> {
  const { items } = await service.journal({ sandbox, limit: 1000 });
  const forked = items.filter(({ type }) => type === 'sandbox-forked').at(-1);
  return Number((forked?.body as { pauseMs?: number } | undefined)?.pauseMs ?? Number.NaN);
}

/** Every substrate that works here is proved by a sandbox of its own; machines of both kinds have booted once in this home. */
export async function examining(service: HoldfastService): Promise<Contender> {
  const { id } = await service.createSandbox({ isolation: 'vm' });
  await service.destroySandbox(id);
  return {
    id: 'machines-doctor',
    label: 'Holdfast: doctor, in-process, every substrate proved',
    attempt: () =>
      timed(async () => {
        const { checks } = await service.doctor();
        const open = checks.filter(({ name, status }) => name.startsWith('sandbox') && status !== 'pass');
        if (open.length > 0) throw new Error(open.map(({ name, detail }) => `${name}: ${detail}`).join('; '));
      }),
  };
}

/** What was let go is given back by then. */
async function settledAvailable(): Promise<number> {
  await sleep(settleMs);
  return (await memoryFacts())['MemAvailable'] ?? Number.NaN;
}

async function inside(service: HoldfastService, id: string, command: string): Promise<void> {
  const { exitCode, stderr } = await service.exec(id, { argv: ['sh', '-c', command], cwd: '/tmp', timeoutMs: fillMs });
  if (exitCode !== 0) throw new Error(`${command} ended with status ${exitCode}: ${Buffer.from(stderr)}`);
}
