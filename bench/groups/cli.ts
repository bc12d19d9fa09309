/** The command line and the daemon as a person meets them. */

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Group, Plan } from '../group.ts';
import { type Contender, interleave, type Row, Samples, timed } from '../harness.ts';
import { createAndSayHi, type Daemon, newHome, startDaemon } from '../ours.ts';
import { unpackedPaths } from '../peers.ts';
import { run as runCommand, type Workbench } from '../workbench.ts';

const command = join(import.meta.dirname, '../../holdfast');
const living = 200;

export const group: Group = {
  name: 'cli',
  title: 'Command line and daemon',
  measures: `Wall time of the whole command, from start to exit. Daemon start: from spawn to the first answered request, with an empty home, and with a home in which ${living} sandboxes live whose daemon was killed with SIGKILL; that value counts only if all ${living} are ready afterwards and one answers a command.`,
  leavesOut: 'The first call in a checkout, which sets it up. Shell completion. A cold page cache.',
  run,
};

async function run(plan: Plan): Promise<Row[]> {
  const { bench, rounds } = plan;
  const daemon = await startDaemon(bench);
  const env = { ...process.env, HOLDFAST_HOME: daemon.home };
  const verb = (id: string, label: string, argv: readonly string[], expected = 0): Contender => ({
    id,
    label,
    attempt: () => timed(() => expectStatus(expected, [command, ...argv], env)),
  });
  const commands = await interleave(
    [
      {
        id: 'cli-node',
        label: '`node -e 0` (floor)',
        attempt: () => timed(() => expectStatus(0, [process.execPath, '-e', '0'], env)),
      },
      srtCommand(bench),
      verb('cli-run', '`holdfast run -- true`', ['run', '--', 'true']),
      verb('cli-version', '`holdfast version`', ['version']),
      verb('cli-ps', '`holdfast ps`', ['ps']),
      verb('cli-doctor', '`holdfast doctor`', ['doctor']),
    ],
    { ...rounds(40, 4), warmups: 2 },
  );
  const { rounds: starts } = rounds(20, 2);
  return [...commands, await emptyStarts(bench, starts), await adoptions(plan)];
}

async function expectStatus(expected: number, argv: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const { status, stderr } = await runCommand(argv, { env });
  if (status !== expected) throw new Error(`status ${status}: ${stderr.slice(0, 300)}`);
}

function srtCommand(bench: Workbench): Contender {
  const peers = join(import.meta.dirname, '../peers');
  const script = join(peers, 'node_modules/@anthropic-ai/sandbox-runtime/dist/cli.js');
  const env = { ...process.env, ...unpackedPaths() };
  return {
    id: 'cli-srt',
    label: '`srt true`',
    attempt: () =>
      timed(async () => {
        const { status, stderr } = await runCommand([process.execPath, script, 'true'], { env, cwd: bench.directory });
        if (status !== 0) throw new Error(`status ${status}: ${stderr.slice(0, 300)}`);
      }),
  };
}

async function emptyStarts(bench: Workbench, times: number): Promise<Row> {
  const samples = new Samples({ id: 'daemon-start', label: 'Daemon start to ready' });
  for (let time = 0; time < times; time++) {
    const home = newHome(bench);
    try {
      const daemon = await startDaemon(bench, home);
      samples.add(daemon.startMs);
      await daemon.stop();
    } catch (error) {
      samples.fail(error);
    }
    await rm(home, { recursive: true, force: true });
  }
  return samples.row();
}

async function adoptions({ bench, quick, rounds, say }: Plan): Promise<Row> {
  const count = quick ? 20 : living;
  const samples = new Samples({
    id: 'daemon-adopt',
    label: `Daemon restart to ready, ${count} living sandboxes adopted`,
  });
  let daemon: Daemon = await startDaemon(bench);
  say(`making ${count} sandboxes to be adopted`);
  for (let made = 0; made < count; made += 4) await Promise.all([1, 2, 3, 4].map(() => createAndSayHi(daemon.service)));
  const { rounds: times } = rounds(10, 2);
  for (let time = 0; time < times; time++) {
    await daemon.kill();
    daemon = await startDaemon(bench, daemon.home);
    const { items } = await daemon.service.listSandboxes({ state: 'ready', limit: 1000 });
    if (items.length === count) samples.add(daemon.startMs);
    else samples.fail(new Error(`${items.length} of ${count} were adopted`));
  }
  await daemon.stop();
  return samples.row();
}
