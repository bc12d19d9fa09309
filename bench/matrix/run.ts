/**
 * npm run matrix [runtime...]
 *
 * Captures the five runtimes of docs/contract/matrix.md, or those named, keeps the profiles in bench/results/matrix/, and
 * writes the page anew. A runtime that cannot be had here is left as it was.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { arch, cpus, platform, release, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { writeMatrix } from '../../scripts/matrix.ts';
import type { Prober, Target } from '../../src/contract/index.ts';
import { Runtimes } from '../../test/shift-catalogue/runtimes.ts';
import { shortCapture } from '../../test/shift-catalogue/timed.ts';
import { type RuntimeName, runtimes, storeProfile } from './profiles.ts';

const counts = { sessions: 8, rounds: 10 };
const prober: Prober = {
  holdfast: '0.1.0',
  node: process.version,
  platform: `${platform()} ${arch()}`,
  kernel: release(),
  cpu: cpus()[0]?.model ?? 'unknown',
  cpus: cpus().length,
  memoryBytes: totalmem(),
};

const targets: Record<RuntimeName, (rig: Runtimes) => Target> = {
  host: (rig) => rig.sandbox({}),
  debian: (rig) => rig.sandbox({ template: 'debian' }),
  busybox: (rig) => rig.base('busybox'),
  gvisor: (rig) => rig.sandbox({ template: 'debian', isolation: 'userspace-kernel' }),
  microvm: (rig) => rig.sandbox({ template: 'debian', isolation: 'microvm' }),
};

async function main(): Promise<void> {
  const { positionals } = parseArgs({ allowPositionals: true });
  const chosen = runtimes.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  const directory = await mkdtemp('/var/tmp/hfx-');
  const rig = await Runtimes.open(directory);
  try {
    for (const { name } of chosen) {
      await captured(name, rig).catch((error: unknown) => {
        console.error(`matrix: ${name} was not captured:`, error);
        process.exitCode = 1;
      });
    }
    await writeMatrix();
  } finally {
    await rig[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  }
}

async function captured(name: RuntimeName, rig: Runtimes): Promise<void> {
  console.error(`matrix: ${name}`);
  // An emulated machine takes its time.
  const profile = await shortCapture(targets[name](rig), { ...counts, timeoutMs: 120_000, from: prober });
  await storeProfile(name, profile);
  console.error(`matrix: ${name}: ${profile.digest}`);
}

await main();
process.exit();
