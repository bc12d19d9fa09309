import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { buildGuest } from '../../scripts/build-guest.ts';
import { FakeSubstrate } from '../compute/index.ts';
import type { HoldfastService } from '../schema/index.ts';
import { createRuntime } from './index.ts';

const home = mkdtempSync(join(tmpdir(), 'hf-runtime-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const streams: Record<string, (service: HoldfastService) => AsyncIterable<unknown>> = {
  events: (service) => service.events({ sandbox: 'nobody' }),
  networkFlows: (service) => service.networkFlows('nobody'),
  watchFiles: (service) => service.watchFiles('nobody', '/'),
};

it('tells the reader of a stream, not its caller, that there is no such sandbox', async () => {
  const guestBinary = buildGuest();
  const substrate = new FakeSubstrate({ binary: guestBinary });
  await using runtime = await createRuntime({ home, ephemeral: true, substrate, guestBinary });
  for (const open of Object.values(streams)) {
    const stream = open(runtime.service());
    await expect(stream[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'sandbox-not-found' });
  }
});
