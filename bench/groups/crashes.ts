/** A daemon that is killed at any moment, its restarts looked at from outside: what was lost, and what was left over. */
import { randomInt } from 'node:crypto';
import { createRuntime } from '../../src/runtime/index.ts';
import { Crashes } from '../../test/fixtures/crashes.ts';
import { gvisorMissing } from '../../test/fixtures/gvisor.ts';
import type { Group, Plan } from '../group.ts';
import { type Row, Samples, skippedRow } from '../harness.ts';
import { newHome } from '../ours.ts';

const places = [
  {
    id: 'crashes-namespace',
    label: 'a daemon, killed, and the next one ready',
    isolation: 'namespace',
    slower: 1,
    kills: 200,
  },
  { id: 'crashes-gvisor', label: 'the same on gVisor', isolation: 'userspace-kernel', slower: 5, kills: 100 },
] as const;

export const group: Group = {
  name: 'crashes',
  title: 'Daemons that are killed at any moment',
  measures: `A daemon that works on sandboxes with limits, networks, names, snapshots, templates and processes that print, killed again and again on one home (SIGKILL), every third time while it starts and takes over what the one before it left; moments are drawn by a seed. After each kill another daemon takes over, closes, and what is left is looked for in the kernel's lists: processes, control groups, mounts, loop devices, files. Success is that nothing acknowledged was lost, that what sandboxes print goes on without a gap, and that nothing is there that belongs to no sandbox. The value is how long the next daemon takes to be ready.`,
  leavesOut: 'Power cuts. Kills of the launcher alone. Agents, recordings and machines, which have tests of their own.',
  run,
};

async function run(plan: Plan): Promise<Row[]> {
  const rows: Row[] = [];
  for (const place of places) {
    const skip = place.isolation === 'namespace' ? null : await gvisorMissing();
    rows.push(skip === null ? await killed(plan, place) : skippedRow({ ...place, skip }));
  }
  return rows;
}

async function killed({ bench, rounds, note, say }: Plan, place: (typeof places)[number]): Promise<Row> {
  const { id, label, isolation, slower, kills } = place;
  const home = newHome(bench);
  bench.defer(async () => (await createRuntime({ home, ephemeral: true })).close());
  const seed = randomInt(2 ** 31 - 2);
  const crashes = new Crashes({ home, seed, isolation, slower });
  const samples = new Samples({ id, label });
  const plan = rounds(kills, 10);
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
    `${isolation}, moments by the seed ${seed}: ${inStart} kills before a daemon was ready; ${created} sandboxes (${limited} with limits, ${open} with a network) and ${snapshots} snapshots had been acknowledged; output was read on after a restart ${counted} times.`,
  );
  return samples.row();
}
