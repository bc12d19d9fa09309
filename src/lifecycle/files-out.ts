/**
 * Files of sandboxes that keep them inside: a virtual machine's changes are in its own memory or disk, where nobody on the
 * host can look. Whoever needs them here has them copied to the sandbox's writable directory first; from there they are
 * looked at, or taken in again by the next launch, like any other's.
 */
import type { Scope } from '../base/index.ts';
import type { SandboxIdentity } from '../compute/index.ts';
import type { SandboxRecord } from '../state/index.ts';
import type { Parts } from './parts.ts';

/** As they are now. */
export async function bringFilesOut(
  parts: Parts,
  record: SandboxRecord,
  identity: SandboxIdentity,
  scope: Scope,
): Promise<void> {
  const root = await parts.files.root(record.layers, record.id, record.upper);
  await parts.files.emptyWorkspace(record.id, record.upper);
  const request = { root, layerTree: root.upper, previousTree: null, freshUpper: '', freshWork: '' };
  await parts.substrates.of(record).snapshot(identity, request, scope);
}
