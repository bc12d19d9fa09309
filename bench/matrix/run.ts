/**
 * npm run matrix [runtime...]
 *
 * Captures the runtimes of docs/contract/matrix.md, or those named, keeps the profiles in bench/results/matrix/, and
 * writes the page anew. A runtime that cannot be had here is left as it was. The last two are of bench/peers/install.sh.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeMatrix } from '../../scripts/matrix.ts';
import { proberOf, type Target } from '../../src/contract/index.ts';
import { Runtimes } from '../../test/shift-catalogue/runtimes.ts';
import { shortCapture } from '../../test/shift-catalogue/timed.ts';
import { justBash } from './just-bash.ts';
import { type RuntimeName, runtimes, storeProfile } from './profiles.ts';
import { sandboxRuntime } from './sandbox-runtime.ts';

/** Enough for a 99th percentile, which wants 300 calls, and for what a dozen sessions a side can tell. */
const counts = { sessions: 12, rounds: 40 };

interface Rig {
  ours: Runtimes;
  /** Of nobody else. */
  directory: string;
}

const targets: Record<RuntimeName, (rig: Rig) => Target | Promise<Target>> = {
  host: ({ ours }) => ours.sandbox({}),
  debian: ({ ours }) => ours.sandbox({ template: 'debian' }),
  busybox: ({ ours }) => ours.base('busybox'),
  gvisor: ({ ours }) => ours.sandbox({ template: 'debian', isolation: 'userspace-kernel' }),
  microvm: ({ ours }) => ours.sandbox({ template: 'debian', isolation: 'microvm' }),
  srt: ({ directory }) => sandboxRuntime(join(directory, 'srt')),
  'just-bash': () => justBash(),
};

async function main(): Promise<void> {
  const { positionals } = parseArgs({ allowPositionals: true });
  const names = runtimes.map(({ name }) => name);
  const unknown = positionals.find((word) => !names.some((name) => name === word));
  if (unknown !== undefined) throw new Error(`there is no runtime ${unknown}; there are ${names.join(', ')}`);
  const chosen = names.filter((name) => positionals.length === 0 || positionals.includes(name));
  const directory = await mkdtemp('/var/tmp/hfx-');
  const ours = await Runtimes.open(directory);
  try {
    for (const name of chosen) {
      await captured(name, { ours, directory }).catch((error: unknown) => {
        console.error(`matrix: ${name} was not captured:`, error);
        process.exitCode = 1;
      });
    }
    await writeMatrix();
  } finally {
    await ours[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  }
}

async function captured(name: RuntimeName, rig: Rig): Promise<void> {
  console.error(`matrix: ${name}`);
  const startedMs = performance.now();
  // An emulated machine takes its time.
  const profile = await shortCapture(await targets[name](rig), {
    ...counts,
    timeoutMs: 120_000,
    from: proberOf('0.1.0'),
  });
  await storeProfile(name, profile);
  console.error(`matrix: ${name}: ${profile.digest}, in ${Math.round((performance.now() - startedMs) / 1000)} s`);
}

await main();
process.exit();
