/** The switch for emergencies, used in a daemon: how long until nothing is under way any more that an agent began. */
import { hash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '../../src/client/index.ts';
import { type AgentBundleInput, agentFormat, type HoldfastService, type ScriptedRule } from '../../src/schema/index.ts';
import type { Plan } from '../group.ts';
import { type Row, Samples } from '../harness.ts';
import { newHome, removeAll, startDaemon } from '../ours.ts';
import { freePort } from './free-port.ts';

/** Two tenants have as many turns at once as a daemon has. */
const tenants = 2;
const sandboxesOfEach = 8;
const startedAtOnce = 16;
const mostWaitMs = 120_000;
const lookEveryMs = 5;
/** What each shell becomes, and nothing else on the machine is. */
const work = ['sleep', '86397'];

export async function switchRows({ bench, quick, rounds, say }: Plan): Promise<Row[]> {
  const [shells, parked] = quick ? [16, 50] : [256, 1000];
  const label = `Switch for emergencies, ${shells} shells at work and ${parked} sessions parked`;
  const answered = new Samples({ id: 'sessions-switch-answered', label: `${label}: it answers` });
  const gone = new Samples({ id: 'sessions-switch-gone', label: `${label}: no process is left` });
  const people = await twoTenants(bench);
  const sandboxes = await Promise.all(people.map(boxes));
  const plan = rounds(10, 1);
  for (let round = 0; round < plan.rounds; round++) {
    say(`${shells} shells and ${parked} parked sessions, ${round + 1} of ${plan.rounds}`);
    await begin(people, sandboxes, { shells, parked });
    const startedMs = performance.now();
    const [owner] = people;
    const { cancelled } = await owner.stopAgents({ everyTenant: true, cancel: true });
    answered.add(performance.now() - startedMs);
    while ((await shellsAtWork()) > 0) await sleep(lookEveryMs);
    gone.add(performance.now() - startedMs);
    if (cancelled?.cancelled !== shells + parked) answered.fail(new Error(`${cancelled?.cancelled} sessions ended`));
    await mustBeRefused(owner);
    await owner.allowAgents({ everyTenant: true });
    plan.onRound?.(round + 1, plan.rounds);
  }
  return [answered.row(), gone.row()];
}

/** The owner over the daemon's socket, and another tenant with a key. */
async function twoTenants(bench: Plan['bench']): Promise<[HoldfastService, HoldfastService]> {
  const file = join(bench.directory, 'switch-keys');
  // Of a directory with a name that was drawn.
  const key = hash('sha256', file, 'hex');
  await writeFile(file, `${hash('sha256', key, 'hex')} team bench\n`, { mode: 0o600 });
  const address = `127.0.0.1:${await freePort()}`;
  const { service } = await startDaemon(bench, newHome(bench), ['--listen', address, '--keys', file]);
  const other = createClient({ baseUrl: `http://${address}`, key });
  bench.defer(() => removeAll(other));
  return [service, other];
}

const boxes = (service: HoldfastService): Promise<string[]> =>
  Promise.all(Array.from({ length: sandboxesOfEach }, async () => (await service.createSandbox({})).id));

/** Until all are at work, or wait. */
async function begin(
  people: readonly HoldfastService[],
  sandboxes: readonly (readonly string[])[],
  { shells, parked }: { shells: number; parked: number },
): Promise<void> {
  const starts = people.flatMap((service, who) => [
    ...Array.from({ length: parked / tenants }, () => () => service.startSession({ bundle: host, message: 'Hello' })),
    ...Array.from({ length: shells / tenants }, (_, at) => {
      const sandbox = sandboxes[who]?.[at % sandboxesOfEach] ?? '';
      return () => service.startSession({ bundle: worker, message: 'Work', sandbox, task: true });
    }),
  ]);
  const one = async (): Promise<void> => {
    for (let start = starts.shift(); start; start = starts.shift()) await start();
  };
  await Promise.all(Array.from({ length: startedAtOnce }, one));
  const untilMs = performance.now() + mostWaitMs;
  for (;;) {
    const left = await Promise.all(people.map(hostsAtWork));
    if ((await shellsAtWork()) === shells && left.every((count) => count === 0)) return;
    if (performance.now() > untilMs) throw new Error(`${await shellsAtWork()} of ${shells} shells came to work`);
    await sleep(50);
  }
}

async function hostsAtWork(service: HoldfastService): Promise<number> {
  const { items } = await service.listSessions({ state: 'running', limit: 1000 });
  return items.filter(({ agent }) => agent === 'host').length;
}

/** As the machine sees them, from outside of their sandboxes. */
async function shellsAtWork(): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const commands = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return commands.filter((command) => command === `${work.join('\0')}\0`).length;
}

/** A switch that lets the next one begin is none. */
async function mustBeRefused(service: HoldfastService): Promise<void> {
  const begun = await service.startSession({ bundle: host, message: 'Hello' }).then(
    () => true,
    () => false,
  );
  if (begun) throw new Error('a session began while all agents were stopped');
}

function agent(name: string, rules: ScriptedRule[]): AgentBundleInput {
  const limits = { steps: 10, tokens: 1_000_000, cents: 0, wallMs: 3_600_000, depth: 0 };
  const model = { provider: 'scripted', rules } as const;
  const words = { purpose: 'Is stopped.', instructions: 'Work.', grants: ['sandbox:shell'], tools: ['shell'] };
  return { entry: name, agents: [{ format: agentFormat, name, model, limits, ...words }] };
}
const host = agent('host', [{ say: 'What else?' }]);
const worker = agent('worker', [
  { answered: 0, call: [{ tool: 'shell', input: { command: `exec ${work.join(' ')}`, shell: 'sh' } }] },
  { say: 'Done.' },
]);
