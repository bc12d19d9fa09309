/** A daemon that is killed at any moment, its restarts looked at from outside: what was lost, and what was left over. */
import { randomInt } from 'node:crypto';
import { createRuntime } from '../../src/runtime/index.ts';
import type { Isolation } from '../../src/schema/index.ts';
import { Crashes } from '../../test/fixtures/crashes.ts';
import { gvisorMissing } from '../../test/fixtures/gvisor.ts';
import type { Group, Plan } from '../group.ts';
import { type Row, Samples, skippedRow } from '../harness.ts';
import { newHome } from '../ours.ts';

interface Place {
  id: string;
  label: string;
  isolation: Isolation;
  /** Than a namespace. */
  slower: number;
  /** Unless `HOLDFAST_CRASHES` says another number. */
  kills: number;
}

const namespace: Place = {
  id: 'crashes-namespace',
  label: 'a daemon, killed, and the next one ready',
  isolation: 'namespace',
  slower: 1,
  kills: 200,
};
const gvisor: Place = {
  id: 'crashes-gvisor',
  label: 'the same on gVisor',
  isolation: 'userspace-kernel',
  slower: 5,
  kills: 100,
};

export const group: Group = {
  name: 'crashes',
  title: 'Daemons that are killed at any moment',
  measures:
    "A daemon that works on sandboxes with limits, networks, names, snapshots, templates and processes that print, killed again and again on one home (SIGKILL), every third time while it starts and takes over what the one before it left; moments are drawn by a seed. After each kill another daemon takes over, closes, and what is left is looked for in the kernel's lists: processes, control groups, mounts, loop devices, files. Success is that nothing acknowledged was lost, that what sandboxes print goes on without a gap, and that nothing is there that belongs to no sandbox. The value is how long the next daemon takes to be ready.",
  leavesOut: 'Power cuts. Kills of the launcher alone. Agents, recordings and machines, which have tests of their own.',
  run: async (plan) => [await killed(plan, namespace)],
};

export const onGvisor: Group = {
  name: 'crashes-gvisor',
  title: 'Daemons that are killed at any moment, sandboxes on gVisor',
  measures: 'As in the group `crashes`. Sandboxes sleep on disk with their memory, too.',
  leavesOut: group.leavesOut,
  run: async (plan) => {
    const skip = await gvisorMissing();
    return [skip === null ? await killed(plan, gvisor) : skippedRow({ ...gvisor, skip })];
  },
};

async function killed(
  { bench, rounds, note, say }: Plan,
  { id, label, isolation, slower, kills }: Place,
): Promise<Row> {
  const home = newHome(bench);
  bench.defer(async () => (await createRuntime({ home, ephemeral: true })).close());
  const seed = randomInt(2 ** 31 - 2);
  const crashes = new Crashes({ home, seed, isolation, slower });
  const samples = new Samples({ id, label });
  const plan = rounds(Number(process.env['HOLDFAST_CRASHES'] ?? kills), 10);
  for (let kill = 1; kill <= plan.rounds; kill++) {
    try {
      const wrong = [...(await crashes.kill()), ...(await crashes.inspect())];
      if (kill === plan.rounds) wrong.push(...(await crashes.end()));
      if (wrong.length > 0) throw new Error(wrong.join('; '));
      samples.add(crashes.readyMs);
    } catch (error) {
      say(`kill ${kill} with seed ${seed}: ${error}`);
      samples.fail(error);
    }
    plan.onRound?.(kill, plan.rounds);
  }
  const { created, limited, open, snapshots, inStart, counted } = crashes.tally;
  note(
    `Moments by the seed ${seed}: ${inStart} kills before a daemon was ready; ${created} sandboxes (${limited} with limits, ${open} with a network) and ${snapshots} snapshots had been acknowledged; output was read on after a restart ${counted} times.`,
  );
  return samples.row();
}
