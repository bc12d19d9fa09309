/** What a fault plan costs a call that it leaves alone, and what is left of that when faults have stopped. */
import { wilson } from '../../src/contract/statistics/proportions.ts';
import type { FaultPlanInput, HoldfastService } from '../../src/schema/index.ts';
import type { Group, Plan } from '../group.ts';
import { type Contender, interleave, type MeasuredRow, overheadRow, type Row, Samples } from '../harness.ts';
import { inProcess } from '../ours.ts';

const callsPerValue = 50;

export const group: Group = {
  name: 'noise',
  title: 'Fault plans',
  measures: `A call of the tool \`files\` that reads a file of 1 KiB, in-process, in three sandboxes in turns: one made without a fault plan, one with a plan of eight faults none of which comes (rate 0), and one whose faults were stopped. Each value is the mean of ${callsPerValue} calls. "Overhead" is how much more the percentile is than without a plan. "Rates" are of a sandbox under five faults whose rates the plan says, each the share of calls that drew it over that share; one whose planned rate lies outside its Wilson bounds of 95 in 100 is a failure.`,
  leavesOut: 'Faults that come: their cost is what they are for. Networks.',
  run,
};

const idle: FaultPlanInput = {
  format: 'holdfast-faults/1',
  seed: 1,
  faults: [
    { id: 'error', kind: 'tool.error', rate: 0 },
    { id: 'busy', kind: 'tool.unavailable', rate: 0 },
    { id: 'limited', kind: 'tool.rate-limited', rate: 0 },
    { id: 'empty', kind: 'tool.empty', rate: 0 },
    { id: 'lost', kind: 'tool.lost-acknowledgement', rate: 0 },
    { id: 'full', kind: 'filesystem.no-space', rate: 0 },
    { id: 'slow', kind: 'filesystem.slow', rate: 0 },
    { id: 'hang', kind: 'exec.hang', rate: 0 },
  ],
};

async function run({ bench, rounds, quick }: Plan): Promise<Row[]> {
  const { service } = await inProcess(bench);
  const plain = await service.createSandbox({});
  const planned = await service.createSandbox({ faults: { plan: idle } });
  const stopped = await service.createSandbox({ faults: { plan: idle } });
  await service.stopFaults(stopped.id);
  for (const { id } of [plain, planned, stopped])
    await service.writeFile(id, '/workspace/file', new TextEncoder().encode('x'.repeat(1023)));
  const rows = await interleave(
    [
      contender(service, plain.id, 'noise-none', 'a call, no fault plan'),
      contender(service, stopped.id, 'noise-stopped', 'a call, faults stopped'),
      contender(service, planned.id, 'noise-idle', 'a call, a plan of which nothing comes'),
    ],
    rounds(200, 20),
  );
  const drawn = await rates(service, quick ? 1000 : 10_000);
  const [none, after, under] = rows.filter((row): row is MeasuredRow => 'p50' in row);
  if (!none || !after || !under) return [...rows, drawn];
  return [
    ...rows,
    overheadRow('noise-free', 'overhead, faults stopped', none, after),
    overheadRow('noise-idle-overhead', 'overhead of an idle plan', none, under),
    drawn,
  ];
}

function contender(service: HoldfastService, sandbox: string, id: string, label: string): Contender {
  return {
    id,
    label,
    attempt: async () => {
      const startedMs = performance.now();
      for (let turn = 0; turn < callsPerValue; turn++) {
        const input = { action: 'read', path: '/workspace/file' };
        const result = await service.callTool(sandbox, { tool: 'files', input });
        if (!result.ok) throw new Error(result.error.message);
      }
      return (performance.now() - startedMs) / callsPerValue;
    },
  };
}

const five: FaultPlanInput['faults'] = [
  { id: 'error', kind: 'tool.error', rate: 0.02 },
  { id: 'limited', kind: 'tool.rate-limited', rate: 0.05 },
  { id: 'empty', kind: 'tool.empty', rate: 0.03 },
  { id: 'stale', kind: 'tool.stale', rate: 0.04 },
  { id: 'full', kind: 'filesystem.no-space', rate: 0.01 },
];

/** Of calls that an agent makes, through the whole door. */
async function rates(service: HoldfastService, calls: number): Promise<MeasuredRow> {
  const seen = new Samples({
    id: 'noise-rates',
    label: `${calls} calls: measured rates over planned ones`,
    unit: 'times',
  });
  const { id } = await service.createSandbox({
    faults: { plan: { format: 'holdfast-faults/1', seed: 1, faults: five } },
  });
  for (let call = 0; call < calls; call++) {
    await service.callTool(id, {
      tool: 'files',
      input: { action: 'write', path: '/workspace/file', content: `${call}` },
    });
  }
  const { labels } = await service.faultReport(id);
  for (const { id: fault, rate = 0 } of five) {
    const hits = labels.filter((label) => label.fault === fault).length;
    const { low, high } = wilson(hits, calls);
    if (low <= rate && rate <= high) seen.add(hits / calls / rate);
    else seen.fail(new Error(`${fault}: ${hits} of ${calls} calls, planned ${rate}`));
  }
  await service.destroySandbox(id);
  return seen.row();
}
