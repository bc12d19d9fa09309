/** The log of whole episodes, door and network, is the same however many run at once and whoever comes first inside. */
import { expect, it } from 'vitest';
import { systemClock } from '../../src/base/index.ts';
import { GatewayNoise } from '../../src/network/noise/gateway-noise.ts';
import { Episode, noNetworkYet, readyPlan } from '../../src/noise/index.ts';
import { inOrder } from '../../src/noise/report.ts';
import { type FaultLabel, sandboxFaultsSchema } from '../../src/schema/index.ts';

const plan = {
  format: 'holdfast-faults/1' as const,
  seed: 7,
  control: 0.1,
  activation: 0.9,
  dependencies: { web: { enter: 0.1, leave: 0.3, factor: 4 } },
  faults: [
    { id: 'error', kind: 'tool.error' as const, rate: 0.1, dependency: 'web' },
    { id: 'nx', kind: 'network.no-name' as const, rate: 0.2 },
    { id: 'late', kind: 'network.latency' as const, rate: 0.2, correlation: 0.5, dependency: 'web' },
    { id: 'reset', kind: 'network.reset' as const, rate: 0.2, dependency: 'web' },
    { id: 'down', kind: 'network.server-error' as const, rate: 0.2, dependency: 'web' },
  ],
};
const hosts = ['a', 'b', 'c', 'd', 'e'].map((host) => `${host}.example`);

/** One after the other, or all programs inside at the same time, each with a host of its own. */
async function episode(rollout: number, atOnce: number): Promise<string> {
  const given = sandboxFaultsSchema.parse({ plan, episode: { task: 't', group: 'g', rollout } });
  const told: FaultLabel[] = [];
  const door = new Episode(readyPlan(given.plan, given.episode));
  const gateway = new GatewayNoise({ given, generation: 1, before: noNetworkYet }, (labels) => told.push(...labels));
  const pause = async (at: number): Promise<void> => {
    if (atOnce > 1 && (rollout + at) % 3 === 0) await systemClock.sleep(0);
    else await Promise.resolve();
  };
  const fetching = async (host: string, at: number): Promise<void> => {
    for (let turn = 0; turn < 12; turn++) {
      if (gateway.lookup(host)?.fault.kind === 'network.no-name') continue;
      await pause(at + turn);
      gateway.connection({ host, port: 443 }, true);
      await pause(at * turn);
      gateway.request({ host, port: 443, scheme: 'https', method: 'GET', target: `/${turn}` });
    }
  };
  const calling = async (): Promise<void> => {
    for (let at = 0; at < 12; at++) {
      told.push(...door.decide({ channel: 'call', name: 'shell', input: { at }, isTool: true }).labels);
      await pause(at);
    }
  };
  const work = [calling, ...hosts.map((host, at) => () => fetching(host, at))];
  if (atOnce === 1) for (const one of work) await one();
  else await Promise.all(work.map((one) => one()));
  return inOrder(told.map((label, at) => ({ number: at + 1, label })))
    .map((label) => `${rollout} ${JSON.stringify(label)}\n`)
    .join('');
}

async function logs(atOnce: number): Promise<string> {
  const done: string[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let rollout = next++; rollout < 64; rollout = next++) done[rollout] = await episode(rollout, atOnce);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return done.join('');
}

it('is the same byte by byte at concurrency 1, 8 and 64, with faults of the network', async () => {
  const alone = await logs(1);
  for (const { id } of plan.faults) expect(alone).toContain(`"fault":"${id}"`);
  expect(alone.split('\n').length).toBeGreaterThan(1000);
  for (const atOnce of [8, 64]) expect(await logs(atOnce)).toBe(alone);
});
