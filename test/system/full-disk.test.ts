/**
 * A sandbox that fills the disk its home is on: what cannot be written down is refused and nothing is half-done, and what
 * frees the disk works all the same, also for a daemon that starts on it.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createRuntime, type Runtime } from '../../src/runtime/index.ts';

const directory = mkdtempSync(join(tmpdir(), 'hf-full-'));
const disk = join(directory, 'disk');
const home = join(disk, 'home');
/** What fills the disk. */
const rest = join(disk, 'rest');
const possible = canMount();
const fill = 'cat /dev/zero > /workspace/fill; sync';

let runtime: Runtime;

beforeAll(async () => {
  if (possible) runtime = await createRuntime({ home });
});

afterAll(async () => {
  try {
    if (!possible) return;
    rmSync(rest, { force: true, recursive: true });
    const service = runtime.service();
    for (const { id } of (await service.listSandboxes()).items) await service.destroySandbox(id);
    await runtime.close();
  } finally {
    if (possible) execFileSync('umount', ['--lazy', disk]);
    rmSync(directory, { recursive: true });
  }
});

it.skipIf(!possible)(
  'refuses what it cannot write down, and ends sandboxes and deletes snapshots all the same (skipped: needs root and mkfs.ext4)',
  { timeout: 60_000 },
  async () => {
    let service = runtime.service();
    const [full, kept] = [await service.createSandbox({ name: 'full' }), await service.createSandbox({ name: 'kept' })];
    await service.exec(full.id, { argv: ['sh', '-c', 'head -c 5000000 /dev/urandom > /workspace/data'] });
    const snapshot = await service.createSnapshot(full.id);
    await service.exec(full.id, { argv: ['sh', '-c', fill] }).catch(() => undefined);

    const refusals: Record<string, () => Promise<unknown>> = {
      create: () => service.createSandbox({}),
      snapshot: () => service.createSnapshot(kept.id),
      exec: () => service.exec(kept.id, { argv: ['true'] }),
      write: () => service.writeFile(kept.id, '/workspace/new', new Uint8Array(100_000)),
      fork: () => service.forkSandbox(kept.id),
      import: () => service.importFiles(oneFile(), { path: '/workspace' }),
    };
    for (const [verb, refused] of Object.entries(refusals)) {
      await fillDisk();
      await expect(refused(), verb).rejects.toMatchObject({ code: 'host-disk-full' });
    }
    expect((await service.listSandboxes()).items.map(({ name, state }) => [name, state])).toEqual([
      ['full', 'ready'],
      ['kept', 'ready'],
    ]);
    expect((await service.listSnapshots()).items.map(({ id }) => id)).toEqual([snapshot.id]);

    await runtime.close();
    runtime = await createRuntime({ home });
    service = runtime.service();
    expect(runtime.recovered).toMatchObject({ adopted: 2 });

    await service.destroySandbox('full');
    await service.deleteSnapshot(snapshot.id);
    expect((await service.listSandboxes()).items.map(({ name }) => name)).toEqual(['kept']);
    rmSync(rest, { recursive: true });
    await expect
      .poll(() =>
        service.createSandbox({}).then(
          ({ state }) => state,
          () => null,
        ),
      )
      .toBe('ready');
    const { exitCode } = await service.exec('kept', { argv: ['touch', '/workspace/still-writable'] });
    expect(exitCode).toBe(0);
  },
);

/** A tar with more in it than fits into what is left. */
function oneFile(): AsyncIterable<Uint8Array> {
  const tar = pack();
  tar.entry({ name: 'new' }, Buffer.alloc(1024 * 1024, 'x'));
  tar.finalize();
  // A pack yields buffers only.
  return tar as AsyncIterable<Uint8Array>;
}

/**
 * Until nothing more fits, also of what the file system keeps room for when none is left for files, such as directories:
 * what the daemon still removes in the background leaves room again.
 */
async function fillDisk(): Promise<void> {
  const bytes = join(rest, 'bytes');
  mkdirSync(rest, { recursive: true });
  let [filled, quietRounds] = ['', 0];
  for (let round = 0; quietRounds < 3; round++) {
    if (round === 50) throw new Error('the disk does not stay full');
    const directories = `while mkdir "${rest}/$((n += 1)).${round}" 2>/dev/null; do :; done`;
    execFileSync('sh', ['-c', `cat /dev/zero >> ${bytes} 2>/dev/null; sync; n=0; ${directories}; sync`]);
    const now = `${statSync(bytes).size} ${readdirSync(rest).length}`;
    quietRounds = now === filled ? quietRounds + 1 : 0;
    filled = now;
    await setTimeout(20);
  }
}

function canMount(): boolean {
  if (process.getuid?.() !== 0) return false;
  try {
    const image = join(directory, 'image');
    writeFileSync(image, '');
    truncateSync(image, 48 * 1024 * 1024);
    mkdirSync(disk);
    execFileSync('mkfs.ext4', ['-q', image]);
    execFileSync('mount', ['-o', 'loop', image, disk]);
    return true;
  } catch {
    return false;
  }
}
