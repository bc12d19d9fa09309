/**
 * Taking snapshots, and keeping chains short.
 *
 * 1. Order of a snapshot: intent on disk, files sealed, layer hashed, then one transaction that seals the layer's record,
 *    records the snapshot and moves the sandbox on. Nobody sees any of it before that.
 * 2. A snapshot that was copied out of a living sandbox lies on the sandbox's own chain, and the sandbox goes on as it
 *    was; one that was sealed in place becomes part of the sandbox's chain.
 * 3. When the files were sealed in place but the rest failed, the sandbox's record is still put right: its processes
 *    write to the new directory already. Whoever gave up waiting does not end that, and what is in a tree cannot prevent it,
 *    nor keep a daemon from starting. Until it is done nothing else is done to the sandbox's files, nor are they looked at.
 * 4. A chain longer than `squashAfter` is merged above its base before it gets another layer.
 * 5. What is recorded is never undone: a directory that nothing needs any more, and that cannot be removed then, is left to
 *    the next start.
 */
import { dirname, existsSync, isoTime, join, rootScope, type Scope } from '../base/index.ts';
import { type ErrorCode, HoldfastError, isHoldfastError } from '../schema/index.ts';
import type { SandboxRecord, SnapshotRecord } from '../state/index.ts';
import { type Intent, type LayerStore, readIntent, type SealedLayer, writeIntent } from './layers.ts';
import type { SealOutcome, SealRequest, TakeSnapshot } from './store-types.ts';
import type { StoreContext } from './types.ts';
import type { Workspaces } from './workspaces.ts';

/** The kernel stacks 500 layers; well before that a sandbox that cannot be squashed is refused another. */
const longestChain = 400;
/** Reading a layer takes as long as it is large. */
const settleTimeoutMs = 3_600_000;
/** The reader ended, or was ended: of the tree it says nothing. */
const notRead: readonly ErrorCode[] = ['launch-failed', 'cancelled', 'deadline-exceeded'];

interface Unsettled {
  layer: string;
  intent: Intent;
  /** While somebody tries again: all who need it wait for the same. */
  settling: Promise<void> | null;
}

export class Snapshots {
  readonly #context: StoreContext;
  readonly #layers: LayerStore;
  readonly #workspaces: Workspaces;
  readonly #squashAfter: number;
  /** By sandbox: a failed snapshot that could not be undone either. */
  readonly #unsettled = new Map<string, Unsettled>();

  constructor(context: StoreContext, layers: LayerStore, workspaces: Workspaces, squashAfter: number) {
    this.#context = context;
    this.#layers = layers;
    this.#workspaces = workspaces;
    this.#squashAfter = squashAfter;
  }

  async take({ sandbox: given, name, seal, admit }: TakeSnapshot, scope: Scope): Promise<SnapshotRecord> {
    const sandbox = await this.putRight(given);
    const chain = await this.#shorten(sandbox.layers, scope);
    const layer = await this.#layers.begin(chain[0] ?? null);
    try {
      return await this.#takeInto(layer, chain, { sandbox, name, seal, admit }, scope);
    } finally {
      this.#layers.release([layer, ...chain]);
    }
  }

  async #takeInto(layer: string, chain: string[], request: TakeSnapshot, scope: Scope): Promise<SnapshotRecord> {
    const { sandbox, name, seal } = request;
    const { durable, paths } = this.#context;
    const freshUpper = this.#workspaces.freshUpper(sandbox);
    const intent: Intent = { sandbox: sandbox.id, upper: sandbox.upper, freshUpper, layers: chain };
    let outcome: SealOutcome | null = null;
    let record: SnapshotRecord;
    try {
      await durable('write an intent', () => writeIntent(paths.layerTree(layer), intent));
      await this.#workspaces.create(sandbox.id, freshUpper);
      const prepared = await this.#sealRequest(sandbox, chain, layer, freshUpper);
      outcome = await durable('seal the files', () => seal(prepared, scope));
      const sealed = await this.#layers.hash(layer, [], scope);
      record = this.#record({ sandbox, name, chain, sealed, outcome, prepared });
      request.admit?.(record.addedBytes);
      durable('record a snapshot', () => this.#commit(record, sealed, intent));
    } catch (error) {
      await this.#undo(layer, intent, outcome);
      throw error;
    }
    await this.#discardUnused(sandbox.id, record.method === 'rotate' ? sandbox.upper : freshUpper);
    return record;
  }

  /** The record as it is once no failed snapshot is left of it. Throws as long as one cannot be undone. */
  async putRight(sandbox: SandboxRecord): Promise<SandboxRecord> {
    const left = this.#unsettled.get(sandbox.id);
    if (!left) return sandbox;
    left.settling ??= this.#settle(left.layer, left.intent)
      .then(() => void this.#unsettled.delete(sandbox.id))
      .finally(() => {
        left.settling = null;
      });
    await left.settling;
    return this.#context.sandboxes.get(sandbox.id) ?? sandbox;
  }

  /** The sandbox is removed, and what a failed snapshot left of it with it; what is being put right is garbage afterwards. */
  async forget(sandbox: string): Promise<void> {
    const left = this.#unsettled.get(sandbox);
    if (!left || left.settling) return;
    await this.#layers.discard(left.layer);
    this.#unsettled.delete(sandbox);
  }

  /** Finishes what a crash or failure left when the files were already sealed in place; answers whose, or null. */
  async finishRotation(layer: string): Promise<string | null> {
    const { paths, sandboxes, durable } = this.#context;
    const intent = await readIntent(paths.layer(layer));
    const record = intent && sandboxes.get(intent.sandbox);
    if (!intent || !record || record.state === 'gone' || record.upper !== intent.upper) return null;
    // Its files are in an image, and only ever copied: no directory of them is missing.
    if (record.limits.diskBytes !== undefined) return null;
    const wasMoved = !existsSync(paths.workspace(record.id, intent.upper).upper) && existsSync(paths.layerTree(layer));
    if (!wasMoved) return null;
    const sealed = await this.#hashOrNot(layer, record.id);
    durable('record a rotation', () =>
      this.#context.transaction(() => {
        this.#layers.commit(sealed);
        this.#moveOn(record, sealed, intent);
      }),
    );
    await this.#discardUnused(record.id, intent.upper);
    return record.id;
  }

  async #discardUnused(sandbox: string, upper: string): Promise<void> {
    try {
      await this.#workspaces.discard(sandbox, upper);
    } catch (error) {
      const { log } = this.#context;
      log.warn({ sandbox, upper, error: String(error) }, 'a directory that nothing needs stays until the next start');
    }
  }

  async #hashOrNot(layer: string, sandbox: string): Promise<SealedLayer> {
    await using scope = rootScope({ name: 'finish a snapshot', timeoutMs: settleTimeoutMs });
    try {
      return await this.#layers.hash(layer, [], scope);
    } catch (error) {
      if (isHoldfastError(error) && notRead.includes(error.code)) throw error;
      const { log } = this.#context;
      log.error({ layer, sandbox, error: String(error) }, 'a layer cannot be read; only its sandbox keeps it');
      return this.#layers.unhashed(layer);
    }
  }

  async #sealRequest(sandbox: SandboxRecord, chain: string[], layer: string, freshUpper: string): Promise<SealRequest> {
    const { paths } = this.#context;
    const root = await this.#workspaces.root(chain, sandbox.id, sandbox.upper);
    const fresh = paths.workspace(sandbox.id, freshUpper);
    return {
      root,
      layerTree: paths.layerTree(layer),
      previousTree: this.#previousTree(sandbox),
      freshUpper: fresh.upper,
      freshWork: fresh.work,
    };
  }

  /** The last copy made of this sandbox, if its files may still be what the sandbox writes to. */
  #previousTree(sandbox: SandboxRecord): string | null {
    const { records, paths } = this.#context;
    const last = sandbox.snapshot === null ? null : records.getSnapshot(sandbox.snapshot);
    const layer = last?.sandbox === sandbox.id && last.method === 'copy' ? last.layers[0] : undefined;
    if (layer === undefined) return null;
    const tree = paths.layerTree(layer);
    return existsSync(join(dirname(tree), 'upper.index')) ? tree : null;
  }

  #record(made: {
    sandbox: SandboxRecord;
    name: string | null;
    chain: string[];
    sealed: SealedLayer;
    outcome: SealOutcome;
    prepared: SealRequest;
  }): SnapshotRecord {
    const { sandbox, name, chain, sealed, outcome, prepared } = made;
    const { newId, clock } = this.#context;
    // A copy says what it did not link from the copy before.
    const added = outcome.method === 'copy' && prepared.previousTree !== null ? outcome : sealed;
    return {
      id: newId('snapshot'),
      name,
      tenant: sandbox.tenant,
      sandbox: sandbox.id,
      parent: sandbox.snapshot,
      template: sandbox.template,
      contract: sandbox.contract,
      createdAt: isoTime(clock.nowMs()),
      method: outcome.method,
      addedFiles: added.files,
      addedBytes: added.bytes,
      pauseMs: outcome.pauseMs,
      digest: sealed.digest,
      layers: [sealed.id, ...chain],
    };
  }

  #commit(snapshot: SnapshotRecord, sealed: SealedLayer, intent: Intent): void {
    const { transaction, records, sandboxes } = this.#context;
    transaction(() => {
      this.#layers.commit(sealed);
      records.insertSnapshot(snapshot);
      const sandbox = sandboxes.get(intent.sandbox);
      if (!sandbox) return;
      if (snapshot.method === 'rotate') this.#moveOn(sandbox, sealed, intent);
      sandboxes.update(sandbox.id, { snapshot: snapshot.id });
    });
  }

  #moveOn(sandbox: SandboxRecord, sealed: SealedLayer, intent: Intent): void {
    this.#context.sandboxes.update(sandbox.id, {
      layers: [sealed.id, ...intent.layers],
      upper: intent.freshUpper,
      generation: Math.max(sandbox.generation, Number(intent.freshUpper)),
    });
  }

  async #undo(layer: string, intent: Intent, outcome: SealOutcome | null): Promise<void> {
    const { log } = this.#context;
    try {
      await this.#settle(layer, intent);
    } catch (error) {
      this.#unsettled.set(intent.sandbox, { layer, intent, settling: null });
      log.error(
        { layer, sandbox: intent.sandbox, method: outcome?.method, error: String(error) },
        'a failed snapshot could not be undone; whatever is done next to its files does it first, or the next start',
      );
    }
  }

  async #settle(layer: string, intent: Intent): Promise<void> {
    if ((await this.finishRotation(layer)) !== null) return;
    if (!(await this.#layers.discard(layer))) return;
    await this.#workspaces.discard(intent.sandbox, intent.freshUpper);
  }

  /** Answers a chain that shows the same and is held. Living sandboxes keep the old one until their root is replaced. */
  async #shorten(chain: string[], scope: Scope): Promise<string[]> {
    const base = chain.at(-1);
    if (base === undefined || chain.length - 1 < this.#squashAfter) {
      this.#layers.hold(chain);
      return chain;
    }
    try {
      return [await this.#squash(chain.slice(0, -1), base, scope), ...this.#held([base])];
    } catch (error) {
      if (chain.length > longestChain) {
        throw new HoldfastError(
          'quota-exceeded',
          `this sandbox lies on ${chain.length} layers that could not be merged`,
          {
            hint: 'Export its files and import them as a new snapshot.',
            cause: error,
          },
        );
      }
      this.#context.log.warn({ layers: chain.length, error: String(error) }, 'a chain could not be merged');
      return this.#held(chain);
    }
  }

  #held(ids: string[]): string[] {
    this.#layers.hold(ids);
    return ids;
  }

  async #squash(deltas: string[], base: string, scope: Scope): Promise<string> {
    const { trees, paths, durable, transaction } = this.#context;
    this.#layers.hold(deltas);
    const merged = await this.#layers.begin(base);
    try {
      await durable('merge layers', () =>
        trees.squash({ trees: this.#layers.trees(deltas), target: paths.layerTree(merged) }, scope),
      );
      const sealed = await this.#layers.hash(merged, [], scope);
      durable('seal a merged layer', () => transaction(() => this.#layers.commit(sealed)));
      return merged;
    } catch (error) {
      await this.#layers.discard(merged);
      throw error;
    } finally {
      this.#layers.release(deltas);
    }
  }
}
