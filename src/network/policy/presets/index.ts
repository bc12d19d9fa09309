/** What a preset stands for on this machine. No host of any registry is written in this program. */
import type { ExpandedPreset, NetworkPreset } from '../../../schema/index.ts';
import { expandApt } from './apt.ts';
import { expandCargo } from './cargo.ts';
import { expandGo } from './go.ts';
import { expandMaven } from './maven.ts';
import { expandNpm } from './npm.ts';
import { expandPip } from './pip.ts';
import type { PresetExpansion } from './places.ts';
import type { PresetReader } from './reader.ts';

export { hostPresetReader } from './host-reader.ts';
export type { PresetReader } from './reader.ts';

const presets: Record<NetworkPreset, (reader: PresetReader) => Promise<PresetExpansion>> = {
  npm: expandNpm,
  pip: expandPip,
  apt: expandApt,
  go: expandGo,
  cargo: expandCargo,
  maven: expandMaven,
};

/**
 * @throws HoldfastError `capability-missing` when the manager is missing, or its configuration names no registry that
 * could be let through; `invalid-argument` when a URL of it holds a password
 */
export async function expandPreset(preset: NetworkPreset, reader: PresetReader): Promise<ExpandedPreset> {
  return { preset, files: [], ...(await presets[preset](reader)) };
}
