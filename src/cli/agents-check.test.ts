/** What `agents check --json` prints is a file with agents, and so is what TypeScript makes of them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { z } from 'zod';
import { runCli } from '../../test/fixtures/cli.ts';
import { agent, agentsOf, limits, tool } from '../agents/index.ts';

const directory = mkdtempSync(join(tmpdir(), 'hf-check-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const examples = join(import.meta.dirname, '../../examples/agents');
const keep = (name: string, text: string): void => writeFileSync(join(directory, name), text);
const agents = (verb: string, ...words: string[]) => runCli(['agents', verb, ...words], null, { directory });

interface Checked {
  entry: string;
  hash: string;
  hashes: Record<string, string>;
  agents: { name: string; limits: Record<string, number> }[];
}

it.each(['desk.yaml', 'triage.ts'])('is read back as the same agents: %s', async (file) => {
  const besides = file === 'triage.ts' ? ['--besides', join(examples, 'triage.yaml')] : [];
  const { stdout } = await agents('check', join(examples, file), ...besides, '--json');
  keep('checked.json', stdout);
  const checked = JSON.parse(stdout) as Checked;
  expect(Object.keys(checked.hashes)).toEqual(checked.agents.map(({ name }) => name));
  const again = JSON.parse((await agents('check', 'checked.json', ...besides, '--json')).stdout) as Checked;
  expect([again.hash, again.hashes, again.agents]).toEqual([checked.hash, checked.hashes, checked.agents]);
  expect(await agents('diff', join(examples, file), 'checked.json', ...besides)).toMatchObject({
    status: 0,
    stdout: '',
  });
});

it('is refused when somebody changed it and left the digest', async () => {
  const checked = JSON.parse((await agents('check', join(examples, 'desk.yaml'), '--json')).stdout) as Checked;
  for (const each of checked.agents) each.limits['steps'] = 9999;
  keep('changed.json', JSON.stringify(checked));
  const { status, stderr } = await agents('check', 'changed.json');
  expect([status, stderr]).toEqual([2, expect.stringContaining('They were changed since they were checked')]);
});

it('reads what TypeScript makes of agents, with the host tools that they expect beside', async () => {
  const note = tool({
    name: 'note',
    description: 'Notes.',
    capability: 'notes:write',
    risk: 'write',
    idempotent: true,
    untrusted: false,
    input: z.strictObject({}),
    output: z.strictObject({}),
    run: async () => ({}),
  });
  const clerk = agent({
    name: 'clerk',
    purpose: 'Notes things.',
    instructions: '',
    model: { provider: 'scripted', rules: [{ say: 'noted' }] },
    grants: ['notes:write'],
    tools: [note],
    limits: limits({ steps: 3, tokens: 10_000, cents: 0, wallMs: 60_000, depth: 0 }),
  });
  keep('clerk.json', JSON.stringify(agentsOf(clerk).bundles[0]));
  keep(
    'besides.yaml',
    `scenarios: [{ name: it answers, message: x, expect: { says: noted } }]
hostTools: [{ name: note, capability: "notes:write", risk: write, untrusted: false }]\n`,
  );
  const besides = ['--besides', 'besides.yaml'];
  expect((await agents('check', 'clerk.json', ...besides)).stdout).toContain('clerk *');
  expect((await agents('test', 'clerk.json', ...besides)).stdout).toContain('passes it answers');
  expect((await agents('diff', 'clerk.json', 'clerk.json', ...besides)).status).toBe(0);
});
