/** A start that finds much to finish takes as long as that does. Time is the test's. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { buildGuest } from '../../scripts/build-guest.ts';
import { TestClock } from '../../test/fixtures/test-clock.ts';
import { FakeSubstrate } from '../compute/index.ts';
import { runPrefix } from '../recording/index.ts';
import { openStore } from '../state/index.ts';
import { createRuntime, type Runtime } from './index.ts';

const guestBinary = buildGuest();
const clock = new TestClock();

class Slow extends FakeSubstrate {
  takesMs = 0;

  override async strays(): Promise<[]> {
    clock.advance(this.takesMs);
    return [];
  }
}

let home: string;
const substrate = new Slow({ binary: guestBinary });
const open = (): Promise<Runtime> => createRuntime({ home, substrate, guestBinary, clock });
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'hf-long-start-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

async function* noFiles(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(1024);
}

it('has its time for the rest afterwards', async () => {
  const before = await open();
  const { id } = await before.service().importFiles(noFiles(), { isolation: 'none' });
  await before.close();
  // As a replay that was killed leaves one.
  const store = openStore({ home });
  const imported = store.snapshots.getSnapshot(id);
  if (!imported) throw new Error('nothing was imported');
  store.snapshots.insertSnapshot({ ...imported, id: 'snp-of-a-run', name: `${runPrefix}1` });
  store.snapshots.removeSnapshot(id);
  store.close();
  substrate.takesMs = 61_000;
  const runtime = await open();
  expect((await runtime.service().listSnapshots()).items).toEqual([]);
  await runtime.close();
});
