/** Worlds and training profiles as files, and what a run in one says at its end. */
import { resolve } from 'node:path';
import { HoldfastError } from '../schema/error-class.ts';
import type { SandboxFaultsInput, TapePlay } from '../schema/index.ts';
import type { Asked, World } from '../worlds/index.ts';
import { type Place, textOf } from './contract-files.ts';
import { loadPlan } from './fault-files.ts';
import type { Output } from './output.ts';

export interface Setting {
  world: World;
  /** Of the file, as it stands. */
  text: string;
  lifetimeMs: number | null;
  faults: SandboxFaultsInput['plan'] | null;
  contract: string | null;
}

/** A world, or a training profile around one. */
export async function loadSetting(name: string, { directory }: Place): Promise<Setting> {
  const { parseTraining, parseWorld } = await import('../worlds/index.ts');
  const text = await textOf(resolve(directory, name), name, 'Give a file that `holdfast world freeze` wrote.');
  if (!/holdfast-training\/\d/.test(text))
    return { world: parseWorld(text, name), text, lifetimeMs: null, faults: null, contract: null };
  const { world, lifetimeMs, faults = null, contract = null } = parseTraining(text, name);
  return { world, text, lifetimeMs, faults, contract };
}

/** A plan of the command line stands above the profile's. */
export async function planOf(setting: Setting, given: string | undefined, place: Place): Promise<Setting['faults']> {
  return given === undefined ? setting.faults : loadPlan(given, place);
}

/** One that was frozen before it could say what its tape holds is entered with whatever has that tape's id. */
export async function tellUnbound({ tape }: World, output: Output): Promise<void> {
  if (tape && tape.root === undefined)
    await output.say(
      'this world does not say what its tape holds: it was frozen by an earlier version, freeze it anew',
    );
}

export async function tellMisses(play: TapePlay | null, { strangers }: Asked, output: Output): Promise<void> {
  for (const host of strangers.slice(0, 5)) await output.say(`not in the world: ${host}`);
  if (!play) return;
  for (const missed of play.missed.slice(-5)) await output.say(`not on the tape: ${missed}`);
  const { exchanges, used, misses } = play;
  await output.hint(`${used} of ${exchanges} recorded exchanges used, ${misses} requests missed`);
}

export function timeOf(word: string | undefined): string | null {
  if (word === undefined || word === 'host') return null;
  const ms = Date.parse(word);
  if (Number.isFinite(ms)) return new Date(Math.floor(ms / 1000) * 1000).toISOString();
  throw new HoldfastError('invalid-argument', `--clock does not take "${word}"`, {
    hint: 'Give a time such as 2026-01-01T00:00:00Z, or host.',
  });
}
