/**
 * Disk and records brought together after a crash: what was half-done is finished when a sandbox depends on it, undone
 * otherwise. Every step can be repeated, so a crash in here is met by the next start.
 *
 * 1. An unsealed layer into which a sandbox's files were moved is finished; any other is thrown away.
 * 2. A directory without a record is thrown away; a record without its directory is reported, and removed if unused.
 * 3. Of a sandbox's writable directories only the recorded one stays.
 */
import { existsSync, join, mkdir, readdir } from '../base/index.ts';
import type { LayerStore } from './layers.ts';
import type { Snapshots } from './snapshots.ts';
import type { RecoveryReport } from './store-types.ts';
import type { Trash } from './trash.ts';
import type { StoreContext } from './types.ts';
import type { Workspaces } from './workspaces.ts';

export interface Recoverable {
  context: StoreContext;
  layers: LayerStore;
  snapshots: Snapshots;
  workspaces: Workspaces;
  trash: Trash;
}

export async function recoverFiles(parts: Recoverable): Promise<RecoveryReport> {
  const { paths } = parts.context;
  const report: RecoveryReport = {
    discardedLayers: [],
    repairedSandboxes: [],
    missingLayers: [],
    discardedSandboxes: [],
  };
  for (const directory of [paths.layers, paths.sandboxes, paths.staging, paths.trash]) {
    await mkdir(directory, { recursive: true, mode: 0o700 });
  }
  await settleUnsealed(parts, report);
  await settleLayers(parts, report);
  await settleSandboxes(parts, report);
  for (const name of await readdir(paths.staging)) await parts.trash.put(join(paths.staging, name));
  await parts.trash.empty();
  return report;
}

async function settleUnsealed(parts: Recoverable, report: RecoveryReport): Promise<void> {
  const { context, layers, snapshots } = parts;
  for (const { id } of context.records.listLayers().filter(({ sealed }) => !sealed)) {
    const sandbox = await snapshots.finishRotation(id);
    if (sandbox !== null) {
      report.repairedSandboxes.push(sandbox);
      continue;
    }
    await layers.discard(id);
    report.discardedLayers.push(id);
  }
}

async function settleLayers({ context, layers, trash }: Recoverable, report: RecoveryReport): Promise<void> {
  const { records, paths } = context;
  const known = new Set(records.listLayers().map(({ id }) => id));
  for (const name of await readdir(paths.layers)) {
    if (known.has(name)) continue;
    await trash.put(join(paths.layers, name));
    report.discardedLayers.push(name);
  }
  for (const id of known) if (!existsSync(paths.layerTree(id))) report.missingLayers.push(id);
  const missing = new Set(report.missingLayers);
  for (const { id } of records.unreferencedLayers()) {
    if (missing.has(id) && context.durable('forget a missing layer', () => records.removeLayer(id))) missing.delete(id);
  }
  report.missingLayers = [...missing];
  layers.forgetAll();
}

async function settleSandboxes({ context, trash, workspaces }: Recoverable, report: RecoveryReport): Promise<void> {
  const living = new Map(context.sandboxes.living().map((record) => [record.id, record]));
  for (const name of await readdir(context.paths.sandboxes)) {
    const record = living.get(name);
    if (!record) {
      await trash.put(join(context.paths.sandboxes, name));
      report.discardedSandboxes.push(name);
      continue;
    }
    const generations = (await readdir(context.paths.sandbox(name))).filter((entry) => /^\d+$/.test(entry));
    for (const upper of generations.filter((entry) => entry !== record.upper)) await workspaces.discard(name, upper);
  }
}
