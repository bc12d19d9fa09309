/** Canaries on a real substrate: a runtime that changes is found out, one that does not is left in peace. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseContract } from '../../../src/contract/index.ts';
import { createRuntime, type Runtime, type RuntimeOptions } from '../../../src/runtime/index.ts';
import type { HoldfastEvent, HoldfastService } from '../../../src/schema/index.ts';
import { runCli } from '../../fixtures/cli.ts';
import { makeSmallRoot, useShell } from '../../fixtures/small-root.ts';

/** One sandbox and no timed rounds: enough readings for fields to count. */
const plan = { sessions: 1, windows: 1, windowGapMs: 0, rounds: 0, warmups: 0, repeats: 3, timeoutMs: 30_000, seed: 1 };
const directories: string[] = [];
const open: Runtime[] = [];

function newDirectory(name: string): string {
  const path = mkdtempSync(join(tmpdir(), name));
  directories.push(path);
  return path;
}

async function runtimeAt(home: string, options: RuntimeOptions = {}): Promise<Runtime> {
  const runtime = await createRuntime({ home, watch: { plan }, ...options });
  open.push(runtime);
  return runtime;
}

async function rebuild(service: HoldfastService, directory: string): Promise<void> {
  const known = await service.listTemplates();
  if (known.some(({ name }) => name === 'small')) await service.deleteTemplate('small');
  await service.buildTemplate({ name: 'small', from: 'directory', directory });
}

/** Everything that was told of watching, so far. */
function follow(service: HoldfastService): { told: HoldfastEvent[]; stop(): void } {
  const told: HoldfastEvent[] = [];
  const leaving = new AbortController();
  const types = ['canary-ended', 'finding-opened', 'finding-closed', 'finding-acknowledged'] as const;
  const read = async (): Promise<void> => {
    for await (const event of service.events({ types: [...types] }, { signal: leaving.signal })) told.push(event);
  };
  read().catch(() => undefined);
  return { told, stop: () => leaving.abort() };
}

afterAll(async () => {
  for (const runtime of open) await runtime.close();
  for (const path of directories) rmSync(path, { recursive: true, force: true });
});

describe('a watch', () => {
  it('finds a mutated template out, keeps what it found over a restart, and closes it when it is gone', {
    timeout: 600_000,
  }, async () => {
    const home = newDirectory('hf-watch-');
    const root = newDirectory('hf-root-');
    makeSmallRoot(root);
    const first = await runtimeAt(home);
    const service = first.service();
    await rebuild(service, root);
    const { id } = await service.startWatch({ template: 'small', everyMs: 3_600_000 });
    expect(await service.runCanary(id)).toMatchObject({ outcome: 'reference' });

    useShell(root, 'bash');
    await rebuild(service, root);
    const { told, stop } = follow(service);
    expect(await service.runCanary(id)).toMatchObject({ outcome: 'drift', detail: expect.stringContaining('and') });
    const found = await service.listFindings({ state: 'open' });
    const shell = found.find(({ field }) => field === 'shell.implementation');
    expect(shell).toMatchObject({ to: 'bash', seen: 1, watch: id, isolation: 'namespace', template: 'small' });
    const opened = (): number => told.filter(({ type }) => type === 'finding-opened').length;
    await expect.poll(opened).toBe(found.length);
    expect(told).toContainEqual(
      expect.objectContaining({
        type: 'finding-opened',
        data: expect.objectContaining({ finding: shell?.id, field: 'shell.implementation' }),
      }),
    );
    const box = await service.createSandbox({ template: 'small' });
    const listed = await runCli(['ps'], service);
    expect(listed.stdout).toMatch(new RegExp(`${box.id}.*\\(${found.length} findings\\)`));
    expect(listed.stderr).toContain('holdfast findings ls');
    await service.destroySandbox(box.id);

    // One that dies on the way is no verdict: nothing opens, counts or closes.
    const [dying, joined] = [service.runCanary(id), service.runCanary(id)];
    const canaries = first.service('.canary');
    // In its second pass: there is enough to take it for a whole one.
    const asked = async (): Promise<number> => {
      const [box] = (await canaries.listSandboxes()).items;
      if (!box) return 0;
      const { items } = await canaries.journal({ sandbox: box.id, limit: 1000 });
      return items.filter(({ type }) => type === 'call-begun').length;
    };
    await expect.poll(asked, { timeout: 240_000, interval: 20 }).toBeGreaterThan(60);
    for (const box of (await canaries.listSandboxes()).items) await canaries.destroySandbox(box.id);
    expect(await dying).toMatchObject({ outcome: 'harness-error', detail: expect.any(String) });
    expect(await joined).toEqual(await dying);
    expect(await service.listFindings()).toEqual(found);
    expect(await service.metrics()).toMatch(/holdfast_canary_outcome\{.*outcome="harness-error"\} 1/);

    expect(await service.metrics()).toMatch(/holdfast_findings\{state="open",severity="major"\} [1-9]/);
    expect(await service.acknowledgeFinding(shell?.id ?? '', { note: 'on purpose' })).toMatchObject({
      state: 'acknowledged',
    });
    stop();
    await first.close();

    const again = await runtimeAt(home);
    const later = again.service();
    expect(await later.getFinding(shell?.id ?? '')).toMatchObject({ state: 'acknowledged', note: 'on purpose' });
    useShell(root, 'dash');
    await rebuild(later, root);
    expect(await later.runCanary(id)).toMatchObject({ outcome: 'clean' });
    const states = new Set((await later.listFindings()).map(({ state }) => state));
    expect([...states]).toEqual(['closed']);
    await expect(later.acknowledgeFinding(shell?.id ?? '')).rejects.toMatchObject({ code: 'wrong-state' });
    expect((await again.service('.canary').listSandboxes({ all: true })).items).toEqual([]);
    expect((await again.service('.canary').listSnapshots()).items).toEqual([]);

    // A root in which next to nothing answers says nothing, least of all that all is well.
    rmSync(join(root, 'usr/bin/sh'));
    await rebuild(later, root);
    expect(await later.runCanary(id)).toMatchObject({ outcome: 'harness-error' });
    expect((await later.listFindings({ state: 'open' })).length).toBe(0);
    await again.close();
  });

  it('names the field of a promise that is not kept, though no sandbox would be let in under it', {
    timeout: 240_000,
  }, async () => {
    const path = join(import.meta.dirname, '../../../contracts/coding-agent-1.0.0.yaml');
    const { value } = parseContract(readFileSync(path, 'utf8'), path);
    const umask = { level: 'promise' as const, value: '0077' };
    const contract = { ...value, fields: { 'identity.umask': umask } };
    const runtime = await runtimeAt(newDirectory('hf-watch-'), { contract });
    const service = runtime.service();
    await expect(service.createSandbox({})).rejects.toMatchObject({ details: { field: 'identity.umask' } });
    const { id } = await service.startWatch({});
    expect(await service.runCanary(id)).toMatchObject({ outcome: 'drift', detail: 'identity.umask' });
    expect(await service.listFindings()).toMatchObject([
      { field: 'identity.umask', rule: 'broken-promise', severity: 'major', from: '0077', to: '0022' },
    ]);
    await runtime.close();
  });

  it('finds nothing to say of a runtime that keeps the contract that ships', { timeout: 240_000 }, async () => {
    const runtime = await runtimeAt(newDirectory('hf-watch-'));
    const service = runtime.service();
    await runCli(['watch', '--every', '6h', '--contract', 'coding-agent'], service);
    const [watch] = await service.listWatches();
    expect(watch?.contract?.name).toBe('coding-agent/1.0.0');
    const found = async () => [(await service.runCanary(watch?.id ?? '')).outcome, await service.listFindings()];
    expect(await found()).toEqual(['reference', []]);
    expect(await found()).toEqual(['clean', []]);
    await runtime.close();
  });

  it('takes what the contract leaves free for no drift, and names it', { timeout: 240_000 }, async () => {
    const root = newDirectory('hf-root-');
    makeSmallRoot(root);
    const runtime = await runtimeAt(newDirectory('hf-watch-'));
    const service = runtime.service();
    await rebuild(service, root);
    const contract = {
      format: 'holdfast-contract/1',
      contract: 'umask/1.0.0',
      date: '2026-11-29',
      // The others are held in sandboxes of that contract; a canary, which is held to nothing, is given them: no LANG, too.
      fields: {
        'identity.umask': { value: '0022' },
        'environment.zone': { value: 'Asia/Tokyo' },
        'environment.locale': { value: 'LC_ALL=C' },
      },
    };
    const { id } = await service.startWatch({ template: 'small', contract });
    expect(await service.runCanary(id)).toMatchObject({ outcome: 'reference' });
    useShell(root, 'bash');
    await rebuild(service, root);
    const looked = await runCli(['watch', '--now'], service);
    expect(looked).toMatchObject({ status: 0, stdout: expect.stringContaining('clean: differs where nothing is') });
    expect(await service.listFindings()).toEqual([]);
    await runtime.close();
  });

  it('is the owner’s alone', async () => {
    const runtime = await runtimeAt(newDirectory('hf-watch-'));
    const owner = runtime.service();
    const { id } = await owner.startWatch({ everyMs: 3_600_000 });
    expect(await owner.startWatch({ everyMs: 7_200_000 })).toMatchObject({ id, everyMs: 7_200_000 });
    const other = runtime.service('other');
    expect(await other.listWatches()).toEqual([]);
    await expect(other.startWatch({})).rejects.toMatchObject({ code: 'forbidden' });
    await expect(other.runCanary(id)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(other.stopWatch(id)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(other.getFinding('0123456789ab')).rejects.toMatchObject({ code: 'not-found' });
    await expect(owner.startWatch({ template: 'nowhere' })).rejects.toMatchObject({ code: 'template-not-found' });
    await owner.stopWatch(id);
    expect(await owner.listWatches()).toEqual([]);
    await runtime.close();
  });

  it('watches what is in use when the daemon is told to', async () => {
    const home = newDirectory('hf-watch-');
    const first = await runtimeAt(home);
    const box = await first.service().createSandbox({ contract: 'coding-agent' });
    await first.close();
    const again = await runtimeAt(home, { watch: { plan, everyMs: 3_600_000 } });
    const watches = await again.service().listWatches();
    const subjects = watches.map(({ contract, template }) => `${contract?.name ?? 'nothing'} on ${template}`);
    expect(subjects.toSorted()).toEqual(['coding-agent/1.0.0 on host', 'nothing on host']);
    await again.service().destroySandbox(box.id);
    await again.close();
  });

  it('leaves nothing of a canary whose daemon was killed', { timeout: 240_000 }, async () => {
    const home = newDirectory('hf-watch-');
    const worker = join(import.meta.dirname, '../../fixtures/canary-worker.ts');
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', worker, home], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = new Promise((resolve) => child.once('close', resolve));
    await new Promise<void>((resolve, reject) => {
      child.stdout.once('data', () => resolve());
      child.once('exit', () => reject(new Error('the worker ended by itself')));
    });
    child.kill('SIGKILL');
    await ended;
    const runtime = await runtimeAt(home);
    const service = runtime.service();
    const { told, stop } = follow(service);
    const canaries = runtime.service('.canary');
    const left = (await canaries.listSandboxes()).items.map(({ id }) => id);
    // The next one begins a second after the start, whether what was left has gone by then or not.
    const leftNow = async (): Promise<string[]> =>
      (await canaries.listSandboxes()).items.map(({ id }) => id).filter((id) => left.includes(id));
    await expect.poll(leftNow, { timeout: 30_000 }).toEqual([]);
    const outcomes = async (): Promise<unknown[]> => [
      (await service.listWatches())[0]?.canary?.outcome,
      ...told.map(({ data }) => data['outcome']),
    ];
    await expect.poll(outcomes, { timeout: 30_000 }).toContain('harness-error');
    await expect.poll(async () => (await canaries.listSnapshots()).items, { timeout: 120_000 }).toEqual([]);
    stop();
    expect(await service.listFindings()).toEqual([]);
    await runtime.close();
  });
});
