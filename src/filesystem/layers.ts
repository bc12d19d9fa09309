/**
 * Layers: immutable trees with a parent, from their first directory to their last reference.
 *
 * 1. A layer is recorded, unsealed, before its directory is made, and sealed in the transaction that first refers to it.
 * 2. Sealed means hashed: its manifest holds the digest of its canonical listing, contents included. The exception is a
 *    tree that a sandbox lies on already and that cannot be read: it is kept for that sandbox, and nothing starts from it.
 * 3. A layer is read only after its digest was checked once in this process's life; while the tree's own directory stands
 *    unchanged that is remembered.
 * 4. A layer disappears only when nothing refers to it: first its record, in a transaction that checks, then its files.
 */
import {
  dirname,
  existsSync,
  isoTime,
  join,
  lstatSync,
  mkdir,
  readFileIfPresent,
  type Scope,
  writeFileAtomic,
} from '../base/index.ts';
import { HoldfastError } from '../schema/index.ts';
import type { LayerRecord } from '../state/index.ts';
import {
  corrupt,
  entryLine,
  firstDifference,
  layerFormat,
  type Manifest,
  readManifest,
  writeManifest,
} from './manifest.ts';
import type { GarbageReport } from './store-types.ts';
import type { Trash } from './trash.ts';
import type { StoreContext, TemplateBind, TreeSize } from './types.ts';

export interface SealedLayer extends TreeSize {
  id: string;
  digest: string;
}

/** The digest of a layer that could not be hashed; no tree has it. */
const unreadable = '';

export class LayerStore {
  readonly #context: StoreContext;
  readonly #trash: Trash;
  readonly #manifests = new Map<string, Manifest>();
  /** Layer id to what its tree's directory looked like when the digest was right. */
  readonly #verified = new Map<string, string>();
  readonly #verifying = new Map<string, Promise<void>>();
  /** Layers that somebody is about to refer to. */
  readonly #held = new Map<string, number>();

  constructor(context: StoreContext, trash: Trash) {
    this.#context = context;
    this.#trash = trash;
  }

  /** The record and the directory of a layer to be; its tree is for the caller to make. It is held until `release`. */
  async begin(parent: string | null): Promise<string> {
    const { records, newId, clock, durable, owner, paths } = this.#context;
    const id = newId('layer');
    this.hold([id]);
    const record: LayerRecord = {
      id,
      parent,
      files: 0,
      bytes: 0,
      digest: null,
      xattrPrefix: owner === 'self' ? 'user.' : 'trusted.',
      sealed: false,
      createdAt: isoTime(clock.nowMs()),
    };
    durable('record an unsealed layer', () => records.insertLayer(record));
    await durable('make a layer directory', () => mkdir(paths.layer(id), { recursive: true, mode: 0o700 }));
    return id;
  }

  /** Hashes a finished tree and writes its manifest; `commit` makes it official. */
  async hash(id: string, binds: TemplateBind[], scope: Scope): Promise<SealedLayer> {
    const { records, paths, trees, durable } = this.#context;
    const record = records.getLayer(id);
    if (!record) throw corrupt(id, 'was never recorded');
    const lines: string[] = [];
    const scanned = await trees.scan(paths.layerTree(id), { digests: true, flush: true }, scope, (entry) =>
      lines.push(entryLine(entry)),
    );
    const manifest: Manifest = {
      format: layerFormat,
      id,
      parentLayer: record.parent,
      xattrPrefix: record.xattrPrefix,
      digest: scanned.digest,
      files: scanned.files,
      bytes: scanned.bytes,
      createdAt: record.createdAt,
      sealed: true,
      binds,
    };
    await durable('write a manifest', () => writeManifest(paths.layer(id), manifest, `${lines.join('\n')}\n`));
    this.#manifests.set(id, manifest);
    this.#verified.set(id, this.#fingerprint(id));
    return { id, ...scanned };
  }

  /** Instead of `hash`, where that failed and a living sandbox lies on the tree. */
  unhashed(id: string): SealedLayer {
    return { id, files: 0, bytes: 0, digest: unreadable };
  }

  /** To be called inside the transaction that also records who refers to the layer. */
  commit({ id, files, bytes, digest }: SealedLayer): void {
    if (!this.#context.records.sealLayer(id, { files, bytes, digest })) throw corrupt(id, 'was sealed twice');
  }

  /** Undoes `begin`; everything that was made of the layer goes. Answers false, and does nothing, where it is sealed already. */
  async discard(id: string): Promise<boolean> {
    const { records, durable, paths } = this.#context;
    const isSealed = records.getLayer(id)?.sealed === true;
    if (!isSealed) {
      this.#forget(id);
      await this.#trash.put(paths.layer(id));
      durable('forget an unsealed layer', () => records.discardLayer(id));
    }
    this.release([id]);
    return !isSealed;
  }

  /** Until `work` is over none of them is deleted, whoever deletes what else refers to them. */
  async holding<T>(ids: readonly string[], work: () => Promise<T>): Promise<T> {
    const gone = ids.find((id) => this.#context.records.getLayer(id) === null);
    if (gone !== undefined) throw deleted(gone);
    this.hold(ids);
    try {
      return await work();
    } finally {
      this.release(ids);
    }
  }

  hold(ids: readonly string[]): void {
    for (const id of ids) this.#held.set(id, (this.#held.get(id) ?? 0) + 1);
  }

  release(ids: readonly string[]): void {
    for (const id of ids) {
      const count = (this.#held.get(id) ?? 0) - 1;
      if (count > 0) this.#held.set(id, count);
      else this.#held.delete(id);
    }
  }

  /** Trees of a chain, newest first. */
  trees(ids: readonly string[]): string[] {
    return ids.map((id) => {
      const tree = this.#context.paths.layerTree(id);
      if (!existsSync(tree)) throw corrupt(id, 'is not there');
      return tree;
    });
  }

  /** The binds of a chain: those of its base. */
  async binds(ids: readonly string[]): Promise<TemplateBind[]> {
    const base = ids.at(-1);
    return base === undefined ? [] : (await this.#manifest(base)).binds;
  }

  /** Invariant 3 for each layer of a chain. */
  async verify(ids: readonly string[], scope: Scope): Promise<void> {
    await Promise.all(ids.map((id) => this.#verifyOnce(id, scope)));
  }

  async verifyAgain(ids: readonly string[], scope: Scope): Promise<void> {
    for (const id of ids) this.#verified.delete(id);
    await this.verify(ids, scope);
  }

  /** Removes what nothing refers to, children before parents. */
  async collect(scope: Scope): Promise<GarbageReport> {
    const { records, paths, durable } = this.#context;
    const report: GarbageReport = { layers: 0, freedBytes: 0 };
    for (let found = this.#garbage(); found.length > 0; found = this.#garbage()) {
      for (const { id, bytes } of found) {
        scope.throwIfEnded();
        if (this.#held.has(id) || !durable('forget a layer', () => records.removeLayer(id))) continue;
        this.#forget(id);
        await this.#trash.put(paths.layer(id));
        report.layers++;
        report.freedBytes += bytes;
      }
    }
    return report;
  }

  /** Nothing read so far is believed any more. */
  forgetAll(): void {
    this.#manifests.clear();
    this.#verified.clear();
  }

  #garbage(): LayerRecord[] {
    return this.#context.records.unreferencedLayers().filter(({ id }) => !this.#held.has(id));
  }

  #forget(id: string): void {
    this.#manifests.delete(id);
    this.#verified.delete(id);
  }

  async #manifest(id: string): Promise<Manifest> {
    let manifest = this.#manifests.get(id);
    if (!manifest) {
      manifest = await readManifest(this.#context.paths.layer(id), id);
      this.#manifests.set(id, manifest);
    }
    return manifest;
  }

  async #verifyOnce(id: string, scope: Scope): Promise<void> {
    const known = this.#verified.get(id);
    if (known !== undefined && known === this.#fingerprint(id)) return;
    let running = this.#verifying.get(id);
    if (!running) {
      running = this.#verifyNow(id, scope).finally(() => this.#verifying.delete(id));
      this.#verifying.set(id, running);
    }
    await running;
  }

  async #verifyNow(id: string, scope: Scope): Promise<void> {
    const { records, paths, trees } = this.#context;
    const record = records.getLayer(id);
    if (!record?.sealed || record.digest === null) throw corrupt(id, 'is not a sealed layer');
    if (record.digest === unreadable) throw corrupt(id, 'could not be read when it was sealed');
    this.#manifests.delete(id);
    const manifest = await this.#manifest(id);
    if (manifest.digest !== record.digest) throw corrupt(id, 'has the manifest of another layer');
    const fingerprint = this.#fingerprint(id);
    const { digest } = await trees.scan(paths.layerTree(id), { digests: true }, scope);
    if (digest !== record.digest) throw await this.#explain(id, record.digest, digest, scope);
    this.#verified.set(id, fingerprint);
  }

  /** Which path differs, by a second look with the listing at hand. */
  async #explain(id: string, expected: string, found: string, scope: Scope): Promise<HoldfastError> {
    const { paths, trees } = this.#context;
    const lines: string[] = [];
    await trees.scan(paths.layerTree(id), { digests: true }, scope, (entry) => lines.push(entryLine(entry)));
    const recorded = (await readFileIfPresent(join(paths.layer(id), 'entries')))?.trimEnd().split('\n') ?? [];
    const difference = firstDifference(recorded, lines);
    const path = difference ? `/${difference.path}` : null;
    return new HoldfastError(
      'snapshot-corrupt',
      `layer ${id} was changed after it was sealed${path ? `: ${path}` : ''}`,
      {
        hint: 'Use another snapshot or rebuild the template; the files of this one cannot be trusted.',
        details: {
          layer: id,
          path,
          expected: { digest: expected, entry: difference?.before },
          found: { digest: found, entry: difference?.after },
        },
      },
    );
  }

  /**
   * Changes whenever somebody puts another tree in this one's place. Every create asks: waiting for a thread would take
   * longer than the look.
   */
  #fingerprint(id: string): string {
    try {
      const { ino, ctimeNs } = lstatSync(this.#context.paths.layerTree(id), { bigint: true });
      return `${ino}:${ctimeNs}`;
    } catch (error) {
      throw corrupt(id, 'is not there', error);
    }
  }
}

function deleted(layer: string): HoldfastError {
  return new HoldfastError('snapshot-not-found', 'what this would start from was deleted meanwhile', {
    hint: 'holdfast snapshots and holdfast template ls list those there are.',
    details: { layer },
  });
}

/** What a crash in the middle of a seal leaves behind for recovery to read. */
export interface Intent {
  sandbox: string;
  /** The writable directory that becomes the layer, and the one that takes over. */
  upper: string;
  freshUpper: string;
  /** The chain below the new layer. */
  layers: string[];
}

const intentFile = (layerDirectory: string): string => join(layerDirectory, 'intent.json');

export async function writeIntent(layerTree: string, intent: Intent): Promise<void> {
  await writeFileAtomic(intentFile(dirname(layerTree)), JSON.stringify(intent));
}

export async function readIntent(layerDirectory: string): Promise<Intent | null> {
  const text = await readFileIfPresent(intentFile(layerDirectory));
  // Written by `writeIntent`, atomically: it is there whole or not at all.
  return text === null ? null : (JSON.parse(text) as Intent);
}
