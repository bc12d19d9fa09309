/**
 * Every example of every `--help`, typed as it stands there, in a directory that has what it names. What an id stands for
 * (`snp-01…`) is put in its place.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { has } from '../../scripts/test-programs.ts';
import { unixTransport } from '../../src/base/http.ts';
import { loadAll } from '../../src/cli/registry.ts';
import { createClient } from '../../src/client/index.ts';
import type { AgentBundleInput, FaultPlanInput } from '../../src/schema/index.ts';
import { agentData } from '../fixtures/agent-world.ts';
import { contractFiles } from '../fixtures/contract-files.ts';
import { sampleProfile } from '../fixtures/sample-profile.ts';

const root = join(import.meta.dirname, '../..');
const channels = readFileSync(join(root, 'examples/channels/desk.yaml'), 'utf8').replace(
  '../agents/desk.yaml',
  'desk.yaml',
);
const desk = readFileSync(join(root, 'examples/agents/desk.yaml'), 'utf8');
const base = mkdtempSync('/var/tmp/hfe-');
const project = contractFiles();
const home = join(base, 'home');
/** Where things are typed. */
const directory = join(base, 'work');
const transport = unixTransport(join(home, 'run/holdfastd.sock'));
const service = createClient(transport);

interface Expectation {
  /** Other than 0. */
  status?: number;
  /** It goes on until it is interrupted; what it must have said by then. */
  until?: RegExp;
  /** It needs a terminal; what is typed there. */
  typed?: string;
  skip?: string;
  /** Where it fetches and builds more than others do. */
  timeoutMs?: number;
}

/** Examples that do not simply end with 0. */
const special: Record<string, Expectation> = {
  'holdfast run --memory 512m --timeout 30s -it -- sh': { typed: 'exit\n' },
  'holdfast run -it -- sh': { typed: 'exit\n' },
  'holdfast shell box': { typed: 'exit\n' },
  'holdfast shell --project none': { typed: 'exit\n' },
  'holdfast exec -it box -- vim notes': has('vim') ? { typed: ':q\n' } : { skip: 'vim is not installed' },
  'holdfast demo': { skip: 'the same as with --scripted where there is no key, as here' },
  'OPENAI_BASE_URL=http://localhost:8080/v1 HOLDFAST_MODEL=some-model holdfast demo': { skip: 'src/cli/demo does it' },
  'holdfast events': { until: /^/ },
  'holdfast events box --type process-ended --json': { until: /^/ },
  'holdfast forward box 8080': { until: /8080/ },
  'holdfast forward box 3000:80 5432': { until: /3000[\s\S]*5432/ },
  'holdfast forward box 0:80': { until: /127\.0\.0\.1:\d+/ },
  'holdfast net why box example.com:5432': { status: 4 },
  'holdfast net log -f box --denied': { until: /^/ },
  'holdfast template build debian --debian bookworm --package python3': { skip: 'it downloads a Debian' },
  // A Debian, and two machines that boot.
  'holdfast substrate install microvm': { timeoutMs: 180_000 },
  'holdfast substrate install gvisor': { skip: 'it may build gVisor; scripts/test-programs.ts does it' },
  'holdfast substrate install microvm --kernel own': { skip: 'it builds a kernel for minutes' },
  'holdfast contract diff coding-agent contract.yaml --json': { status: 1 },
  'holdfast contract verify --profile production.json --as production --days 7': { status: 1 },
  'holdfast contract verify --target holdfast --side production --sessions 3 --rounds 0 --without latency,tools': {
    skip: 'it observes for a minute; src/cli/live-sandbox.test.ts sees what it makes',
  },
  'holdfast can-i-ship': { status: 1 },
  'holdfast can-i-ship --train training --prod production --worst-grade B': { status: 1 },
  'holdfast session attach talk': { until: /said|answer|scripted/ },
  'holdfast session attach talk --partial --json': { until: /"type":"entry"/ },
  'holdfast agents diff desk.yaml desk-wider.yaml --json': { status: 1 },
  'holdfast serve': { until: /serving/ },
  'holdfast serve --listen 127.0.0.1:7420 --keys keys.txt --quotas quotas.yaml --channels channels.yaml': {
    until: /serving.*7420/,
  },
  'holdfast serve --pool 8 --pool debian=4 --watch 6h': { until: /serving/ },
  'holdfast watch --now': { skip: 'it looks for half a minute; test/system/contract/watch.test.ts does it' },
  'holdfast findings show 0123456789ab': { status: 3 },
  'holdfast findings show 0123456789ab --json': { status: 3 },
  'holdfast findings ack 0123456789ab': { status: 3 },
  'holdfast findings ack 0123456789ab --note "new image on Monday"': { status: 3 },
  'holdfast profile capture --side training -o training.json': { skip: 'twelve sandboxes, in two windows' },
  'holdfast completion fish | source': { skip: '`source` is the word of fish' },
};

const examples = (await loadAll()).flatMap(({ name, examples: all }) =>
  all.map(([command]) => ({ verb: name, command })),
);

beforeAll(async () => {
  mkdirSync(join(base, 'bin'));
  mkdirSync(directory);
  symlinkSync(join(root, 'holdfast'), join(base, 'bin/holdfast'));
  expect((await type('holdfast ps')).status).toBe(0);
});

afterAll(async () => {
  const { pid } = await service.version();
  const { items } = await service.listSandboxes({ limit: 1000 });
  for (const { id } of items) await service.destroySandbox(id);
  transport.close();
  if (pid !== null) process.kill(pid, 'SIGTERM');
  for (let turn = 0; turn < 500 && pid !== null && isAlive(pid); turn++) await sleep(20);
  rmSync(base, { recursive: true, force: true });
});

beforeEach(furnish);

describe('the examples of --help', () => {
  it('are known where they are special', () => {
    expect(Object.keys(special).filter((known) => !examples.some(({ command }) => command === known))).toEqual([]);
    expect(examples.length).toBeGreaterThan(100);
  });

  for (const { verb, command } of examples) {
    const { status = 0, until, typed, skip, timeoutMs = 60_000 } = special[command] ?? {};
    const why = skip === undefined ? '' : ` (skipped: ${skip})`;
    it.skipIf(skip !== undefined)(`${verb}: ${command}${why}`, { timeout: timeoutMs }, async () => {
      const words = await withIds(
        verb === 'create' && command.includes('--name box') ? await withoutBox(command) : command,
      );
      if (until) await goesOn(inOwnHome(verb, words), until);
      else {
        const ran = await type(typed === undefined ? words : `script -qec '${words}' /dev/null`, typed);
        expect(ran.status, `${words}\n${ran.output}`).toBe(status);
      }
    });
  }
});

/** What the examples speak of; what an example took away is brought back. */
async function furnish(): Promise<void> {
  for (const folder of ['src', 'root/usr/bin', '.zfunc']) mkdirSync(join(directory, folder), { recursive: true });
  const files = {
    'src/a.txt': 'a\n',
    'token.txt': 'a-token-of-many-letters\n',
    'keys.txt': `${'0123456789abcdef'.repeat(4)} team laptop\n`,
    'quotas.yaml': 'default: { sandboxes: 100 }\ntenants:\n  team: { sandboxes: 5, memoryBytes: 4294967296 }\n',
    'profile.json': JSON.stringify(sampleProfile()),
    'policy.yaml': 'allow:\n  - host: api.example.com\n',
    'plan.yaml': `${noisyPlan}\n`,
    'server.sh': '#!/bin/sh\nsleep 600 &\n',
    Makefile: 'all:\n\techo made > made\n',
    'desk.yaml': desk,
    'triage.ts': readFileSync(join(root, 'examples/agents/triage.ts'), 'utf8'),
    'triage.yaml': readFileSync(join(root, 'examples/agents/triage.yaml'), 'utf8'),
    'channels.yaml': channels,
    'other.yaml': JSON.stringify(clerk('another answer')),
    'desk-wider.yaml': desk.replace('cents: 50', 'cents: 60'),
    ...project,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text, { mode: 0o600 });
  await furnishRecordings();
  const box = await service.getSandbox('box').catch(() => null);
  if (box?.state === 'ready') return;
  if (box && box.state !== 'gone') await service.destroySandbox('box');
  await service.createSandbox({
    name: 'box',
    network: { allow: [{ host: 'example.com' }], tape: { mode: 'record', name: 'run' } },
  });
  await service.exec('box', { argv: ['sh', '-c', 'echo report > /workspace/report.txt'] });
}

/** One that its plan leaves alone. */
const noisyPlan = JSON.stringify({
  format: 'holdfast-faults/1',
  seed: 1,
  faults: [{ id: 'a', kind: 'exec.slow-start', rate: 0 }],
});

async function noisySandbox(): Promise<void> {
  const there = await service.getSandbox('noisy').catch(() => null);
  if (there?.state === 'ready') return;
  const plan = JSON.parse(noisyPlan) as FaultPlanInput; // written above
  await service.createSandbox({ name: 'noisy', faults: { plan } });
}

/** What `world freeze` writes, and a training profile around it. */
async function freeze(): Promise<void> {
  const world = (await type('holdfast world freeze box')).output
    .split('\n')
    .filter((line) => !line.startsWith('next:'));
  writeFileSync(join(directory, 'world.yaml'), world.join('\n'));
  const inner = world.map((line) => `  ${line}`).join('\n');
  writeFileSync(join(directory, 'training.yaml'), `format: holdfast-training/1\nworld:\n${inner}\n`);
}

/** One called `run`, its trajectory, and a test made of it. */
async function furnishRecordings(): Promise<void> {
  if (!(await service.getRecording('run').catch(() => null))) await recordedRun('run');
  if (existsSync(join(directory, 'case.json')) && existsSync(join(directory, 'run.json'))) return;
  const test = await service.exportTest('run', { predicate: { command: 'test -e made' } });
  for (const [name, content] of [
    ['case.json', test],
    ['run.json', await service.exportRecording('run', 'atif')],
  ] as const) {
    const pieces: Uint8Array[] = [];
    for await (const piece of content) pieces.push(piece);
    writeFileSync(join(directory, name), Buffer.concat(pieces));
  }
}

async function recordedRun(name?: string): Promise<string> {
  const { id } = await service.createSandbox({ record: name === undefined ? true : { name } });
  for (const command of ['date; echo made > made', 'echo "exit 0" > a.sh; cat made'])
    await service.callTool(id, { tool: 'shell', input: { command } });
  await service.destroySandbox(id);
  return (await service.listRecordings({ sandbox: id })).items[0]?.id ?? 'none';
}

async function withoutBox(command: string): Promise<string> {
  await service.destroySandbox('box');
  return command;
}

/** A daemon of its own beside the one that answers the other examples. */
function inOwnHome(verb: string, command: string): string {
  return verb === 'serve' ? `HOLDFAST_HOME=${base}/other ${command}` : command;
}

async function withIds(command: string): Promise<string> {
  const makers: Record<string, () => Promise<string>> = {
    'snp-01…': async () => (await service.createSnapshot('box')).id,
    'prc-01…': async () => (await service.startProcess('box', { argv: ['echo', 'hello'] })).processId,
    'prv-01…': async () => (await service.sharePort('box', { port: 8080 })).id,
    'rec-01…': () => recordedRun(),
    'tap-01…': async () => (await service.listTapes())[0]?.id ?? 'none',
    'ses-01….5': waitingApproval,
    'hld-01…': async () => (await service.placeHold({ person: 'milo', reason: 'case' })).id,
  };
  let words = command;
  for (const [written, make] of Object.entries(makers)) {
    if (words.includes(written)) words = words.replaceAll(written, await make());
  }
  await onlyStopped(words.startsWith('holdfast agents allow') ? 'publisher' : null);
  if (/^holdfast session .* (talk\b|--all$|--agent)/.test(words)) await conversation(words);
  if (words.startsWith('holdfast audit')) await audited(words);
  if (words.startsWith('holdfast record start')) await service.stopRecording('box').catch(() => undefined);
  if (words.startsWith('holdfast record stop')) await service.startRecording('box').catch(() => undefined);
  if (words.startsWith('holdfast logs box')) await service.startProcess('box', { argv: ['echo', 'hello'] });
  if (words.includes(' noisy')) await noisySandbox();
  if (words.includes('world.yaml') || words.includes('training.yaml')) await freeze();
  // A world is made of a tape that is closed.
  if (words.includes('world freeze box --tape')) await type('holdfast net set box --network none');
  if (words.includes('snapshots box')) await service.createSnapshot('box');
  if (words.includes('box before-upgrade')) await service.createSnapshot('box', { name: 'before-upgrade' });
  if (words.includes('secret rm')) await service.putSecret('api-token', new TextEncoder().encode('of-many-letters'));
  if (words.includes('import work.tar')) spawnSync('tar', ['-cf', 'work.tar', 'src'], { cwd: directory });
  if (words.includes('can-i-ship')) {
    for (const side of ['training', 'production'])
      await type(`holdfast contract verify --profile ${side}.json --as ${side}`);
  }
  if (words.includes('template rm')) await type('holdfast template build tools --directory ./root');
  return words;
}

/** What another example stopped may go on. */
async function onlyStopped(agent: string | null): Promise<void> {
  for (const { agent: stopped, tenant } of await service.listStops()) {
    const of = tenant === null ? { everyTenant: true } : { tenant };
    await service.allowAgents({ ...(stopped === null ? {} : { agent: stopped }), ...of });
  }
  if (agent !== null) await service.stopAgents({ agent });
}

/** A session called `talk` that waits for its next message. */
async function conversation(words: string): Promise<void> {
  const old = await service.getSession('talk').catch(() => null);
  if (old && old.endedAt === null) await service.cancelSession('talk');
  const again = await service.getSession('again').catch(() => null);
  if (again && again.endedAt === null) await service.cancelSession('again');
  if (words.includes('--name talk')) return;
  await service.startSession({ bundle: clerk('an answer'), message: 'hi', name: 'talk' });
  await expect.poll(async () => (await service.getSession('talk')).state).toBe('waiting');
  if (words.includes('session rm')) await service.cancelSession('talk');
}

const clerk = (say: string): AgentBundleInput => ({
  entry: 'clerk',
  agents: [agentData('clerk', [{ say }], { grants: [], tools: [] })],
});

/** Something to look at, that no legal hold keeps, and an export of it. */
async function audited(words: string): Promise<void> {
  if (words.includes('erase')) for (const { id } of await service.listHolds()) await service.releaseHold(id);
  await conversation(words);
  mkdirSync(join(directory, 'witness'), { recursive: true });
  if (words.includes('--export')) await type('holdfast audit export > ada.jsonl');
}

async function waitingApproval(): Promise<string> {
  const careful = agentData('careful', [{ call: [{ tool: 'shell', input: { command: 'true' } }] }], {
    grants: ['sandbox:shell'],
    tools: ['shell'],
    // Nobody else is here to say yes.
    approvals: [{ tools: ['shell'], withinMs: 60_000, fourEyes: false }],
  });
  const { id } = await service.startSession({
    bundle: { entry: 'careful', agents: [careful] },
    message: 'go',
    task: true,
    sandbox: 'box',
    // Other examples work there too.
    shareSandbox: true,
  });
  await expect
    .poll(async () => (await service.listApprovals()).filter(({ session }) => session === id))
    .toHaveLength(1);
  return (await service.listApprovals()).find(({ session }) => session === id)?.id ?? 'none';
}

interface Ran {
  status: number | null;
  output: string;
}

const environment = {
  PATH: `${join(base, 'bin')}:${process.env['PATH']}`,
  HOME: directory,
  HOLDFAST_HOME: home,
  TOKEN: 'a-token-of-many-letters',
  TERM: 'xterm',
  LANG: 'C.UTF-8',
};

function start(command: string): {
  child: ReturnType<typeof spawn>;
  output: () => string;
  ended: Promise<number | null>;
} {
  const child = spawn('bash', ['-c', command], { cwd: directory, env: environment, detached: true });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { child, output: () => output, ended };
}

async function type(command: string, keys?: string): Promise<Ran> {
  const { child, output, ended } = start(command);
  if (keys === undefined) child.stdin?.end();
  else {
    await sleep(1500);
    child.stdin?.write(keys);
  }
  return { status: await ended, output: output() };
}

/** Says what it should, goes on, and ends by Ctrl-C. */
async function goesOn(command: string, said: RegExp): Promise<void> {
  const { child, output, ended } = start(command);
  await expect.poll(output, { timeout: 20_000 }).toMatch(said);
  await sleep(500);
  expect(child.exitCode, output()).toBe(null);
  if (child.pid !== undefined) process.kill(-child.pid, 'SIGINT');
  await ended;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
