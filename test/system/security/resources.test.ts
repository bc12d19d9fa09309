/** Everything taken at once: what a sandbox has no more of is told to it, and its neighbours do not notice. */
import { readdir, readFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { Attacker, type Box, text } from '../../fixtures/attacker.ts';

const mebibyte = 2 ** 20;
let attacker: Attacker;
let neighbour: Box;

beforeAll(async () => {
  attacker = await Attacker.start();
  neighbour = await attacker.box();
});
afterAll(() => attacker?.[Symbol.asyncDispose]());
afterEach(async () => {
  for (const { id } of (await attacker.service.listSandboxes()).items)
    if (id !== neighbour.id) await attacker.service.destroySandbox(id);
});

/** The slowest of ten commands in the sandbox beside. */
async function neighbourly(): Promise<number> {
  const took: number[] = [];
  for (let round = 0; round < 10; round++) {
    const started = performance.now();
    expect(await neighbour.sh('echo here')).toBe('here\n');
    took.push(performance.now() - started);
  }
  return Math.max(...took);
}

it('F12: a fork bomb is held, named and ended; neighbours answer', async () => {
  const box = await attacker.box({ limits: { processes: 64, cpus: 0.5 } });
  const program = await box.bring('flood');
  const bomb = box.run([program, 'bomb', '0'], { timeoutMs: 1500, graceMs: 0 });
  expect(await neighbourly()).toBeLessThan(1000);
  expect((await bomb).reason).toMatch(/timed-out|pid-limit/);
  expect(Number(await box.sh('ls /proc | grep -c "^[0-9]"'))).toBeLessThan(6);
  const counted = await box.run([program, 'processes', '100'], { timeoutMs: 500, graceMs: 0 });
  expect(Number(text(counted.stdout).split(' ')[0])).toBeLessThan(64);
});

it('F12: without a limit, 4,000 processes are frozen, copied around and ended at once', async () => {
  const { service } = attacker;
  const box = await attacker.box();
  await service.startProcess(box.id, { argv: [await box.bring('flood'), 'processes', '4000'] });
  const count = async (): Promise<number> => Number(await box.sh('ls /proc | grep -c "^[0-9]"'));
  await expect.poll(count, { timeout: 10_000 }).toBeGreaterThan(4000);
  expect(await service.listProcesses(box.id)).toHaveLength(1);
  expect(await service.createSnapshot(box.id)).toMatchObject({ method: 'copy' });
  expect(await service.suspendSandbox(box.id)).toMatchObject({ state: 'suspended' });
  await service.resumeSandbox(box.id);
  expect(await neighbourly()).toBeLessThan(1000);
  const started = performance.now();
  await service.destroySandbox(box.id);
  expect(performance.now() - started).toBeLessThan(5000);
});

it('F12: descriptors, memory and shared memory end where the limits say', async () => {
  const box = await attacker.box({ limits: { openFiles: 100, memoryBytes: 64 * mebibyte } });
  const program = await box.bring('flood');
  expect(text((await box.run([program, 'descriptors', '10000'])).stdout)).toMatch(/^9[0-9] 24\n$/);
  expect(await box.sh('ulimit -n 200')).toMatch(/permitted|invalid|exceed/i);
  expect(await box.run([program, 'memory', '1000'])).toMatchObject({ reason: 'oom' });
  expect(await box.sh('head -c 100000000 /dev/zero > /dev/shm/x')).toMatch(/No space/);
  expect(await box.sh('rm /dev/shm/x; echo alive')).toBe('alive\n');
  expect(await neighbourly()).toBeLessThan(1000);
});

it('F12: bytes and inodes end where the disk limit says, in one sandbox only', async () => {
  const box = await attacker.box({ limits: { diskBytes: 32 * mebibyte } });
  const program = await box.bring('flood');
  const filled = await box.run([program, 'bytes', '1000'], { cwd: '/workspace' });
  expect(Number(text(filled.stdout).split(' ')[0])).toBeLessThan(33);
  await box.sh('rm -f filled');
  const made = await box.run([program, 'inodes', '200000'], { cwd: '/workspace' });
  expect(Number(text(made.stdout).split(' ')[0])).toBeLessThan(100_000);
  expect(await box.sh('rm -f i*; find . -name "i*" -delete; echo again > f && cat f')).toContain('again');
  expect(await neighbour.sh('head -c 40000000 /dev/zero > f && stat -c %s f && rm f')).toBe('40000000\n');
});

it('F12: output that nobody reads costs the daemon nothing', async () => {
  const { service } = attacker;
  const box = await attacker.box();
  const before = process.memoryUsage().rss;
  const floods = await Promise.all(Array.from({ length: 4 }, () => service.startProcess(box.id, { argv: ['yes'] })));
  const attached = await service.attachProcess(box.id, floods[0]?.processId ?? '');
  const capped = await box.run(['head', '-c', '300000000', '/dev/zero'], { outputCapBytes: 1000 });
  expect(capped).toMatchObject({ stdoutBytes: 300_000_000, stdoutCutBytes: 299_999_000 });
  expect(await neighbourly()).toBeLessThan(1000);
  expect(process.memoryUsage().rss - before).toBeLessThan(150 * mebibyte);
  await attached.detach();
});

it('F12: output ends where the limit says', async () => {
  const box = await attacker.box({ limits: { outputBytes: 10_000 } });
  const flood = await box.run(['yes'], { timeoutMs: 5000 });
  expect(flood).toMatchObject({ reason: 'output-limit' });
  expect(flood.stdout.length).toBeLessThanOrEqual(10_000);
});

it('F12: CPU time ends where the limit says', async () => {
  // So little that a busy machine gives more to whoever has no limit.
  const box = await attacker.box({ limits: { cpus: 0.02 } });
  const busy = await box.run(['bash', '-c', 'while [ $SECONDS -lt 2 ]; do :; done; times']);
  const [, user = '', system = ''] = /^0m([\d.]+)s 0m([\d.]+)s$/m.exec(text(busy.stdout)) ?? [];
  expect(Number(user) + Number(system)).toBeGreaterThan(0);
  expect(Number(user) + Number(system)).toBeLessThan(0.1);
});

it('F12: huge inputs do not swell the journal', async () => {
  const box = await attacker.box();
  const size = async (): Promise<number> => {
    const directory = join(attacker.home, 'journal');
    const segments = await Promise.all((await readdir(directory)).map((name) => readFile(join(directory, name))));
    return segments.reduce((total, { length }) => total + length, 0);
  };
  const before = await size();
  for (let round = 0; round < 20; round++) await box.run(['true', 'x'.repeat(100_000)]);
  expect((await size()) - before).toBeLessThan(20 * 16_384);
});

it('S7: a flood of connections to an agent disturbs neither its sandbox nor others', async () => {
  const box = await attacker.box();
  const sockets = (await readdir(join(attacker.home, 'run'))).filter((name) => name.endsWith('.sock'));
  const flood = Array.from({ length: 200 }, (_, index) => {
    const socket = createConnection(join(attacker.home, 'run', sockets[index % sockets.length] ?? ''));
    socket.on('error', () => undefined).write(index % 2 === 0 ? 'GET / HTTP/1.1\r\n\r\n' : Buffer.alloc(64, 0xff));
    return socket;
  });
  expect(await box.sh('echo still')).toBe('still\n');
  expect(await neighbourly()).toBeLessThan(1000);
  for (const socket of flood) socket.destroy();
});
