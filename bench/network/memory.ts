/** What the processes that carry a sandbox's network keep of what they carried. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { HoldfastService } from '../../src/schema/index.ts';
import type { Plan } from '../group.ts';
import { type MeasuredRow, Samples } from '../harness.ts';
import type { Load } from './client.ts';
import { agentsOf, gatewayOf, pumpOf, residentKiB } from './processes.ts';
import { namesUnder, type Ours } from './ways.ts';

const downloadBytes = 1024 ** 3;
const settleMs = 2000;
/** As many as a sandbox's names may have addresses at once (src/network/gateway/synthetic.ts): each time all are new. */
const names = 4096;
const kept: Load = { kind: 'closed', many: 8, seconds: 1, isKept: true };
const fresh: Load = { ...kept, isKept: false };

/** Uses that are not counted: until then tables fill, and the heaps of two JavaScript engines grow into what they give themselves. */
const filling = 3;

/** All ways were used before, so that no download here is a first time. */
export async function memoryRows({ quick, say }: Plan, ours: Ours): Promise<MeasuredRow[]> {
  const ways = ours.ways.filter(({ id }) => id === 'tunnel' || id === 'mediated' || id === 'taped');
  const pump = new Samples({ id: 'network-pump-resident', label: 'Holdfast: a pump after a GiB', unit: 'KiB' });
  const agent = new Samples({ id: 'network-agent-resident', label: 'Holdfast: a guest agent after all', unit: 'KiB' });
  const byBytes = await growthOf(ours, 'by a GiB', '');
  const byUse = await growthOf(ours, `by some 30,000 requests, 1,500 connections, ${names} names`, '-use');
  say('memory, downloads');
  for (let time = 0; time < (quick ? 1 : 2); time++) {
    for (const way of ways) {
      await byBytes.during(() => way.download(downloadBytes));
      const pid = way.id === 'tunnel' ? await pumpOf(ours.daemon.pid) : null;
      if (pid !== null) pump.add(await residentKiB(pid));
    }
  }
  say('memory, many requests, connections, names');
  for (let time = quick ? 0 : -filling; time < (quick ? 1 : 3); time++) {
    const use = async (): Promise<void> => {
      for (const way of ways) for (const load of [kept, fresh]) await answered(way.load(load));
      await askNames(ours.daemon.service, ours.box, time);
    };
    // One that fails here fails again where it counts.
    await (time < 0 ? use().catch(() => undefined) : byUse.during(use));
  }
  for (const pid of await agentsOf(ours.daemon.pid)) agent.add(await residentKiB(pid));
  return [...byBytes.rows(), ...byUse.rows(), pump.row(), agent.row()];
}

interface Growth {
  during(work: () => Promise<unknown>): Promise<void>;
  rows(): MeasuredRow[];
}

/** Of the gateway, the daemon, and the guest agents together. */
async function growthOf({ daemon }: Ours, by: string, suffix: string): Promise<Growth> {
  const processes = {
    gateway: [await gatewayOf(daemon.pid)],
    daemon: [daemon.pid],
    agent: await agentsOf(daemon.pid),
  };
  const all = Object.entries(processes).map(([name, pids]) => {
    const whose = name === 'agent' ? 'guest agents' : name;
    const head = { id: `network-${name}-growth${suffix}`, label: `Holdfast: growth of the ${whose} ${by}` };
    return { pids, samples: new Samples({ ...head, unit: 'KiB' }) };
  });
  const sizes = (): Promise<number[]> => Promise.all(all.map(({ pids }) => togetherKiB(pids)));
  return {
    during: async (work) => {
      const before = await sizes();
      try {
        await work();
      } catch (error) {
        for (const { samples } of all) samples.fail(error);
        return;
      }
      await sleep(settleMs);
      for (const [at, kilobytes] of (await sizes()).entries()) all[at]?.samples.add(kilobytes - (before[at] ?? 0));
    },
    rows: () => all.map(({ samples }) => samples.row()),
  };
}

async function togetherKiB(pids: readonly number[]): Promise<number> {
  const each = await Promise.all(pids.map(residentKiB));
  return each.reduce((sum, kilobytes) => sum + kilobytes, 0);
}

async function answered(load: Promise<{ failed: number; failure: string | null }>): Promise<void> {
  const { failed, failure } = await load;
  if (failed > 0) throw new Error(failure ?? 'no answer');
}

async function askNames(service: HoldfastService, sandbox: string, time: number): Promise<void> {
  const script = `
    const { lookup } = require('node:dns').promises;
    let left = ${names};
    const work = async () => { while (left-- > 0) await lookup('n' + left + '-${time}.${namesUnder}'); };
    Promise.all([work(), work(), work(), work()]);`;
  const { exitCode, stderr } = await service.exec(sandbox, { argv: ['/workspace/node', '-e', script], cwd: '/' });
  if (exitCode !== 0) throw new Error(`names: status ${exitCode}: ${new TextDecoder().decode(stderr).slice(-500)}`);
}
