/** A runtime that is held to a contract: sandboxes that do not keep it are refused, calls are answered in its words. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Contract, parseContract } from '../../../src/contract/index.ts';
import { createRuntime, type Runtime } from '../../../src/runtime/index.ts';
import { runCli } from '../../fixtures/cli.ts';

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
    ['environment.home', '/root'],
  ])('refuses a sandbox in which %s is not %s, and leaves none behind', async (field, value) => {
    const contract = { ...shipped, fields: { ...shipped.fields, [field]: { level: 'promise' as const, value } } };
    const service = (await heldTo(contract)).service();
    await expect(service.createSandbox({})).rejects.toMatchObject({ code: 'capability-missing', details: { field } });
    expect((await service.listSandboxes()).items.filter(({ state }) => state !== 'gone')).toEqual([]);
  });

  it('gives its sandboxes the locale and the zone that it promises, and refuses one that does not make them', async () => {
    const promised = (fields: Record<string, string>): Contract => {
      const terms = Object.entries(fields).map(([id, value]) => [id, { level: 'promise' as const, value }]);
      return { ...shipped, fields: { ...shipped.fields, ...Object.fromEntries(terms) } };
    };
    const zone = { 'environment.zone': 'Asia/Tokyo', 'clock.zone': 'JST +0900' };
    const locale = { 'environment.locale': 'LC_ALL=C', 'environment.charset': 'ANSI_X3.4-1968' };
    const service = (await heldTo(promised({ ...zone, ...locale }))).service();
    const { id } = await service.createSandbox({});
    const look = async (environment: Record<string, string>): Promise<string> => {
      const argv = ['sh', '-c', 'echo "$TZ $LC_ALL"; printenv LANG || date +%Z'];
      return new TextDecoder().decode((await service.exec(id, { argv, environment })).stdout);
    };
    expect(await look({})).toBe('Asia/Tokyo C\nJST\n');
    // What a call says for itself is its own.
    expect(await look({ TZ: 'UTC' })).toBe('UTC C\nUTC\n');
    const absent = promised({ 'environment.locale': 'LANG=xx_XX.UTF-8' });
    await expect(service.createSandbox({ contract: { ...absent } })).rejects.toMatchObject({
      code: 'capability-missing',
      details: { field: 'environment.charset' },
    });
  });

  it('refuses what contradicts it before anything is made: at create, at a fork, and for a new network', async () => {
    const service = (await heldTo(shipped)).service();
    const refused = (field: string, argument: string) => ({ code: 'invalid-argument', details: { field, argument } });
    for (const [input, field, argument] of [
      [{ lifetimeMs: 30_000 }, 'lifecycle.lifetime', 'lifetimeMs'],
      [{ limits: { openFiles: 64 } }, 'resources.open-files', 'limits.openFiles'],
      [{ environment: { EDITOR: 'vim' } }, 'environment.editor', 'environment.EDITOR'],
    ] as const)
      await expect(service.createSandbox(input)).rejects.toMatchObject(refused(field, argument));
    expect((await service.listSandboxes({ all: true })).items).toEqual([]);

    const network = { allow: [{ host: 'api.example.com' }] };
    const { id } = await service.createSandbox({ network });
    await expect(service.forkSandbox(id, { lifetimeMs: 60_000 })).rejects.toMatchObject(
      refused('lifecycle.lifetime', 'lifetimeMs'),
    );
    const closed: Contract = { ...shipped, fields: { 'environment.proxy': { level: 'promise', members: [] } } };
    const apart = { ...closed, contract: 'closed/1.0.0' };
    await expect(service.createSandbox({ network, contract: apart })).rejects.toMatchObject(
      refused('environment.proxy', 'network'),
    );
    await expect(service.forkSandbox(id, { contract: apart })).rejects.toMatchObject(
      refused('environment.proxy', 'network'),
    );
    const alone = await service.createSandbox({ contract: apart });
    await expect(service.setNetwork(alone.id, network)).rejects.toMatchObject(refused('environment.proxy', 'network'));
    expect((await service.getSandbox(alone.id)).network).toBe('none');
  });

  it('lets a command line run in a sandbox that goes with it', async () => {
    const service = (await heldTo(shipped)).service();
    expect(await runCli(['run', '--', 'echo', 'held'], service)).toMatchObject({ status: 0, stdout: 'held\n' });
  });

  it('speaks in its own words, and cuts in its own way', async () => {
    const service = (await heldTo(shipped)).service();
    const { id } = await service.createSandbox({});
    const call = (tool: string, input: object) => service.callTool(id, { tool, input });
    expect(await call('files', { action: 'read', path: '/nowhere' })).toMatchObject({
      ok: false,
      error: { code: 'file-not-found', message: expect.stringMatching(/^no such file or directory \(.*nowhere/) },
    });
    expect(await call('files', { action: 'write', path: '/workspace/a', content: 'x' })).toMatchObject({ ok: true });
    const long = await call('shell', { command: 'head -c 100000 /dev/zero | tr "\\0" x' });
    expect(JSON.stringify(long)).toContain('[... 67232 bytes cut here ...]');
    const session = await call('shell_session', { action: 'open' });
    expect(session).toMatchObject({ ok: true, output: { action: 'open' } });
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
