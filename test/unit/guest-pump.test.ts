/** The pump (guest/pump) against agents that lie, sockets that block, and the ends of those it lives by. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/base/index.ts';
import { descriptors, PumpRig, pidOf, token } from './guest-pump-rig.ts';

let rig: PumpRig;

beforeEach(async () => {
  rig = await PumpRig.start();
});
afterEach(() => rig.stop());

describe('an agent that lies', () => {
  it.each(['file', 'pipe', 'listening', 'datagrams', 'unix', 'six', 'nothing', 'with-error'])(
    'loses the connection and nothing else: %s',
    async (kind) => {
      const pump = await rig.pumpOf(kind);
      const before = descriptors(pump);
      for (let time = 0; time < 3; time++) {
        const { failure, bytesDown, bytesUp } = await (await rig.carry(pump)).done;
        expect({ failure, bytesDown, bytesUp }).toEqual({
          failure: 'the connection was dropped by the inside: its socket was not handed over',
          bytesDown: 0,
          bytesUp: 0,
        });
      }
      await vi.waitFor(() => expect(rig.far.every(({ socket }) => socket.destroyed)).toBe(true));
      expect(rig.far.map(({ got }) => got)).toEqual([0, 0, 0]);
      expect(descriptors(pump)).toBe(before);
    },
  );

  it.each(['two', 'flood', 'other-id', 'twice', 'long'])('loses all: %s', async (kind) => {
    const pump = await rig.pumpOf(kind);
    const { failure } = await (await rig.carry(pump)).done;
    expect(failure).toMatch(/what moved its bytes has ended/);
    await pump.ended;
    expect(rig.far.map(({ got }) => got)).toEqual([0]);
  });

  it('hands over a socket that leads nowhere: it ends at once', async () => {
    const pump = await rig.pumpOf('unconnected');
    const { failure } = await (await rig.carry(pump)).done;
    expect(failure).toMatch(/of the inside$/);
  });

  it('is waited for while it stands still, and cut at any time', { timeout: 20_000 }, async () => {
    const agent = await rig.agent('honest');
    const pump = rig.begin(agent);
    await pump.ready;
    process.kill(agent.pid, 'SIGSTOP');
    const [stays, cut] = [await rig.carry(pump), await rig.carry(pump)];
    rig.far[0]?.socket.end('there and back');
    await systemClock.sleep(3000);
    cut.cut();
    expect(await cut.done).toEqual({ bytesUp: 0, bytesDown: 0, isClean: false, failure: null });
    await systemClock.sleep(4000);
    process.kill(agent.pid, 'SIGCONT');
    expect(await stays.done).toEqual({ bytesUp: 14, bytesDown: 14, isClean: true, failure: null });
  });

  it('takes no greeting: the pump never gets ready, and is ended', { timeout: 15_000 }, async () => {
    const path = join(rig.directory, 'mute');
    const mute = createServer();
    await once(mute.listen(path), 'listening');
    const pump = rig.begin({ path });
    expect(await pump.ready).toBe(false);
    expect(await pump.ended).toBe(false);
    mute.close();
  });

  it('goes away like every agent does at the end: it is the inside that broke, and nobody’s fault', async () => {
    const agent = await rig.agent('honest');
    const pump = rig.begin(agent);
    await pump.ready;
    const carried = [await rig.carry(pump), await rig.carry(pump)];
    for (const { socket } of rig.far) socket.write('hello');
    await vi.waitFor(() => expect(rig.far.map(({ got }) => got)).toEqual([5, 5]));
    process.kill(agent.pid, 'SIGKILL');
    for (const { done } of carried) {
      expect(await done).toMatchObject({
        bytesUp: 5,
        bytesDown: 5,
        failure: expect.stringMatching(/ECONN\w+ of the inside$/),
      });
    }
    await pump.ended;
  });

  it('starts no process after another', async () => {
    const pump = rig.owner(await rig.agent('two'));
    const pids = new Set<number | undefined>();
    for (let time = 0; time < 10; time++) {
      await pump.use(async (process) => {
        pids.add(process.pid);
        expect((await (await rig.carry(process)).done).failure).toMatch(/\(holdfast-guest pump: the agent hands over/);
        await process.ended;
      });
    }
    expect(pids.size).toBeGreaterThan(0);
    expect(pids.size).toBeLessThanOrEqual(2);
  });
});

describe('a socket that its other holder makes block', () => {
  it.each(['blocks-reading', 'blocks-writing', 'blocks-one-way', 'blocks-with-timeout'])(
    'is let go of, and the next goes on: %s',
    async (kind) => {
      const pump = await rig.pumpOf(kind);
      const blocked = await rig.carry(pump);
      const [first] = rig.far;
      const fills = ['blocks-writing', 'blocks-one-way'].includes(kind);
      const filling = fills ? setInterval(() => first?.socket.write(Buffer.alloc(1 << 20)), 5) : null;
      const startedMs = performance.now();
      const end = await blocked.done;
      expect(performance.now() - startedMs).toBeLessThan(3000);
      if (filling) clearInterval(filling);
      expect(end.failure).toBe('the connection was dropped: its socket was made to block');
      const honest = await rig.carry(pump);
      await vi.waitFor(() => expect(rig.far).toHaveLength(2));
      rig.far[1]?.socket.end('there and back');
      expect(await honest.done).toMatchObject({ isClean: true, bytesUp: 14 });
      await vi.waitFor(() => expect(rig.far[1]?.got).toBe(14));
    },
  );
});

describe('the pump', () => {
  it('has no power, and only the calls it needs', async () => {
    const pump = await rig.pumpOf('honest');
    const status = readFileSync(`/proc/${pidOf(pump)}/status`, 'utf8');
    for (const line of [/^Seccomp:\t2$/m, /^NoNewPrivs:\t1$/m, /^CapEff:\t0+$/m, /^CapPrm:\t0+$/m]) {
      expect(status).toMatch(line);
    }
    expect(readFileSync(`/proc/${pidOf(pump)}/limits`, 'utf8')).toMatch(/^Max core file size +0 +0 /m);
  });

  it('ends with the daemon, whatever the gateway does', async () => {
    const daemon = rig.sleeper();
    const child = await rig.bare(process.pid, daemon.pid);
    expect((await once(child, 'message'))[0]).toEqual({ pump: 'ready' });
    daemon.kill('SIGKILL');
    expect((await once(child, 'exit'))[0]).toBe(0);
  });

  it('starts for nobody but the gateway that is its parent', async () => {
    const child = await rig.bare(1, process.pid);
    const [words] = child.stderr ? await once(child.stderr.setEncoding('utf8'), 'data') : [];
    expect(words).toMatch(/^holdfast-guest pump: cannot be confined 'No such process'\n/);
    expect(child.exitCode ?? (await once(child, 'exit'))[0]).toBe(64);
  });

  it('stands still while it does not hear from the gateway, and goes on', { timeout: 15_000 }, async () => {
    const daemon = rig.sleeper();
    const child = await rig.bare(process.pid, daemon.pid);
    await once(child, 'message');
    child.send(`open 1 ${token}`, await rig.outside());
    child.send('up 1');
    const ticks = setInterval(() => rig.far[0]?.socket.write('x'), 10);
    await vi.waitFor(() => expect(rig.far[0]?.got).toBeGreaterThan(10));
    await systemClock.sleep(2500);
    const stood = rig.far[0]?.got ?? 0;
    await systemClock.sleep(500);
    expect(rig.far[0]?.got).toBe(stood);
    child.send('beat');
    await vi.waitFor(() => expect(rig.far[0]?.got).toBeGreaterThan(stood + 20));
    clearInterval(ticks);
  });

  it('is ended when it does not answer a cut', { timeout: 15_000 }, async () => {
    const pump = await rig.pumpOf('honest');
    const carried = await rig.carry(pump);
    await vi.waitFor(() => expect(rig.far).toHaveLength(1));
    rig.far[0]?.socket.write('x');
    await vi.waitFor(() => expect(rig.far[0]?.got).toBe(1));
    process.kill(pidOf(pump), 'SIGSTOP');
    carried.cut();
    expect((await carried.done).failure).toMatch(/has ended/);
  });

  it('takes no call that a signal ended early for one that blocks', { timeout: 20_000 }, async () => {
    const pump = await rig.pumpOf('honest');
    const carried = await rig.carry(pump);
    await vi.waitFor(() => expect(rig.far).toHaveLength(1));
    const pid = pidOf(pump);
    let signals = setImmediate(function next() {
      signals = setImmediate(next);
      process.kill(pid, 'SIGALRM');
    });
    void carried.done.then(() => clearImmediate(signals));
    const bytes = 256 * 1024 * 1024;
    const piece = Buffer.alloc(1024 * 1024);
    const [one] = rig.far;
    for (let sent = 0; sent < bytes; sent += piece.length) {
      if (one?.socket.write(piece) === false) await once(one.socket, 'drain');
    }
    await vi.waitFor(() => expect(rig.far[0]?.got).toBe(bytes), { timeout: 15_000 });
    one?.socket.end();
    expect(await carried.done).toEqual({ bytesUp: bytes, bytesDown: bytes, isClean: true, failure: null });
  });

  it('cuts one and leaves the others', async () => {
    const pump = await rig.pumpOf('honest');
    const [one, two] = [await rig.carry(pump), await rig.carry(pump)];
    await vi.waitFor(() => expect(rig.far).toHaveLength(2));
    for (const { socket } of rig.far) socket.write('hello');
    await vi.waitFor(() => expect(rig.far.map(({ got }) => got)).toEqual([5, 5]));
    one.cut();
    expect(await one.done).toEqual({ bytesUp: 5, bytesDown: 5, isClean: false, failure: null });
    rig.far[1]?.socket.end(' and bye');
    expect(await two.done).toEqual({ bytesUp: 13, bytesDown: 13, isClean: true, failure: null });
  });
});
