/**
 * Files of sandboxes that keep them inside: where nobody on this machine can look until the substrate has put them into the
 * sandbox's writable directory. From there they are looked at, or taken in again by the next launch, like any other's.
 */
import type { Scope } from '../base/index.ts';
import type { SandboxRecord } from '../state/index.ts';
import type { Parts } from './parts.ts';

/** As they are now. Nothing to do where they are here already, or where nothing of the sandbox runs. */
export async function bringFilesOut(parts: Parts, record: SandboxRecord, scope: Scope): Promise<void> {
  const substrate = parts.substrates.of(record);
  if (!record.identity || !substrate.saveFiles || !['ready', 'suspended'].includes(record.state)) return;
  const root = await parts.files.root(record.layers, record.id, record.upper);
  await substrate.saveFiles(record.identity, root, scope);
}
