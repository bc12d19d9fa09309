/** Sandboxes made before anybody asked: handed over as what a create would make now, kept apart, and refilled. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildGuest } from '../../scripts/build-guest.ts';
import { FakeSubstrate } from '../../src/compute/index.ts';
import type { RuntimeOptions } from '../../src/runtime/index.ts';
import type { HoldfastService } from '../../src/schema/index.ts';
import { agentPid, oneHome } from '../fixtures/one-home.ts';
import { makeSmallRoot } from '../fixtures/small-root.ts';

type Pools = NonNullable<RuntimeOptions['pools']>;

const { path, start, closeAll } = oneHome();
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

let root = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'hf-pools-'));
  makeSmallRoot(root);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** From now on `small` is a root whose `/etc/made` says this. */
async function build(service: HoldfastService, made: string): Promise<void> {
  writeFileSync(join(root, 'etc/made'), made);
  await service.buildTemplate({ name: 'small', from: 'directory', directory: root });
}

/** From now on `small` is warmed by this. */
async function buildWarmed(service: HoldfastService, script: string): Promise<void> {
  const warm = { name: 'script', text: `#!/bin/sh\n${script}\n` };
  await service.buildTemplate({ name: 'small', from: 'directory', directory: root, warm });
}

const madeOf = async (service: HoldfastService, id: string): Promise<string> =>
  text((await service.exec(id, { argv: ['cat', '/etc/made'], cwd: '/' })).stdout);

/** How many wait, in the order of the pools. */
const waiting = async (service: HoldfastService): Promise<number[]> =>
  [...(await service.metrics()).matchAll(/^holdfast_pool_waiting\{.*\} (\d+)$/gm)].map(([, count]) => Number(count));

const untilFull = (service: HoldfastService, ...sizes: number[]): Promise<void> =>
  expect.poll(() => waiting(service), { timeout: 20_000 }).toEqual(sizes);

/** A daemon whose pools are full, and after that `small` says `rebuilt` if that is asked, is killed. */
async function killFull(pools: Pools, rebuilt = ''): Promise<void> {
  writeFileSync(join(root, 'etc/made'), rebuilt);
  const worker = join(import.meta.dirname, '../fixtures/pool-worker.ts');
  const words = [path(), JSON.stringify(pools), ...(rebuilt === '' ? [] : [root])];
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', worker, ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  expect(String((await Promise.race([once(child.stdout, 'data'), exited]))[0])).toBe('full\n');
  child.kill('SIGKILL');
  await exited;
}

describe('a pool', () => {
  it('hands over waiting sandboxes, fills again, and hides them from everybody', async () => {
    const runtime = await start({ pools: [{ template: 'host', size: 2 }] });
    const service = runtime.service();
    expect((await service.listSandboxes({ all: true })).items).toEqual([]);
    const boxes = await Promise.all([1, 2, 3].map((n) => service.createSandbox({ metadata: { n: `${n}` } })));
    expect(new Set(boxes.map(({ id }) => id)).size).toBe(3);
    for (const { id, metadata } of boxes) {
      expect(text((await service.exec(id, { argv: ['pwd'] })).stdout)).toBe('/workspace\n');
      expect((await service.listSandboxes({ metadata })).items.map((found) => found.id)).toEqual([id]);
    }
  });

  it('gives nobody another host name than a create without one would', async () => {
    const service = (await start({ pools: [{ template: 'host', size: 1 }] })).service();
    await untilFull(service, 1);
    const { id } = await service.createSandbox({ name: 'box' });
    const argv = ['sh', '-c', 'uname -n; cat /etc/hostname; grep -c box /etc/hosts'];
    expect(text((await service.exec(id, { argv })).stdout)).toBe('box\nbox\n1\n');
    expect(await waiting(service)).toEqual([1]);
    const other = await service.createSandbox({});
    expect(text((await service.exec(other.id, { argv: ['uname', '-n'] })).stdout)).toBe(`${other.id}\n`);
  });

  it('leaves the processors to who was handed a sandbox, where a start keeps one busy', async () => {
    const begunMs: number[] = [];
    class Busy extends FakeSubstrate {
      readonly startsBusily = true;
      override launch(...request: Parameters<FakeSubstrate['launch']>): ReturnType<FakeSubstrate['launch']> {
        begunMs.push(performance.now());
        return super.launch(...request);
      }
    }
    const pools = [{ template: 'host', size: 1, isolation: 'none' }] as const;
    const runtime = await start({ substrate: new Busy({ binary: buildGuest() }), pools });
    await expect.poll(() => begunMs.length, { timeout: 20_000 }).toBe(1);
    // Ready, and warmed, a moment later.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const takenMs = performance.now();
    const { id } = await runtime.service().createSandbox({ template: 'host', isolation: 'none' });
    await expect.poll(() => begunMs.length, { timeout: 20_000 }).toBe(2);
    expect((begunMs[1] ?? 0) - takenMs).toBeGreaterThan(250);
    await runtime.service().destroySandbox(id);
    await runtime.close();
  });

  it.each([
    ['a quota', 'quota-exceeded', { cpus: 4 }, {}],
    ['a name', 'name-taken', {}, { name: 'same' }],
  ] as const)('takes back what %s refuses to hand over', async (_, code, ceilings, more) => {
    const substrate = new FakeSubstrate({ binary: buildGuest() });
    const pools = [{ template: 'host', size: 2, isolation: 'none' }] as const;
    const runtime = await start({ substrate, pools, quotas: () => ceilings });
    const service = runtime.service();
    const living = async (): Promise<number> =>
      (await readdir(join(path(), 'run'))).filter((name) => /^[0-9a-f]{20}\.sock$/.test(name)).length;
    const asked = { template: 'host', isolation: 'none', ...more } as const;
    const owned = code === 'name-taken' ? [await service.createSandbox(asked)] : [];
    await expect.poll(living, { timeout: 20_000 }).toBe(2 + owned.length);
    for (let round = 0; round < 5; round++) {
      await expect(service.createSandbox(asked)).rejects.toMatchObject({ code });
      // Longer than the pool waits before it makes another.
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    expect(await living()).toBe(2 + owned.length);
    await Promise.all([1, 2, 3].map(() => expect(service.createSandbox(asked)).rejects.toMatchObject({ code })));
    for (const { id } of owned) await service.destroySandbox(id);
    await runtime.close();
    expect(await living()).toBe(0);
  });

  it('refills when what waited in it has ended by itself', async () => {
    const service = (await start({ pools: [{ template: 'host', size: 1 }] })).service();
    await untilFull(service, 1);
    const [first = ''] = await readdir(join(path(), 'sandboxes'));
    process.kill(await agentPid(first), 'SIGKILL');
    const others = async (): Promise<number> =>
      (await readdir(join(path(), 'sandboxes'))).filter((id) => id !== first).length;
    await expect.poll(others, { timeout: 20_000 }).toBe(1);
  });

  it('hands over what a create would make now: nothing of a template that was built anew', async () => {
    await build((await start()).service(), 'first');
    await closeAll();
    const service = (await start({ pools: [{ template: 'small', size: 1 }] })).service();
    await untilFull(service, 1);
    await build(service, 'second');
    const { id } = await service.createSandbox({ template: 'small' });
    expect(await madeOf(service, id)).toBe('second');
  });

  it('hands over what is warm already', async () => {
    await buildWarmed((await start()).service(), 'sleep 1; echo yes > warmed');
    await closeAll();
    const service = (await start({ pools: [{ template: 'small', size: 1 }] })).service();
    await untilFull(service, 1);
    const { id } = await service.createSandbox({ template: 'small' });
    expect(text((await service.exec(id, { argv: ['cat', 'warmed'] })).stdout)).toBe('yes\n');
  });

  it('keeps nobody waiting who closes it while one is being warmed', async () => {
    await buildWarmed((await start()).service(), 'sleep 600');
    await closeAll();
    const runtime = await start({ pools: [{ template: 'small', size: 1 }] });
    const running = async (): Promise<string[]> =>
      (await readdir(join(path(), 'run'))).filter((name) => /^[0-9a-f]{20}\.sock$/.test(name));
    await expect.poll(running, { timeout: 20_000 }).toHaveLength(1);
    const closedMs = performance.now();
    await runtime.close();
    expect(performance.now() - closedMs).toBeLessThan(20_000);
    expect(await running()).toEqual([]);
  });

  it('waits for a template that is not there yet', async () => {
    const service = (
      await start({
        pools: [
          { template: 'small', size: 1 },
          { template: 'host', size: 1 },
        ],
      })
    ).service();
    await untilFull(service, 0, 1);
    await build(service, 'late');
    await untilFull(service, 1, 1);
  });

  it('is refused that has no size, or that no create could tell from another', async () => {
    const host = { template: 'host', size: 1 };
    for (const pools of [[{ ...host, size: -1 }], [{ ...host, size: 0.5 }], [host, { ...host, size: 2 }]])
      await expect(start({ pools })).rejects.toMatchObject({ code: 'invalid-argument' });
  });
});

describe('several pools', () => {
  it('serve who asks for what each has, and fill again each by itself', async () => {
    await build((await start()).service(), 'small');
    await closeAll();
    const pools = [
      { template: 'host', size: 2 },
      { template: 'small', size: 1 },
    ];
    const service = (await start({ pools })).service();
    await untilFull(service, 2, 1);
    // An id tells when its sandbox was made.
    const { id: marker } = await service.createSandbox({ limits: { openFiles: 100 } });
    const small = await service.createSandbox({ template: 'small' });
    expect(await madeOf(service, small.id)).toBe('small');
    const host = await service.createSandbox({});
    expect(host.template).toBe('host');
    for (const { id } of [small, host]) expect(id < marker, 'it waited').toBe(true);
    await untilFull(service, 2, 1);
  });
});

describe('pools after a kill', () => {
  it('take back what waits for each', async () => {
    await build((await start()).service(), 'small');
    await closeAll();
    const pools = [
      { template: 'host', size: 2 },
      { template: 'small', size: 1 },
    ];
    await killFull(pools);
    const runtime = await start({ pools });
    expect(runtime.recovered).toMatchObject({ adopted: 3, ended: 0 });
    await runtime.close();
  });

  it('hand out no less isolation than was asked', async () => {
    await killFull([{ template: 'host', size: 2, isolation: 'namespace' }]);
    const isolation = 'userspace-kernel';
    const runtime = await start({ pools: [{ template: 'host', size: 2, isolation }] });
    expect(runtime.recovered).toMatchObject({ adopted: 0, ended: 2 });
    const got = await runtime
      .service()
      .createSandbox({ isolation })
      .then(
        (box) => box.isolation,
        (error: unknown) => error,
      );
    expect(got).not.toBe('namespace');
  });

  it('hand out nothing of a template that was built anew', async () => {
    await build((await start()).service(), 'first');
    await closeAll();
    const pools = [{ template: 'small', size: 1 }];
    await killFull(pools, 'second');
    const runtime = await start({ pools });
    expect(runtime.recovered).toMatchObject({ adopted: 0, ended: 1 });
    const { id } = await runtime.service().createSandbox({ template: 'small' });
    expect(await madeOf(runtime.service(), id)).toBe('second');
  });
});
