/** The file store, put together. */
import { type Clock, type IdMaker, type Log, mkdir, type Scope } from '../base/index.ts';
import { diffEntry, findDifferences } from './differences.ts';
import { importSnapshot } from './imports.ts';
import { LayerStore } from './layers.ts';
import { storePaths } from './paths.ts';
import { recoverFiles } from './recovery.ts';
import { Snapshots } from './snapshots.ts';
import type { FileStore } from './store-types.ts';
import { exportTar } from './tar-export.ts';
import { Templates } from './templates.ts';
import { Trash } from './trash.ts';
import type { StoreContext, StoreOwner, TreeOperations } from './types.ts';
import { Workspaces } from './workspaces.ts';

export interface FileStoreOptions {
  /** The state directory; exists and is private. */
  home: string;
  records: StoreContext['records'];
  sandboxes: StoreContext['sandboxes'];
  transaction: StoreContext['transaction'];
  trees: TreeOperations;
  owner: StoreOwner;
  clock: Clock;
  newId: IdMaker;
  log: Log;
  /** A chain of this many layers above its base is merged before it grows. */
  squashAfter?: number;
  /** For tests: see `StoreContext.durable`. */
  durable?: StoreContext['durable'];
}

const usualSquashAfter = 48;

export async function openFileStore(options: FileStoreOptions): Promise<FileStore> {
  const { home, squashAfter = usualSquashAfter, durable = (_step, work) => work(), ...rest } = options;
  const context: StoreContext = { ...rest, paths: storePaths(home), durable };
  for (const path of [context.paths.layers, context.paths.sandboxes, context.paths.trash, context.paths.staging]) {
    await mkdir(path, { recursive: true, mode: 0o700 });
  }
  const trash = new Trash(context);
  const layers = new LayerStore(context, trash);
  const workspaces = new Workspaces(context, layers, trash);
  const snapshots = new Snapshots(context, layers, workspaces, squashAfter);
  const templates = new Templates(context, layers);
  const differences = (...[from, to, path, contentBytes, scope]: DifferenceArguments) =>
    findDifferences(context, workspaces, { from, to, contentBytes, ...(path === undefined ? {} : { path }) }, scope);
  return {
    recover: () => recoverFiles({ context, layers, snapshots, workspaces, trash }),

    useTemplate: (name, scope) => templates.use(name, scope),
    verify: (ids, scope) => layers.verify(ids, scope),
    verifyAgain: (ids, scope) => layers.verifyAgain(ids, scope),

    holding: (ids, work) => layers.holding(ids, work),
    putRight: (sandbox) => snapshots.putRight(sandbox),
    freshUpper: (sandbox) => workspaces.freshUpper(sandbox),
    root: (ids, sandbox, upper) => workspaces.root(ids, sandbox, upper),
    addDirectory: (request, scope) => workspaces.addDirectory(request, scope),
    discardWorkspace: (sandbox, upper) =>
      void workspaces.discard(sandbox, upper).catch((error: unknown) => {
        context.log.warn({ sandbox, upper, error: String(error) }, 'a workspace could not be discarded');
      }),
    removeSandbox: async (sandbox) => {
      await workspaces.remove(sandbox);
      await snapshots.forget(sandbox);
    },
    measure: (sandbox, upper, scope) => workspaces.measure(sandbox, upper, scope),

    takeSnapshot: (request, scope) => snapshots.take(request, scope),
    sealStopped: (request) => workspaces.sealStopped(request),

    diff: async (from, to, { path }, scope) => (await differences(from, to, path, 0, scope)).map(diffEntry),
    changes: (from, to, { contentBytes, allBytes }, scope) =>
      findDifferences(context, workspaces, { from, to, contentBytes, forChanges: { allBytes } }, scope),
    patch: async (from, to, { path }, scope) => {
      // Loaded for the first one.
      const { formatPatch, largestPatchedFile } = await import('./patch.ts');
      return formatPatch(await differences(from, to, path, largestPatchedFile, scope));
    },
    exportFiles: (source, { path = '' }, scope) =>
      exportTar(context, { view: workspaces.view(source), path: path.replace(/^\/+/, '') }, scope),
    importFiles: (tar, request, scope) => importSnapshot(context, layers, tar, request, scope),

    listTemplates: () => context.records.listTemplates(),
    buildTemplate: (request, onProgress, scope) => templates.build(request, onProgress, scope),
    removeTemplate: (name) => templates.remove(name),

    collectGarbage: (scope) => layers.collect(scope),
    settle: () => trash.settle(),
  };
}

type DifferenceArguments = [
  from: Parameters<FileStore['diff']>[0],
  to: Parameters<FileStore['diff']>[1],
  path: string | undefined,
  contentBytes: number,
  scope: Scope,
];
