/** Sandboxes of one daemon under different contracts: each is held to its own, for life. */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Contract, parseContract } from '../../../src/contract/index.ts';
import { createRuntime, type Runtime } from '../../../src/runtime/index.ts';
import type { ContractInput, HoldfastService, ToolResult } from '../../../src/schema/index.ts';

const path = join(import.meta.dirname, '../../../contracts/coding-agent-1.0.0.yaml');
const shipped = parseContract(readFileSync(path, 'utf8'), path).value;
const homes: string[] = [];
const open: Runtime[] = [];

/** Cuts output at 256 bytes: told apart from the shipped one by any long answer. */
const short: Contract = {
  ...shipped,
  contract: 'short/1.0.0',
  output: { capBytes: 256, strategy: 'head', marker: '[cut {bytes}]' },
};
const document = (contract: Contract): ContractInput => ({ ...contract });

async function runtimeAt(home: string, options: Parameters<typeof createRuntime>[0] = {}): Promise<Runtime> {
  const runtime = await createRuntime({ home, ...options });
  open.push(runtime);
  return runtime;
}

async function newHome(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'hf-side-'));
  homes.push(home);
  return home;
}

const say = (service: HoldfastService, ref: string): Promise<ToolResult> =>
  service.callTool(ref, { tool: 'shell', input: { command: 'head -c 1000 /dev/zero | tr "\\0" x' } });

async function isCut(service: HoldfastService, ref: string): Promise<boolean> {
  const result = await say(service, ref);
  return JSON.stringify(result).includes('[cut 744]');
}

afterAll(async () => {
  for (const runtime of open) await runtime.close();
  for (const home of homes) {
    await using runtime = await createRuntime({ home });
    const service = runtime.service();
    for (const { id } of (await service.listSandboxes()).items) await service.destroySandbox(id);
  }
  for (const home of homes) await rm(home, { recursive: true, force: true });
});

describe('contracts side by side', () => {
  it('holds each sandbox, its forks and their forks to its own, also after a restart under another default', async () => {
    const home = await newHome();
    const first = await runtimeAt(home, { contract: shipped });
    const service = first.service();
    const usual = await service.createSandbox({ name: 'usual' });
    const other = await service.createSandbox({ name: 'other', contract: document(short) });
    const named = await service.createSandbox({ contract: 'coding-agent' });
    expect([usual.contract?.name, other.contract?.name, named.contract?.name]).toEqual([
      'coding-agent/1.0.0',
      'short/1.0.0',
      'coding-agent/1.0.0',
    ]);
    expect(usual.contract).toEqual(named.contract);
    expect(usual.origins['contract']).toContain('--contract');
    expect([await isCut(service, 'usual'), await isCut(service, 'other')]).toEqual([false, true]);

    const [child] = await service.forkSandbox('other', { count: 1 });
    const snapshot = await service.createSnapshot('other');
    const [grandchild] = await service.forkSandbox(snapshot.id, { count: 1 });
    const [changed] = await service.forkSandbox('other', { count: 1, contract: 'coding-agent/1.0.0' });
    expect([child, grandchild, changed].map((one) => one?.contract?.name)).toEqual([
      'short/1.0.0',
      'short/1.0.0',
      'coding-agent/1.0.0',
    ]);
    expect(await isCut(service, grandchild?.id ?? '')).toBe(true);

    await first.close();
    const again = await runtimeAt(home);
    const later = again.service();
    expect([await isCut(later, 'usual'), await isCut(later, 'other'), await isCut(later, child?.id ?? '')]).toEqual([
      false,
      true,
      true,
    ]);
    expect((await later.getSandbox('usual')).contract).toEqual(usual.contract);
    expect((await later.createSandbox({})).contract).toBeNull();
    const [orphan] = await later.forkSandbox(snapshot.id, { count: 1 });
    expect(orphan?.contract?.name).toBe('short/1.0.0');
    await again.close();
  });

  it('tells of the contract when a sandbox is ready', async () => {
    const runtime = await runtimeAt(await newHome(), { contract: shipped });
    const service = runtime.service();
    const stop = new AbortController();
    const events = service.events({ types: ['sandbox-ready'] }, { signal: stop.signal })[Symbol.asyncIterator]();
    const next = events.next();
    await service.createSandbox({ contract: document(short) });
    expect((await next).value).toMatchObject({ data: { contract: 'short/1.0.0' } });
    stop.abort();
    await runtime.close();
  });

  it('hands out of the pool only what is held to just that', async () => {
    const runtime = await runtimeAt(await newHome(), { contract: shipped, pools: [{ template: 'host', size: 1 }] });
    const service = runtime.service();
    const waiting = async (): Promise<boolean> => /pool_waiting\{[^}]*\} 1/.test(await service.metrics());
    await expect.poll(waiting, { timeout: 20_000 }).toBe(true);
    const other = await service.createSandbox({ contract: document(short) });
    expect(other.contract?.name).toBe('short/1.0.0');
    expect(await isCut(service, other.id)).toBe(true);
    expect(await waiting()).toBe(true);
    const usual = await service.createSandbox({});
    expect(usual.contract?.name).toBe('coding-agent/1.0.0');
    expect(await isCut(service, usual.id)).toBe(false);
    await runtime.close();
  });

  it('refuses one that cannot be held at create, with the field, and leaves nothing', async () => {
    const runtime = await runtimeAt(await newHome());
    const service = runtime.service();
    const withField = (value: string): ContractInput =>
      document({ ...shipped, fields: { ...shipped.fields, 'identity.umask': { level: 'promise', value } } });
    await expect(service.createSandbox({ contract: withField('0077') })).rejects.toMatchObject({
      code: 'capability-missing',
      details: { field: 'identity.umask' },
    });
    const { shell } = shipped.tools;
    if (!shell) throw new Error('the shipped contract has no shell');
    const tools = { shell: { ...shell, timing: 'async' as const } };
    await expect(service.createSandbox({ contract: document({ ...shipped, tools }) })).rejects.toMatchObject({
      code: 'capability-missing',
      details: { field: 'tools.shell.timing' },
    });
    await expect(service.createSandbox({ contract: { format: 'x' } })).rejects.toMatchObject({
      code: 'invalid-argument',
    });
    await expect(service.createSandbox({ contract: 'nobodys/9.9.9' })).rejects.toMatchObject({
      code: 'not-found',
      hint: expect.stringContaining('coding-agent/1.0.0'),
    });
    expect((await service.listSandboxes()).items).toEqual([]);
    await runtime.close();
  });
});

describe('a latency ceiling', () => {
  it('lets no further sandbox of that contract in while it is not kept, and others', async () => {
    const runtime = await runtimeAt(await newHome());
    const service = runtime.service();
    const p99Ms: [number, number] = [0, 0.0001];
    const impossible = { level: 'range', class: 'instant', floorMs: 0, timeoutProbability: 0, p99Ms } as const;
    const strict = document({ ...shipped, contract: 'strict/1.0.0', latency: { 'exec.noop': impossible } });
    const { id } = await service.createSandbox({ contract: strict });
    await service.createSandbox({ contract: strict });
    for (let turn = 0; turn < 25; turn++) await service.exec(id, { argv: ['true'] });
    await expect(service.createSandbox({ contract: strict })).rejects.toMatchObject({
      code: 'ceiling-exceeded',
      retryable: true,
      details: { contract: 'strict/1.0.0', operation: 'exec.noop', ceilingMs: 0.0001 },
    });
    await expect(service.forkSandbox(id)).rejects.toMatchObject({ code: 'ceiling-exceeded' });
    expect((await service.createSandbox({ contract: 'coding-agent' })).state).toBe('ready');
    // Nobody else's create is refused for it.
    expect((await runtime.service('somebody').createSandbox({ contract: strict })).state).toBe('ready');
    const metrics = await service.metrics();
    const labels = '{tenant="default",contract="strict/1.0.0",operation="exec.noop"}';
    expect(metrics).toContain(`holdfast_admission_open${labels} 0\n`);
    expect(metrics).toContain(`holdfast_admission_refused_total${labels} 2\n`);
    expect(metrics).toMatch(/holdfast_creates_total\{tenant="default",code="ceiling-exceeded"\} 2\n/);
    expect(await runtime.service('somebody').metrics()).not.toContain('tenant="default"');
    const somebody = runtime.service('somebody');
    for (const box of (await somebody.listSandboxes()).items) await somebody.destroySandbox(box.id);
    await runtime.close();
  });
});
