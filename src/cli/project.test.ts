/** What a project says of new sandboxes: who is heard, where each value came from, and what needs consent. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliRun, runCli } from '../../test/fixtures/cli.ts';
import { contractFiles } from '../../test/fixtures/contract-files.ts';
import { recordingService } from '../../test/fixtures/recording-service.ts';
import type { CreateSandboxInput } from '../schema/index.ts';

const directory = mkdtempSync(join(tmpdir(), 'holdfast-project-'));
const below = join(directory, 'src');

const project = `version: 1
contract: coding-agent/1.0.0
limits: { memoryBytes: 536870912, processes: 256 }
environment: { CI: "1" }
policy: none
profiles:
  training:
    captured: training.json
    lifetimeMs: 4500000
    limits: { processes: 64 }
  production:
    contract: contract.yaml
    policy: policy.yaml
    lifetimeMs: 2400000
`;

beforeAll(() => {
  mkdirSync(below);
  const files = { ...contractFiles(), 'holdfast.yaml': project, 'policy.yaml': 'allow:\n  - host: api.example.com\n' };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
});
afterAll(() => rmSync(directory, { recursive: true }));

async function made(...argv: string[]): Promise<{ run: CliRun; asked: CreateSandboxInput | undefined }> {
  const service = recordingService();
  const run = await runCli(['create', ...argv], service, { directory: below });
  const call = service.calls.find(({ verb }) => verb === 'createSandbox');
  // What the verb was called with.
  return { run, asked: call?.args[0] as CreateSandboxInput | undefined };
}

describe('a project above', () => {
  it('says what a sandbox gets, and where each value came from', async () => {
    const { asked } = await made('--memory', '1g');
    expect(asked).toMatchObject({
      contract: 'coding-agent/1.0.0',
      limits: { memoryBytes: 2 ** 30, processes: 256 },
      environment: { CI: '1' },
      network: 'none',
      origins: {
        contract: `${directory}/holdfast.yaml:2`,
        'limits.memoryBytes': '--memory',
        'limits.processes': `${directory}/holdfast.yaml:3`,
        'environment.CI': `${directory}/holdfast.yaml:4`,
        network: `${directory}/holdfast.yaml:5`,
      },
    });
    expect(asked).not.toHaveProperty('lifetimeMs');
  });

  it('is beaten by its profile, and that by flags', async () => {
    const { asked } = await made('--side', 'training', '-e', 'CI=2');
    expect(asked).toMatchObject({
      lifetimeMs: 4_500_000,
      limits: { memoryBytes: 536_870_912, processes: 64 },
      environment: { CI: '2' },
      origins: {
        lifetimeMs: `${directory}/holdfast.yaml:9 (profile training)`,
        'limits.processes': `${directory}/holdfast.yaml:10 (profile training)`,
        'limits.memoryBytes': `${directory}/holdfast.yaml:3`,
        'environment.CI': '--env',
      },
    });
    const production = await made('--side', 'production');
    expect(production.asked).toMatchObject({
      contract: { contract: 'my-agent/1.0.0' },
      network: { allow: [{ host: 'api.example.com' }] },
      lifetimeMs: 2_400_000,
    });
    expect((await made('--side', 'production', '--network', 'none')).asked?.network).toBe('none');
    expect((await made('--project', 'none')).asked).not.toHaveProperty('contract');
  });

  it('opens no network that nobody named it for', async () => {
    const open = join(directory, 'open');
    mkdirSync(open);
    writeFileSync(join(open, 'holdfast.yaml'), 'version: 1\ncontract: coding-agent/1.0.0\npolicy: npm\n');
    const service = recordingService();
    const found = await runCli(['create'], service, { directory: open });
    expect(found).toMatchObject({
      status: 4,
      stderr: expect.stringContaining('holdfast.yaml:3 opens a network (npm)'),
    });
    expect(service.calls).toEqual([]);
    expect((await runCli(['create', '--project', '.'], service, { directory: open })).status).toBe(0);
    expect((await runCli(['create', '--network', 'none'], service, { directory: open })).status).toBe(0);
    const asked = service.calls.filter(({ verb }) => verb === 'createSandbox').map(({ args }) => args[0]);
    expect(asked).toMatchObject([{ network: { presets: ['npm'] } }, { network: 'none' }]);
  });

  it.each([
    [['--side', 'test'], 'It takes training, production.'],
    [['--project', '../missing.yaml'], 'there is none'],
    [['--contract', 'missing'], 'coding-agent/1.0.0'],
  ])('refuses %j with the fix', async (argv, fix) => {
    const { run, asked } = await made(...argv);
    expect(run.status).not.toBe(0);
    expect(run.stderr).toContain(fix);
    expect(asked).toBeUndefined();
  });

  it('is used by run and shell alike, and not by what is there already', async () => {
    for (const argv of [
      ['run', '--side', 'training', '--', 'true'],
      ['shell', '--side', 'training'],
    ]) {
      const service = recordingService();
      service.failures.set('createSandbox', new Error('enough for this test'));
      await runCli(argv, service, { directory: below });
      expect(service.calls.find(({ verb }) => verb === 'createSandbox')?.args[0], argv[0]).toMatchObject({
        contract: 'coding-agent/1.0.0',
        limits: { processes: 64 },
        origins: { lifetimeMs: 'renewed while it is in use' },
      });
      // What a contract promises of it is asked by nobody: a lease that is renewed keeps it.
      expect(service.calls.find(({ verb }) => verb === 'createSandbox')?.args[0], argv[0]).not.toHaveProperty(
        'lifetimeMs',
      );
    }
    const refused = await runCli(['shell', '--memory', '1g', 'box-default'], recordingService(), { directory: below });
    expect(refused.stderr).toContain('--memory is for a new sandbox');
  });
});

describe('check', () => {
  it('reads what profiles name, and says the line', async () => {
    expect(await runCli(['check'], null, { directory })).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('ok  policy of production policy.yaml'),
    });
    const wrong = project.replace('captured:', 'captures:').replace('lifetimeMs: 2400000', 'lifetimeMs: soon');
    writeFileSync(join(directory, 'wrong.yaml'), wrong.replace('limits: { processes: 64 }', 'limit: {}'));
    const { stdout, status } = await runCli(['check', 'wrong.yaml'], null, { directory });
    expect(status).toBe(1);
    expect(stdout).toMatch(
      /wrong\.yaml:8:5: profiles\.training\.captures: there is no captures; did you mean captured\?/,
    );
    expect(stdout).toMatch(/wrong\.yaml:10:5: profiles\.training\.limit: there is no limit; did you mean limits\?/);
    expect(stdout).toMatch(/wrong\.yaml:14:5: profiles\.production\.lifetimeMs: .*"soon"/);
    writeFileSync(join(directory, 'lost.yaml'), project.replace('policy.yaml', 'nowhere.yaml'));
    expect((await runCli(['check', 'lost.yaml'], null, { directory })).stdout).toMatch(
      /^lost\.yaml:13: .*nowhere\.yaml/m,
    );
  });

  it('says beforehand what a create would be refused for, where it stands', async () => {
    const asked = `version: 1
contract: coding-agent/1.0.0
limits: { openFiles: 64 }
policy: npm
profiles:
  training: { lifetimeMs: 30000, contract: closed.yaml }
  production:
    lifetimeMs: 7200000
    limits: { openFiles: 4096 }
    environment:
      CI: "1"
      EDITOR: vim
`;
    const closed = 'format: holdfast-contract/1\ncontract: closed/1.0.0\ndate: 2026-11-29\nfields:\n';
    writeFileSync(
      join(directory, 'closed.yaml'),
      `${closed}  environment.proxy: { members: [] }\n  lifecycle.lifetime: { atLeast: 60 }\n`,
    );
    writeFileSync(join(directory, 'asked.yaml'), asked);
    const { stdout, status } = await runCli(['check', 'asked.yaml'], null, { directory });
    expect(status).toBe(1);
    expect(stdout.split('\n').filter((line) => line.includes('contradicts'))).toEqual([
      'asked.yaml:3: limits.openFiles contradicts coding-agent/1.0.0: resources.open-files: it is 64 at most, and at least 1024 is promised',
      'asked.yaml:6: profiles.training.lifetimeMs contradicts closed/1.0.0: lifecycle.lifetime: it is 30 s, and at least 60 is promised',
      expect.stringMatching(
        /^asked\.yaml:4: policy contradicts closed\/1\.0\.0: environment\.proxy: it is also HTTPS_PROXY, /,
      ),
      'asked.yaml:12: profiles.production.environment.EDITOR contradicts coding-agent/1.0.0: environment.editor: it is vim unset unset, and unset unset unset is promised',
    ]);
    const json = await runCli(['check', 'asked.yaml', '--json'], null, { directory });
    expect(JSON.parse(json.stdout)).toMatchObject({
      ok: false,
      problems: [{ line: 3 }, { line: 6 }, { line: 4 }, { line: 12 }],
    });
  });
});
