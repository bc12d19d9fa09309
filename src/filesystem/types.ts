/**
 * What the filesystem folder needs from below and gives to above.
 *
 * A *tree* is a directory on the host that holds one overlay layer. A *layer* is a sealed tree in the store. A *chain* is a
 * list of layer ids, newest first, whose last one is a template's base. A *view* is what a chain looks like when mounted.
 */
import type { Clock, IdMaker, Log, Scope } from '../base/index.ts';
import type { SandboxRepository, SnapshotRepository } from '../state/index.ts';

/** Which extended attributes hold the overlay's marks: `trusted` when root mounts, `user` when an ordinary user does. */
export type XattrPrefix = 'trusted' | 'user';

/** Directories of one merged root: read-only trees, newest first, and the writable one of a living workspace. */
export interface TreeView {
  lower: string[];
  upper: string | null;
}

export const treeEntryTypes = ['file', 'directory', 'symlink', 'socket', 'pipe', 'device', 'whiteout'] as const;
export type TreeEntryType = (typeof treeEntryTypes)[number];

/** One path of one tree, not merged with anything. Paths are relative, without a leading slash. */
export interface ScanEntry {
  path: string;
  type: TreeEntryType;
  mode: number;
  uid: number;
  gid: number;
  size: number;
  mtimeNs: bigint;
  /** Hides everything below it in older layers. */
  opaque: boolean;
  /** Where its older content is found, as the overlay wrote it. */
  redirect: string | null;
  /** Of a symlink. */
  target: string | null;
  /** sha256 of a file's content, hex; null when not asked for. */
  digest: string | null;
}

export interface TreeSize {
  files: number;
  bytes: number;
}

/** `digest` is over the canonical listing, content included only when digests were asked for. */
export interface ScanResult extends TreeSize {
  digest: string;
}

/** One difference between two views. Contents are there only for regular files of at most the size asked for. */
export interface TreeDifference {
  path: string;
  kind: 'added' | 'modified' | 'deleted' | 'mode';
  /** Of the newer side, or of the older one when it was deleted. */
  type: TreeEntryType;
  sizeBefore: number | null;
  sizeAfter: number | null;
  /** Whole `st_mode`, type bits included. */
  modeBefore: number | null;
  modeAfter: number | null;
  contentBefore: Uint8Array | null;
  contentAfter: Uint8Array | null;
  /** Of the newer side's file, as a scan tells it; only where it was asked for and the content is not there. */
  digestAfter: string | null;
}

export interface DiffTrees {
  before: TreeView;
  after: TreeView;
  /** Trees in which the two views differ: only paths in these are looked at. */
  touched: string[];
  /** Contents of files up to this size are sent along; 0 for none. */
  contentBytes: number;
  /** Only contents of the newer side, at most so many bytes in all, and digests of what does not come. */
  forChanges?: { allBytes: number };
  /** At most so many differences; `more` says that there were others. */
  limit: number;
}

interface CopyPlaces {
  source: string;
  /** Must not exist; its parent must. */
  target: string;
  /**
   * Host ids: everything gets this owner, or each id is moved up by `idBase` (ids past 65535 are refused). Absent: owners
   * are copied.
   */
  owner?: { uid: number; gid: number } | { idBase: number };
  /** More than this ends with `file-too-large` and no target. */
  maxBytes?: number;
}

/**
 * `layer`: exactly, marks and devices included. `import`: from a directory that is not ours: a device, socket or pipe is
 * refused, set-id bits and the overlay's own attributes are left behind. `live`: the writable directory of a sandbox that
 * stands still; what did not change since `previous`, an earlier copy of it, is hard-linked from there, but never files
 * named in `mapped` at that time. Its answer counts what was not linked.
 */
export type CopyTree =
  | (CopyPlaces & { kind: 'layer' | 'import' })
  | (CopyPlaces & { kind: 'live'; previous: string | null; mapped: string[] });

export interface SquashTrees {
  /** Newest first; what they hide of older layers stays hidden. */
  trees: string[];
  /** Must not exist; its parent must. */
  target: string;
}

/** A merged file as it comes out of a view, depth first, parents before children. */
export interface ExportEntry {
  path: string;
  type: Exclude<TreeEntryType, 'whiteout'>;
  mode: number;
  uid: number;
  gid: number;
  mtimeNs: bigint;
  size: number;
  target: string | null;
  /** Earlier path of the same file, when it is a hard link of one. */
  hardLink: string | null;
}

export interface ExportSink {
  entry(entry: ExportEntry): Promise<void>;
  /** Pieces of the last entry's content, in order, until its `size` is reached. */
  content(bytes: Uint8Array): Promise<void>;
}

/** Work on trees that needs the right owner and mounts; done by guest/layers in a process of its own. */
export interface TreeOperations {
  scan(
    tree: string,
    options: { digests: boolean; flush?: boolean },
    scope: Scope,
    onEntry?: (entry: ScanEntry) => void,
  ): Promise<ScanResult>;
  diff(request: DiffTrees, scope: Scope): Promise<{ differences: TreeDifference[]; more: boolean }>;
  copy(request: CopyTree, scope: Scope): Promise<TreeSize>;
  squash(request: SquashTrees, scope: Scope): Promise<TreeSize>;
  /** Idempotent; refuses whatever is not below the store. */
  delete(path: string, scope: Scope): Promise<{ files: number }>;
  /** `path` is a subtree of the merged view; `''` is all of it. */
  export(request: { view: TreeView; path: string }, sink: ExportSink, scope: Scope): Promise<void>;
}

export interface TreeRequest {
  /** `type` and payloads are those of guest/LAUNCHER.md. */
  type: number;
  payload: Uint8Array;
  /** Called for each DATA frame in order; where the carrier can make the other side wait, it waits for the promise. */
  onData?: (payload: Uint8Array) => void | Promise<void>;
  /** Makes an error of an ERROR frame. */
  onError: (payload: Uint8Array) => unknown;
}

/** One request to whatever runs guest/layers. Resolves with the payload of OK or END; rejects with what `onError` made. */
export type TreeTransport = (request: TreeRequest, scope: Scope) => Promise<Uint8Array>;

/** What is written down about layers, snapshots and templates; `src/state` keeps it. */
export type SnapshotRecords = Pick<
  SnapshotRepository,
  | 'insertLayer'
  | 'getLayer'
  | 'sealLayer'
  | 'listLayers'
  | 'unreferencedLayers'
  | 'removeLayer'
  | 'discardLayer'
  | 'insertSnapshot'
  | 'getSnapshot'
  | 'removeSnapshot'
  | 'putTemplate'
  | 'getTemplate'
  | 'listTemplates'
  | 'removeTemplate'
>;

/** A read-only bind on top of a template's layers. */
export interface TemplateBind {
  source: string;
  target: string;
}

/** Where everything lies. Each path is below `home`. */
export interface StorePaths {
  readonly home: string;
  readonly layers: string;
  layer(id: string): string;
  layerTree(id: string): string;
  readonly sandboxes: string;
  sandbox(id: string): string;
  /** A sandbox's writable directory of that name. */
  workspace(id: string, upper: string): { directory: string; upper: string; work: string };
  template(name: string): string;
  /** What is to be deleted; its contents mean nothing. */
  readonly trash: string;
  /** Half-made things; emptied at start. */
  readonly staging: string;
}

/** Who files in layers belong to on disk: the ids that sandboxes map to, or the one ordinary user everything runs as. */
export type StoreOwner = { idBase: number } | 'self';

/** What the parts of the file store share. */
export interface StoreContext {
  readonly paths: StorePaths;
  readonly records: SnapshotRecords;
  readonly sandboxes: Pick<SandboxRepository, 'get' | 'living' | 'update'>;
  transaction<T>(work: () => T): T;
  readonly trees: TreeOperations;
  readonly owner: StoreOwner;
  readonly clock: Clock;
  readonly newId: IdMaker;
  readonly log: Log;
  /** Every change on disk or in the state store goes through here, named, so that a test can stop before any of them. */
  durable<T>(step: string, work: () => T): T;
}
