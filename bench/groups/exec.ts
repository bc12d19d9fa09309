/** Working in a sandbox that is there: commands, pings, files. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HoldfastService } from '../../src/schema/index.ts';
import { longestBlock } from '../event-loop.ts';
import type { Group, Plan } from '../group.ts';
import { type Contender, interleave, type Row, Samples, timed } from '../harness.ts';
import { ping } from '../inside.ts';
import { inProcess, sayHi, startWatchedDaemon } from '../ours.ts';
import { echo, justBash, nodeSpawn, type Runc, runc } from '../peers.ts';
import { podmanExec } from '../podman.ts';
import { run as runCommand, runExpecting, type Workbench } from '../workbench.ts';

const fileBytes = 64 * 1024 * 1024;
const restMs = 200;

export const group: Group = {
  name: 'exec',
  title: 'Run a command and move files in a living sandbox',
  measures:
    'Wall time in the caller from the request to the output of `/bin/echo hi`, ten in a row in each contender\'s turn; "after a rest" is one command after 200 ms in which nothing ran. Ping: one frame to the agent and back. Files: 64 MiB written from memory into a sandbox, and read back, whole; the floor is Node writing the same bytes to the host\'s disk. Event loop: the longest time a loop did not turn, one value per exec or file moved; in-process that of this process, which is client and runtime at once, over HTTP that of the daemon.',
  leavesOut:
    'The cost of the command itself is the same in all rows. Nothing is flushed to the disk, in any row. A loop that waits for one of the CPUs stands still too, and that is counted. A file that is read in-process is memory of its reader: collecting it is part of the in-process rows.',
  run,
};

async function run({ bench, rounds }: Plan): Promise<Row[]> {
  const { service, home } = await inProcess(bench);
  const daemon = await startWatchedDaemon(bench);
  const here = (await service.createSandbox({})).id;
  const there = (await daemon.service.createSandbox({})).id;
  const block = new Samples({
    id: 'exec-event-loop',
    label: 'Holdfast, in-process: longest event-loop block in an exec',
  });
  const own = fileWatch('', 'Holdfast, in-process: longest event-loop block', async () => {
    const watch = longestBlock();
    return async () => watch();
  });
  const its = fileWatch('-daemon', 'Holdfast, HTTP: longest event-loop block of the daemon', daemon.longestBlock);
  const commands = [
    { ...nodeSpawn(), id: 'exec-node-spawn' },
    await runcExec(bench),
    await podmanExec(bench),
    { ...(await justBash()).exec },
    exec('exec-holdfast', 'Holdfast, in-process: exec', service, here, block),
    exec('exec-holdfast-http', 'Holdfast, HTTP: exec', daemon.service, there),
    await ping({ id: 'ping', label: 'Holdfast: ping of the guest agent' }, { home, sandbox: here }),
  ];
  const files = [
    hostFile(bench),
    ...filesOf('holdfast', 'Holdfast, in-process', { service, sandbox: here, watch: own }),
    ...filesOf('holdfast-http', 'Holdfast, HTTP', { service: daemon.service, sandbox: there, watch: its }),
  ];
  const rows = await interleave(commands, { ...rounds(50, 3), warmups: 3, inARow: 10 });
  const rested = [
    afterRest(exec('exec-rested-holdfast', 'Holdfast, in-process: exec after a rest', service, here)),
    afterRest(exec('exec-rested-holdfast-http', 'Holdfast, HTTP: exec after a rest', daemon.service, there)),
  ];
  const cold = await interleave(rested, { ...rounds(60, 5), warmups: 1 });
  const moved = await interleave(files, { ...rounds(20, 2), warmups: 2 });
  const blocks = [own.in, own.out, its.in, its.out].map((samples) => samples.row());
  return [...rows, ...cold, block.row(), ...moved, ...blocks];
}

function exec(id: string, label: string, service: HoldfastService, sandbox: string, block?: Samples): Contender {
  return {
    id,
    label,
    attempt: async (counts) => {
      const watch = block && longestBlock();
      const ms = await timed(() => sayHi(service, sandbox));
      const blockedMs = watch?.();
      if (counts && blockedMs !== undefined) block?.add(blockedMs);
      return ms;
    },
  };
}

function afterRest(contender: Contender): Contender {
  return {
    ...contender,
    attempt: async (counts) => {
      await sleep(restMs);
      return contender.attempt(counts);
    },
  };
}

async function runcExec(bench: Workbench): Promise<Contender> {
  const peer: Runc = await runc(bench);
  const head = { id: 'runc-exec', label: 'runc exec', skip: peer.skip ?? null };
  const id = `hfb-${process.pid}-living`;
  const argv = [peer.program, '--root', peer.root];
  if (head.skip === null) {
    const bundle = await peer.bundle(['/bin/sleep', '1000000']);
    const started = await runCommand([...argv, 'run', '--detach', '-b', bundle, id], { stdio: 'ignore' });
    if (started.status !== 0)
      return { ...head, skip: 'runc run --detach fails here', attempt: () => Promise.reject(new Error('skipped')) };
    bench.defer(async () => {
      await runCommand([...argv, 'delete', '--force', id]);
    });
  }
  return { ...head, attempt: () => timed(() => runExpecting('hi\n', [...argv, 'exec', id, ...echo])) };
}

function hostFile(bench: Workbench): Contender {
  const bytes = content();
  const path = join(bench.directory, 'floor');
  return {
    id: 'file-host',
    label: 'Node `writeFile` on the host (floor)',
    unit: 'MB/s',
    attempt: async () => rateOf(await timed(() => writeFile(path, bytes))),
    tidy: () => rm(path, { force: true }),
  };
}

/** Whose event loop is looked at while files move, and what was seen. */
interface FileWatch {
  begin(): Promise<() => Promise<number>>;
  in: Samples;
  out: Samples;
}

function fileWatch(id: string, label: string, begin: FileWatch['begin']): FileWatch {
  const samples = (way: 'in' | 'out'): Samples =>
    new Samples({ id: `file-${way}-event-loop${id}`, label: `${label}, 64 MiB file ${way}` });
  return { begin, in: samples('in'), out: samples('out') };
}

function filesOf(
  id: string,
  label: string,
  { service, sandbox, watch }: { service: HoldfastService; sandbox: string; watch: FileWatch },
): Contender[] {
  const bytes = content();
  const path = '/workspace/large';
  const watched = async (work: () => Promise<unknown>, seen: Samples | null): Promise<number> => {
    const end = await watch.begin();
    const ms = await timed(work);
    const blockedMs = await end();
    seen?.add(blockedMs);
    return rateOf(ms);
  };
  const readAll = async (): Promise<void> => {
    const { content: pieces } = await service.readFile(sandbox, path);
    let length = 0;
    for await (const piece of pieces) length += piece.length;
    if (length !== fileBytes) throw new Error(`read ${length} bytes of ${fileBytes}`);
  };
  return [
    {
      id: `file-in-${id}`,
      label: `${label}: 64 MiB file in`,
      unit: 'MB/s',
      attempt: (counts) => watched(() => service.writeFile(sandbox, path, bytes), counts ? watch.in : null),
    },
    {
      id: `file-out-${id}`,
      label: `${label}: 64 MiB file out`,
      unit: 'MB/s',
      attempt: (counts) => watched(readAll, counts ? watch.out : null),
    },
  ];
}

/** Not all zeros, so that no file system can cheat. */
function content(): Uint8Array {
  if (made) return made;
  made = new Uint8Array(fileBytes);
  for (let at = 0; at < made.length; at += 512) made[at] = at >>> 9;
  return made;
}
let made: Uint8Array | null = null;

function rateOf(ms: number): number {
  return fileBytes / 1e6 / (ms / 1000);
}
