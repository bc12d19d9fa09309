/** What lives on in a machine that goes on from a saved memory runs there only when it is somebody's own: it draws and reads nothing before. */
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SandboxIdentity } from '../../src/compute/index.ts';
import { debianWith, whyNoMachines } from '../fixtures/machines.ts';
import { type Box, MachineBench } from './machine-bench.ts';

const missing = await whyNoMachines('microvm');
const slow = 600_000;
const limits = { memoryBytes: 64 << 20 };
const [forks, wakes] = [8, 2];
/** What the clock may be off by its rounding. */
const slackMs = 5;

/** A word from the kernel and the time, over and over, each line at once. */
const drawing = `
import os, time
out = os.open('/tmp/drawn', os.O_WRONLY | os.O_CREAT | os.O_APPEND)
while True:
    os.write(out, ('%s %.6f\\n' % (os.urandom(12).hex(), time.time())).encode())
    time.sleep(0.0005)
`;
const warm = `#!/bin/sh
python3 /opt/drawing.py >/dev/null 2>&1 &
until [ -s /tmp/drawn ]; do sleep 0.1; done
`;

interface Drawn {
  lines: string[];
  /** Milliseconds since 1970. */
  beganMs: number;
}

describe.skipIf(missing !== null)(
  `what runs in a machine before it is somebody's own${missing === null ? '' : ` (skipped: ${missing})`}`,
  { timeout: slow },
  () => {
    let bench: MachineBench;
    let template = '';
    beforeAll(async () => {
      template = debianWith([], { 'opt/drawing.py': drawing, 'etc/holdfast/warm.d/10-drawing': warm });
      bench = await MachineBench.open('microvm', template);
    }, slow);
    afterAll(async () => {
      await bench[Symbol.asyncDispose]();
      rmSync(template, { recursive: true, force: true });
    }, slow);

    async function drawnIn(box: Box): Promise<Drawn> {
      await bench.run(
        box,
        'before=$(wc -l < /tmp/drawn); until [ $(wc -l < /tmp/drawn) -gt $((before + 20)) ]; do sleep 0.1; done',
      );
      const text = Buffer.from(await box.guest.files.readAll('/tmp/drawn', {}, bench.scope)).toString();
      // Made just before its machine is started.
      return { lines: text.split('\n').slice(0, -1), beganMs: statSync(box.request.root.upper).birthtimeMs };
    }

    /** They share what was drawn before the memory was saved, to the last line, and nothing after it. */
    async function areApart(boxes: Box[]): Promise<void> {
      const all = await Promise.all(boxes.map(drawnIn));
      const [first] = all;
      let shared = 0;
      while (all.every(({ lines }) => lines[shared] !== undefined && lines[shared] === first?.lines[shared])) shared++;
      expect(shared).toBeGreaterThan(0);
      const words = all.flatMap(({ lines }) => lines.slice(shared).map((line) => line.split(' ')[0]));
      expect(words.length).toBeGreaterThan(20 * boxes.length);
      expect(words.length - new Set(words).size).toBe(0);
      for (const { lines, beganMs } of all) {
        const earliestMs = Math.min(...lines.slice(shared).map((line) => Number(line.split(' ')[1]) * 1000));
        expect(earliestMs).toBeGreaterThan(beganMs - slackMs);
      }
      await Promise.all(boxes.map((box) => bench.end(box)));
    }

    const launchDrawing = async (): Promise<Box> => {
      const box = await bench.launch(limits);
      await bench.run(box, 'python3 /opt/drawing.py >/dev/null 2>&1 & until [ -s /tmp/drawn ]; do sleep 0.1; done');
      return box;
    };

    it('draws nothing that another fork draws, and has no time of before', async () => {
      const parent = await launchDrawing();
      const requests = Array.from({ length: forks }, () => bench.request(limits));
      const forked = await bench.substrate.memory?.forkLive(parent.identity, requests, bench.scope);
      await areApart(await bench.adoptAll(requests, forked?.identities));
      expect(forked?.pauseMs).toBeLessThan(2000);
      // It goes on, and can be forked again.
      await drawnIn(parent);
      const again = [bench.request(limits), bench.request(limits)];
      const forkedAgain = await bench.substrate.memory?.forkLive(parent.identity, again, bench.scope);
      await areApart(await bench.adoptAll(again, forkedAgain?.identities));
      await bench.end(parent);
    });

    it('draws and reads as little when it wakes from disk', async () => {
      const box = await launchDrawing();
      const away = join(bench.home, 'away');
      await bench.substrate.memory?.hibernate(box.identity, away, bench.scope);
      await bench.end(box);
      const requests = Array.from({ length: wakes }, () => bench.request(limits));
      const identities: SandboxIdentity[] = [];
      for (const request of requests) {
        const identity = await bench.substrate.memory?.wake(request, away, bench.scope);
        if (identity) identities.push(identity);
      }
      await areApart(await bench.adoptAll(requests, identities));
    });

    it('draws and reads as little when it was started for all of a template', async () => {
      const requests = [bench.request(limits), bench.request(limits)].map((one) => ({ ...one, warm: ['10-drawing'] }));
      const identities: SandboxIdentity[] = [];
      for (const request of requests) identities.push(await bench.substrate.launch(request, bench.scope));
      await areApart(await bench.adoptAll(requests, identities));
    });
  },
);
