/** What the guide of contracts says, done: its examples on a real runtime, on both sides; a contract out of a recording. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseContract } from '../../../src/contract/index.ts';
import type { HoldfastService } from '../../../src/schema/index.ts';
import { runCli } from '../../fixtures/cli.ts';
import { contractFiles } from '../../fixtures/contract-files.ts';
import { RecordedRuns } from '../../fixtures/recorded-runs.ts';

const guide = readFileSync(join(import.meta.dirname, '../../../docs/contract/contract.md'), 'utf8');
const [contract = '', project = ''] = [...guide.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => text ?? '');
const directory = mkdtempSync(join(tmpdir(), 'hf-guide-'));
const runs = new RecordedRuns();
let service: HoldfastService;

beforeAll(async () => {
  service = await runs.open();
  const files = {
    ...contractFiles(),
    'guide.yaml': contract,
    'holdfast.yaml': project.replace('[runs/one.jsonl]', '[run.jsonl]'),
    'policy.yaml': 'allow:\n  - host: api.example.com\n',
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
});
afterAll(async () => {
  await runs.close();
  rmSync(directory, { recursive: true, force: true });
});

describe('the guide', () => {
  it('has a contract that a sandbox is held to', async () => {
    expect(parseContract(contract, 'guide').value.contract).toBe('my-agent/1.0.0');
    const made = await runCli(['create', '--project', 'none', '--contract', 'guide.yaml'], service, { directory });
    expect(made).toMatchObject({ status: 0, stderr: expect.not.stringContaining('error') });
  });

  it.each([['training'], ['production'], [null]])('has a project whose side %s keeps its contract', async (side) => {
    expect(await runCli(['check'], null, { directory })).toMatchObject({
      status: 0,
      stdout: expect.not.stringContaining('contradicts'),
    });
    const which = side === null ? ['--project', '.'] : ['--side', side];
    const made = await runCli(['create', ...which, '--json'], service, { directory });
    expect(made).toMatchObject({ status: 0 });
    expect(JSON.parse(made.stdout)).toMatchObject({ contract: { name: 'coding-agent/1.0.0' }, state: 'ready' });
  });

  it('begins a contract with a recording of Holdfast’s own, by its name or as a bundle', async () => {
    const id = await runs.recorded(['grep -P x /etc/passwd; umask', 'sort /etc/passwd | head -n 1']);
    const pieces: Uint8Array[] = [];
    for await (const piece of await service.exportRecording(id, 'bundle')) pieces.push(piece);
    writeFileSync(join(directory, 'run.tar'), Buffer.concat(pieces));
    const init = async (used: string, asked: HoldfastService | null): Promise<{ fields: object }> => {
      const argv = ['contract', 'init', '--from-profile', 'training.json', '--used', used, '--json'];
      return JSON.parse((await runCli(argv, asked, { directory })).stdout);
    };
    const [byId, byBundle] = [await init(id, service), await init('run.tar', null)];
    expect(byId).toEqual(byBundle);
    expect(byId.fields).toMatchObject({
      'userland.grep-perl': { level: 'promise' },
      'exec.streams': { level: 'promise' },
      'exec.timeout.status': { level: 'range' },
    });
  });
});
