/** What the filesystem offers to the controller and the composition root: `openFileStore` of store.ts makes one. */
import type { Scope } from '../base/index.ts';
import type { BuildTemplate, DiffEntry, Snapshot } from '../schema/index.ts';
import type { SandboxRecord, SnapshotRecord, TemplateRecord } from '../state/index.ts';
import type { TemplateBind, TreeDifference, TreeSize } from './types.ts';

/** Everything a root is mounted from; structurally compute's `RootView`. */
export interface WorkspaceRoot {
  lower: string[];
  upper: string;
  work: string;
  binds: TemplateBind[];
}

/** Which files are meant: a snapshot's, or a sandbox's as they are now. */
export type FileSource =
  | { layers: string[]; workspace: null }
  | { layers: string[]; workspace: { sandbox: string; upper: string } };

/** What the substrate is asked to do with the files of a living sandbox; structurally compute's `SnapshotRequest`. */
export interface SealRequest {
  root: WorkspaceRoot;
  layerTree: string;
  previousTree: string | null;
  freshUpper: string;
  freshWork: string;
}

export interface SealOutcome {
  method: Snapshot['method'];
  pauseMs: number;
  files: number;
  bytes: number;
}

export interface TakeSnapshot {
  sandbox: SandboxRecord;
  name: string | null;
  /** Does it: `substrate.snapshot` for a living sandbox, `FileStore.sealStopped` for one without processes. */
  seal: (request: SealRequest, scope: Scope) => Promise<SealOutcome>;
  /** Called right before it is recorded; throws where that much may not be kept. */
  admit?: ((addedBytes: number) => void) | undefined;
}

/** What a tenant's quotas leave for a snapshot that is made of something sent. */
export interface SnapshotRoom {
  bytes: number;
  /** Throws `quota-exceeded` where that much is not left. */
  admit(addedBytes: number): void;
}

export interface ImportRequest {
  tenant: string;
  template: string;
  layers: string[];
  path: string;
  name: string | null;
  /** Absent: there are no quotas. */
  room?: SnapshotRoom;
}

export interface GarbageReport {
  layers: number;
  freedBytes: number;
}

export interface RecoveryReport {
  /** Layers nobody had completed, thrown away. */
  discardedLayers: string[];
  /** Sandboxes whose files were sealed in place although the snapshot was never recorded: their record is right again. */
  repairedSandboxes: string[];
  /** Recorded layers that are not there; what uses them fails with `snapshot-corrupt`. */
  missingLayers: string[];
  /** Directories of sandboxes nobody knows, thrown away. */
  discardedSandboxes: string[];
}

export interface FileStore {
  /** Finishes or undoes what a crash left half-done, however long it takes. Call once, before anything else. */
  recover(): Promise<RecoveryReport>;

  /** The template of that name, made first if it is `host`, and checked against its digest. */
  useTemplate(name: string, scope: Scope): Promise<TemplateRecord>;
  /** Checks the chain's layers against their digests, each once in this process's life; throws `snapshot-corrupt`. */
  verify(layers: string[], scope: Scope): Promise<void>;
  /** The same, reading every byte again. */
  verifyAgain(layers: string[], scope: Scope): Promise<void>;

  /**
   * Until `work` is over none of these layers is deleted: it is about to refer to them, and nothing else need by then.
   * Throws `snapshot-not-found` when one was deleted already.
   */
  holding<T>(layers: readonly string[], work: () => Promise<T>): Promise<T>;
  /**
   * The sandbox's record once no failed snapshot is left of it; throws as long as one cannot be undone. To be called before
   * its files are made another root of, or looked at.
   */
  putRight(sandbox: SandboxRecord): Promise<SandboxRecord>;
  /** For a new writable directory of the sandbox: a name under which nothing lies. */
  freshUpper(sandbox: Pick<SandboxRecord, 'id' | 'generation'>): string;
  /**
   * What to mount; whoever does makes the sandbox's writable directory `upper` (any name of letters, digits and hyphens).
   * Throws `snapshot-corrupt` when a layer is not there.
   */
  root(layers: string[], sandbox: string, upper: string): Promise<WorkspaceRoot>;
  /** Puts a copy of a host directory at `path` of a sandbox that is not running yet, owned by its user. */
  addDirectory(
    request: {
      sandbox: string;
      upper: string;
      source: string;
      path: string;
      user: 'agent' | 'root';
      maxBytes?: number;
    },
    scope: Scope,
  ): Promise<TreeSize>;
  /** Deletes one writable directory in the background: the old one after a rollback. */
  discardWorkspace(sandbox: string, upper: string): void;
  /** Deletes everything of a sandbox. It is out of sight when this resolves and gone soon after. */
  removeSandbox(sandbox: string): Promise<void>;
  /** Bytes and files in the writable directory, for quotas. */
  measure(sandbox: string, upper: string, scope: Scope): Promise<TreeSize>;

  /**
   * Takes a snapshot and records it; when the files were sealed in place the sandbox's record points to its new writable
   * directory and longer chain afterwards, all in one transaction. On failure nothing is recorded.
   */
  takeSnapshot(request: TakeSnapshot, scope: Scope): Promise<SnapshotRecord>;
  /** Seals the files of a sandbox in which nothing runs. */
  sealStopped(request: SealRequest, scope: Scope): Promise<SealOutcome>;

  diff(from: FileSource, to: FileSource, options: { path?: string }, scope: Scope): Promise<DiffEntry[]>;
  /** As `diff`, with what there is now: contents of files up to a size and up to so much in all, digests of the others. */
  changes(
    from: FileSource,
    to: FileSource,
    options: { contentBytes: number; allBytes: number },
    scope: Scope,
  ): Promise<TreeDifference[]>;
  /** A patch that `git apply` takes. */
  patch(from: FileSource, to: FileSource, options: { path?: string }, scope: Scope): Promise<string>;
  /** A POSIX tar. */
  exportFiles(source: FileSource, options: { path?: string }, scope: Scope): AsyncIterable<Uint8Array>;
  /** A snapshot: `layers` with the tar's files below `path` on top. */
  importFiles(tar: AsyncIterable<Uint8Array>, request: ImportRequest, scope: Scope): Promise<SnapshotRecord>;

  listTemplates(): TemplateRecord[];
  buildTemplate(request: BuildTemplate, onProgress: (line: string) => void, scope: Scope): Promise<TemplateRecord>;
  /** Throws `in-use` for `host`. Snapshots and sandboxes made from it keep its layers. */
  removeTemplate(name: string): void;

  /** Deletes layers nothing refers to. */
  collectGarbage(scope: Scope): Promise<GarbageReport>;
  /** Resolves when the deletions begun in the background are done. */
  settle(): Promise<void>;
}
