/**
 * Tree operations as the payloads of guest/LAUNCHER.md, over whatever carries one request and its answer: the launcher's
 * connection or a helper process. What comes back was read from hostile trees, but written by our own program.
 */
import { Buffer } from 'node:buffer';
import type { Scope } from '../base/index.ts';
import { Fields, FieldWriter, launcherTags, launcherTypes, tags } from '../guest/index.ts';
import { treeError } from './tree-errors.ts';
import {
  type CopyTree,
  type DiffTrees,
  type ExportEntry,
  type ExportSink,
  type ScanEntry,
  type TreeDifference,
  type TreeEntryType,
  type TreeOperations,
  type TreeSize,
  type TreeTransport,
  type TreeView,
  treeEntryTypes,
} from './types.ts';

export const treeRequestTypes = {
  scan: launcherTypes.layerScan,
  diff: launcherTypes.layerDiff,
  copy: launcherTypes.layerCopy,
  delete: launcherTypes.layerDelete,
  export: launcherTypes.layerExport,
  squash: launcherTypes.layerSquash,
} as const;
export type TreeRequestType = keyof typeof treeRequestTypes;

const scanFlags = { digests: 1, noEntries: 2, flush: 4 } as const;
const copyFlags = { foreign: 1, shiftOwner: 2, live: 4 } as const;
const diffFlags = { onlyAfter: 1, digests: 2 } as const;
const contentFlags = { before: 1, after: 2 } as const;
const diffKinds = ['added', 'modified', 'deleted', 'mode'] as const;

export function wireTreeOperations(transport: TreeTransport): TreeOperations {
  const ask = async (
    name: TreeRequestType,
    fields: FieldWriter,
    scope: Scope,
    onData?: (payload: Uint8Array) => void | Promise<void>,
  ): Promise<Fields> => {
    const request = { type: treeRequestTypes[name], payload: fields.payload(), ...(onData ? { onData } : {}) };
    return read(await transport({ ...request, onError: (payload) => treeError(name, payload) }, scope));
  };
  return {
    async scan(tree, { digests, flush }, scope, onEntry) {
      const flags =
        (digests ? scanFlags.digests : 0) | (onEntry ? 0 : scanFlags.noEntries) | (flush ? scanFlags.flush : 0);
      const onData =
        onEntry && ((payload: Uint8Array) => read(payload).nested(tags.entry).map(scanEntry).forEach(onEntry));
      const end = await ask('scan', new FieldWriter().text(tags.path, tree).int(tags.flags, flags), scope, onData);
      return { ...sizeOf(end), digest: end.bytes(launcherTags.digest).toString('hex') };
    },
    async diff(request, scope) {
      const differences = new DifferenceReader();
      const end = await ask('diff', diffFields(request), scope, (payload) => differences.read(payload));
      return { differences: differences.list, more: end.int(tags.more) === 1 };
    },
    copy: async (request, scope) => sizeOf(await ask('copy', copyFields(request), scope)),
    squash: async ({ trees, target }, scope) =>
      sizeOf(
        await ask(
          'squash',
          viewField(new FieldWriter().text(tags.target, target), { lower: trees, upper: null }),
          scope,
        ),
      ),
    delete: async (path, scope) => ({
      files: (await ask('delete', new FieldWriter().text(tags.path, path), scope)).int(launcherTags.files),
    }),
    async export({ view, path }, sink, scope) {
      const fields = viewField(new FieldWriter().text(tags.path, path), view);
      await ask('export', fields, scope, (payload) => handOn(payload, sink));
    },
  };
}

function read(payload: Uint8Array): Fields {
  return new Fields(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength));
}

const sizeOf = (fields: Fields): TreeSize => ({
  files: fields.int(launcherTags.files),
  bytes: fields.int(launcherTags.bytes),
});

function viewField(fields: FieldWriter, view: TreeView): FieldWriter {
  return fields.nested(launcherTags.view, (inner) => {
    inner.texts(launcherTags.lower, view.lower);
    if (view.upper !== null) inner.text(launcherTags.upper, view.upper);
  });
}

function diffFields(request: DiffTrees): FieldWriter {
  const { before, after, touched, contentBytes, limit, forChanges } = request;
  const fields = viewField(viewField(new FieldWriter(), before), after);
  fields.texts(tags.path, touched).int(tags.length, contentBytes).int(tags.count, limit);
  if (forChanges) fields.int(tags.size, forChanges.allBytes).int(tags.flags, diffFlags.onlyAfter | diffFlags.digests);
  return fields;
}

function copyFields(request: CopyTree): FieldWriter {
  const { source, target, owner, kind, maxBytes } = request;
  const fields = new FieldWriter().text(tags.path, source).text(tags.target, target).int(tags.size, maxBytes);
  if (request.kind === 'live') return liveFields(fields, request);
  let flags: number = kind === 'import' ? copyFlags.foreign : 0;
  if (owner !== undefined && 'idBase' in owner) {
    flags |= copyFlags.shiftOwner;
    fields.int(tags.uid, owner.idBase).int(tags.gid, owner.idBase);
  } else if (owner !== undefined) fields.int(tags.uid, owner.uid).int(tags.gid, owner.gid);
  return fields.int(tags.flags, flags);
}

function liveFields(fields: FieldWriter, { previous, mapped }: Extract<CopyTree, { kind: 'live' }>): FieldWriter {
  if (previous !== null) fields.text(launcherTags.previous, previous);
  return fields
    .bytes(tags.text, Buffer.from(mapped.map((name) => `${name}\0`).join('')))
    .int(tags.flags, copyFlags.live);
}

function typeOf(fields: Fields): TreeEntryType {
  return treeEntryTypes[fields.int(tags.fileType) - 1] ?? 'device';
}

function scanEntry(entry: Fields): ScanEntry {
  const type = typeOf(entry);
  const target = entry.optionalText(tags.target) ?? null;
  return {
    path: entry.text(tags.path),
    type,
    mode: entry.int(tags.mode),
    uid: entry.int(tags.uid),
    gid: entry.int(tags.gid),
    size: entry.int(tags.size),
    mtimeNs: entry.signed(tags.mtimeNs),
    opaque: entry.int(tags.flags) === 1,
    redirect: type === 'directory' ? target : null,
    target: type === 'symlink' ? target : null,
    digest: entry.optionalBytes(launcherTags.digest)?.toString('hex') ?? null,
  };
}

/** Entries, and behind each the pieces of its contents. */
class DifferenceReader {
  readonly list: TreeDifference[] = [];
  #before: Buffer[] = [];
  #after: Buffer[] = [];

  read(payload: Uint8Array): void {
    for (const entry of read(payload).nested(tags.entry)) {
      const before = entry.optionalBytes(launcherTags.contentBefore);
      const after = entry.optionalBytes(launcherTags.contentAfter);
      if (before) this.#append('contentBefore', this.#before, before);
      else if (after) this.#append('contentAfter', this.#after, after);
      else this.#begin(entry);
    }
  }

  #begin(entry: Fields): void {
    this.#before = [];
    this.#after = [];
    const follows = entry.int(tags.flags);
    this.list.push({
      path: entry.text(tags.path),
      kind: diffKinds[entry.int(launcherTags.kind) - 1] ?? 'modified',
      type: typeOf(entry),
      sizeBefore: entry.optionalInt(launcherTags.sizeBefore) ?? null,
      sizeAfter: entry.optionalInt(launcherTags.sizeAfter) ?? null,
      modeBefore: entry.optionalInt(launcherTags.modeBefore) ?? null,
      modeAfter: entry.optionalInt(launcherTags.modeAfter) ?? null,
      contentBefore: follows & contentFlags.before ? Buffer.alloc(0) : null,
      contentAfter: follows & contentFlags.after ? Buffer.alloc(0) : null,
      digestAfter: entry.optionalBytes(launcherTags.digest)?.toString('hex') ?? null,
    });
  }

  #append(side: 'contentBefore' | 'contentAfter', pieces: Buffer[], piece: Buffer): void {
    // Copied: the frame it lies in goes on to hold others.
    pieces.push(Buffer.from(piece));
    const last = this.list.at(-1);
    if (last) last[side] = pieces.length === 1 ? (pieces[0] ?? null) : Buffer.concat(pieces);
  }
}

async function handOn(payload: Uint8Array, sink: ExportSink): Promise<void> {
  for (const entry of read(payload).nested(tags.entry)) {
    const content = entry.optionalBytes(tags.text);
    await (content ? sink.content(content) : sink.entry(exportEntry(entry)));
  }
}

function exportEntry(entry: Fields): ExportEntry {
  const type = typeOf(entry);
  const target = entry.optionalText(tags.target) ?? null;
  const isHardLink = entry.int(tags.flags) === 1;
  return {
    path: entry.text(tags.path),
    type: type === 'whiteout' ? 'device' : type,
    mode: entry.int(tags.mode),
    uid: entry.int(tags.uid),
    gid: entry.int(tags.gid),
    mtimeNs: entry.signed(tags.mtimeNs),
    size: entry.int(tags.size),
    target: isHardLink ? null : target,
    hardLink: isHardLink ? target : null,
  };
}
