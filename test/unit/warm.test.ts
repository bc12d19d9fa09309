/** Who warms a sandbox of a template that has something for that: its substrate, where that keeps the memory, else whoever creates it. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildGuest } from '../../scripts/build-guest.ts';
import { FakeSubstrate, type LaunchRequest, type SandboxIdentity } from '../../src/compute/index.ts';
import { createRuntime, type Runtime } from '../../src/runtime/index.ts';
import type { HoldfastService } from '../../src/schema/index.ts';

const binary = buildGuest();

class Keeper extends FakeSubstrate {
  readonly keepsWarm = true;
  readonly asked: (readonly string[])[] = [];

  override launch(request: LaunchRequest): Promise<SandboxIdentity> {
    this.asked.push(request.warm ?? []);
    return super.launch(request);
  }
}

let home = '';
let runtime: Runtime;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'hf-warm-'));
});
afterEach(async () => {
  await runtime.close();
  rmSync(home, { recursive: true });
});

async function start(substrate: FakeSubstrate): Promise<HoldfastService> {
  runtime = await createRuntime({ home, substrate, guestBinary: binary, ephemeral: true });
  const service = runtime.service();
  const directory = join(home, 'root');
  mkdirSync(directory);
  const warm = { name: 'script', text: '#!/bin/sh\n' };
  const { warm: names } = await service.buildTemplate({ name: 't', from: 'directory', directory, warm });
  expect(names).toEqual(['script']);
  return service;
}

const isolation = 'none';

describe('a template that is warmed', () => {
  it('is named to a substrate that keeps the memory, for what starts from the template, and for nothing else', async () => {
    const substrate = new Keeper({ binary });
    const service = await start(substrate);
    const { id } = await service.createSandbox({ template: 't', isolation });
    expect(substrate.asked.splice(0)).toEqual([['script']]);
    expect(await service.listProcesses(id)).toEqual([]);
    await service.createSandbox({ template: 'host', isolation });
    const snapshot = await service.createSnapshot(id);
    await service.createSandbox({ template: snapshot.id, isolation });
    await service.forkSandbox(id, { count: 1 });
    await service.suspendSandbox(id, { memory: false });
    await service.resumeSandbox(id);
    expect(substrate.asked).toEqual([[], [], [], []]);
  });

  it('makes no sandbox elsewhere where it cannot be warmed, and leaves none', async () => {
    // Of a template this substrate has no files.
    const service = await start(new FakeSubstrate({ binary }));
    await expect(service.createSandbox({ name: 'box', template: 't', isolation })).rejects.toMatchObject({
      code: 'warm-failed',
      details: { program: 'script' },
    });
    expect((await service.listSandboxes()).items).toEqual([]);
    const [gone] = (await service.listSandboxes({ all: true })).items;
    expect(gone).toMatchObject({ state: 'gone', exitDetail: expect.stringContaining('warm.d/script') });
    expect(readdirSync(join(home, 'run')).filter((name) => /^[0-9a-f]{20}\.sock$/.test(name))).toEqual([]);
    await service.createSandbox({ name: 'box', template: 'host', isolation });
  });
});
