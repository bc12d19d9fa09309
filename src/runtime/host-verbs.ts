/**
 * Verbs about this machine and this daemon: version, doctor, tools, templates, events, journal, prune.
 *
 * 1. Templates are everybody's, and are made of the machine's files with the daemon's rights: only the owner makes,
 *    replaces and removes them.
 */
import { HoldfastError, type HoldfastService } from '../schema/index.ts';
import { type Core, defaultTenant, openScope, streamOf, withScope } from './core.ts';
import { examine } from './doctor.ts';
import { sandboxAccess } from './sandbox-access.ts';
import { versionInfo } from './version.ts';

type HostVerbs = Pick<
  HoldfastService,
  | 'version'
  | 'doctor'
  | 'listTools'
  | 'callTool'
  | 'listTemplates'
  | 'buildTemplate'
  | 'deleteTemplate'
  | 'events'
  | 'journal'
  | 'prune'
>;

const longestBuildMs = 30 * 60_000;

export function hostVerbs(core: Core, tenant: string): HostVerbs {
  const { controller, files, store } = core;
  return {
    version: async () => versionInfo(),
    doctor: (options) => withScope(core, 'doctor', options, (scope) => examine(core, scope)),
    listTools: async () => core.door.tools(),
    callTool: async (ref, call, options) => {
      const { id } = controller.find(tenant, ref);
      return withScope(core, `tool ${call.tool}`, options, (scope) =>
        core.door.call({ tenant, sandbox: id, ...call }, sandboxAccess(core, tenant, id), scope),
      );
    },
    listTemplates: async () => files.listTemplates().map(({ layers: _, ...template }) => template),
    buildTemplate: (input, onProgress = () => undefined, options) =>
      withScope(core, 'build template', { timeoutMs: longestBuildMs, ...options }, async (scope) => {
        refuseOthers(tenant, 'build');
        const { layers: _, ...template } = await files.buildTemplate(input, onProgress, scope);
        core.events.publish({ type: 'template-created', tenant, data: { name: template.name } });
        return template;
      }),
    deleteTemplate: (name, options) =>
      withScope(core, 'delete template', options, async (scope) => {
        refuseOthers(tenant, 'delete');
        files.removeTemplate(name);
        core.events.publish({ type: 'template-deleted', tenant, data: { name } });
        await files.collectGarbage(scope);
      }),
    events: (query = {}, options) =>
      streamOf(() => {
        const { sandbox, ...rest } = query;
        const filter = {
          tenant,
          ...rest,
          ...(sandbox === undefined ? {} : { sandbox: controller.find(tenant, sandbox).id }),
        };
        return core.events.subscribe(filter, openScope(core, 'events', options, null).signal);
      }),
    journal: async (query = {}) => {
      const { sandbox, ...rest } = query;
      return core.journal.read({
        tenant,
        ...rest,
        ...(sandbox === undefined ? {} : { sandbox: controller.find(tenant, sandbox).id }),
      });
    },
    prune: (input = {}, options) =>
      withScope(core, 'prune', options, async (scope) => {
        core.reserve.tend();
        const sandboxes = store.sandboxes.forgetGone(tenant).length;
        const snapshots = input.snapshots ? removeUnreferenced(core, tenant) : 0;
        core.contracts.purge();
        const { layers, freedBytes } = await files.collectGarbage(scope);
        // What was made of layers goes after them.
        const ofStarts = await core.substrates.prune(scope);
        return { sandboxes, snapshots, layers, freedBytes: freedBytes + ofStarts };
      }),
  };
}

function refuseOthers(tenant: string, verb: string): void {
  if (tenant === defaultTenant) return;
  throw new HoldfastError('forbidden', `tenant ${tenant} may not ${verb} templates; the owner of this daemon does`, {
    hint: 'Make a snapshot: it is usable wherever a template is.',
  });
}

/** Each removal may free the snapshot it came after. */
function removeUnreferenced({ store }: Core, tenant: string): number {
  let removed = 0;
  for (let round = -1; round !== removed; ) {
    round = removed;
    for (const { id } of store.snapshots.unreferencedSnapshots(tenant)) {
      if (store.snapshots.removeSnapshot(id)) removed++;
    }
  }
  return removed;
}
