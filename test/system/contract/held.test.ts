/** A runtime that is held to a contract: sandboxes that do not keep it are refused, calls are answered in its words. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Contract, parseContract } from '../../../src/contract/index.ts';
import { createRuntime, type Runtime } from '../../../src/runtime/index.ts';

const path = join(import.meta.dirname, '../../../contracts/coding-agent-1.0.0.yaml');
const shipped = parseContract(readFileSync(path, 'utf8'), path).value;
const runtimes: Runtime[] = [];

async function heldTo(contract: Contract): Promise<Runtime> {
  const runtime = await createRuntime({ ephemeral: true, contract });
  runtimes.push(runtime);
  return runtime;
}

afterAll(async () => {
  for (const runtime of runtimes) await runtime.close();
});

describe('a runtime held to a contract', () => {
  it('makes sandboxes that keep coding-agent/1.0.0, and forks of them', async () => {
    const service = (await heldTo(shipped)).service();
    const { id } = await service.createSandbox({});
    expect(await service.callTool(id, { tool: 'shell', input: { command: 'echo held' } })).toMatchObject({
      ok: true,
      output: { stdout: 'held\n' },
    });
    expect(await service.callTool(id, { tool: 'shell', input: { command: 'true', loud: true } })).toMatchObject({
      ok: false,
      error: { code: 'invalid-argument' },
    });
    expect(await service.forkSandbox(id, { count: 2 })).toHaveLength(2);
  });

  it.each([
    ['identity.umask', '0077'],
    ['exec.cwd.default', '/root'],
    ['environment.locale', 'LANG=de_DE.UTF-8'],
  ])('refuses a sandbox in which %s is not %s, and leaves none behind', async (field, value) => {
    const contract = { ...shipped, fields: { ...shipped.fields, [field]: { level: 'promise' as const, value } } };
    const service = (await heldTo(contract)).service();
    await expect(service.createSandbox({})).rejects.toMatchObject({ code: 'capability-missing', details: { field } });
    expect((await service.listSandboxes()).items.filter(({ state }) => state !== 'gone')).toEqual([]);
  });

  it('refuses to start with a contract that its tools cannot hold', async () => {
    const { shell } = shipped.tools;
    if (!shell) throw new Error('the shipped contract has no shell');
    const contract = { ...shipped, tools: { shell: { ...shell, timing: 'async' as const } } };
    await expect(createRuntime({ ephemeral: true, contract })).rejects.toMatchObject({
      details: { field: 'tools.shell.timing' },
    });
  });
});
