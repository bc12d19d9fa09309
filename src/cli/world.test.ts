/** `world freeze`: what it writes, for whom, and what it says of secrets. */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { runCli } from '../../test/fixtures/cli.ts';
import { recordingService } from '../../test/fixtures/recording-service.ts';
import type { HoldfastService } from '../schema/index.ts';

const directory = mkdtempSync(join(tmpdir(), 'hf-cli-world-'));
afterAll(() => rmSync(directory, { recursive: true }));

function service(): HoldfastService {
  const answers = recordingService();
  const environment = { API_TOKEN: 'very-secret-value', MODE: 'fast' };
  return { ...answers, getSandbox: async (ref) => ({ ...(await answers.getSandbox(ref)), environment }) };
}

it('writes a file that is its owner’s, with tokens for secrets, and says so', async () => {
  const file = join(directory, 'world.yaml');
  const run = await runCli(['world', 'freeze', 'box-default', '-o', file], service());
  expect(run).toMatchObject({ status: 0, stderr: expect.stringContaining('API_TOKEN: a token stands in the place') });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const text = readFileSync(file, 'utf8');
  expect(text).toContain('MODE: fast');
  expect(text).toContain('API_TOKEN: hfr_token');
  expect(text).not.toContain('very-secret-value');
});

it('writes one as it is for whoever names it', async () => {
  const run = await runCli(['world', 'freeze', 'box-default', '--keep-environment', 'API_TOKEN'], service());
  expect(run).toMatchObject({ status: 0, stdout: expect.stringContaining('API_TOKEN: very-secret-value') });
  expect(run.stderr).not.toContain('a token stands');
  expect(await runCli(['world', 'freeze', 'box-default', '--keep-environment', 'OTHER'], service())).toMatchObject({
    stderr: expect.stringContaining('no variable OTHER'),
  });
});
