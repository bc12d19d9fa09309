import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parsePolicyFile } from '../network/policy/index.ts';
import { networkInputOf, networkOptions, policyOf } from './network-options.ts';

it('takes what its help names as examples', async () => {
  const [, examples = ''] = /e\.g\. (.+)$/.exec(networkOptions.allow.description) ?? [];
  const allow = examples.split(' or ');
  expect(allow.length).toBe(2);
  const input = await networkInputOf({ network: undefined, allow });
  expect(parsePolicyFile(JSON.stringify({ version: 1, ...(input as object) }), 'it').allow).toHaveLength(2);
});

it('says which of several presets there is none of, and takes a file of such a name', async () => {
  await expect(policyOf('npm,nope')).rejects.toMatchObject({
    code: 'invalid-argument',
    message: 'there is no preset "nope"',
    hint: expect.stringContaining('npm'),
  });
  await expect(policyOf('pip,npn')).rejects.toMatchObject({ hint: expect.stringContaining('Did you mean npm?') });
  await expect(policyOf('nope')).rejects.toMatchObject({
    code: 'file-not-found',
    message: 'the policy file nope cannot be read: there is none',
  });
  const directory = mkdtempSync(join(tmpdir(), 'hf-policy-'));
  writeFileSync(join(directory, 'a,b'), 'version: 1\nallow: [{ host: example.com }]\n');
  expect(await policyOf('a,b', directory)).toMatchObject({ allow: [{ host: 'example.com' }] });
  rmSync(directory, { recursive: true });
});
