import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../test/fixtures/cli.ts';
import { recordingService } from '../../test/fixtures/recording-service.ts';
import { sampleProfile } from '../../test/fixtures/sample-profile.ts';
import { sealProfile } from '../contract/index.ts';
import { HoldfastError } from '../schema/error-class.ts';

let directory = '';
const file = (name: string): string => join(directory, name);
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hf-profile-'));
  await writeFile(file('a.json'), JSON.stringify(sampleProfile()));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const cli = (...words: string[]) => runCli(['profile', ...words], null, { directory });

describe('profile show', () => {
  it('says what was seen, what varied, what could not be measured and how long things took', async () => {
    const { stdout, status } = await cli('show', file('a.json'));
    expect(status).toBe(0);
    expect(stdout).toContain('1 fields seen, 1 unstable, 1 could not be measured');
    expect(stdout).toContain('environment.names (names of the variables a command sees): ["A"] ×1 | ["B"] ×1');
    expect(stdout).toContain('the target offers no copies: snapshot.files');
    expect(stdout).toMatch(/exec\.noop +2 +30 s +30 s +1/);
    expect((await cli('show', file('a.json'), '--fields')).stdout).toMatch(/identity\.user +root/);
  });

  it('gives the profile itself as JSON', async () => {
    const { stdout } = await cli('show', file('a.json'), '--json');
    expect(JSON.parse(stdout)).toEqual(sampleProfile());
  });

  it('lets no text from a runtime steer the terminal', async () => {
    const { digest: _, ...body } = sampleProfile();
    const evil = sealProfile({ ...body, target: { ...body.target, title: 'x\u001b[2J' } });
    await writeFile(file('evil.json'), JSON.stringify(evil));
    expect((await cli('show', file('evil.json'))).stdout).not.toContain('\u001b');
  });

  it.each([
    ['none.json', null, 3, 'file-not-found'],
    ['changed.json', JSON.stringify({ ...sampleProfile(), complete: false }), 2, 'invalid-argument'],
    ['half.json', '{"format"', 2, 'invalid-argument'],
  ])('refuses %s', async (name, text, status, code) => {
    if (text !== null) await writeFile(file(name), text);
    const run = await cli('show', file(name), '--json');
    expect(run.status).toBe(status);
    expect(JSON.parse(run.stdout)).toMatchObject({ error: { code } });
  });
});

describe('profile capture', () => {
  it('of a program that answers nothing is complete and measures nothing', async () => {
    const { status, stdout } = await cli(
      'capture',
      '--target',
      'exec:true {}',
      '--sessions',
      '1',
      '--rounds',
      '0',
      '-o',
      file('true.json'),
      '--json',
    );
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ complete: true, sessions: [{ outcome: 'complete' }] });
    expect(JSON.parse(await readFile(file('true.json'), 'utf8'))).toMatchObject({ format: 'holdfast-profile/1' });
  });

  it('of a program that is not there fails, and keeps what there is', async () => {
    const run = await cli('capture', '--target', 'exec:/no/such {}', '--sessions', '1', '-o', file('no.json'));
    expect(run.status).toBe(1);
    expect(run.stdout).toContain('harness, not-installed');
  });

  it('goes on only with sandboxes that are made as the first ones were', async () => {
    const service = recordingService();
    service.failures.set('createSandbox', new HoldfastError('launch-failed', 'no room'));
    const plan = ['--sessions', '2', '--windows', '1', '--rounds', '0', '-o', file('ours.json')];
    const capture = (...words: string[]) => runCli(['profile', 'capture', ...words, ...plan], service, { directory });
    expect((await capture('--template', 'a')).status).toBe(1);
    for (const other of [
      ['--template', 'b'],
      ['--template', 'a', '--memory', '1g'],
      ['--template', 'a', '--env', 'A=1'],
    ])
      expect(await capture(...other)).toMatchObject({
        status: 2,
        stderr: expect.stringContaining('is of another capture'),
      });
    expect(await capture('--template', 'a')).toMatchObject({
      status: 0,
      stderr: expect.stringContaining('going on after 1 session'),
    });
  });

  it.each([
    [['--target', 'dcker:debian'], 'Did you mean docker?'],
    [['--target', 'ssh'], 'ssh needs more'],
    [['--target', "exec:'open"], 'quotes closed'],
    [['--sessions', '0'], '--sessions does not take 0'],
    [['--sessions', '2', '--windows', '3'], 'from 1 to 2'],
    [['--rounds', '1.5'], 'It takes a whole number such as 2'],
    [['--target', 'nope'], 'It takes holdfast'],
  ])('refuses %j', async (words, said) => {
    const { status, stderr } = await cli('capture', ...words);
    expect(status).toBe(2);
    expect(stderr).toContain(said);
  });
});
