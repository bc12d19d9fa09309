/** The switch for emergencies, used in a daemon: how long until nothing is under way any more that an agent began. */
import { hash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '../../src/client/index.ts';
import {
  type AgentBundleInput,
  type AllowAgents,
  agentFormat,
  type HoldfastService,
  type ScriptedRule,
} from '../../src/schema/index.ts';
import type { Plan } from '../group.ts';
import { type Row, Samples } from '../harness.ts';
import { newHome, removeAll, startDaemon } from '../ours.ts';
import { freePort } from './free-port.ts';

/** Two tenants have as many turns at once as a daemon has. */
const tenants = 2;
/** Who is not the owner. */
const other = 'team';
const sandboxesOfEach = 8;
const startedAtOnce = 16;
const mostWaitMs = 120_000;
const lookEveryMs = 5;
/** What each shell becomes, and nothing else on the machine is. */
const work = ['sleep', '86397'];

/** What is at work and what waits, of both tenants together. */
interface Crowd {
  shells: number;
  parked: number;
}

/** One way to use the switch, and how many sessions that ends. */
interface Use {
  id: string;
  label: string;
  whom: AllowAgents;
  ends(crowd: Crowd): number;
  /** Of the shells, those that go on. */
  left(crowd: Crowd): number;
}

const half = (count: number): number => count / tenants;
const uses: readonly Use[] = [
  {
    id: 'sessions-switch-agent',
    label: 'one agent of one tenant',
    whom: { agent: 'worker' },
    ends: ({ shells }) => half(shells),
    left: ({ shells }) => half(shells),
  },
  {
    id: 'sessions-switch-tenant',
    label: 'one tenant',
    whom: { tenant: other },
    ends: ({ shells, parked }) => half(shells) + half(parked),
    left: ({ shells }) => half(shells),
  },
  {
    id: 'sessions-switch',
    label: 'everybody',
    whom: { everyTenant: true },
    ends: ({ shells, parked }) => shells + parked,
    left: () => 0,
  },
];

export async function switchRows({ bench, quick, rounds, say }: Plan): Promise<Row[]> {
  const crowd = quick ? { shells: 16, parked: 50 } : { shells: 256, parked: 10_000 };
  const beside = `${crowd.shells} shells at work and ${crowd.parked} sessions parked`;
  const measured = uses.map((use) => ({
    ...use,
    answered: new Samples({
      id: `${use.id}-answered`,
      label: `Switch for emergencies, ${beside}: ${use.label}, it answers`,
    }),
    gone: new Samples({
      id: `${use.id}-gone`,
      label: `Switch for emergencies, ${beside}: ${use.label}, none of their processes is left`,
    }),
  }));
  const people = await twoTenants(bench);
  const [owner] = people;
  const sandboxes = await Promise.all(people.map(boxes));
  const plan = rounds(5, 1);
  for (let round = 0; round < plan.rounds; round++) {
    for (const { label, whom, ends, left, answered, gone } of measured) {
      say(`${beside}, ${round + 1} of ${plan.rounds}: ${label}`);
      await begin(people, sandboxes, crowd);
      const startedMs = performance.now();
      const stop = async (): Promise<void> => {
        const { cancelled } = await owner.stopAgents({ ...whom, cancel: true });
        answered.add(performance.now() - startedMs);
        if (cancelled?.cancelled !== ends(crowd)) answered.fail(new Error(`${cancelled?.cancelled} sessions ended`));
      };
      const watch = async (): Promise<void> => {
        while ((await shellsAtWork()) > left(crowd)) await sleep(lookEveryMs);
        gone.add(performance.now() - startedMs);
      };
      await Promise.all([stop(), watch()]);
      await mustBeRefused(whom.tenant === undefined ? owner : people[1], whom.agent === undefined ? host : worker);
      await owner.allowAgents(whom);
    }
    plan.onRound?.(round + 1, plan.rounds);
  }
  return measured.flatMap(({ answered, gone }) => [answered.row(), gone.row()]);
}

/** The owner over the daemon's socket, and another tenant with a key. */
async function twoTenants(bench: Plan['bench']): Promise<[HoldfastService, HoldfastService]> {
  const file = join(bench.directory, 'switch-keys');
  // Of a directory with a name that was drawn.
  const key = hash('sha256', file, 'hex');
  await writeFile(file, `${hash('sha256', key, 'hex')} ${other} bench\n`, { mode: 0o600 });
  const address = `127.0.0.1:${await freePort()}`;
  const { service } = await startDaemon(bench, newHome(bench), ['--listen', address, '--keys', file]);
  const second = createClient({ baseUrl: `http://${address}`, key });
  bench.defer(() => removeAll(second));
  return [service, second];
}

const boxes = (service: HoldfastService): Promise<string[]> =>
  Promise.all(Array.from({ length: sandboxesOfEach }, async () => (await service.createSandbox({})).id));

/** Brings in what is missing, until all are at work, or wait. */
async function begin(
  people: readonly HoldfastService[],
  sandboxes: readonly (readonly string[])[],
  { shells, parked }: Crowd,
): Promise<void> {
  const there = await Promise.all(people.map(living));
  const starts = people.flatMap((service, who) => [
    ...Array.from({ length: half(parked) - (there[who]?.host ?? 0) }, () => () => {
      return service.startSession({ bundle: host, message: 'Hello' });
    }),
    ...Array.from({ length: half(shells) - (there[who]?.worker ?? 0) }, (_, at) => {
      const sandbox = sandboxes[who]?.[at % sandboxesOfEach] ?? '';
      return () => service.startSession({ bundle: worker, message: 'Work', sandbox, shareSandbox: true, task: true });
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

/** Sessions that are not over, by who began them. */
async function living(service: HoldfastService): Promise<{ host: number; worker: number }> {
  const counts = { host: 0, worker: 0 };
  let cursor: string | undefined;
  do {
    const page = await service.listSessions({ limit: 1000, ...(cursor === undefined ? {} : { cursor }) });
    for (const { agent } of page.items) counts[agent === 'host' ? 'host' : 'worker']++;
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return counts;
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
async function mustBeRefused(service: HoldfastService, bundle: AgentBundleInput): Promise<void> {
  const begun = await service.startSession({ bundle, message: 'Hello' }).then(
    () => true,
    () => false,
  );
  if (begun) throw new Error('a session began with an agent that was stopped');
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
