/** Ten thousand sessions that wait, in a daemon: what they cost it, and how quickly one of them goes on. */
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type AgentBundleInput,
  type AgentManifestInput,
  agentFormat,
  type HoldfastService,
  type ScriptedRule,
  type SessionEntry,
} from '../../src/schema/index.ts';
import type { Plan } from '../group.ts';
import { type Row, Samples } from '../harness.ts';
import { residentKiB } from '../network/processes.ts';
import { type Daemon, newHome, startDaemon, startWatchedDaemon } from '../ours.ts';

const parkedSessions = 10_000;
const startedAtOnce = 16;
const watchedMs = 10_000;
const settleMs = 3000;
const naps = 60;

const agent = (name: string, rules: ScriptedRule[]): AgentManifestInput => ({
  format: agentFormat,
  name,
  purpose: 'Waits.',
  instructions: 'Wait.',
  model: { provider: 'scripted', rules },
  grants: ['time:sleep'],
  tools: ['sleep'],
  limits: { steps: 1000, tokens: 1_000_000, cents: 0, wallMs: 3_600_000, depth: 0 },
});
const one = (data: AgentManifestInput): AgentBundleInput => ({ entry: data.name, agents: [data] });

/** Answers, and waits for the next message. */
const host = one(agent('host', [{ say: 'What else?' }]));
const sleeper = (ms: number): AgentBundleInput =>
  one(agent('sleeper', [{ answered: 0, call: [{ tool: 'sleep', input: { ms } }] }, { say: 'Awake.' }]));

export async function parkedRows({ bench, quick, say }: Plan): Promise<Row[]> {
  const count = quick ? 500 : parkedSessions;
  const [of, label] = [(id: string) => `sessions-parked-${id}`, `${count} parked sessions`];
  const empty = new Samples({ id: of('cpu-none'), label: 'No session: CPU time in 10 s' });
  const full = new Samples({ id: of('cpu'), label: `${label}: CPU time in 10 s` });
  const rested = new Samples({ id: of('memory'), label: `${label}: memory of each, after a restart`, unit: 'KiB' });
  const grown = new Samples({
    id: of('growth'),
    label: `${label}: growth of the daemon that made them, garbage collected, by each after the first tenth`,
    unit: 'KiB',
  });
  const before = new Samples({ id: of('start-none'), label: 'No session: start of the daemon' });
  const after = new Samples({ id: of('start'), label: `${label}: start of the daemon` });
  const home = newHome(bench);
  let daemon = await startDaemon(bench, home);
  // So that both have loaded the same code.
  await daemon.service.startSession({ bundle: host, message: 'Hello' });
  const restart = async (starts: Samples): Promise<number> => {
    await daemon.kill();
    daemon = await startDaemon(bench, home);
    starts.add(daemon.startMs);
    await sleep(settleMs);
    return residentKiB(daemon.pid);
  };
  const times = quick ? 1 : 3;
  const sizes: number[] = [];
  for (let time = 0; time < times; time++) sizes.push(await restart(before));
  empty.add(await cpuMs(daemon.pid));
  say(`starting ${count} sessions`);
  await daemon.kill();
  const made = await startWatchedDaemon(bench, home);
  daemon = made;
  // A young process grows by what it warms up; that is not of a session.
  const warm = count / 10;
  await park(daemon.service, warm);
  await sleep(settleMs);
  const small = await made.collectedKiB();
  await park(daemon.service, count - warm);
  await sleep(settleMs);
  grown.add(((await made.collectedKiB()) - small) / (count - warm));
  for (let time = 0; time < times; time++) {
    rested.add(((await restart(after)) - (sizes[time] ?? 0)) / count);
    full.add(await cpuMs(daemon.pid));
  }
  say('waking');
  const woken = await wakes(daemon, quick ? 5 : naps, label);
  return [rested, grown, empty, full, before, after, ...woken].map((samples) => samples.row());
}

async function park(service: HoldfastService, count: number): Promise<void> {
  let left = count;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await service.startSession({ bundle: host, message: 'Hello' });
  };
  await Promise.all(Array.from({ length: startedAtOnce }, worker));
  for (;;) {
    const { items } = await service.listSessions({ state: 'running', limit: 1 });
    if (items.length === 0) return;
    await sleep(50);
  }
}

/** Of all its threads, in the next ten seconds. */
async function cpuMs(pid: number): Promise<number> {
  const used = async (): Promise<number> => {
    const tasks = await readdir(`/proc/${pid}/task`);
    const each = await Promise.all(tasks.map((task) => readFile(`/proc/${pid}/task/${task}/schedstat`, 'utf8')));
    return each.reduce((sum, text) => sum + Number(text.split(' ')[0]), 0) / 1e6;
  };
  const begun = await used();
  await sleep(watchedMs);
  return (await used()) - begun;
}

async function wakes({ service }: Daemon, times: number, label: string): Promise<Samples[]> {
  const timer = new Samples({ id: 'sessions-wake-timer', label: `Woken by a timer, beside ${label}` });
  const event = new Samples({ id: 'sessions-wake-event', label: `Woken by an event, beside ${label}` });
  for (let time = 0; time < times; time++) {
    timer.add(await afterNap(service, 100 + 7 * (time % 11)));
    event.add(await afterMessage(service));
  }
  return [timer, event];
}

/** From the moment that was slept for until a reader sees the session at work again. */
async function afterNap(service: HoldfastService, ms: number): Promise<number> {
  const { id } = await service.startSession({ bundle: sleeper(ms), message: 'Sleep', task: true });
  let dueMs = Number.NaN;
  for await (const { kind, at, data } of service.sessionEntries(id)) {
    if (kind !== 'outcome') continue;
    if (data['name'] === 'tool') return Date.now() - dueMs;
    dueMs = Date.parse(at) + ms;
  }
  throw new Error('the sleeper ended without having slept');
}

/** From the send until a reader sees the next model call begin. */
async function afterMessage(service: HoldfastService): Promise<number> {
  const { id } = await service.startSession({ bundle: host, message: 'Hello' });
  const leave = new AbortController();
  const entries = service.sessionEntries(id, {}, { signal: leave.signal })[Symbol.asyncIterator]();
  await until(entries, 'waiting');
  const sentMs = performance.now();
  const [, seenMs] = await Promise.all([
    service.sendToSession(id, { data: 'And?' }),
    until(entries, 'intent').then(() => performance.now()),
  ]);
  leave.abort();
  await service.cancelSession(id);
  return seenMs - sentMs;
}

async function until(entries: AsyncIterator<SessionEntry>, kind: SessionEntry['kind']): Promise<void> {
  for (;;) {
    const { done, value } = await entries.next();
    if (done) throw new Error(`the session ended before an entry of the kind ${kind}`);
    if (value.kind === kind) return;
  }
}
