import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runCli } from '../../test/fixtures/cli.ts';
import { loadQuotas } from './quota-files.ts';

const directory = mkdtempSync(join(tmpdir(), 'hf-quotas-'));
afterAll(() => rmSync(directory, { recursive: true }));

const loaded = (text: string) => {
  writeFileSync(join(directory, 'quotas.yaml'), text);
  return loadQuotas('quotas.yaml', { directory }, ['default', 'team']);
};

describe('a file of quotas', () => {
  it('gives each tenant its own ceilings, and for the rest those of all', async () => {
    const quotasOf = await loaded('default: { sandboxes: 2, snapshots: 3 }\ntenants: { team: { sandboxes: 9 } }');
    expect(quotasOf('default')).toEqual({ sandboxes: 2, snapshots: 3 });
    expect(quotasOf('team')).toEqual({ sandboxes: 9, snapshots: 3 });
  });

  it.each([
    ['tenants: { taem: { sandboxes: 1 } }', /quotas.yaml:1: no key is of a tenant "taem"/],
    ['default: { sandboxs: 1 }', /sandboxs/],
    ['default: { sandboxes: -1 }', /sandboxes/],
    ['default: { memoryBytes: 8g }', /memoryBytes/],
    ['[]', /quotas.yaml/],
  ])('with a mistake holds up the daemon: %s', async (text, said) => {
    await expect(loaded(text)).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringMatching(said),
    });
    const serve = await runCli(['serve', '--quotas', join(directory, 'quotas.yaml')], null, {
      environment: { HOLDFAST_HOME: join(directory, 'home') },
    });
    expect(serve).toMatchObject({ status: 2, stderr: expect.stringMatching(said) });
  });
});
