import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { buildGuest } from '../../scripts/build-guest.ts';
import { FakeSubstrate } from '../compute/index.ts';
import { createRuntime } from './index.ts';

it('a fork with memory that cannot be made here leaves no sandbox behind', async () => {
  const home = mkdtempSync(join(tmpdir(), 'hf-refused-'));
  const guestBinary = buildGuest();
  const substrate = new FakeSubstrate({ binary: guestBinary });
  {
    await using runtime = await createRuntime({ home, ephemeral: true, substrate, guestBinary });
    const service = runtime.service();
    await using box = await runtime.create({ isolation: 'none' });
    for (const count of [1, 3])
      await expect(service.forkSandbox(box.id, { memory: true, count })).rejects.toMatchObject({
        code: 'capability-missing',
        details: { substrate: 'fake' },
      });
    expect((await service.listSandboxes()).items.map(({ id }) => id)).toEqual([box.id]);
    expect(await service.forkSandbox(box.id)).toMatchObject([{ state: 'ready' }]);
  }
  rmSync(home, { recursive: true, force: true });
});
