/** A sandbox that goes on, with its network. */
import type { Scope } from '../base/index.ts';
import type { SandboxRecord } from '../state/index.ts';
import type { Core } from './core.ts';
import { placeOf } from './network-verbs.ts';

export async function resumed(core: Core, tenant: string, ref: string, scope: Scope): Promise<SandboxRecord> {
  const record = await core.controller.resume(tenant, ref, scope);
  await core.network.enter(placeOf(core, record), null, scope);
  return record;
}
