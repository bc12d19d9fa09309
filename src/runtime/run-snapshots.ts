/**
 * Snapshots that a replay or a test makes for itself. Their names are nobody else's, who can give none with a space in it, so
 * that a start knows what a killed daemon left of them; each goes with the sandbox that was using it.
 */
import type { Scope } from '../base/index.ts';
import { runMark, runPrefix } from '../recording/index.ts';
import { asHoldfastError, HoldfastError } from '../schema/index.ts';
import type { Core } from './core.ts';
import { throwAwayName } from './throw-away.ts';

/** @throws HoldfastError `invalid-argument` */
export function refuseOurName(name: string | undefined): void {
  if (name !== throwAwayName) return;
  throw new HoldfastError('invalid-argument', `the name ${JSON.stringify(name)} is Holdfast’s own`, {
    hint: 'Choose another name.',
  });
}

/** Of an earlier run of the daemon: no replay and no test is under way yet. */
export async function sweepRunSnapshots(core: Core, scope: Scope): Promise<void> {
  const { store, controller, log } = core;
  const left = store.snapshots.named(runPrefix);
  if (left.length === 0) return;
  const ids = new Set(left.map(({ id }) => id));
  const owners = new Set(left.map(({ sandbox }) => sandbox));
  for (const { id, tenant, snapshot, metadata } of store.sandboxes.living()) {
    if (!(runMark in metadata) || !(owners.has(id) || (snapshot !== null && ids.has(snapshot)))) continue;
    await controller.destroy(tenant, id, scope).catch((error: unknown) => {
      log.error({ sandbox: id, error: asHoldfastError(error).message }, 'a sandbox of a killed run is not ended');
    });
  }
  for (const { id } of left.reverse()) store.snapshots.removeSnapshot(id);
  log.info({ snapshots: left.length }, 'snapshots of replays and tests that were killed are removed');
  await core.files.collectGarbage(scope);
}
