/** What a live look makes its sandboxes of: the project, a side of it, flags; and what says nothing there is refused. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliRun, runCli } from '../../test/fixtures/cli.ts';
import { contractFiles } from '../../test/fixtures/contract-files.ts';
import { recordingService } from '../../test/fixtures/recording-service.ts';
import type { CreateSandboxInput } from '../schema/index.ts';

const directory = mkdtempSync(join(tmpdir(), 'holdfast-live-'));
const project = `version: 1
contract: coding-agent/1.0.0
template: debian
environment: { CI: "1" }
profiles:
  training: { limits: { processes: 64 } }
  production: { contract: zoned.yaml, policy: policy.yaml, lifetimeMs: 7200000 }
`;
const zoned = `format: holdfast-contract/1
contract: zoned/1.0.0
date: 2026-11-29
fields:
  environment.zone: { value: Asia/Tokyo }
  environment.locale: { value: LC_ALL=C }
`;

beforeAll(() => {
  const policy = 'allow:\n  - host: api.example.com\n';
  const files = { ...contractFiles(), 'holdfast.yaml': project, 'zoned.yaml': zoned, 'policy.yaml': policy };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
});
afterAll(() => rmSync(directory, { recursive: true }));

const verbs = [
  ['profile', 'capture', '-o', join(directory, 'seen.json')],
  ['contract', 'verify', '--target', 'holdfast'],
];

/** What a look that did not end leaves is of one way to make sandboxes, and not gone on with by another. */
function forgetLooks(): void {
  for (const name of ['certificates', ...readdirSync(directory).filter((one) => one.startsWith('seen.json'))])
    rmSync(join(directory, name), { recursive: true, force: true });
}

/** What the first sandbox was asked for; none is made. */
async function asked(...argv: string[]): Promise<{ run: CliRun; create: CreateSandboxInput | undefined }> {
  forgetLooks();
  const service = recordingService();
  service.createSandbox = async (input) => {
    service.calls.push({ verb: 'createSandbox', args: [input], signal: undefined });
    throw new Error('enough for this test');
  };
  const run = await runCli([...argv, '--sessions', '1', '--rounds', '0'], service, { directory });
  // What the verb was called with.
  const call = service.calls.find(({ verb }) => verb === 'createSandbox');
  return { run, create: call?.args[0] as CreateSandboxInput | undefined };
}

describe.each(verbs.map((words) => ({ name: words.slice(0, 2).join(' '), words })))('$name', ({ words }) => {
  it('looks at what the project has, and says that it has sides', async () => {
    const { run, create } = await asked(...words);
    expect(create).toMatchObject({ template: 'debian' });
    expect(create?.environment).toEqual({ CI: '1' });
    expect(create?.origins?.['template']).toBe('holdfast.yaml:3');
    expect(run.stderr).toContain('sandboxes as holdfast.yaml has them; say --side training or --side production');
    const none = await asked(...words, '--project', 'none');
    expect(none.create).not.toHaveProperty('template');
    expect(none.run.stderr).not.toContain('sandboxes as');
  });

  it('looks at a side of it, held to no contract, with the locale and the zone of its own', async () => {
    const training = await asked(...words, '--side', 'training', '--memory', '1g', '-e', 'CI=2');
    expect(training.create).toMatchObject({
      template: 'debian',
      limits: { memoryBytes: 2 ** 30, processes: 64 },
      environment: { CI: '2' },
    });
    expect(training.run.stderr).not.toContain('say --side');
    const { create } = await asked(...words, '--side', 'production');
    expect(create).toMatchObject({
      network: { allow: [{ host: 'api.example.com' }] },
      lifetimeMs: 7_200_000,
      environment: { CI: '1', TZ: 'Asia/Tokyo', LC_ALL: 'C' },
    });
    expect(create).not.toHaveProperty('contract');
    expect(create?.origins).not.toHaveProperty('contract');
  });

  it.each([
    [['--side', 'test'], '--side does not take "test"'],
    [['--side', 'training', '--project', 'lost.yaml'], 'there is none'],
    [['--template', 'debian', '--target', 'exec:sh'], '--template is for sandboxes of ours, and exec:sh is another'],
  ])('refuses %j with the fix', async (more, said) => {
    const { run, create } = await asked(...words, ...more);
    expect(run.status).toBeGreaterThan(1);
    expect(run.stderr).toContain(said);
    expect(create).toBeUndefined();
  });

  it('opens no network of a project that was found, and says how to agree', async () => {
    writeFileSync(join(directory, 'open.yaml'), project.replace('template:', 'policy: npm\ntemplate:'));
    const found = await asked(...words, '--project', 'open.yaml');
    expect(found.create?.network).toEqual({ presets: ['npm'] });
    writeFileSync(join(directory, 'holdfast.yaml'), project.replace('template:', 'policy: npm\ntemplate:'));
    const { run, create } = await asked(...words);
    writeFileSync(join(directory, 'holdfast.yaml'), project);
    expect(create).toBeUndefined();
    expect(run).toMatchObject({ status: 4, stderr: expect.stringContaining('Agree by --side training') });
  });
});

describe('profile capture', () => {
  it('refuses a side of another runtime', async () => {
    const { run } = await asked('profile', 'capture', '--side', 'training', '--target', 'exec:true {}');
    expect(run).toMatchObject({ status: 2, stderr: expect.stringContaining('--side is for sandboxes of ours') });
  });
});

describe('contract verify', () => {
  it('holds another runtime to the contract of a side', async () => {
    const words = ['--side', 'production', '--target', 'exec:true {}', '-o', 'elsewhere', '--json'];
    const { run } = await asked('contract', 'verify', ...words);
    expect(JSON.parse(run.stdout)).toMatchObject({ label: 'production', contract: { name: 'zoned/1.0.0' } });
  });

  it('holds a side to its own contract, and files it under its name', async () => {
    const verify = (...more: string[]): Promise<CliRun> =>
      runCli(['contract', 'verify', '--json', ...more], null, { directory });
    const production = await verify('--profile', 'production.json', '--side', 'production');
    expect(JSON.parse(production.stdout)).toMatchObject({ label: 'production', contract: { name: 'zoned/1.0.0' } });
    const training = await verify('--profile', 'training.json', '--side', 'training', '--as', 'again');
    expect(JSON.parse(training.stdout)).toMatchObject({ label: 'again', contract: { name: 'coding-agent/1.0.0' } });
    expect(readdirSync(join(directory, 'certificates'))).toEqual(expect.arrayContaining(['again', 'production']));
    expect(await verify('--profile', 'training.json', '--memory', '1g')).toMatchObject({
      status: 2,
      stdout: expect.stringContaining('--memory is for what is observed now'),
    });
  });
});
