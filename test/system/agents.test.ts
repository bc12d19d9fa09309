/** The example agents, end to end, in real sandboxes and without a key. */
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readAgentFile } from '../../src/agents/index.ts';
import { createRuntime, type Runtime } from '../../src/runtime/index.ts';
import type { AgentBundleInput, HoldfastService, Session } from '../../src/schema/index.ts';
import { agentData } from '../fixtures/agent-world.ts';

const examples = join(import.meta.dirname, '../../examples/agents');
const home = mkdtempSync(join(tmpdir(), 'hf-agents-'));
let runtime: Runtime;
let service: HoldfastService;

beforeAll(async () => {
  runtime = await createRuntime({ home, agents: { suspendAfterMs: 50 } });
  service = runtime.service();
});
afterAll(async () => {
  for (const { id } of (await service.listSandboxes()).items) await service.destroySandbox(id);
  await runtime.close();
  rmSync(home, { recursive: true, force: true });
});

const textOf = (name: string): string => readFileSync(join(examples, name), 'utf8');
// What it holds is checked where the session is started.
const bundleOf = (name: string): AgentBundleInput => readAgentFile(textOf(name), name).bundle as AgentBundleInput;

async function sandboxWith(...files: string[]): Promise<string> {
  const { id } = await service.createSandbox({});
  for (const file of files) await service.writeFile(id, `/workspace/${basename(file)}`, Buffer.from(textOf(file)));
  return id;
}

async function ended(id: string): Promise<Session> {
  await expect.poll(async () => (await service.getSession(id)).endedAt, { timeout: 40_000 }).not.toBe(null);
  return service.getSession(id);
}

it('are of at most 200 lines', () => {
  const names = globSync('**/*.yaml', { cwd: examples });
  expect(names.length).toBeGreaterThanOrEqual(4);
  for (const name of names) expect(textOf(name).split('\n').length, name).toBeLessThanOrEqual(200);
});

it('a support desk with a supervisor and two experts', async () => {
  const ask = async (message: string): Promise<unknown> => {
    const { id } = await service.startSession({ bundle: bundleOf('desk.yaml'), message, task: true });
    return (await ended(id)).outcome;
  };
  expect(await ask('Where is my refund?')).toMatchObject({ output: { text: '[scripted] Your refund is on its way.' } });
  expect(await ask('When are you open?')).toMatchObject({
    output: { text: '[scripted] We are open from nine to five.' },
  });
});

it('code repair with a review', async () => {
  const sandbox = await sandboxWith('sum/sum.sh', 'sum/test.sh');
  const { id } = await service.startSession({
    bundle: bundleOf('repair.yaml'),
    message: 'The tests fail.',
    sandbox,
    task: true,
  });
  expect((await ended(id)).outcome).toMatchObject({
    ok: true,
    output: { text: '[scripted] Repaired, tested and reviewed.', untrusted: true },
  });
  expect(new TextDecoder().decode((await service.exec(sandbox, { argv: ['sh', 'sum.sh', '40', '2'] })).stdout)).toBe(
    '42\n',
  );
});

it('research with memory, a question, and a sandbox that sleeps meanwhile', async () => {
  const sandbox = await sandboxWith('shelf/kelp.txt');
  const input = {
    bundle: bundleOf('research.yaml'),
    message: 'How does kelp hold on?',
    sandbox,
    task: true,
    person: 'ada',
  };
  const { id } = await service.startSession(input);
  await expect.poll(async () => (await service.getSession(id)).waitsFor, { timeout: 20_000 }).toEqual(['message']);
  await expect.poll(async () => (await service.getSandbox(sandbox)).state, { timeout: 20_000 }).toBe('suspended');
  await service.sendToSession(id, { data: 'kelp.txt' });
  expect((await ended(id)).outcome).toMatchObject({ output: { text: '[scripted] Kelp holds on by its holdfast.' } });
  const again = await service.startSession(input);
  expect((await ended(again.id)).outcome).toMatchObject({ output: { text: '[scripted] I know that already.' } });
  const other = await service.startSession({ ...input, person: 'milo' });
  await expect
    .poll(async () => (await service.getSession(other.id)).waitsFor, { timeout: 20_000 })
    .toEqual(['message']);
});

it('a command under way ends with its session: the process is gone, and the sandbox is not', async () => {
  const sandbox = await sandboxWith();
  // As long as no other process of this machine.
  const command = `sleep ${100_000 + process.pid}.125 & sleep ${100_000 + process.pid}.25`;
  const call = { tool: 'shell', input: { command, timeoutMs: 600_000 } };
  const agent = agentData('runner', [{ answered: 0, call: [call] }, { say: 'ran' }], {
    grants: ['sandbox:shell'],
    tools: ['shell'],
  });
  const living = async (): Promise<number> => {
    const argv = [
      'sh',
      '-c',
      `cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -o 'sleep ${100_000 + process.pid}[.]' | wc -l`,
    ];
    return Number(new TextDecoder().decode((await service.exec(sandbox, { argv })).stdout));
  };
  const { id } = await service.startSession({ bundle: { entry: 'runner', agents: [agent] }, message: 'go', sandbox });
  // Two in the shell's words, and the two that run.
  await expect.poll(living, { timeout: 20_000 }).toBeGreaterThanOrEqual(3);
  await service.cancelSession(id);
  expect((await service.getSession(id)).state).toBe('cancelled');
  await expect.poll(living, { timeout: 10_000 }).toBe(0);
  expect((await service.getSandbox(sandbox)).state).toBe('ready');
});
