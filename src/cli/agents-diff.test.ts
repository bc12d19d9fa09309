import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { agentData } from '../../test/fixtures/agent-world.ts';
import { runCli } from '../../test/fixtures/cli.ts';

const directory = mkdtempSync(join(tmpdir(), 'hf-diff-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const desk = join(import.meta.dirname, '../../examples/agents/desk.yaml');

it('says what channels may do that they might not before, with their agents, widest first', async () => {
  const agents = readFileSync(desk, 'utf8');
  writeFileSync(join(directory, 'desk.yaml'), agents);
  writeFileSync(join(directory, 'wider.yaml'), agents.replace(/steps: \d+/, 'steps: 9999'));
  const file = (name: string, of: string, channel: string): void =>
    writeFileSync(
      join(directory, name),
      `agents: ${of}\nchannels:\n  - { name: site, kind: web, agent: desk, ${channel} }\n`,
    );
  file('before.yaml', 'desk.yaml', 'disclosure: I am a machine.');
  file('after.yaml', 'wider.yaml', 'linking: true, carries: secret');
  const run = (before: string, after: string) => runCli(['agents', 'diff', before, after], null, { directory });
  const same = await run('before.yaml', 'before.yaml');
  expect(same).toMatchObject({ status: 0, stdout: '' });
  const { status, stdout } = await run('before.yaml', 'after.yaml');
  expect(status).toBe(1);
  expect(stdout.trim().split('\n')).toEqual([
    expect.stringMatching(/^\+ \w+: steps \d+ → 9999$/),
    '+ site: may carry what is internal → secret',
    '+ site: addresses may now be linked',
    '~ site: disclosure changed',
  ]);
  // A file with agents alone has none.
  expect((await run('desk.yaml', 'before.yaml')).stdout).toContain(
    '+ the channel site is new: people of web talk with desk',
  );
});

it('says what functions of the host are by which agents are allowed more', async () => {
  const agent = agentData('clerk', [{ say: 'x' }], { tools: ['send'] });
  const write = (name: string, risk: string): void => {
    const hostTools = [{ name: 'send', capability: 'mail:send', risk, untrusted: false }];
    writeFileSync(join(directory, name), JSON.stringify({ entry: 'clerk', agents: [agent], hostTools }));
  };
  write('irreversible.json', 'irreversible');
  write('write.json', 'write');
  const run = await runCli(['agents', 'diff', 'irreversible.json', 'write.json'], null, { directory });
  expect(run).toMatchObject({ status: 1, stdout: '+ clerk: risk of send irreversible → write\n' });
});

it('is told of a policy about what there is not, as agents check is', async () => {
  const policies = { quiet: 'forbid (principal, action, resource == Tool::"shel");' };
  const agent = agentData('clerk', [{ say: 'x' }], { grants: [], tools: [], policies });
  writeFileSync(join(directory, 'wrong.json'), JSON.stringify(agent));
  for (const words of [
    ['check', 'wrong.json'],
    ['diff', 'wrong.json', 'wrong.json'],
  ]) {
    const { status, stderr } = await runCli(['agents', ...words], null, { directory });
    expect(status).toBe(2);
    expect(stderr).toContain('clerk.policies.quiet: policy quiet names the tool "shel", which there is not');
  }
});
