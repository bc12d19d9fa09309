/**
 * Verbs of watching, findings and metrics.
 *
 * 1. Canaries take the machine's time and their findings speak of all of it: only the owner has them. Others see none.
 */
import {
  acknowledgeSchema,
  HoldfastError,
  type HoldfastService,
  listFindingsSchema,
  parseInput,
  startWatchSchema,
} from '../../schema/index.ts';
import { type Core, defaultTenant, withScope } from '../core.ts';
import { metricsText } from './metrics.ts';

type WatchVerbs = Pick<
  HoldfastService,
  | 'startWatch'
  | 'listWatches'
  | 'stopWatch'
  | 'runCanary'
  | 'listFindings'
  | 'getFinding'
  | 'acknowledgeFinding'
  | 'metrics'
>;

const longestCanaryMs = 60 * 60_000;

export function watchVerbs(core: Core, tenant: string): WatchVerbs {
  const { watcher, store, contracts, substrates } = core;
  const owned = <T>(work: () => T): T => {
    if (tenant !== defaultTenant) throw notYours(tenant);
    return work();
  };
  return {
    startWatch: (input = {}, options) =>
      withScope(core, 'watch', options, async (scope) => {
        const asked = owned(() => parseInput(startWatchSchema, input, 'watch'));
        const substrate = await substrates.choose(asked.isolation, scope);
        const template = asked.template ?? substrate.defaultTemplate;
        // Templates are everybody's, and so the canaries'; snapshots are not.
        await core.files.useTemplate(template, scope);
        const subject = {
          contract: await contracts.resolve(asked.contract),
          isolation: substrate.isolation,
          template,
        };
        return watcher.view(watcher.start(subject, asked.everyMs));
      }),
    listWatches: async () => (tenant === defaultTenant ? store.watches.list().map((one) => watcher.view(one)) : []),
    stopWatch: async (id) => owned(() => watcher.stop(id)),
    runCanary: async (id, { renew = false } = {}, options) =>
      withScope(core, 'canary', { timeoutMs: longestCanaryMs, ...options }, async () =>
        owned(() => {
          const { id: watch } = watcher.find(id);
          if (renew) store.watches.forgetReference(watch);
          return watcher.run(watch);
        }),
      ),
    listFindings: async (query = {}) => {
      const { state } = parseInput(listFindingsSchema, query, 'findings');
      return tenant === defaultTenant ? store.watches.findings(state === undefined ? {} : { state }) : [];
    },
    getFinding: async (id) => (tenant === defaultTenant ? watcher.finding(id) : absent(id)),
    acknowledgeFinding: async (id, input = {}) => {
      const { note = null } = parseInput(acknowledgeSchema, input, 'acknowledge');
      return owned(() => watcher.acknowledge(id, note));
    },
    metrics: async () => metricsText(core, tenant === defaultTenant ? null : tenant),
  };
}

function notYours(tenant: string): HoldfastError {
  return new HoldfastError('forbidden', `tenant ${tenant} may not watch this machine; the owner of this daemon does`, {
    hint: 'Ask whoever runs the daemon: `holdfast watch`.',
  });
}

function absent(id: string): never {
  throw new HoldfastError('not-found', `there is no finding ${JSON.stringify(id)}`);
}
