/**
 * npm run bench [group...] [-- --json FILE] [--quick]
 *
 * Measures the named groups, or all, prints a table each, keeps the results in bench/results/latest.json and puts them
 * into SPECIFICATION.md; a quick run only prints. Everything happens in a temporary home that is removed at the end, also
 * after Ctrl-C.
 */
import { parseArgs } from 'node:util';
import { writeSpecification } from '../scripts/specification.ts';
import { inOwnScope } from '../src/base/index.ts';
import { findRunsc } from '../src/compute/gvisor/runsc.ts';
import { qemuName } from '../src/compute/machine/qemu.ts';
import type { Group, Plan } from './group.ts';
import { group as burst } from './groups/burst.ts';
import { group as cli } from './groups/cli.ts';
import { group as contract } from './groups/contract.ts';
import { group as crashes, onGvisor as crashesOnGvisor } from './groups/crashes.ts';
import { group as density } from './groups/density.ts';
import { group as exec } from './groups/exec.ts';
import { group as files } from './groups/files.ts';
import { group as isolation } from './groups/isolation.ts';
import { group as kills } from './groups/kills.ts';
import { group as machines } from './groups/machines.ts';
import { group as network } from './groups/network.ts';
import { group as noise } from './groups/noise.ts';
import { group as recording } from './groups/recording.ts';
import { group as sandboxCreate } from './groups/sandbox-create.ts';
import { group as sessions } from './groups/sessions.ts';
import { group as suites } from './groups/suites.ts';
import { describeMachine, machineLine, versionOf } from './machine.ts';
import { peerVersions } from './peers.ts';
import { terminalTable } from './report.ts';
import { type GroupResult, keepResults, writeResults } from './results.ts';
import { Workbench } from './workbench.ts';

export const groups: readonly Group[] = [
  sandboxCreate,
  burst,
  exec,
  files,
  density,
  isolation,
  machines,
  network,
  contract,
  recording,
  suites,
  kills,
  crashes,
  crashesOnGvisor,
  noise,
  sessions,
  cli,
];

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: 'string' }, quick: { type: 'boolean', default: false } },
  });
  const results: GroupResult[] = [];
  for (const group of chosen(positionals)) {
    try {
      const result = await measure(group, values.quick);
      results.push(result);
      show(result);
      if (!values.quick) await keepResults([result], order);
    } catch (error) {
      console.error(`${group.name}: not measured:`, error);
      process.exitCode = 1;
    }
  }
  if (values.json !== undefined) await writeResults(values.json, results);
  if (!values.quick) await writeSpecification();
}

const order = groups.map(({ name }) => name);

function show(result: GroupResult): void {
  console.log(`\n${terminalTable(result)}`);
  for (const row of result.rows) if ('failure' in row && row.failure) console.log(`  ${row.label}: ${row.failure}`);
}

function chosen(names: readonly string[]): readonly Group[] {
  const unknown = names.filter((name) => !groups.some((group) => group.name === name));
  if (unknown.length > 0) {
    console.error(`bench: there is no group ${unknown.join(', ')}; there are ${order.join(', ')}`);
    process.exit(2);
  }
  return names.length === 0 ? groups : groups.filter(({ name }) => names.includes(name));
}

async function measure(group: Group, quick: boolean): Promise<GroupResult> {
  const machine = await describeMachine();
  console.error(`${group.name}: ${machineLine(machine)}`);
  const bench = await Workbench.open();
  const interrupted = (): void => {
    console.error('\nbench: cleaning up');
    void bench.close().then(() => process.exit(130));
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, interrupted);
  const startedMs = performance.now();
  try {
    const notes: string[] = [];
    const rows = await group.run(planOf(bench, group.name, { quick, notes }));
    const { name, title, measures, leavesOut } = group;
    const on = new Date().toISOString().slice(0, 10);
    return { name, title, measures, leavesOut, on, quick, machine, versions: await versions(), rows, notes };
  } finally {
    await bench.close();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, interrupted);
    console.error(`${group.name}: ${Math.round((performance.now() - startedMs) / 1000)} s`);
  }
}

function planOf(bench: Workbench, name: string, { quick, notes }: { quick: boolean; notes: string[] }): Plan {
  let shown = 0;
  return {
    bench,
    quick,
    say: (text) => console.error(`${name}: ${text}`),
    note: (text) => {
      notes.push(text);
      console.error(`${name}: ${text}`);
    },
    rounds: (full, few) => ({
      rounds: quick ? few : full,
      onRound: (done, all) => {
        const tenth = Math.floor((10 * done) / all);
        if (tenth !== shown) console.error(`${name}: round ${done} of ${all}`);
        shown = tenth;
      },
    }),
  };
}

async function versions(): Promise<Record<string, string>> {
  const found = {
    Holdfast: (await versionOf(['git', 'rev-parse', '--short=10', 'HEAD'])) ?? undefined,
    ...(await peerVersions()),
    bubblewrap: (await versionOf(['bwrap', '--version']))?.replace(/^\S+ /, ''),
    'QEMU of Holdfast': /version (\S+)/.exec((await versionOf([qemuName, '--version'])) ?? '')?.[1],
    'runsc of Holdfast': await inOwnScope('find runsc', async (scope) => (await findRunsc(scope))?.version),
  };
  return Object.fromEntries(Object.entries(found).flatMap(([name, version]) => (version ? [[name, version]] : [])));
}

if (import.meta.main) {
  await main();
  process.exit();
}
