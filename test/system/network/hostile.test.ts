/** Root inside does its worst: nothing leaves, its neighbour hardly notices, the gateway lives and stays small. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Box } from '../../../src/client/index.ts';
import type { NetworkPolicyInput } from '../../../src/schema/index.ts';
import { sh, status, until } from '../../fixtures/network/holding.ts';
import { type Inside, openInside } from '../../fixtures/network/inside.ts';
import { openWorld, type World, worldMissing } from '../../fixtures/network/world.ts';

const policy: NetworkPolicyInput = { allow: [{ host: 'friend.test', paths: ['/**'] }, { host: '*.friend.test' }] };
const flood = readFileSync(join(import.meta.dirname, '../../fixtures/network/flood.py'), 'utf8');
const hoard = readFileSync(join(import.meta.dirname, '../../fixtures/network/hoard.py'), 'utf8');
/** 10,000 connections and as many questions. */
const floods = 10_000;
const ok = 'https://friend.test/ok';

describe.skipIf(worldMissing() !== null)('root inside', { timeout: 180_000 }, () => {
  let world: World;
  let inside: Inside;
  let root: Box;
  let neighbour: Box;
  beforeAll(async () => {
    world = await openWorld();
    inside = await openInside(world);
    root = await inside.boxes.create({ network: policy, user: 'root', limits: { cpus: 0.5 } });
    neighbour = await inside.boxes.create({ network: policy });
  });
  afterAll(async () => {
    await inside?.[Symbol.asyncDispose]();
    await world?.[Symbol.asyncDispose]();
  });

  it('floods, and neither the gateway nor its neighbour falls', async () => {
    const alone = await latencies(neighbour);
    const gateway = inside.gatewayPid();
    const flooding = sh(root, `timeout 60 python3 -c ${quoted(flood)} ${floods}`, 90_000);
    const beside: number[] = [];
    let isOver = false;
    void flooding.finally(() => {
      isOver = true;
    });
    while (!isOver) beside.push(...(await latencies(neighbour)));
    const told = await flooding;
    const [p99Alone, p99Beside] = [p99(alone), p99(beside)];
    expect(told).toContain('flooded');
    expect(p99Beside, `${p99Alone} ms alone, ${p99Beside} ms beside, of ${beside.length}`).toBeLessThan(
      Math.max(10 * p99Alone, 250),
    );
    expect(inside.gatewayPid()).toBe(gateway);
    expect(residentMiB(gateway ?? 0)).toBeLessThan(400);
    expect(residentMiB(inside.daemonPid())).toBeLessThan(400);
    expect(world.canary.packets()).toBe(0);
    await until(async () => (await status(root, ok)) === '200', 'its own network works again', 30_000);
    expect(await status(neighbour, ok)).toBe('200');
  });

  it('holds bodies by the hundred, and the gateway keeps no more than its share of them', async () => {
    const open: NetworkPolicyInput = { allow: [{ host: 'friend.test', protocol: 'http', paths: ['/**'] }] };
    const taping = await inside.boxes.create({ network: { ...open, tape: { mode: 'record', name: 'hoarded' } } });
    expect(await status(taping, 'http://friend.test/ok', '-d body')).toBe('200');
    await taping.destroy();
    const tape = (await inside.service.listTapes()).find(({ name }) => name === 'hoarded')?.id ?? '';
    await using hoarder = await inside.boxes.create({
      network: { ...open, tape: { mode: 'replay', tape } },
      user: 'root',
    });
    const gateway = inside.gatewayPid() ?? 0;
    const { processId } = await hoarder.start(['python3', '-c', hoard, '400', '3']);
    let said = '';
    const { output } = await hoarder.attach(processId);
    const reading = (async () => {
      for await (const { data } of output) said += Buffer.from(data).toString();
    })();
    reading.catch(() => undefined);
    await until(() => said.includes('limited'), 'all are under way', 120_000);
    const [, underWay, limited] = /under way (\d+) limited (\d+)/.exec(said)?.map(Number) ?? [];
    expect(underWay).toBeGreaterThan(10);
    expect(limited).toBeGreaterThan(300);
    expect(inside.gatewayPid()).toBe(gateway);
    expect(residentMiB(gateway)).toBeLessThan(400);
    expect(await status(neighbour, ok)).toBe('200');
    await hoarder.signal(processId, 'SIGKILL');
    await until(async () => (await status(hoarder, 'http://friend.test/ok', '-d body')) === '200', 'it may again');
  });

  it('finds no private key, not even its own authority’s', async () => {
    expect(await status(root, ok)).toBe('200');
    // Spelled so that the search does not find itself; /usr is the machine's.
    const files = "grep -rlsaE 'PRIVATE[ ]KEY' /etc /home /root /run /tmp /var /workspace /opt /srv";
    const processes = "cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | grep -caE 'PRIVATE[ ]KEY'";
    expect(await sh(root, `${files}; ${processes}`)).toBe('0');
    expect(await sh(root, `echo '-----BEGIN PRIV''ATE KEY' > /tmp/planted; ${files}`)).toBe('/tmp/planted');
    expect(await sh(root, `WORD='PRIV''ATE KEY' sh -c "${processes}"`)).toMatch(/^[1-9]/);
  });

  it('takes the place of what the gateway listens on, and reaches nobody', async () => {
    const gateway = inside.gatewayPid() ?? 0;
    const impostor = `
import socket, time
while True:
    for address, port in [("127.0.0.1", 3128), ("127.0.0.1", 1080), ("0.0.0.0", 443)]:
        try:
            server = socket.socket()
            server.bind((address, port))
            server.listen()
            print("bound", port, flush=True)
            globals()[f"kept{port}"] = server
        except OSError:
            pass
    time.sleep(0.001)`;
    const { processId } = await root.start(['python3', '-c', impostor]);
    process.kill(gateway, 'SIGKILL');
    await until(() => inside.gatewayPid() !== null && inside.gatewayPid() !== gateway, 'there is another');
    expect(await status(root, 'https://canary.test/')).toBe('000');
    expect(world.canary.packets()).toBe(0);
    await until(async () => (await status(neighbour, ok)) === '200', 'its neighbour works');
    // It only took its own network from itself, and gets it back.
    await root.signal(processId, 'SIGKILL');
    await until(async () => (await status(root, ok)) === '200', 'it works again', 20_000);
  });

  it('ends everything it can, and is alone', async () => {
    const before = world.friend.arrivals.length;
    await sh(
      root,
      'kill -9 -1; rm -rf /run/holdfast/trust/*; mount -t tmpfs x /run; umount /run; echo nameserver 44.214.7.2 > /etc/resolv.conf',
    ).catch(() => undefined);
    expect(await sh(root, 'echo alive')).toBe('alive');
    const answers = await Promise.all(
      ['http://44.214.7.2/', 'http://canary.test/', 'http://10.9.8.7/'].map((url) =>
        status(root, url, "--noproxy '*' -m 3"),
      ),
    );
    expect(answers.filter((answer) => answer !== '000')).toEqual([]);
    expect(world.canary.packets()).toBe(0);
    expect(world.friend.arrivals.length).toBe(before);
    expect(await status(neighbour, ok)).toBe('200');
  });
});

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** Of twenty requests, one after the other, as curl measures them. */
async function latencies(box: Box): Promise<number[]> {
  const one = `curl -s -m 20 -o /dev/null -w '%{http_code} %{time_total}\\n' ${ok}`;
  const lines = (await sh(box, `for i in $(seq 20); do ${one}; done`, 120_000)).split('\n');
  expect(lines.filter((line) => !line.startsWith('200'))).toEqual([]);
  return lines.map((line) => Number(line.split(' ')[1]) * 1000);
}

function p99(values: number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length * 0.99)] ?? 0;
}

function residentMiB(pid: number): number {
  return Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}
