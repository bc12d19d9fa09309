/** A machine's own disk: more files than memory, held to its limit, and one with its memory whatever becomes of both. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createRuntime } from '../../src/runtime/index.ts';
import { buildDebian, whyNoMachines } from '../fixtures/machines.ts';
import { type Box, MachineBench } from './machine-bench.ts';

const missing = await whyNoMachines('microvm');
const slow = 300_000;
const mebibyte = 1024 * 1024;
/** A machine of 192 MiB, whose sandbox may write twice of what it may hold in memory. */
const limits = { memoryBytes: 64 * mebibyte, diskBytes: 128 * mebibyte };

/**
 * Counts on its disk, past its kernel's memory, and each time reads first that what it wrote last is there: a disk of another moment than
 * its memory's is not. Each tenth number is the next line of a log that is flushed. A direct read wants an aligned place, found by trying.
 */
const witness = `
import os
now = os.open("/workspace/now", os.O_RDWR | os.O_CREAT | os.O_DIRECT | os.O_SYNC)
log = os.open("/workspace/log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
room = memoryview(bytearray(16384))
def fits(at):
    try:
        return os.pwritev(now, [room[at:at + 4096]], 0) == 4096
    except OSError:
        return False
at = next(at for at in range(0, 8192, 16) if fits(at))
page, n = room[at:at + 4096], 0
while True:
    os.preadv(now, [page], 0)
    found = int.from_bytes(page[:8], "little")
    if found != n:
        open("/workspace/differs", "w").write("%d, not %d" % (found, n))
        break
    n += 1
    page[:8] = n.to_bytes(8, "little")
    os.pwritev(now, [page], 0)
    if n % 10 == 0:
        os.write(log, b"%d\\n" % n)
        os.fsync(log)
`;

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

  const copyOf = (box: Box): string => `${diskOf(box)}.copy`;
  /** Past the guest's memory: what is on the disk. */
  const onDisk = 'dd if=/workspace/f iflag=direct bs=64k 2>/dev/null | sha256sum';

  /** A child, and what the copy of the parent's disk took meanwhile. */
  async function fork(parent: Box): Promise<{ child: Box; copiedBytes: number }> {
    const request = bench.request(limits);
    let copiedBytes = 0;
    const looking = setInterval(() => {
      copiedBytes = Math.max(copiedBytes, takenBy(copyOf(parent)));
    }, 5);
    try {
      const forked = await bench.substrate.memory?.forkLive(parent.identity, [request], bench.scope);
      const identity = forked?.identities[0];
      if (!identity) throw new Error('no child');
      return { child: await bench.adopt(request, identity), copiedBytes };
    } finally {
      clearInterval(looking);
    }
  }

  it('is, in a child, what it was when its memory was, though a program writes to it all the time', {
    timeout: slow,
  }, async () => {
    const parent = await bench.launch(limits);
    await bench.run(parent, 'head -c 40M /dev/urandom > /workspace/f; sync');
    const sum = await bench.run(parent, onDisk);
    await bench.run(parent, `cat > /tmp/witness.py << 'END'\n${witness}\nEND`);
    await bench.run(parent, 'python3 /tmp/witness.py > /tmp/said 2>&1 &');
    const counted = async (box: Box): Promise<number> => Number(await bench.run(box, 'tail -n 1 /workspace/log'));
    await expect.poll(() => counted(parent), { timeout: 60_000, interval: 200 }).toBeGreaterThan(10);
    for (let round = 0; round < 2; round++) {
      const { child, copiedBytes } = await fork(parent);
      expect(takenBy(copyOf(parent))).toBe(0);
      expect(copiedBytes).toBeGreaterThan(40 * mebibyte);
      expect(copiedBytes).toBeLessThan(takenBy(diskOf(parent)) + 8 * mebibyte);
      await bench.run(parent, 'echo since > /workspace/since; sync');
      for (const box of [parent, child]) {
        const before = await counted(box);
        await expect
          .poll(() => counted(box), {
            timeout: 60_000,
            interval: 200,
            message: await bench.run(box, 'cat /workspace/differs /tmp/said'),
          })
          .toBeGreaterThan(before + 20);
        expect(await bench.run(box, "awk '$1 != NR * 10 { print }' /workspace/log")).toBe('');
        expect(await bench.run(box, onDisk)).toBe(sum);
      }
      expect(await bench.run(child, 'cat /workspace/since 2>/dev/null')).toBe(round === 0 ? '' : 'since');
      await bench.end(child);
    }
    await bench.end(parent);
  });

  it('goes on with its machine, and is forked later, where there was no room for a copy of it', {
    timeout: slow,
  }, async () => {
    const request = bench.request(limits);
    const directory = join(bench.home, 'sandboxes', request.sandbox, 'machine');
    const small = join(bench.home, 'small');
    for (const path of [directory, small]) mkdirSync(path, { recursive: true });
    const copy = join(directory, 'disk.copy');
    const mount = (...words: string[]): unknown => execFileSync('mount', words, { stdio: 'ignore' });
    mount('-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', small);
    for (const path of [join(small, 'copy'), copy]) writeFileSync(path, '');
    mount('--bind', join(small, 'copy'), copy);
    onTestFinished(() => void execFileSync('umount', ['-l', copy, small]));
    // Its launcher sees what was mounted before it began.
    await bench.reopen();
    const parent = await bench.adopt(request, await bench.substrate.launch(request, bench.scope));
    await bench.run(parent, 'head -c 40M /dev/urandom > /workspace/f; sync');
    const sum = await bench.run(parent, onDisk);
    await expect(fork(parent)).rejects.toMatchObject({ message: expect.stringContaining('No space left on device') });
    expect(takenBy(copy)).toBe(0);
    expect(await bench.run(parent, `${onDisk}; echo more > /workspace/more; sync; cat /workspace/more`)).toBe(
      `${sum}\nmore`,
    );
    mount('-o', 'remount,size=256m', small);
    const { child } = await fork(parent);
    expect(await bench.run(child, `${onDisk}; cat /workspace/more`)).toBe(`${sum}\nmore`);
    for (const box of [child, parent]) await bench.end(box);
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
