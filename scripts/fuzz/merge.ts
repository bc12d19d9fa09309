/** Of what was found, the few inputs that are worth keeping with the sources. */
import { copyFileSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { foundBy, once } from './run.ts';
import type { Program, Target } from './targets.ts';

/** A smallest set by edges alone: how often an edge was passed, and what was compared, a run finds again by itself. */
const smallest = ['-set_cover_merge=1', '-use_counters=0', '-use_cmp=0', '-max_len=4096', '-timeout=25'];

/** Adds to the seeds what they do not reach; those that have a name stay. */
export async function mergeSeeds(
  name: string,
  target: Target,
  program: Program,
): Promise<{ kept: number; bytes: number }> {
  const place = mkdtempSync(join(tmpdir(), 'holdfast-fuzz-'));
  try {
    for (const file of readdirSync(target.seeds)) copyFileSync(join(target.seeds, file), join(place, file));
    const { status, text } = await once(program, [...smallest, place, foundBy(name)]);
    if (status !== 0) throw new Error(`merging the inputs of ${name} failed:\n${text.slice(-4000)}`);
    for (const file of readdirSync(place)) copyFileSync(join(place, file), join(target.seeds, file));
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
  const sizes = readdirSync(target.seeds).map((file) => statSync(join(target.seeds, file)).size);
  return { kept: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}
