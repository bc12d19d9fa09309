/**
 * examples/agents/coding-agent, for real: a coding agent from npm repairs a project inside a sandbox, under a session, against
 * a model server on this machine that it reaches through the gateway, with a key that it never has. The daemon is killed half
 * way, and so is the agent.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codingAgent, hasCodingAgent } from '../../scripts/test-programs.ts';
import { readAgentFile } from '../../src/agents/index.ts';
import { packDirectory } from '../../src/cli/pack.ts';
import type { AgentBundleInput, HoldfastService } from '../../src/schema/index.ts';
import { type CodingModel, modelHost, serveCodingModel } from '../fixtures/coding-model.ts';
import { type Inside, openDaemon } from '../fixtures/network/inside.ts';

const root = join(import.meta.dirname, '../..');
const example = join(root, 'examples/agents/coding-agent');
const modelKey = 'sk-of-many-letters-that-nobody-inside-may-see';
const directory = mkdtempSync('/var/tmp/hfc-');
const missing = whyNot();

let model: CodingModel;
let inside: Inside;
let service: HoldfastService;

/** Why it cannot be run here, or null. */
function whyNot(): string | null {
  if (process.getuid?.() !== 0) return 'the fixture’s authority is trusted by a daemon of root';
  return hasCodingAgent()
    ? null
    : 'npm install --ignore-scripts --no-package-lock --omit=optional in test/coding-agent';
}

beforeAll(async () => {
  if (missing !== null) return;
  const agent = join(directory, 'agent');
  mkdirSync(join(agent, 'bin'), { recursive: true });
  cpSync(join(codingAgent, 'node_modules'), join(agent, 'node_modules'), { recursive: true, verbatimSymlinks: true });
  cpSync(process.execPath, join(agent, 'bin/node'));
  cpSync(join(root, 'examples/repair/project'), join(directory, 'project'), { recursive: true });
  cpSync(join(example, 'carry-on'), join(directory, 'carry-on'));
  writeFileSync(join(directory, 'task'), 'The tests fail: sh test/run. Find the bug and repair it.\n');
  model = await serveCodingModel(modelKey);
  inside = await openDaemon({
    within: (argv) => [...argv],
    flags: ['--resolver', model.resolver],
    trust: model.authority,
  });
  service = inside.service;
}, 120_000);

afterAll(async () => {
  await inside?.[Symbol.asyncDispose]();
  await model?.[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

async function makeBox(): Promise<string> {
  await service.putSecret('model-key', Buffer.from(modelKey));
  const { id: template } = await service.importFiles(packDirectory(directory).tar, { path: '/workspace' });
  const rule = {
    host: modelHost,
    ports: [model.port],
    addresses: ['127.0.0.1/32'],
    methods: ['POST'],
    paths: ['/v1/chat/completions'],
    credentials: [{ secret: 'model-key', position: { kind: 'header' as const, name: 'authorization' } }],
  };
  const { id } = await service.createSandbox({
    template,
    lifetimeMs: 3_600_000,
    network: { allow: [rule], secrets: [{ secret: 'model-key', environment: 'OPENAI_API_KEY' }] },
    environment: { OPENAI_BASE_URL: `https://${modelHost}:${model.port}/v1`, OPENAI_MODEL: 'scripted' },
  });
  return id;
}

const text = readFileSync(join(example, 'agent.yaml'), 'utf8');
// What it holds is checked where the session is started.
const bundle = readAgentFile(text, 'agent.yaml').bundle as AgentBundleInput;

async function run(box: string, command: string): Promise<string> {
  const { stdout } = await service.exec(box, { argv: ['sh', '-c', command], cwd: '/workspace', timeoutMs: 60_000 });
  return new TextDecoder().decode(stdout);
}

describe.skipIf(missing !== null)(
  `a coding agent in a sandbox${missing === null ? '' : ` (skipped: ${missing})`}`,
  () => {
    it('repairs a project, goes on when the daemon or it itself is killed, and never has the key', async () => {
      const box = await makeBox();
      model.holdFrom(2);
      const { id } = await service.startSession({ bundle, message: 'Repair it.', sandbox: box, task: true });
      await expect.poll(() => model.steps, { timeout: 120_000, interval: 100 }).toBe(2);

      await inside.kill();
      await inside.start();
      expect((await service.getSession(id)).state).toBe('running');
      // Its request was cut with the gateway: it asks again, and is killed itself; then the one that carries on is.
      for (let before = 2; before <= 3; before++) {
        await expect.poll(() => model.steps, { timeout: 180_000, interval: 100 }).toBeGreaterThan(before);
        const { exitCode } = await service.exec(box, { argv: ['pkill', '-9', '-f', 'qwen'], cwd: '/' });
        expect(exitCode).toBe(0);
      }
      model.letGo();

      await expect
        .poll(async () => (await service.getSession(id)).outcome, { timeout: 240_000, interval: 200 })
        .toMatchObject({ ok: true, output: { text: '[scripted] Repaired: the tests pass.' } });
      expect(await run(box, 'cd project && sh test/run')).toMatch(/ 0 failed/);
      expect(await run(box, 'cd project && cat lib/merge.awk')).toContain('if ($3 > to) to = $3');

      // It streamed, with the key, which stands nowhere inside.
      expect(model.streamed).toBeGreaterThan(2);
      expect(model.carriedOn).toBeGreaterThan(0);
      expect([...model.keys]).toEqual([`Bearer ${modelKey}`]);
      expect(await run(box, 'echo $OPENAI_API_KEY')).toMatch(/^hfs_/);
      expect(await run(box, `grep -rlF ${modelKey} /workspace/state /workspace/project /tmp /home; true`)).toBe('');
      const tools: unknown[] = [];
      for await (const { kind, data } of service.sessionEntries(id, { follow: false }))
        if (kind === 'outcome' && data['name'] === 'tool')
          tools.push(data['ok'] === true ? data['output'] : data['error']);
      expect(JSON.stringify(tools)).toContain('outcome-unknown');
      expect(JSON.stringify(tools)).toContain('"exitCode":75');
      const reached = new Set<string>();
      for await (const { kind, host, decision } of service.networkFlows(box))
        if (decision.allowed && kind !== 'dns') reached.add(host);
      expect([...reached]).toEqual([modelHost]);
    }, 600_000);
  },
);
