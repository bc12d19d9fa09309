/** What comes before the end of a pumped connection, and what of it is left when that end is a bad one. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/base/index.ts';
import type { Pumped } from '../../src/network/gateway/pump-process.ts';
import { canLock, descriptors, PumpRig, pidOf, token } from './guest-pump-rig.ts';

let rig: PumpRig;

beforeEach(async () => {
  rig = await PumpRig.start();
});
afterEach(() => rig.stop());

describe('a pumped connection', () => {
  it('gives the program what the server answered right before it reset an upload', { timeout: 60_000 }, async () => {
    const answer = 48 * 1024;
    const agent = await rig.agent('pours');
    const pump = rig.begin(agent);
    await pump.ready;
    for (let round = 0; round < 50; round++) {
      const carried = await rig.carry(pump);
      const { socket } = rig.far[round] ?? {};
      let got = 0;
      socket?.on('data', ({ length }) => {
        const before = got;
        got += length;
        if (before >= 1e6 || got < 1e6) return;
        socket.pause();
        socket.write(Buffer.alloc(answer), () => socket.resetAndDestroy());
      });
      expect(await agent.says()).toBe(`${answer}`);
      expect(await carried.done).toMatchObject({
        bytesDown: answer,
        failure: expect.stringMatching(/of the outside$/),
      });
      expect(await agent.says()).toBe('pours');
    }
  });

  it('ends for a reset when nobody takes what came before it', { timeout: 20_000 }, async () => {
    const pump = await rig.pumpOf('deaf');
    const carried = await rig.carry(pump);
    const [one] = rig.far;
    one?.socket.write(Buffer.alloc(64 << 20));
    for (let stood = 0; stood === 0 || stood !== carried.bytes; ) {
      stood = carried.bytes;
      await systemClock.sleep(500);
    }
    expect(carried.bytes).toBeGreaterThan(0);
    one?.socket.resetAndDestroy();
    const startedMs = performance.now();
    expect((await carried.done).failure).toBe('the connection broke: ECONNRESET of the outside');
    expect(performance.now() - startedMs).toBeLessThan(8000);
  });

  it('takes no reset for an end that was told to the gateway while that still sent', async () => {
    const agent = await rig.agent('takes');
    const pump = rig.begin(agent);
    await pump.ready;
    const socket = await rig.outside();
    const carried = pump.carry(socket, token);
    expect(await agent.says()).toBe('takes');
    rig.far[0]?.socket.write('hello');
    await vi.waitFor(() => expect(carried.bytes).toBe(5));
    process.kill(pidOf(pump), 'SIGSTOP');
    rig.far[0]?.socket.resetAndDestroy();
    const broke = once(socket, 'error');
    socket.write('x');
    expect((await broke)[0]).toMatchObject({ code: 'ECONNRESET' });
    process.kill(pidOf(pump), 'SIGCONT');
    // Longer than it takes to look.
    await systemClock.sleep(300);
    carried.lose(constants.errno.ECONNRESET);
    expect(await agent.says()).toBe('5 ECONNRESET');
    expect((await carried.done).failure).toBe('the connection broke: ECONNRESET of the outside');
  });

  it('brings an upload to its end when the program had hung up before the answer', async () => {
    const agent = await rig.agent('uploads');
    const pump = rig.begin(agent);
    await pump.ready;
    const carried = await rig.carry(pump);
    const [one] = rig.far;
    const end = one && once(one.socket.pause(), 'end');
    const reading = setInterval(() => one?.socket.read(Math.min(65_536, one.socket.readableLength)), 5);
    expect(await agent.says()).toBe('uploads');
    one?.socket.write('x');
    await end;
    clearInterval(reading);
    expect(one?.got).toBe(4 << 20);
    expect(await carried.done).toEqual({ bytesUp: 4 << 20, bytesDown: 1, isClean: false, failure: null });
  });

  it('says that an upload was reset after the program had hung up', async () => {
    const [agent, peer] = [await rig.agent('uploads'), await rig.peer('takes-most')];
    const pump = rig.begin(agent);
    await pump.ready;
    const carried = await rig.carry(pump, peer.port);
    expect(await agent.says()).toBe('uploads');
    // It answers; then it resets.
    peer.goOn();
    expect(await agent.says()).toBe('hung up');
    peer.goOn();
    const { failure, isClean } = await carried.done;
    expect({ failure, isClean }).toEqual({
      failure: 'the connection broke: ECONNRESET of the outside',
      isClean: false,
    });
  });

  it('passes urgent data as recv does, both ways, and takes no mark for an end', async () => {
    const [agent, peer] = [await rig.agent('urgent'), await rig.peer('urgent')];
    const pump = rig.begin(agent);
    await pump.ready;
    const carried = await rig.carry(pump, peer.port);
    expect(await Promise.all([agent.says(), peer.says()])).toEqual([
      '1000000 1000000 2000000',
      '1000000 1000000 2000000',
    ]);
    expect(await carried.done).toEqual({ bytesUp: 2_000_000, bytesDown: 2_000_000, isClean: true, failure: null });
  });

  it('owns no pipe while it rests', async () => {
    const pump = await rig.pumpOf('honest');
    const before = descriptors(pump);
    for (let one = 0; one < 10; one++) {
      await rig.carry(pump);
      rig.far[one]?.socket.write('hello');
    }
    await vi.waitFor(() => expect(rig.far.map(({ got }) => got)).toEqual(Array.from({ length: 10 }, () => 5)));
    expect(descriptors(pump)).toBe(before + 20);
  });

  it('is cut at once, whatever the other connections make the pump wait for', { timeout: 30_000 }, async () => {
    const agent = await rig.agent('all-at-once');
    const pump = rig.begin(agent);
    await pump.ready;
    const pouring: Pumped[] = [];
    for (let one = 0; one < 8; one++) pouring.push(await rig.carry(pump));
    const far = rig.far.slice();
    const filling = setInterval(() => far.map(({ socket }) => socket.write(Buffer.alloc(65_536))), 5);
    await vi.waitFor(() => expect(pouring.every(({ bytes }) => bytes > 1e6)).toBe(true), { timeout: 5000 });
    const longestMs = async (cuts: Pumped[]): Promise<number> => {
      let longest = 0;
      for (const { cut, done } of cuts) {
        await systemClock.sleep(100);
        const startedMs = performance.now();
        cut();
        await done;
        longest = Math.max(longest, performance.now() - startedMs);
      }
      return longest;
    };
    const aloneMs = await longestMs(pouring.splice(0, 4));
    for (let one = 0; one < 28; one++) await rig.carry(pump);
    expect(await agent.says()).toBe('now');
    const blockedMs = await longestMs(pouring);
    clearInterval(filling);
    // A whole round of the others would take 560.
    expect(blockedMs - aloneMs).toBeLessThan(300);
  });
});

describe('the pump', () => {
  it.each([
    ['sendto', 'nowhere', null],
    ['sendto', 'address', 'SIGSYS'],
    ['sendto', 'high half', 'SIGSYS'],
    ['sendto', 'length', 'SIGSYS'],
    ['write', 'one byte', null],
    ['write', 'two bytes', 'SIGSYS'],
    ['setsockopt', 'linger', null],
    ['setsockopt', 'buffer', 'SIGSYS'],
    ['setsockopt', 'TCP', 'SIGSYS'],
    ['getsockopt', 'error', null],
    ['getsockopt', 'TCP', 'SIGSYS'],
    ['fcntl', 'size', null],
    ['fcntl', 'flags', 'SIGSYS'],
    ['connect', 'anywhere', 'SIGSYS'],
    ['openat', 'anything', 'SIGSYS'],
  ])('may call %s with %s, or ends: %s', async (call, how, signal) => {
    expect(await rig.confined(call, how)).toBe(signal ?? 0);
  });

  it.skipIf(!canLock)(
    'is over when it was killed, whatever it waits for in the kernel (skipped where userfaultfd is not permitted)',
    async () => {
      const agent = await rig.agent('locked');
      const pump = rig.owner(agent);
      let pid = 0;
      await pump.use(async (started) => {
        pid = pidOf(started);
        const carried = await rig.carry(started);
        const startedMs = performance.now();
        await vi.waitFor(
          () => {
            rig.far[0]?.socket.write('x');
            expect(readFileSync(`/proc/${pid}/stat`, 'utf8')).toMatch(/\) D /);
          },
          { timeout: 5000 },
        );
        carried.cut();
        expect((await carried.done).failure).toMatch(/what moved its bytes has ended/);
        expect(performance.now() - startedMs).toBeLessThan(2000);
      });
      // It is still there, but no more of it than the kernel has under way.
      expect(readFileSync(`/proc/${pid}/status`, 'utf8')).toMatch(/^SigPnd:\t[0-9a-f]*[13579bdf][0-9a-f]{2}$/m);
      // Nor are there more and more of them.
      void pump.use(() => Promise.resolve());
      expect(pump.pid).toBeUndefined();
      process.kill(agent.pid, 'SIGKILL');
      await vi.waitFor(() => {
        void pump.use(() => Promise.resolve());
        expect(pump.pid).toBeDefined();
      });
      const closedMs = performance.now();
      await pump.close();
      expect(performance.now() - closedMs).toBeLessThan(3000);
    },
  );

  it.skipIf(!canLock)(
    'keeps nobody waiting who closes it meanwhile (skipped where userfaultfd is not permitted)',
    async () => {
      const pump = rig.owner(await rig.agent('locked'));
      const over = pump.use(async (started) => {
        await (await rig.carry(started)).done;
      });
      await vi.waitFor(() => expect(pump.pid).toBeDefined());
      await vi.waitFor(
        () => {
          rig.far[0]?.socket.write('x');
          expect(readFileSync(`/proc/${pump.pid}/stat`, 'utf8')).toMatch(/\) D /);
        },
        { timeout: 5000 },
      );
      const closedMs = performance.now();
      await pump.close();
      await over;
      expect(performance.now() - closedMs).toBeLessThan(3000);
    },
  );

  it.skipIf(!canLock)(
    'resets the outside of what is cut before it waits for the inside (skipped where userfaultfd is not permitted)',
    async () => {
      const agent = await rig.agent('locked-when-full');
      const pump = rig.begin(agent);
      await pump.ready;
      const carried = await rig.carry(pump);
      const [one] = rig.far;
      one?.socket.pause();
      expect(await agent.says()).toBe('locked-when-full');
      expect(await agent.says()).toBe('full');
      expect(readFileSync(`/proc/${pidOf(pump)}/stat`, 'utf8')).not.toMatch(/\) D /);
      const before = carried.bytes;
      carried.cut();
      expect((await carried.done).failure).toMatch(/what moved its bytes has ended/);
      expect(readFileSync(`/proc/${pidOf(pump)}/stat`, 'utf8')).toMatch(/\) D /);
      // What lies in the far end's kernel is read; all that was still here is not sent.
      const [error] = one ? await once(one.socket.resume(), 'error') : [];
      expect(error).toMatchObject({ code: 'ECONNRESET' });
      expect(one?.got).toBeGreaterThan(0);
      expect(one?.got).toBeLessThan(before - 1e6);
    },
  );

  it('does not start where there is no room for a process, or no pipe of use; tunnels are carried as before', async () => {
    const agent = await rig.agent('honest');
    let carried = 0;
    // Longer than the words of a program may be: that does not even begin.
    await rig.owner({ path: `${agent.path}${'x'.repeat(3 << 20)}` }).use(() => Promise.resolve(void carried++));
    const enough = rig.begin(agent);
    expect(await enough.ready).toBe(true);
    enough.stop();
    await enough.ended;
    await rig.peer('pipes');
    expect(await rig.begin(agent).ready).toBe(false);
    await rig.owner(agent).use(() => Promise.resolve(void carried++));
    expect(carried).toBe(0);
  });

  it.each([
    'no JSON',
    '{"pump":"ended","id":1,"up":0,"down":0,"why":"inside","errno":0}',
    '{"pump":"ended","id":1,"up":0,"down":0,"why":"outside","errno":5000}',
    '{"pump":"ended","id":1,"up":0,"down":0,"why":"cut","errno":104}',
    '{"pump":"moved","id":1,"up":-1,"down":0}',
  ])('is ended for what it must not say: %s', async (line) => {
    const pump = rig.liar(line);
    expect(await pump.ready).toBe(true);
    const carried = await rig.carry(pump);
    expect((await carried.done).failure).toMatch(/what moved its bytes has ended/);
    expect(await pump.ended).toBe(false);
  });

  it.each([
    ['refused', 0, 'the connection was dropped by the inside: its socket was not handed over', 'inside'],
    ['here', 24, 'the connection was dropped here: no room for it to be moved (EMFILE)', undefined],
    ['inside', 104, 'the connection broke: ECONNRESET of the inside', 'inside'],
    ['outside', 104, 'the connection broke: ECONNRESET of the outside', 'outside'],
    ['outside', 32, null, undefined],
  ])('says whose doing it was: %s %i', async (why, errno, failure, endedBy) => {
    const pump = rig.liar(`{"pump":"ended","id":1,"up":1,"down":2,"why":"${why}","errno":${errno}}`);
    expect(await pump.ready).toBe(true);
    const carried = await rig.carry(pump);
    expect(await carried.done).toEqual({ bytesUp: 1, bytesDown: 2, isClean: false, failure, endedBy });
  });

  it('takes no more connections than it has room for, and says so', async () => {
    const pump = await rig.pumpOf('silent');
    for (let one = 0; one < 32; one++) await rig.carry(pump);
    expect((await (await rig.carry(pump)).done).failure).toMatch(/dropped here.*EMFILE/);
  });

  it('takes no socket for a line that it did not come with', async () => {
    const open = (id: number): string => `open ${id} ${token}`;
    const handle = (id: number): string => `{"cmd":"NODE_HANDLE","type":"net.Socket","msg":"${open(id)}"}`;
    const { told, status } = await rig.gateway([`"${open(1)}"`, `${handle(2)} SOCKET`, '"up 2"', '"cut 2"']);
    expect(told).toContainEqual({ pump: 'ended', id: 1, up: 0, down: 0, why: 'here', errno: 9 });
    expect(told).toContainEqual({ pump: 'ended', id: 2, up: 0, down: 0, why: 'cut', errno: 0 });
    expect(status).toBe(0);
    for (const lines of [[handle(1)], ['"beat" SOCKET'], [`"${open(1)}" SOCKET`], ['"other 1"'], ['"lost 1 x"']]) {
      expect((await rig.gateway(lines)).status).toBe(1);
    }
  });
});
