/** A machine's own disk: more files than memory, held to its limit, and one with its memory whatever becomes of both. */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRuntime } from '../../src/runtime/index.ts';
import { buildDebian, whyNoMachines } from '../fixtures/machines.ts';
import { type Box, MachineBench } from './machine-bench.ts';

const missing = await whyNoMachines('microvm');
const slow = 300_000;
const mebibyte = 1024 * 1024;
/** A machine of 192 MiB, whose sandbox may write twice of what it may hold in memory. */
const limits = { memoryBytes: 64 * mebibyte, diskBytes: 128 * mebibyte };

describe.skipIf(missing !== null)(`a machine's own disk${missing === null ? '' : ` (skipped: ${missing})`}`, () => {
  let bench: MachineBench;
  beforeAll(async () => {
    bench = await MachineBench.open();
  }, slow);
  afterAll(() => bench[Symbol.asyncDispose](), slow);

  const diskOf = (box: Box): string => join(bench.home, 'sandboxes', box.request.sandbox, 'machine/disk');
  const takenBy = (path: string): number => statSync(path).blocks * 512;
  const write = (mib: number, name: string): string => `head -c ${mib}M /dev/zero > /workspace/${name}; echo $?`;

  it('holds more than its memory, up to the limit, and gives back what is deleted', { timeout: slow }, async () => {
    const box = await bench.launch(limits);
    expect(takenBy(diskOf(box))).toBeLessThan(40 * mebibyte);
    expect(await bench.run(box, write(100, 'big'))).toBe('0');
    expect(await bench.run(box, 'sync; wc -c < /workspace/big')).toBe(String(100 * mebibyte));
    expect(takenBy(diskOf(box))).toBeGreaterThan(100 * mebibyte);
    // Beyond the limit is an ordinary full disk, though the file system is larger.
    expect(await bench.run(box, `${write(60, 'more')} 2>&1`)).not.toBe('0');
    expect(await bench.run(box, 'rm /workspace/more; echo small > /workspace/small; cat /workspace/small')).toBe(
      'small',
    );
    await bench.run(box, 'rm /workspace/big; sync');
    await expect
      .poll(() => bench.run(box, 'sync').then(() => takenBy(diskOf(box))), { timeout: 60_000, interval: 500 })
      .toBeLessThan(60 * mebibyte);
    await bench.end(box);
  });

  it('S5: goes with its memory: forked while it runs, put away, and refused when it was changed', {
    timeout: slow,
  }, async () => {
    const parent = await bench.launch(limits);
    await bench.run(
      parent,
      `head -c 8M /dev/urandom > /workspace/f; (while :; do echo x >> /workspace/log; sleep 0.1; done) >/dev/null 2>&1 &`,
    );
    const sum = await bench.run(parent, 'sha256sum < /workspace/f');
    const requests = [bench.request(limits), bench.request(limits)];
    const forked = await bench.substrate.memory?.forkLive(parent.identity, requests, bench.scope);
    const children: Box[] = [];
    for (const [index, identity] of (forked?.identities ?? []).entries()) {
      const request = requests[index];
      if (request) children.push(await bench.adopt(request, identity));
    }
    for (const box of [parent, ...children]) {
      await bench.run(box, `echo ${box.request.sandbox} > /workspace/mine; sync`);
      expect(await bench.run(box, 'echo 3 > /proc/sys/vm/drop_caches 2>/dev/null; sha256sum < /workspace/f')).toBe(sum);
    }
    for (const box of [parent, ...children]) {
      expect(await bench.run(box, 'cat /workspace/mine')).toBe(box.request.sandbox);
      // What is held is still the limit.
      expect(await bench.run(box, `${write(140, 'more')} 2>&1; rm /workspace/more`)).not.toBe('0');
    }
    await bench.end(parent);
    const [child, other] = children;
    if (!child || !other) throw new Error('no children');
    await bench.end(other);
    const away = join(bench.home, 'away');
    await bench.substrate.memory?.hibernate(child.identity, away, bench.scope);
    child.guest.close();
    await bench.end(child);
    const disk = readFileSync(join(away, 'disk'));
    const at = disk.indexOf('box-');
    writeFileSync(join(away, 'disk'), Buffer.concat([disk.subarray(0, at), Buffer.from('BOX'), disk.subarray(at + 3)]));
    await expect(bench.substrate.memory?.wake(bench.request(limits), away, bench.scope)).rejects.toMatchObject({
      code: 'snapshot-corrupt',
    });
    writeFileSync(join(away, 'disk'), disk);
    const request = bench.request(limits);
    const identity = await bench.substrate.memory?.wake(request, away, bench.scope);
    if (!identity) throw new Error('not woken');
    const awake = await bench.adopt(request, identity);
    expect(await bench.run(awake, 'cat /workspace/mine; sha256sum < /workspace/f')).toBe(
      `${child.request.sandbox}\n${sum}`,
    );
    const lines = Number(await bench.run(awake, 'wc -l < /workspace/log'));
    await expect
      .poll(async () => Number(await bench.run(awake, 'wc -l < /workspace/log')), { timeout: 60_000, interval: 200 })
      .toBeGreaterThan(lines);
    await bench.end(awake);
  });

  it('has room for a snapshot of more than half of what it may write, and for going back to it', {
    timeout: slow,
  }, async () => {
    const home = await mkdtemp(join(tmpdir(), 'hf-disk-'));
    const runtime = await createRuntime({ home, ephemeral: true });
    const service = runtime.service();
    await buildDebian(runtime);
    const { id } = await service.createSandbox({ isolation: 'microvm', limits });
    const sh = async (command: string): Promise<string> => {
      const result = await service.exec(id, { cwd: '/workspace', argv: ['sh', '-c', command], timeoutMs: 120_000 });
      return `${result.reason} ${Buffer.from(result.stdout).toString().trim()}`;
    };
    expect(await sh('head -c 80M /dev/zero > big; echo one > f')).toBe('exited ');
    const snapshot = await service.createSnapshot(id);
    // The copy for it cost the sandbox nothing, and gave it nothing.
    expect(await sh('rm big; head -c 100M /dev/zero > other && echo fits; rm other; echo two > f')).toBe('exited fits');
    expect(await sh('head -c 160M /dev/zero > more')).toBe('disk-full ');
    await service.rollbackSandbox(id, snapshot.id);
    expect(await sh('cat f; wc -c < big')).toBe(`exited one\n${80 * mebibyte}`);
    expect(await sh('head -c 160M /dev/zero > more')).toBe('disk-full ');
    await service.destroySandbox(id);
    expect(readdirSync(join(home, 'sandboxes'))).toEqual([]);
    await runtime.close();
    await rm(home, { recursive: true, force: true });
  });
});
