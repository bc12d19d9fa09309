/** Sandboxes with a seed: what any program draws from the kernel follows from it, and nobody else's does. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createRuntime, type Runtime } from '../../src/runtime/index.ts';
import type { CreateSandboxInput, HoldfastService } from '../../src/schema/index.ts';
import { drawProgram } from '../fixtures/draw-program.ts';

let runtime: Runtime;
let service: HoldfastService;
beforeAll(async () => {
  runtime = await createRuntime({ ephemeral: true, pools: [{ template: 'host', size: 1 }] });
  service = runtime.service();
});
afterAll(() => runtime.close());
afterEach(async () => {
  for (const { id } of (await service.listSandboxes()).items) await service.destroySandbox(id);
});

const uuid = '/proc/sys/kernel/random/uuid';
const drawn = `od -An -N16 -tx1 /dev/urandom; od -An -N16 -tx1 /dev/random; cat ${uuid}`;
const inPython = `python3 -c "import os,random;print(os.urandom(8).hex(), random.random(), {'a','b','c','d','e'})"`;
const inNode = `node -e "console.log(Math.random(), require('node:crypto').randomBytes(8).toString('hex'))"`;
const inOpenSsl = 'openssl rand -hex 8';
const addresses = 'grep -e stack -e heap /proc/self/maps | cut -d" " -f1';
const all = [drawn, inPython, inNode, inOpenSsl, addresses, 'hostname; cat /etc/machine-id'].join('; ');

async function say(id: string, command: string): Promise<string> {
  const { stdout, stderr, exitCode } = await service.exec(id, { argv: ['sh', '-c', command], timeoutMs: 30_000 });
  const [out, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  expect(error).toBe('');
  expect(exitCode).toBe(0);
  return out ?? '';
}
const fresh = async (input: CreateSandboxInput, command: string): Promise<string> =>
  say((await service.createSandbox(input)).id, command);

describe('a sandbox with a seed', () => {
  it('draws the same as another one with it, whatever asks, and other than one with another', {
    timeout: 60_000,
  }, async () => {
    const [one, same, other, none] = [
      await fresh({ seed: 7 }, all),
      await fresh({ seed: 7 }, all),
      await fresh({ seed: 8 }, all),
      await fresh({}, all),
    ];
    expect(one.trim().split('\n').length).toBeGreaterThanOrEqual(9);
    expect(same).toBe(one);
    const lines = (text: string): string[] => text.split('\n').slice(0, 6);
    for (const [at, line] of lines(one).entries()) {
      expect(lines(other)[at]).not.toBe(line);
      expect(lines(none)[at]).not.toBe(line);
    }
  });

  it('gives each program the beginning: what one draws does not depend on what others drew', async () => {
    const { id } = await service.createSandbox({ seed: 7 });
    const first = await say(id, drawn);
    await say(id, 'head -c 100000 /dev/urandom > /dev/null; openssl rand 1000 > /dev/null');
    expect(await say(id, drawn)).toBe(first);
    expect(await say(id, 'cat /dev/urandom | wc -c')).toBe('1048576\n');
    expect(await say(id, `cat ${uuid}`)).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\n$/,
    );
  });

  it('reaches a static program that asks the kernel itself', { timeout: 60_000 }, async () => {
    const program = drawProgram();
    const seen: string[] = [];
    for (const input of [{ seed: 7 }, { seed: 7 }, {}]) {
      const { id } = await service.createSandbox(input);
      await service.writeFile(id, '/workspace/draw', program, { mode: 0o755 });
      seen.push(await say(id, './draw'));
    }
    expect(seen[0]).toMatch(/^8 38 /);
    expect(seen[1]).toBe(seen[0]);
    expect(seen[2]).toMatch(/^8 0 /);
  });

  it('keeps it through snapshots, rollbacks and forks', { timeout: 60_000 }, async () => {
    const { id } = await service.createSandbox({ seed: 7 });
    const before = await say(id, drawn);
    const kept = await service.createSnapshot(id);
    expect(await say(id, drawn)).toBe(before);
    await service.rollbackSandbox(id, kept.id);
    expect(await say(id, drawn)).toBe(before);
    const [child] = await service.forkSandbox(id);
    expect(child?.seed).toBe(7);
    expect(await say(child?.id ?? '', drawn)).toBe(before);
    await service.suspendSandbox(id, { memory: false });
    await service.resumeSandbox(id);
    expect(await say(id, drawn)).toBe(before);
  });

  it('cannot be given another one from inside', async () => {
    const { id } = await service.createSandbox({ seed: 7, user: 'root' });
    const first = await say(id, drawn);
    const tries = [
      'echo x > /dev/urandom',
      'echo x > /run/holdfast/random',
      'rm -f /dev/urandom /run/holdfast/random',
      'umount /dev/urandom',
      `echo x > ${uuid}`,
      `umount ${uuid}`,
      'mknod /dev/u c 1 9',
    ];
    for (const attempt of tries) {
      const { exitCode } = await service.exec(id, { argv: ['sh', '-c', attempt] });
      expect(exitCode, attempt).not.toBe(0);
    }
    expect(await say(id, drawn)).toBe(first);
  });

  it('is not one that waited in the pool, and one without a seed is', async () => {
    const seeded = await service.createSandbox({ seed: 7 });
    expect(seeded.seed).toBe(7);
    expect(await say(seeded.id, 'stat -c %F /dev/urandom')).toBe('regular file\n');
    const plain = await service.createSandbox({});
    expect(plain.seed).toBeNull();
    expect(await say(plain.id, 'stat -c %F /dev/urandom')).toBe('character special file\n');
  });

  it('is refused where it would not be held', { timeout: 60_000 }, async () => {
    await using other = await createRuntime({ ephemeral: true, launcher: 'bwrap' });
    await expect(other.service().createSandbox({ seed: 7 })).rejects.toMatchObject({
      code: 'capability-missing',
      details: { capability: 'seed' },
    });
    expect((await other.service().listSandboxes()).items).toEqual([]);
    for (const seed of [-1, 1.5, 2 ** 32]) {
      await expect(service.createSandbox({ seed })).rejects.toMatchObject({ code: 'invalid-argument' });
    }
  });
});
