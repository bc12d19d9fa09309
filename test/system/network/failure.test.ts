/**
 * The gateway and the daemon are killed while bytes pass: none leaves afterwards, what is inside sees it, and what comes
 * back holds what was held before. `HOLDFAST_CRASHES=200` is the soak; the usual run is kept short.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Box } from '../../../src/client/index.ts';
import { openTapeStore } from '../../../src/network/tape/store.ts';
import type { HoldfastEvent, NetworkPolicyInput, TapeInfo } from '../../../src/schema/index.ts';
import { openJournal } from '../../../src/state/index.ts';
import { type Held, hold, sh, status, until } from '../../fixtures/network/holding.ts';
import { type Inside, openInside } from '../../fixtures/network/inside.ts';
import { openWorld, type World, worldMissing } from '../../fixtures/network/world.ts';

const kills = Number(process.env['HOLDFAST_CRASHES'] ?? 20);
/** Bytes a dead process had already given to its kernel, and the ends of its connections. */
const drainedMs = 100;

const policy: NetworkPolicyInput = {
  allow: [
    {
      host: 'friend.test',
      paths: ['/**'],
      credentials: [{ secret: 'kept', position: { kind: 'header', name: 'authorization' } }],
    },
    { host: '*.friend.test' },
    { host: 'friend.test', protocol: 'tcp', ports: [9418] },
  ],
  secrets: [{ secret: 'kept', environment: 'KEPT' }],
};
const ok = 'https://friend.test/ok';

describe.skipIf(worldMissing() !== null)('when the network fails', { timeout: 180_000 }, () => {
  let world: World;
  let inside: Inside;
  let box: Box;
  /** Of the first daemon. */
  const events: HoldfastEvent[] = [];
  beforeAll(async () => {
    world = await openWorld();
    inside = await openInside(world, ['--log-level', 'info']);
    void followed();
    await inside.service.putSecret('kept', Buffer.from('a-kept-secret-value'));
    box = await inside.boxes.create({ network: { ...policy, tape: { mode: 'record' } }, lifetimeMs: 3_600_000 });
  });
  afterAll(async () => {
    expect(world?.canary.packets()).toBe(0);
    await inside?.[Symbol.asyncDispose]();
    await world?.[Symbol.asyncDispose]();
  });

  it('passes nothing after the gateway was killed, until the next one allows it', async () => {
    for (let round = 0; round < 3; round++) {
      const held = await traffic(box);
      const before = gateway();
      process.kill(before, 'SIGKILL');
      const killedMs = Date.now();
      await until(() => inside.gatewayPid() !== null && inside.gatewayPid() !== before, 'there is another');
      expect(quietBetween(killedMs + drainedMs, Date.now() - 10), 'bytes of nobody').toEqual([]);
      for (const one of held) expect(await one.broken()).toMatch(/^broken/);
      await works();
    }
    expect(events.map(({ type }) => type)).toEqual([
      'gateway-up',
      ...Array(3).fill(['gateway-down', 'gateway-up']).flat(),
    ]);
    await tapesAreWhole();
  });

  it('replaces a gateway that hangs', async () => {
    const held = await traffic(box);
    const before = gateway();
    process.kill(before, 'SIGSTOP');
    const stoppedMs = Date.now();
    await sleep(1000);
    expect(quietBetween(stoppedMs + drainedMs, Date.now())).toEqual([]);
    await until(() => inside.gatewayPid() !== before, 'it was ended', 40_000);
    for (const one of held) expect(await one.broken()).toMatch(/^broken/);
    await works();
    expect(events.findLast(({ type }) => type === 'gateway-down')?.data['reason']).toMatch(/did not answer/);
  });

  it('passes nothing after the daemon was killed, and takes its sandboxes up again', async () => {
    const held = await traffic(box);
    const mark = 'sha256sum < /run/holdfast/trust/ca.crt; echo $KEPT';
    const [before, old] = [await sh(box, mark), gateway()];
    const { expiresAt, network } = await box.refresh();
    await inside.kill();
    const killedMs = Date.now();
    await until(() => hasEnded(old), 'the gateway ends with it');
    expect(Date.now() - killedMs).toBeLessThan(1000);
    await sleep(drainedMs);
    const packets = world.friend.packets();
    await sleep(1500);
    expect(world.friend.packets()).toBe(packets);
    expect(quietBetween(killedMs + drainedMs, Date.now())).toEqual([]);
    await inside.start();
    await works();
    for (const one of held) expect(one.said()).not.toBe('');
    expect(await sh(box, mark)).toBe(before);
    expect(await sh(box, `curl -s -H "Authorization: Bearer $KEPT" https://friend.test/echo`)).toContain('Bearer hfs_');
    expect(heard('Bearer a-kept-secret-value')).toBe(true);
    expect(await box.refresh()).toMatchObject({ expiresAt, network, state: 'ready' });
    await tapesAreWhole();
  });

  it('says that a sandbox has no network whose secrets cannot be read, and gives it back when they can', async () => {
    const [key, away] = [join(inside.home, 'secrets.key'), join(inside.home, 'secrets.key.away')];
    await inside.kill();
    renameSync(key, away);
    writeFileSync(key, 'no key');
    await inside.start();
    // What was told before anybody listened is seen in the sandbox itself.
    const told: string[] = [];
    const listening = async (): Promise<void> => {
      for await (const { type } of inside.service.events({ sandbox: box.id })) told.push(type);
    };
    void listening().catch(() => undefined);
    try {
      await until(async () => (await box.refresh()).networkProblem !== undefined, 'it says so');
      expect(await status(box, ok)).toBe('000');
    } finally {
      renameSync(away, key);
    }
    await works();
    expect((await box.refresh()).networkProblem).toBeUndefined();
    await until(() => told.includes('network-up'), 'it is told');
  });

  it('has on a tape what was told to be on it before the gateway was killed', async () => {
    await using taped = await inside.boxes.create({ network: { ...policy, tape: { mode: 'record', name: 'killed' } } });
    const asking =
      'i=0; while :; do i=$((i + 1)); curl -sf -o /dev/null "https://friend.test/ok?n=$i" && echo $i; done';
    const { processId } = await taped.start(['sh', '-c', asking]);
    const { output } = await taped.attach(processId);
    const answered: { text: string; atMs: number }[] = [];
    void (async () => {
      for await (const { data } of output) answered.push({ text: Buffer.from(data).toString(), atMs: Date.now() });
    })().catch(() => undefined);
    const killed = async (): Promise<TapeInfo | undefined> =>
      (await inside.service.listTapes()).find(({ name }) => name === 'killed');
    await until(async () => ((await killed())?.exchanges ?? 0) >= 10, 'some are on the tape');
    const { id = '', exchanges = 0 } = (await killed()) ?? {};
    const before = gateway();
    process.kill(before, 'SIGKILL');
    const killedMs = Date.now();
    await until(() => inside.gatewayPid() !== null && inside.gatewayPid() !== before, 'there is another');
    await taped.signal(processId, 'SIGKILL', { tree: true });
    const told = (until: number): number =>
      answered.filter(({ atMs }) => atMs < until).flatMap(({ text }) => text.trim().split('\n')).length;
    // It takes a tenth of a second; a busy machine is given twenty.
    expect(exchanges).toBeGreaterThanOrEqual(told(killedMs - 2000));
    const numbers = Array.from({ length: exchanges }, (_, at) => at + 1);
    expect((await asked(id)).slice(0, exchanges)).toEqual(numbers);
    await inside.kill();
    await inside.start();
    expect((await asked(id)).slice(0, exchanges)).toEqual(numbers);
    await works();
  });

  it(`survives ${kills} kills at any moment`, { timeout: 60_000 + kills * 15_000 }, async () => {
    for (let kill = 0; kill < kills; kill++) {
      const busy = await box.start(['sh', '-c', everyKind]);
      await sleep((kill * 137) % 700);
      const creating = inside.boxes.create({ network: policy }).catch(() => null);
      await sleep((kill * 53) % 300);
      const gatewayPid = inside.gatewayPid();
      if (kill % 3 === 0) {
        await inside.kill();
        await inside.start();
      } else if (gatewayPid !== null) process.kill(gatewayPid, 'SIGKILL');
      const made = await creating;
      await works();
      if (made) {
        await until(async () => (await status(made, ok)) === '200', 'the new one works', 20_000);
        await inside.service.destroySandbox(made.id);
      }
      await box.signal(busy.processId, 'SIGKILL', { tree: true }).catch(() => undefined);
    }
    await tapesAreWhole();
    const { items } = await inside.service.listSandboxes({ state: 'ready', limit: 1000 });
    for (const { id } of items.filter((item) => item.id !== box.id)) await inside.service.destroySandbox(id);
    await inside.kill();
    const journal = await openJournal({ home: inside.home });
    expect((await journal.verify()).entries).toBeGreaterThan(0);
    await journal.close();
    await inside.start();
    await works();
  });

  async function followed(): Promise<void> {
    try {
      for await (const event of inside.service.events({ types: ['gateway-down', 'gateway-up'] })) events.push(event);
    } catch {
      // The daemon was killed.
    }
  }

  it('N10: makes no sandbox whose gateway does not live', async () => {
    const { items: before } = await inside.service.listSandboxes({ limit: 1000 });
    let isOver = false;
    const killing = (async () => {
      for (; !isOver; await sleep(5)) {
        const pid = inside.gatewayPid();
        if (pid !== null) process.kill(pid, 'SIGKILL');
      }
    })();
    try {
      await expect(inside.boxes.create({ network: policy })).rejects.toMatchObject({ code: 'busy' });
      expect(await sh(box, 'echo alive')).toBe('alive');
      await expect(inside.service.setNetwork(box.id, { allow: [] })).rejects.toMatchObject({ code: 'busy' });
    } finally {
      isOver = true;
      await killing;
    }
    const { items: after } = await inside.service.listSandboxes({ limit: 1000 });
    expect(after.map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    // What could not be enforced was not changed.
    await works();
  });

  const gateway = (): number => {
    const pid = inside.gatewayPid();
    if (pid === null) throw new Error('there is no gateway');
    return pid;
  };

  /** What reached the friend in between, but for names looked up by nobody inside. */
  const quietBetween = (fromMs: number, toMs: number): string[] =>
    world.friend.arrivals.filter(({ atMs }) => atMs > fromMs && atMs < toMs).map(({ kind, what }) => `${kind} ${what}`);

  const heard = (text: string): boolean => JSON.stringify(world.friend.arrivals).includes(text);

  async function works(): Promise<void> {
    await until(async () => (await status(box, ok)) === '200', 'requests work again', 30_000);
    expect(await status(box, 'https://a.friend.test/ok', "--noproxy '*'")).toBe('200');
    expect(await status(box, 'https://canary.test/')).toBe('000');
  }

  /** The numbers that the requests on a tape have, in its order. */
  async function asked(tape: string): Promise<number[]> {
    let har = '';
    for await (const piece of await inside.service.exportTape(tape)) har += Buffer.from(piece).toString();
    return [...har.matchAll(/"url": ?"[^"]*\?n=(\d+)"/g)].map(([, number]) => Number(number));
  }

  async function tapesAreWhole(): Promise<void> {
    const tapes = await inside.service.listTapes();
    expect(tapes.length).toBeGreaterThan(0);
    const store = await openTapeStore({ home: inside.home });
    for (const { id, open } of tapes) if (!open) expect((await store.verify('default', id)).tornBytes, id).toBe(0);
    // What was asked last is written by a thread of its own, after the answer.
    await until(async () => (await inside.service.listTapes()).some(({ exchanges }) => exchanges > 0), 'one is taped');
  }
});

/** Whoever takes its place as a parent may be slow to ask for its status. */
function hasEnded(pid: number): boolean {
  try {
    return /^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return true;
  }
}

const everyKind = `
i=0
while :; do
  i=$((i + 1))
  curl -s -m 2 -o /dev/null https://friend.test/bytes/100000 &
  curl -s -m 2 -o /dev/null -d body=$i https://friend.test/echo &
  curl -s -m 2 -o /dev/null --noproxy '*' https://a$i.friend.test/ok &
  getent hosts b$i.friend.test b$i.canary.test &
  wait
done`;

/** Of every kind, all alive. */
async function traffic(box: Box): Promise<Held[]> {
  const held = await Promise.all([
    hold(box, 'ticks', ['a.friend.test', 443, '/ticks']),
    hold(box, 'ticks', ['friend.test', 443, '/ticks']),
    hold(box, 'upload', ['friend.test', 443, '/upload']),
    hold(box, 'socket', ['friend.test', 443, '/live']),
    hold(box, 'tcp', ['friend.test', 9418]),
  ]);
  for (const one of held) expect(await one.beats(), one.said()).toBe(true);
  return held;
}
