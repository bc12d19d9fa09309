/** Verbs that make, move and end sandboxes, and those about their files as a whole. */
import { type Scope, untilOrEnded } from '../base/index.ts';
import type { FileSource } from '../filesystem/index.ts';
import { defaultForkLifetimeMs, type OneCreate } from '../lifecycle/index.ts';
import type { PreparedNetwork } from '../network/index.ts';
import {
  asHoldfastError,
  type CallOptions,
  type CreateSandbox,
  createSandboxSchema,
  createSnapshotSchema,
  type DiffRequest,
  forkSchema,
  HoldfastError,
  type HoldfastService,
  listSandboxesSchema,
  type Network,
  nameSchema,
  parseInput,
  type SandboxFaults,
  suspendSandboxSchema,
} from '../schema/index.ts';
import type { SandboxRecord } from '../state/index.ts';
import { assertContract, refuseAsked } from './contract-check.ts';
import { type Core, closing, openScope, withScope } from './core.ts';
import { beginFaults, faultsOfChild } from './fault-verbs.ts';
import { placeOf } from './network-verbs.ts';
import { isRecorders } from './recording-parts.ts';
import { beginRecording } from './recording-verbs.ts';
import { resumed } from './resumed.ts';
import { refuseOurName } from './run-snapshots.ts';
import { throwAwayName } from './throw-away.ts';
import { sandboxView, snapshotView } from './views.ts';
import { canaryTenant } from './watch/watcher.ts';

type SandboxVerbs = Pick<
  HoldfastService,
  | 'createSandbox'
  | 'getSandbox'
  | 'listSandboxes'
  | 'extendSandbox'
  | 'connectSandbox'
  | 'suspendSandbox'
  | 'resumeSandbox'
  | 'destroySandbox'
>;

export function sandboxVerbs(core: Core, tenant: string): SandboxVerbs {
  const { controller } = core;
  return {
    createSandbox: (input, options) =>
      countedCreate(core, tenant, options, async (scope) => {
        const asked = withOrigin(core, parseInput(createSandboxSchema, input, 'create'));
        const request = asked.record === false ? asked : { ...asked, network: tapedNetwork(asked.network) };
        const one: OneCreate = {
          make: () => makeSandbox(core, tenant, request, scope),
          finish: (record) => finishSandbox(core, record, request, scope),
        };
        return sandboxView(await controller.createOnce(tenant, request, one, scope));
      }),
    getSandbox: async (ref) => {
      const record = controller.find(tenant, ref);
      return sandboxView(record, core.network.problem(record.id));
    },
    listSandboxes: async (query = {}) => {
      const { state, cursor, ...rest } = parseInput(listSandboxesSchema, query, 'list');
      const page = controller.list({
        tenant,
        ...rest,
        ...(state === undefined ? {} : { state }),
        ...(cursor === undefined ? {} : { cursor }),
      });
      const items = page.items.map((record) => sandboxView(record, core.network.problem(record.id)));
      return { items, nextCursor: page.nextCursor };
    },
    extendSandbox: (ref, lifetimeMs, options) =>
      withScope(core, 'extend', options, async (scope) => {
        const checked = parseInput(createSandboxSchema.shape.lifetimeMs, lifetimeMs, 'lifetimeMs');
        return sandboxView(await controller.extend(tenant, ref, checked, scope));
      }),
    connectSandbox: (ref, input = {}, options) =>
      withScope(core, 'connect', options, async (scope) => {
        const record = await resumed(core, tenant, ref, scope);
        if (input.lifetimeMs === undefined) return sandboxView(record);
        const lifetimeMs = parseInput(createSandboxSchema.shape.lifetimeMs, input.lifetimeMs, 'lifetimeMs');
        return sandboxView(await controller.extend(tenant, ref, lifetimeMs, scope));
      }),
    suspendSandbox: (ref, input = {}, options) =>
      withScope(core, 'suspend', options, async (scope) => {
        const { memory, disk } = parseInput(suspendSandboxSchema, input, 'suspend');
        await core.noise.heal(controller.find(tenant, ref).id, scope);
        return sandboxView(await controller.suspend(tenant, ref, { memory, disk }, scope));
      }),
    resumeSandbox: (ref, options) =>
      withScope(core, 'resume', options, async (scope) => sandboxView(await resumed(core, tenant, ref, scope))),
    destroySandbox: (ref, options) =>
      withScope(core, 'destroy', options, async (scope) => {
        await finishRecording(core, controller.find(tenant, ref).id);
        const record = await controller.destroy(tenant, ref, scope);
        // Whoever plays its tape next finds all of it. That its network cannot be left is told elsewhere.
        if (isRecording(record)) await core.network.leave(record.id, true).catch(() => undefined);
        return sandboxView(record);
      }),
  };
}

/** What cannot be written, as on a full disk, must not keep the sandbox: the next start of the daemon closes the recording. */
async function finishRecording(core: Core, sandbox: string): Promise<void> {
  core.reserve.tend();
  try {
    await core.recordings.finish(sandbox, 'sandbox-removed');
  } catch (error) {
    core.log.error({ sandbox, error: asHoldfastError(error).message }, 'a recording is not closed');
  }
}

/** What a recorded sandbox hears from outside goes onto a tape, unless its policy says what is to be taped. */
function tapedNetwork(network: Network): Network {
  return network === 'none' || network.tape ? network : { ...network, tape: { mode: 'record' } };
}

async function makeSandbox(core: Core, tenant: string, request: CreateSandbox, scope: Scope): Promise<SandboxRecord> {
  // A canary shows the runtime as it is: what a contract would refuse is what it is to find.
  const isCanary = tenant === canaryTenant;
  const named = isCanary && !request.contract ? null : await core.contracts.resolve(request.contract);
  const contract = isCanary ? null : named;
  await refuseAsked(core, contract, request);
  await core.admission.admit(tenant, contract);
  const prepared = await core.network.prepare(tenant, request.network, scope);
  const startedMs = core.clock.monotonicMs();
  const record = await core.controller.create(tenant, request, contract, scope);
  return await orEnd(core, [record], async () => {
    if (isCanary && named) await core.contracts.lend(record.id, named);
    await enter(core, { record, faults: request.faults, prepared }, scope);
    core.admission.measured(tenant, record.id, 'lifecycle.open', core.clock.monotonicMs() - startedMs);
    await recordAsked(core, record, request);
    return record;
  });
}

/** What may be missing of a sandbox whose daemon died while it made it; one that sleeps was whole. */
async function finishSandbox(core: Core, record: SandboxRecord, request: CreateSandbox, scope: Scope): Promise<void> {
  if (record.state !== 'ready') return;
  await enter(core, { record, faults: request.faults, prepared: null }, scope);
  await recordAsked(core, record, request);
}

async function recordAsked(core: Core, record: SandboxRecord, { record: asked }: CreateSandbox): Promise<void> {
  if (asked === false || core.recordings.of(record.id) || core.store.recordings.openOf(record.id)) return;
  const name = asked === true ? null : (asked.name ?? null);
  await beginRecording(core, record, { name, parent: null, snapshotFirst: false });
}

async function countedCreate<T>(
  core: Core,
  tenant: string,
  options: CallOptions | undefined,
  work: (scope: Scope) => Promise<T>,
): Promise<T> {
  try {
    const made = await withScope(core, 'create', options, work);
    core.counters.add('creates', { tenant, code: 'ok' });
    return made;
  } catch (error) {
    const { code } = asHoldfastError(error);
    core.counters.add('creates', { tenant, code });
    core.counters.add('errors', { tenant, code });
    throw error;
  }
}

function refuseKept({ store }: Core, snapshot: string): void {
  const keeper = store.recordings.keeperOf(snapshot);
  if (keeper === null) return;
  throw new HoldfastError('in-use', `the recording ${keeper} needs snapshot ${snapshot}`, {
    hint: `Delete the recording first: holdfast rm ${keeper}`,
    details: { recording: keeper },
  });
}

/** What nobody asked for came from the daemon. */
function withOrigin({ contracts }: Core, request: CreateSandbox): CreateSandbox {
  if (request.contract !== undefined || contracts.usual === null) return request;
  return { ...request, origins: { ...request.origins, contract: 'the daemon’s --contract' } };
}

const isRecording = ({ network }: SandboxRecord): boolean => network !== 'none' && network.tape?.mode === 'record';

interface Made {
  record: SandboxRecord;
  faults: SandboxFaults | undefined;
  /** Null: what is kept of it, or made anew. */
  prepared: PreparedNetwork | null;
}

/** What is asked of a sandbox besides that it lives. */
async function enter(core: Core, { record, faults, prepared }: Made, scope: Scope): Promise<void> {
  await beginFaults(core, record, faults, scope);
  await core.network.enter(placeOf(core, record), prepared, scope);
  await assertContract(core, record, scope);
}

/** A sandbox that is not all it was asked to be is no sandbox: all end, and the reason is told. */
async function orEnd<T>(core: Core, made: readonly SandboxRecord[], work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const ended = made.map(({ tenant, id }) => core.controller.destroy(tenant, id, core.scope));
    for (const one of await Promise.allSettled(ended)) {
      if (one.status === 'rejected') core.log.error({ error: asHoldfastError(one.reason) }, 'half a sandbox is left');
    }
    throw error;
  }
}

type SnapshotVerbs = Pick<
  HoldfastService,
  | 'createSnapshot'
  | 'getSnapshot'
  | 'listSnapshots'
  | 'deleteSnapshot'
  | 'verifySnapshot'
  | 'rollbackSandbox'
  | 'forkSandbox'
  | 'diff'
  | 'patch'
  | 'exportFiles'
  | 'importFiles'
>;

/** @param as `isRun`: for a replay or a test, whose snapshots have names of their own */
export function snapshotVerbs(core: Core, tenant: string, as = { isRun: false }): SnapshotVerbs {
  const { controller, files, store } = core;
  const sources = async (request: DiffRequest, scope: Scope): Promise<Sources> => {
    const to = await sourceOf(core, tenant, request.to, scope);
    const from = request.from === undefined ? startOf(core, to) : await sourceOf(core, tenant, request.from, scope);
    return { from: from.source, to: to.source, names: { from: from.name, to: to.name } };
  };
  return {
    createSnapshot: (ref, input = {}, options) =>
      withScope(core, 'snapshot', options, async (scope) => {
        const { name } = parseInput(createSnapshotSchema, input, 'snapshot');
        refuseOurName(name);
        const { id } = controller.find(tenant, ref);
        await core.noise.heal(id, scope);
        const wish = { name: name ?? null, ...(core.noise.holds(id) ? { keepsRoot: 'always' as const } : {}) };
        return snapshotView(await controller.snapshot(tenant, ref, wish, scope));
      }),
    getSnapshot: async (ref) => snapshotView(controller.findSnapshot(tenant, ref)),
    listSnapshots: async (query = {}) => {
      const sandbox = query.sandbox === undefined ? undefined : controller.find(tenant, query.sandbox).id;
      const page = store.snapshots.listSnapshots({
        tenant,
        ...(sandbox === undefined ? {} : { sandbox }),
        ...(query.limit === undefined ? {} : { limit: query.limit }),
        ...(query.cursor === undefined ? {} : { cursor: query.cursor }),
      });
      return { items: page.items.map(snapshotView), nextCursor: page.nextCursor };
    },
    deleteSnapshot: (ref, options) =>
      withScope(core, 'delete snapshot', options, async (scope) => {
        const { id, sandbox } = controller.findSnapshot(tenant, ref);
        refuseKept(core, id);
        core.reserve.tend();
        store.snapshots.removeSnapshot(id);
        core.events.publish({ type: 'snapshot-deleted', tenant, sandbox, data: { snapshot: id } });
        await files.collectGarbage(scope);
      }),
    verifySnapshot: (ref, options) =>
      withScope(core, 'verify', options, async (scope) => {
        const { id, layers } = controller.findSnapshot(tenant, ref);
        await files.verifyAgain(layers, scope);
        return snapshotView(controller.findSnapshot(tenant, id));
      }),
    rollbackSandbox: (ref, snapshot, options) =>
      withScope(core, 'rollback', options, async (scope) => {
        await core.noise.heal(controller.find(tenant, ref).id, scope);
        const release = await core.recordings.of(controller.find(tenant, ref).id)?.still();
        if (release) scope.onClose(release);
        return sandboxView(await controller.rollback(tenant, ref, snapshot, scope));
      }),
    forkSandbox: (ref, input = {}, options) =>
      countedCreate(core, tenant, options, async (scope) => {
        const request = parseInput(forkSchema, input, 'fork');
        // Once: a newer snapshot of that name may be taken meanwhile.
        const source = sourceIdOf(core, tenant, ref);
        const parent = store.sandboxes.find(tenant, source);
        if (parent) await core.noise.heal(parent.id, scope);
        const faults = childFaults(core, parent, request.faults);
        const { contract: asked, ...rest } = request;
        const contract = asked === undefined ? undefined : ((await core.contracts.resolve(asked)) ?? undefined);
        const usualContract = tenant === canaryTenant ? null : core.contracts.usual;
        const fork = { ...rest, contract, usualContract };
        const held = controller.contractOfFork(tenant, source, fork);
        await refuseAsked(core, held, askedOfFork(parent, request));
        await core.admission.admit(tenant, held);
        const children = await controller.fork(tenant, source, fork, scope);
        const network = children[0]?.network ?? 'none';
        await orEnd(core, children, async () => {
          const prepared = await core.network.prepare(tenant, network, scope);
          const enterOne = (record: SandboxRecord, index: number): Promise<void> =>
            enter(core, { record, faults: faults(index), prepared }, scope);
          await Promise.all(children.map(enterOne));
        });
        return children.map((child) => sandboxView(child));
      }),
    diff: (request, options) =>
      withScope(core, 'diff', options, async (scope) => {
        const { from, to, names } = await sources(request, scope);
        return { ...names, entries: await files.diff(from, to, below(request.path), scope) };
      }),
    patch: (request, options) =>
      withScope(core, 'patch', options, async (scope) => {
        const { from, to } = await sources(request, scope);
        return files.patch(from, to, below(request.path), scope);
      }),
    exportFiles: async (source, input = {}, options) => {
      const scope = openScope(core, 'export', options);
      try {
        const { source: from } = await sourceOf(core, tenant, source, scope);
        return closing(files.exportFiles(from, below(input.path), scope), () => scope.close());
      } catch (error) {
        await scope.close();
        throw error;
      }
    },
    importFiles: (tar, input = {}, options) =>
      withScope(core, 'import', options, async (scope) => {
        const { substrates } = core;
        if (!as.isRun && input.name !== undefined) refuseOurName(parseInput(nameSchema, input.name, 'name'));
        const name = nameOfImport(input);
        const { defaultTemplate } = input.isolation
          ? await substrates.choose(input.isolation, scope)
          : substrates.first;
        const template = await files.useTemplate(input.template ?? defaultTemplate, scope);
        const request = {
          tenant,
          template: template.name,
          layers: template.layers,
          path: input.path ?? '/',
          name,
          room: core.snapshotRoom(tenant),
        };
        return snapshotView(await files.importFiles(tar, request, scope));
      }),
  };
}

/** @throws HoldfastError `invalid-argument` */
function nameOfImport({ name, throwAway = false }: { name?: string; throwAway?: boolean }): string | null {
  if (!throwAway) return name ?? null;
  if (name === undefined) return throwAwayName;
  throw new HoldfastError(
    'invalid-argument',
    `a throw-away import has no name, and ${JSON.stringify(name)} was given`,
    {
      hint: 'Leave out the name, or keep it.',
    },
  );
}

/** What children get that is decided already: the parent's; of a snapshot's children nothing is limited. */
function askedOfFork(
  parent: SandboxRecord | null,
  { lifetimeMs = defaultForkLifetimeMs }: { lifetimeMs?: number | undefined },
): Parameters<typeof refuseAsked>[2] {
  const { limits = {}, network = 'none', user = 'agent', environment = {} } = parent ?? {};
  return { lifetimeMs, limits, network, user, environment };
}

/** What was asked for, or what the parent lives under; none for children of a snapshot. */
function childFaults(
  core: Core,
  parent: SandboxRecord | null,
  asked: SandboxFaults | undefined,
): (index: number) => SandboxFaults | undefined {
  if (asked) return (index) => faultsOfChild(asked, index);
  const inherited = parent && core.noise.concerns(parent.id) ? core.noise.given(parent.id) : null;
  return (index) => (inherited ? faultsOfChild(inherited, index + 1) : undefined);
}

interface Sources {
  from: FileSource;
  to: FileSource;
  names: { from: string; to: string };
}

interface NamedSource {
  name: string;
  source: FileSource;
  snapshot: string | null;
  template: string;
}

/** A sandbox goes before a snapshot of its name. What nothing is called stays as it is. */
function sourceIdOf({ store: { snapshots, sandboxes } }: Core, tenant: string, ref: string): string {
  const found = snapshots.findSnapshot(tenant, ref) ?? sandboxes.find(tenant, ref);
  return (found ?? snapshots.newestNamed(tenant, ref))?.id ?? ref;
}

async function sourceOf(core: Core, tenant: string, ref: string, scope: Scope): Promise<NamedSource> {
  const id = sourceIdOf(core, tenant, ref);
  const snapshot = core.store.snapshots.findSnapshot(tenant, id);
  if (snapshot) {
    return {
      name: snapshot.id,
      source: { layers: snapshot.layers, workspace: null },
      snapshot: snapshot.parent,
      template: snapshot.template,
    };
  }
  const record = core.controller.find(tenant, id);
  if (record.state === 'gone')
    throw new HoldfastError('sandbox-gone', `the files of sandbox ${record.id} went with it`, {
      hint: 'Compare its snapshots.',
    });
  await core.controller.bringFilesOut(tenant, record.id, scope);
  // The recorder's snapshots move its writable directory: none is taken while somebody reads there.
  const release = await core.recordings.of(record.id)?.pause();
  if (release) scope.onClose(release);
  const { layers, upper } = await untilOrEnded(core.files.putRight(core.controller.find(tenant, record.id)), scope);
  const source: FileSource = { layers, workspace: { sandbox: record.id, upper } };
  return { name: record.id, source, snapshot: record.snapshot, template: record.template };
}

/** What a sandbox or snapshot came from: its parent snapshot, else its template. */
function startOf(core: Core, of: NamedSource): NamedSource {
  const { snapshots } = core.store;
  let parent = of.snapshot === null ? null : snapshots.getSnapshot(of.snapshot);
  // What the recorder took on the way is no beginning.
  while (parent && isRecorders(parent)) parent = parent.parent === null ? null : snapshots.getSnapshot(parent.parent);
  if (parent)
    return {
      name: parent.id,
      source: { layers: parent.layers, workspace: null },
      snapshot: parent.parent,
      template: parent.template,
    };
  const base = of.source.layers.slice(-1);
  return { name: of.template, source: { layers: base, workspace: null }, snapshot: null, template: of.template };
}

const below = (path: string | undefined): { path?: string } => (path === undefined ? {} : { path });
