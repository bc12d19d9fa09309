/** Machines with their memory: many from one, forked while they run, put away and taken up, and what must not be shared. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { whyNoMachines } from '../fixtures/machines.ts';
import { type Box, MachineBench } from './machine-bench.ts';

const missing = await whyNoMachines('microvm');
const slow = 240_000;

describe.skipIf(missing !== null)(
  `machines with their memory${missing === null ? '' : ` (skipped: ${missing})`}`,
  () => {
    let bench: MachineBench;
    beforeAll(async () => {
      bench = await MachineBench.open();
    }, slow);
    afterAll(async () => {
      const home = bench.home;
      await bench[Symbol.asyncDispose]();
      expect(spawnSync('pgrep', ['-f', home], { encoding: 'utf8' }).stdout).toBe('');
    }, slow);

    const forkOf = async (parent: Box, count: number): Promise<{ children: Box[]; pauseMs: number }> => {
      const requests = Array.from({ length: count }, () => bench.request());
      const forked = await bench.substrate.memory?.forkLive(parent.identity, requests, bench.scope);
      const children: Box[] = [];
      for (const [index, identity] of (forked?.identities ?? []).entries()) {
        const request = requests[index];
        if (request) children.push(await bench.adopt(request, identity));
      }
      return { children, pauseMs: forked?.pauseMs ?? Number.NaN };
    };

    it('gives each machine from one memory its own names, clock and randomness', { timeout: slow }, async () => {
      const boxes = [await bench.launch(), await bench.launch(), await bench.launch(), await bench.launch()];
      const draws =
        'head -c 16 /dev/urandom | od -An -tx1; python3 -c "import os,random; print(os.urandom(16).hex(), random.random())"; cat /proc/sys/kernel/random/uuid';
      const said = await Promise.all(boxes.map((box) => bench.run(box, draws)));
      const words = said.flatMap((text) => text.replaceAll(/ (?=[0-9a-f]{2}\b)/g, '').split(/\s+/));
      expect(words.length).toBe(boxes.length * 4);
      expect(new Set(words).size).toBe(words.length);
      for (const box of boxes) {
        expect(await bench.run(box, 'hostname; cat /etc/machine-id')).toBe(
          `${box.request.hostname}\n${box.request.machineId}`,
        );
        expect(Math.abs(Number(await bench.run(box, 'date +%s')) - Date.now() / 1000)).toBeLessThan(5);
        await bench.end(box);
      }
    });

    it('lets a program have all the memory it was promised', { timeout: slow }, async () => {
      const box = await bench.launch({ memoryBytes: 900 << 20 });
      expect(await bench.run(box, 'python3 -c "held = b\'x\' * (850 << 20); print(len(held) >> 20)"')).toBe('850');
      await bench.end(box);
    });

    it('forks a running machine with its processes and files, and all go apart', { timeout: slow }, async () => {
      const parent = await bench.launch();
      await bench.run(
        parent,
        'echo before > /workspace/f; (while :; do date +%s%N > /tmp/t; mv /tmp/t /tmp/tick; sleep 0.05; done) >/dev/null 2>&1 &',
      );
      const { children, pauseMs } = await forkOf(parent, 3);
      expect(children).toHaveLength(3);
      expect(pauseMs).toBeLessThan(2000);
      for (const box of [parent, ...children]) {
        expect(await bench.run(box, 'cat /workspace/f; hostname')).toBe(`before\n${box.request.hostname}`);
        const tick = await bench.run(box, 'cat /tmp/tick');
        await expect.poll(() => bench.run(box, 'cat /tmp/tick'), { timeout: 60_000, interval: 100 }).not.toBe(tick);
        await bench.run(box, `echo ${box.request.sandbox} > /workspace/f`);
      }
      for (const box of [parent, ...children])
        expect(await bench.run(box, 'cat /workspace/f')).toBe(box.request.sandbox);
      const random = await Promise.all(children.map((box) => bench.run(box, 'od -An -N16 -tx1 /dev/urandom')));
      expect(new Set(random).size).toBe(3);
      // A child can be forked as its parent was.
      const [first] = children;
      if (!first) throw new Error('no child');
      const again = await forkOf(first, 1);
      expect(await bench.run(again.children[0] ?? first, 'cat /workspace/f')).toBe(first.request.sandbox);
      for (const box of [parent, ...children, ...again.children]) await bench.end(box);
      expect(readdirSync(join(bench.home, 'machine/memories')).filter((name) => name.startsWith('live-'))).toEqual([]);
    });

    it('forks in the middle of what is sent into it: children are in step, and the parent loses nothing', {
      timeout: slow,
    }, async () => {
      const parent = await bench.launch();
      const bytes = Buffer.alloc(24 << 20, 'holdfast');
      const sending = [0, 1, 2].map((n) => parent.guest.files.write(`/tmp/sent-${n}`, bytes, {}, bench.scope));
      const { children } = await forkOf(parent, 2);
      for (const child of children) expect(await bench.run(child, 'echo here')).toBe('here');
      await Promise.all(sending);
      expect(await bench.run(parent, 'cat /tmp/sent-0 /tmp/sent-1 /tmp/sent-2 | wc -c')).toBe(String(3 * bytes.length));
      for (const box of [parent, ...children]) await bench.end(box);
    });

    it('S5: puts a machine away and takes it up under another daemon, as it was', { timeout: slow }, async () => {
      const box = await bench.launch();
      await bench.run(
        box,
        'echo kept > /tmp/f; (n=0; while :; do n=$((n+1)); echo $n > /tmp/t; mv /tmp/t /tmp/n; sleep 0.05; done) >/dev/null 2>&1 &',
      );
      await bench.run(box, 'sleep 0.5');
      const away = join(bench.home, 'away');
      const before = Number(await bench.run(box, 'cat /tmp/n'));
      await bench.substrate.memory?.hibernate(box.identity, away, bench.scope);
      expect(existsSync(`/proc/${box.identity.pid}`)).toBe(true);
      await bench.end(box);
      expect(existsSync(`/proc/${box.identity.pid}`)).toBe(false);
      await bench.reopen();
      const request = bench.request();
      const identity = await bench.substrate.memory?.wake(request, away, bench.scope);
      if (!identity) throw new Error('not woken');
      const awake = await bench.adopt(request, identity);
      expect(await bench.run(awake, 'cat /tmp/f; hostname')).toBe(`kept\n${request.hostname}`);
      const after = Number(await bench.run(awake, 'sleep 0.3; cat /tmp/n'));
      expect(after).toBeGreaterThan(before);
      await bench.end(awake);

      // Read once by each daemon: this one has not yet.
      await bench.reopen();
      const note = join(away, 'image.json');
      const written = readFileSync(note, 'utf8');
      const { path } = JSON.parse(written).record.image;
      renameSync(path, `${path}.away`);
      await expect(bench.substrate.memory?.wake(bench.request(), away, bench.scope)).rejects.toMatchObject({
        code: 'snapshot-corrupt',
        details: { path },
      });
      renameSync(`${path}.away`, path);
      const state = join(away, 'state');
      const saved = readFileSync(state);
      writeFileSync(
        state,
        Buffer.concat([saved.subarray(0, 100), Buffer.from([(saved[100] ?? 0) ^ 1]), saved.subarray(101)]),
      );
      await expect(bench.substrate.memory?.wake(bench.request(), away, bench.scope)).rejects.toMatchObject({
        code: 'snapshot-corrupt',
      });
      writeFileSync(state, saved);
      for (const differs of ['driver', 'program', 'processor', 'accelerator']) {
        const changed = written.replace(new RegExp(`"${differs}":"`), '$&x');
        expect(changed).not.toBe(written);
        writeFileSync(note, changed);
        await expect(bench.substrate.memory?.wake(bench.request(), away, bench.scope)).rejects.toMatchObject({
          code: 'capability-missing',
          details: { differs },
        });
      }
    });

    it('lives on through another daemon, and makes a memory anew that was changed', { timeout: slow }, async () => {
      const box = await bench.launch();
      await bench.run(box, 'echo here > /tmp/f');
      await bench.reopen();
      expect(await bench.substrate.alive([box.identity], bench.scope)).toEqual([true]);
      expect(await bench.run(box, 'cat /tmp/f')).toBe('here');
      const counters = await bench.substrate.counters(box.identity, bench.scope);
      expect(counters.memoryBytes).toBeGreaterThan(1_000_000);
      await bench.end(box);
      const memories = join(bench.home, 'machine/memories');
      // Of every size: the one that is used next is among them.
      const states = readdirSync(memories).map((key) => join(memories, key, 'state'));
      const changed = (): string[] => states.filter((state) => readFileSync(state).toString('latin1').endsWith('-x-'));
      for (const state of states) writeFileSync(state, Buffer.concat([readFileSync(state), Buffer.from('-x-')]));
      expect(changed()).toEqual(states);
      await bench.reopen();
      const next = await bench.launch();
      expect(await bench.run(next, 'echo works')).toBe('works');
      expect(changed()).toHaveLength(states.length - 1);
      await bench.end(next);
    });
  },
);
