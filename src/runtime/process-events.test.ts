import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { buildGuest } from '../../scripts/build-guest.ts';
import { FakeSubstrate } from '../compute/index.ts';
import { EndedProcesses } from './ended-processes.ts';
import { createRuntime } from './index.ts';

const home = mkdtempSync(join(tmpdir(), 'hf-runtime-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

it('tells the end of a process once, whoever attaches and whenever', async () => {
  const guestBinary = buildGuest();
  const substrate = new FakeSubstrate({ binary: guestBinary });
  await using runtime = await createRuntime({ home, ephemeral: true, substrate, guestBinary });
  const service = runtime.service();
  await using box = await runtime.create({ isolation: 'none' });
  const leave = new AbortController();
  const ends: unknown[] = [];
  const listening = (async () => {
    const query = { sandbox: box.id, types: ['process-ended' as const, 'sandbox-gone' as const] };
    for await (const { type, data } of service.events(query, { signal: leave.signal })) {
      if (type === 'sandbox-gone') return;
      ends.push(data['processId']);
    }
  })();
  const { processId } = await service.startProcess(box.id, { argv: ['sh', '-c', 'sleep 0.05'] });
  const both = await Promise.all([1, 2].map(() => service.attachProcess(box.id, processId)));
  await Promise.all(both.map(({ exit }) => exit));
  await (await service.attachProcess(box.id, processId)).exit;
  await box.destroy();
  await listening;
  expect(ends).toEqual([processId]);
});

it('forgets the oldest', () => {
  const ended = new EndedProcesses(2);
  expect(['a', 'a', 'b', 'c', 'b', 'a'].map((id) => ended.first(id))).toEqual([true, false, true, true, false, true]);
});
