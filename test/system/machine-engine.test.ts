/** What machines are made with is looked at again when it changes: a QEMU that was replaced runs nothing under another's name. */
import { appendFileSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { buildGuest } from '../../scripts/build-guest.ts';
import { rootScope, silentLog } from '../../src/base/index.ts';
import { EngineRoom } from '../../src/compute/machine/engine.ts';
import { findQemu } from '../../src/compute/machine/qemu.ts';
import { Launcher } from '../../src/compute/namespace/launcher.ts';
import { whyNoMachine } from './machine-rig.ts';

const missing = whyNoMachine();

describe.skipIf(missing !== null)(`the engine${missing === null ? '' : ` (skipped: ${missing})`}`, () => {
  const home = mkdtempSync(join(tmpdir(), 'hf-engine-'));
  afterAll(() => rmSync(home, { recursive: true }));

  it('is found once, and again when QEMU is another one', { timeout: 60_000 }, async () => {
    await using scope = rootScope({ name: 'test' });
    const installed = await findQemu(scope);
    const qemu = join(home, 'qemu');
    copyFileSync(installed?.program ?? '', qemu);
    const under = join(home, 'machine/memories/live-1');
    mkdirSync(under, { recursive: true });
    const options = { binary: buildGuest(), home, mode: 'root', log: silentLog } as const;
    const launcher = new Launcher({ ...options, kind: 'fork', keepApart: join(home, 'sandboxes') });
    const room = new EngineRoom({ ...options, qemu }, launcher);
    const short = scope.child({ name: 'short' });
    const given = room.ready('microvm', short);
    given.catch(() => undefined);
    const asked = room.ready('microvm', scope);
    // Whoever asked first gives up: others wait for the same.
    await short.close();
    await expect(given).rejects.toMatchObject({ code: 'cancelled' });
    const [first, again] = [await asked, await room.ready('microvm', scope)];
    expect(first.qemu).toEqual({ program: qemu, digest: installed?.digest });
    expect(again).toBe(first);
    expect(existsSync(under)).toBe(false);
    // What is begun from now on is no leftover.
    mkdirSync(under);
    appendFileSync(qemu, 'newer');
    const other = await room.ready('microvm', scope);
    expect(other.qemu.digest).not.toBe(first.qemu.digest);
    expect(existsSync(under)).toBe(true);
    await launcher.close();
  });
});
