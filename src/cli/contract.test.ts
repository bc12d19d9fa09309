import { mkdtempSync, rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliRun, runCli } from '../../test/fixtures/cli.ts';
import { contractFiles } from '../../test/fixtures/contract-files.ts';
import { hanging } from '../../test/fixtures/synthetic-profile.ts';
import { parseProfile, sealProfile } from '../contract/index.ts';

const directory = mkdtempSync(join(tmpdir(), 'holdfast-contract-'));
const cli = (...argv: string[]): Promise<CliRun> => runCli(argv, null, { directory });
const path = (name: string): string => join(directory, name);

beforeAll(async () => {
  for (const [name, text] of Object.entries(contractFiles())) await writeFile(path(name), text);
});
afterAll(() => rmSync(directory, { recursive: true }));

describe('contract', () => {
  it('shows what ships, and its schema', async () => {
    expect((await cli('contract', 'show')).stdout).toMatch(/^# coding-agent\/1\.0\.0, sha256:[0-9a-f]{64}\n/);
    expect(JSON.parse((await cli('contract', 'show', '--schema')).stdout)).toMatchObject({ type: 'object' });
    expect(JSON.parse((await cli('contract', 'show', 'coding-agent', '--json')).stdout)).toMatchObject({
      contract: 'coding-agent/1.0.0',
    });
  });

  it('names the line of what is wrong, and what ships when a file is not there', async () => {
    await writeFile(
      path('broken.yaml'),
      contractFiles()['contract.yaml']?.replace('exec.streams', 'exec.strems') ?? '',
    );
    const wrong = await cli('contract', 'show', 'broken.yaml');
    expect(wrong).toMatchObject({ status: 2, stdout: '' });
    expect(wrong.stderr).toMatch(
      /broken\.yaml:\d+:3: fields\.exec\.strems: there is no exec\.strems; did you mean exec\.streams\?/,
    );
    const absent = await cli('contract', 'show', 'none.yaml');
    expect(absent).toMatchObject({ status: 3, stderr: expect.stringContaining('coding-agent/1.0.0') });
  });

  it('begins with a profile and the runs that were recorded', async () => {
    const run = await cli(
      'contract',
      'init',
      '--from-profile',
      'training.json',
      '--used',
      'run.jsonl',
      '--name',
      'mine/1.0.0',
    );
    expect(run.stdout).toMatch(/^# Made from the profile sha256:/);
    await writeFile(path('mine.yaml'), run.stdout);
    expect(JSON.parse((await cli('contract', 'show', 'mine.yaml', '--json')).stdout)).toMatchObject({
      contract: 'mine/1.0.0',
      fields: { 'exec.streams': { level: 'promise' }, 'userland.grep-perl': { level: 'promise' } },
    });
    expect((await cli('contract', 'init')).stderr).toContain('holdfast profile capture -o training.json');
    const folder = await cli('contract', 'init', '--from-profile', 'training.json', '--used', '.');
    expect(folder).toMatchObject({ status: 3, stderr: expect.stringContaining('it is a directory') });
  });

  it('begins with the tools, the failures and the output of what ships for our own, and with none for others', async () => {
    const init = async (kind: string, more: object = {}) => {
      const { digest: _, ...profile } = JSON.parse(contractFiles()['training.json'] ?? '');
      await writeFile(
        path(`${kind}.json`),
        JSON.stringify(sealProfile({ ...profile, target: { ...profile.target, kind, ...more } })),
      );
      return JSON.parse((await cli('contract', 'init', '--from-profile', `${kind}.json`, '--json')).stdout);
    };
    const shipped = JSON.parse((await cli('contract', 'show', 'coding-agent', '--json')).stdout);
    const [ours, others] = [await init('holdfast'), await init('e2b')];
    expect(ours).toMatchObject({ tools: shipped.tools, failures: shipped.failures, output: shipped.output });
    expect(others).toMatchObject({ tools: {}, failures: [] });
    expect(others).not.toHaveProperty('output');
    // What the runtime itself says it has goes before either.
    const { shell } = shipped.tools;
    for (const [kind, failures] of [
      ['holdfast', shipped.failures],
      ['e2b', []],
    ])
      expect(await init(kind, { tools: { shell } })).toMatchObject({ tools: { shell }, failures });
    expect(Object.keys((await init('holdfast', { tools: { shell } })).tools)).toEqual(['shell']);
  });

  it('differs with a status, a line, and waivers that hold', async () => {
    expect(await cli('contract', 'diff', 'contract.yaml', 'contract.yaml')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('safe(train→prod): yes    equal: yes'),
    });
    const broken = await cli('contract', 'diff', 'contract.yaml', 'next.yaml');
    expect(broken.status).toBe(1);
    expect(broken.stdout).toMatch(
      /^MAJOR exec\.timeout\.status · exit 124 → exit 143 · a time-out is taken for another failure .* \[[0-9a-f]{12}\]$/m,
    );
    const waived = await cli('contract', 'diff', 'contract.yaml', 'next.yaml', '--waivers', 'waivers.yaml', '--json');
    expect(JSON.parse(waived.stdout)).toMatchObject({ passed: true, open: [], waived: [{}] });
    expect(waived.status).toBe(0);
  });

  it('is verified, filed, and shipped or not', async () => {
    const verify = (side: string, file: string): Promise<CliRun> =>
      cli('contract', 'verify', 'contract.yaml', '--profile', file, '--as', side);
    const training = await verify('training', 'training.json');
    expect(training).toMatchObject({ status: 0, stdout: expect.stringContaining('pass: ') });
    expect((await verify('production', 'training.json')).status).toBe(0);
    expect(await cli('can-i-ship')).toMatchObject({ status: 0, stdout: expect.stringMatching(/^yes, ship\n/) });
    const broken = await verify('production', 'production.json');
    expect(broken.stdout).toContain('FAIL exec.timeout.status (promise) · wanted exit 124, got exit 143');
    const gate = await cli('can-i-ship', '--json');
    expect({ status: gate.status, ...JSON.parse(gate.stdout) }).toMatchObject({ status: 1, ship: false });
    for (const name of ['page.html', 'junit.xml', 'profile.json', 'contract.yaml', 'certificate.json'])
      expect((await readFile(path(`certificates/production/${name}`))).length).toBeGreaterThan(100);
    expect(await cli('can-i-ship', '--prod', 'nowhere')).toMatchObject({
      status: 3,
      stderr: expect.stringMatching(/in certificates\/nowhere or nowhere [\s\S]*holdfast contract verify --as nowhere/),
    });
  });
});

describe('shift', () => {
  it('says what causes it, as text, JSON and a page', async () => {
    // Outside of the project nothing says what is promised, or what runs touch.
    const words = ['shift', path('training.json'), path('production.json'), '--html', path('shift.html')];
    const run = await runCli(words, null, { directory: tmpdir() });
    expect(run.status).toBe(0);
    expect(run.stdout).toMatch(/grade [CD] · shift \d/);
    expect(run.stdout).toContain('MAJOR exec.timeout.status · exit 124 → exit 143');
    const page = await readFile(path('shift.html'), 'utf8');
    expect(page).toMatch(/^<!doctype html>[\s\S]*<svg class="plot"[\s\S]*<\/html>\n$/);
    expect(page).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)|NaN|undefined/);
    const { stdout } = await cli('shift', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ format: 'holdfast-shift/1', operations: expect.any(Array) });
    expect((await cli('shift', '--json')).stdout).toBe(stdout);
  });

  it('says of an operation that hangs what is known of it, and no figure besides', async () => {
    const training = parseProfile(contractFiles()['training.json'] ?? '', 'training.json');
    const hung = hanging(training, 'exec.shell', training.sessions.length);
    await writeFile(path('hung.json'), JSON.stringify(hung));
    const run = await runCli(['shift', path('training.json'), path('hung.json')], null, { directory: tmpdir() });
    expect(run.stdout).toMatch(/MAJOR latency\.exec\.shell\.timeouts · 0\.0 % of calls .* → 100 % of calls /);
    expect(run.stdout).toMatch(/^exec\.shell +- +- +- +- +time-outs$/m);
    expect(run.stdout).not.toMatch(/NaN|null|undefined|unknown/);
  });

  it('leaves with 6 where too little could be compared to know', async () => {
    const { digest: _, ...body } = JSON.parse(contractFiles()['training.json'] ?? '');
    const latency = { ...body.latency, series: [] };
    await writeFile(path('empty.json'), JSON.stringify(sealProfile({ ...body, observations: [], latency })));
    const run = await runCli(['shift', path('empty.json'), path('training.json')], null, { directory: tmpdir() });
    expect(run.status).toBe(6);
    expect(run.stdout).toContain('insufficient data · over 0 of 4 fields, 0 of 12 operations\n');
    expect(run.stdout).not.toContain('behave the same');
  });

  it('is the same for `shift` and for `can-i-ship`: by what the project promises and its runs touch', async () => {
    for (const side of ['training', 'production'])
      await cli('contract', 'verify', '--profile', `${side}.json`, '--as', side);
    const { shift } = JSON.parse((await cli('can-i-ship', '--json')).stdout) as { shift: object };
    for (const words of [[], [path('training.json'), path('production.json')]])
      expect(JSON.parse((await cli('shift', ...words, '--json')).stdout)).toEqual(shift);
    const usual = JSON.parse((await cli('shift', '--contract', 'none', '--json')).stdout) as { grade: string };
    expect(usual).not.toEqual(shift);
  });
});

describe('check', () => {
  it('reads all that the project names', async () => {
    expect(await cli('check')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('ok  contract contract.yaml'),
    });
  });

  it('says at which line something is wrong', async () => {
    const good = contractFiles()['holdfast.yaml'] ?? '';
    await writeFile(
      path('bad.yaml'),
      good.replace('training.json', 'gone.json').replace('contract.yaml', 'broken.yaml'),
    );
    const run = await cli('check', 'bad.yaml');
    expect(run.status).toBe(1);
    expect(run.stdout).toMatch(/^bad\.yaml:\d+: gone\.json cannot be read: there is none$/m);
    expect(run.stdout).toMatch(/^broken\.yaml:\d+:3: fields\.exec\.strems: /m);
    await writeFile(path('worse.yaml'), good.replace('profiles:', 'profile:'));
    const busy = '{ code: busy, layer: exec, template: a, rate: 1, retryable: true, sideEffect: none }';
    const failures = `failures:\n  - ${busy}\n  - ${busy.replace('exec', 'network')}\n`;
    const unclear = `${contractFiles()['contract.yaml']}${failures}`;
    await writeFile(path('unclear.yaml'), unclear);
    await writeFile(path('holds.yaml'), good.replace('contract: contract.yaml', 'contract: unclear.yaml'));
    const held = await cli('check', 'holds.yaml');
    expect(held.status).toBe(1);
    const line = unclear.split('\n').findIndex((text) => text.includes('network')) + 1;
    expect(held.stdout.match(/^.*no create can hold.*$/gm)).toEqual([
      expect.stringContaining(
        `unclear.yaml:${line}: no create can hold failures.network.busy: another failure has the code`,
      ),
    ]);
    expect(await cli('check', 'worse.yaml')).toMatchObject({
      status: 1,
      stdout: expect.stringMatching(/^worse\.yaml:3:1: profile: there is no profile; did you mean profiles\?\n$/),
    });
    expect(JSON.parse((await cli('check', 'worse.yaml', '--json')).stdout)).toMatchObject({
      ok: false,
      problems: [{}],
    });
  });
});
