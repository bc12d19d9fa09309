/** The way out of a sandbox, beside no sandbox and beside other proxies. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { HoldfastService, NetworkPolicyInput } from '../../src/schema/index.ts';
import type { Group, Plan } from '../group.ts';
import { type Contender, interleave, type MeasuredRow, type Row, Samples, skippedRow, timed } from '../harness.ts';
import type { Load } from '../network/client.ts';
import { memoryRows } from '../network/memory.ts';
import { type Origin, originName, startOrigin } from '../network/origin-process.ts';
import { gatewayOf, residentKiB } from '../network/processes.ts';
import { mitmproxyWays, nginxWays, squidWays } from '../network/proxies.ts';
import { tapingRow } from '../network/taping.ts';
import { directWays, type NetworkWay, type Ours, openOurs } from '../network/ways.ts';
import { type Daemon, sayHi } from '../ours.ts';

const downloadBytes = 1024 ** 3;
const settleMs = 2000;
const atOnce = 100;
const createdTogether = 8;

export const group: Group = {
  name: 'network',
  title: 'The way out: latency, throughput, memory',
  measures:
    'One small client asks an origin on this machine for a kibibyte: inside a sandbox by each of Holdfast’s ways, outside of any by the others. Requests begin by a fixed schedule and count from when they were to begin: 200 a second on kept connections, 50 a second on a new one each (connect, CONNECT, TLS, request). What a way adds is its p50, p95 and p99 minus those of the direct way in the same rounds. Taping: loads mediated, taped, mediated right after each other; how much more the taped one’s percentile is than the mean of the two beside it, the median of the rounds; where half of the rounds differ by more than the promise between the two that are alike, it is not measurable. Most requests: eight connections that ask again at once. Downloads: curl and one GiB. Growth: resident memory after a download more, and after many requests, connections and names more, from the fourth time on: before, tables and heaps fill. Create: over HTTP, wall time in the caller.',
  leavesOut:
    'Client, origin, proxy and sandbox share this machine’s CPUs, so that a way pays for what the others take. A real network between them. HTTP/2. The other proxies decide about nothing, and are reached from outside a sandbox; ours alone resolves the origin’s name.',
  run,
};

const loads = {
  kept: { words: 'at 200/s', load: { kind: 'open', many: 200, seconds: 3, isKept: true } },
  fresh: { words: 'at 50/s, new connections', load: { kind: 'open', many: 50, seconds: 2, isKept: false } },
  most: { words: 'most requests', load: { kind: 'closed', many: 8, seconds: 1, isKept: true } },
  'most-fresh': {
    words: 'most requests, new connections',
    load: { kind: 'closed', many: 8, seconds: 1, isKept: false },
  },
} as const satisfies Record<string, { words: string; load: Load }>;

type LoadName = keyof typeof loads;

async function run(plan: Plan): Promise<Row[]> {
  const { bench } = plan;
  const origin = await startOrigin(bench);
  const ours = await openOurs(bench, origin);
  const others = [
    ...(await squidWays(bench, origin)),
    ...(await mitmproxyWays(bench, origin)),
    ...(await nginxWays(bench, origin)),
  ];
  const ways = [...directWays(origin), ...ours.ways, ...others];
  const rows: Row[] = [];
  for (const name of ['kept', 'fresh'] as const) rows.push(...(await latencies(plan, ways, name)));
  rows.push(...(await taping(plan, ours)));
  for (const name of ['most', 'most-fresh'] as const) rows.push(...(await rates(plan, ways, name)));
  rows.push(...(await downloads(plan, ways)));
  rows.push(...(await memoryRows(plan, ours)));
  rows.push(...(await creations(plan, ours, origin)));
  rows.push(...(await crowd(plan, ours, origin)));
  return rows;
}

/** The direct ways as they are, of the others what they add. */
async function latencies(plan: Plan, ways: readonly NetworkWay[], name: LoadName): Promise<Row[]> {
  const { words, load } = loads[name];
  const samples = new Map(ways.map((way) => [way.id, new Samples({ id: `network-${way.id}-${name}`, label: '' })]));
  const contenders = ways.map((way) => ({
    ...contender(way),
    attempt: async (): Promise<number> => {
      const { latenciesMs, failed, failure } = await way.load(load);
      const of = samples.get(way.id);
      for (const ms of latenciesMs) of?.add(ms);
      for (let times = 0; times < failed; times++) of?.fail(new Error(failure ?? 'no answer'));
      return latenciesMs.length;
    },
  }));
  plan.say(words);
  const blocks = await interleave(contenders, { ...plan.rounds(3, 1), warmups: 0 });
  const whole = new Map(ways.map(({ id }, at) => [id, measured(blocks[at], samples.get(id))]));
  return ways.map((way): Row => {
    const row = whole.get(way.id);
    const floor = whole.get(way.floor);
    if (!row || !floor) return skippedRow({ ...way, label: `${way.label}, ${words}` });
    if (way.id === way.floor) return { ...row, label: `${way.label}, ${words}` };
    return { ...compared(row, floor, (value, base) => value - base), label: `${way.label}: adds ${words}` };
  });
}

async function taping(plan: Plan, { ways }: Ours): Promise<Row[]> {
  const [mediated, taped] = ['mediated', 'taped'].map((id) => ways.find((way) => way.id === id));
  if (!mediated || !taped) return [];
  const rows: Row[] = [];
  for (const name of ['kept', 'fresh'] as const) {
    const how = { id: `network-taping-${name}`, ...loads[name], rounds: 7 };
    rows.push(await tapingRow(plan, { mediated, taped }, how));
  }
  return rows;
}

/** Null for what was skipped. A whole block that failed counts as one request that did. */
function measured(block: Row | undefined, samples: Samples | undefined): MeasuredRow | null {
  if (!block || 'skipped' in block || !samples) return null;
  for (let times = 0; times < block.failed; times++) samples.fail(new Error(block.failure ?? 'no answer'));
  return samples.row();
}

function compared(row: MeasuredRow, floor: MeasuredRow, by: (value: number, base: number) => number): MeasuredRow {
  const quantiles = (['best', 'p50', 'p95', 'p99', 'worst'] as const).map((at) => [at, by(row[at], floor[at])]);
  return { ...row, ...Object.fromEntries(quantiles) };
}

async function rates(plan: Plan, ways: readonly NetworkWay[], name: LoadName): Promise<Row[]> {
  const { words, load } = loads[name];
  plan.say(words);
  const contenders = ways.map((way) => ({
    ...contender(way),
    id: `network-${way.id}-${name}`,
    label: `${way.label}, ${words}`,
    unit: 'per second' as const,
    attempt: async (): Promise<number> => {
      const { perSecond, failed, failure } = await way.load(load);
      if (failed > 0) throw new Error(failure ?? 'no answer');
      return perSecond;
    },
  }));
  return interleave(contenders, { ...plan.rounds(3, 1), warmups: 0 });
}

async function downloads(plan: Plan, ways: readonly NetworkWay[]): Promise<Row[]> {
  plan.say('downloads');
  const contenders = ways.map((way) => ({
    ...contender(way),
    id: `network-${way.id}-download`,
    label: `${way.label}, 1 GiB`,
    unit: 'MB/s' as const,
    attempt: async (): Promise<number> => downloadBytes / 1e6 / (await way.download(downloadBytes)),
  }));
  const rows = await interleave(contenders, { ...plan.rounds(3, 1), warmups: plan.quick ? 0 : 1 });
  const shares = ways.flatMap((way, at): Row[] => {
    const row = rows[at];
    const floor = rows[ways.findIndex(({ id }) => id === way.floor)];
    const isCompared = way.label.startsWith('Holdfast') || way.id === 'nginx-relay';
    if (!isCompared || !row || 'skipped' in row || !floor || 'skipped' in floor) return [];
    const share = compared(row, floor, (value, base) => (100 * value) / base);
    const head = { id: `network-${way.id}-download-share`, label: `${way.label}, 1 GiB beside direct` };
    return [{ ...share, ...head, unit: '% of direct' }];
  });
  return [...rows, ...shares];
}

function creations(plan: Plan, { daemon: { service }, policy }: Ours, origin: Origin): Promise<Row[]> {
  plan.say('creating');
  let made = '';
  const created = async (network?: NetworkPolicyInput): Promise<void> => {
    made = (await service.createSandbox(network ? { network } : {})).id;
  };
  const tidy = (): Promise<void> => service.destroySandbox(made).then(() => undefined);
  const contenders: Contender[] = [
    { id: 'network-create-none', label: 'Holdfast: create without a network', attempt: () => timed(created), tidy },
    {
      id: 'network-create',
      label: 'Holdfast: create with a network',
      attempt: () => timed(() => created(policy)),
      tidy,
    },
    {
      id: 'network-first-exec',
      label: 'Holdfast: create without a network, first exec',
      attempt: () =>
        timed(async () => {
          await created();
          await sayHi(service, made);
        }),
      tidy,
    },
    {
      id: 'network-first-request',
      label: 'Holdfast: create with a network, first request answered',
      attempt: () =>
        timed(async () => {
          await created(policy);
          await askOnce(service, made, origin);
        }),
      tidy,
    },
  ];
  return interleave(contenders, { ...plan.rounds(60, 5), warmups: 3 });
}

async function askOnce(service: HoldfastService, sandbox: string, { ports }: Origin): Promise<void> {
  const url = `http://${originName}:${ports.plain}/`;
  const argv = ['curl', '--silent', '--show-error', '--fail', '--output', '/dev/null', url];
  const { exitCode, stderr } = await service.exec(sandbox, { argv, cwd: '/' });
  if (exitCode !== 0) throw new Error(`curl ended with status ${exitCode}: ${new TextDecoder().decode(stderr)}`);
}

/** A hundred sandboxes with a network, each of which has asked for something. */
async function crowd({ quick, say }: Plan, { daemon, policy }: Ours, origin: Origin): Promise<Row[]> {
  const label = `Holdfast: ${atOnce} sandboxes with networks`;
  const create = new Samples({ id: 'network-crowd-create', label: `${label}, one’s create and first request` });
  const gateway = new Samples({ id: 'network-crowd-gateway', label: `${label}, gateway per sandbox`, unit: 'KiB' });
  const server = new Samples({ id: 'network-crowd-daemon', label: `${label}, daemon per sandbox`, unit: 'KiB' });
  for (let time = 0; time < (quick ? 1 : 3); time++) {
    say(`${atOnce} sandboxes with networks`);
    const gatewayPid = await gatewayOf(daemon.pid);
    const before = [await residentKiB(gatewayPid), await residentKiB(daemon.pid)] as const;
    const ids = await fill(daemon, { policy, origin, create });
    await sleep(settleMs);
    gateway.add(((await residentKiB(gatewayPid)) - before[0]) / atOnce);
    server.add(((await residentKiB(daemon.pid)) - before[1]) / atOnce);
    for (let from = 0; from < ids.length; from += createdTogether) {
      await Promise.all(ids.slice(from, from + createdTogether).map((id) => daemon.service.destroySandbox(id)));
    }
  }
  return [create, gateway, server].map((samples) => samples.row());
}

async function fill(
  { service }: Daemon,
  { policy, origin, create }: { policy: NetworkPolicyInput; origin: Origin; create: Samples },
): Promise<string[]> {
  const ids: string[] = [];
  const one = async (): Promise<void> => {
    const { id } = await service.createSandbox({ network: policy });
    ids.push(id);
    await askOnce(service, id, origin);
  };
  let left = atOnce;
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      await timed(one).then(
        (ms) => create.add(ms),
        (error: unknown) => create.fail(error),
      );
    }
  };
  await Promise.all(Array.from({ length: createdTogether }, worker));
  return ids;
}

const contender = ({ id, label, skip }: NetworkWay): Pick<Contender, 'id' | 'label' | 'skip'> => ({
  id,
  label,
  skip: skip ?? null,
});
