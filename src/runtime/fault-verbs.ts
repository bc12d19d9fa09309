/** Verbs about a sandbox's fault plan, for whoever scores its run. */
import type { Scope } from '../base/index.ts';
import type { HoldfastService, SandboxFaults } from '../schema/index.ts';
import type { SandboxRecord } from '../state/index.ts';
import { type Core, withScope } from './core.ts';

export function faultVerbs(core: Core, tenant: string): Pick<HoldfastService, 'faultReport' | 'stopFaults'> {
  const { controller, noise } = core;
  return {
    faultReport: async (ref) => noise.report(controller.find(tenant, ref).id),
    stopFaults: (ref, options) =>
      withScope(core, 'stop faults', options, async (scope) => {
        const record = controller.find(tenant, ref);
        // Says that there never were any, before anything is done.
        noise.report(record.id);
        await noise.stop(record.id, scope);
        await core.network.tellAgain(record.id, scope);
        return noise.report(record.id);
      }),
  };
}

/** A plan that cannot happen in this sandbox ends its making. A repeated create finds its plan there. */
export async function beginFaults(
  core: Core,
  { id, tenant }: SandboxRecord,
  given: SandboxFaults | undefined,
  scope: Scope,
): Promise<void> {
  if (given && !core.noise.given(id)) await core.noise.begin({ sandbox: id, tenant }, given, scope);
}

/** Children of one source are rollouts of one group, counted on from it. */
export function faultsOfChild(given: SandboxFaults, index: number): SandboxFaults {
  return { ...given, episode: { ...given.episode, rollout: given.episode.rollout + index } };
}
