/**
 * The files of a machine's sandbox, which lie in the machine: what its root lies on is brought in layer by layer, what it wrote is
 * copied out as one.
 *
 * 1. A machine that stands still copies nothing: its sandbox is held inside while the machine goes on for a moment, and both are
 *    as before afterwards, whatever failed. That it may be held inside is written down first.
 */
import { inOwnScope, readdir, type Scope } from '../../base/index.ts';
import type { NamespaceSubstrate } from '../namespace/substrate.ts';
import type { RootView, SandboxIdentity } from '../types.ts';
import { insideLayer, insideUpper, insideWork, type MachineClient } from './client.ts';
import type { LayerMover } from './layers.ts';
import { layerOf } from './places.ts';
import type { MachineRecord } from './record.ts';

interface InsideFilesParts {
  host: Pick<NamespaceSubstrate, 'freeze' | 'thaw'>;
  layers: LayerMover;
  clientOf(identity: SandboxIdentity, scope: Scope): Promise<MachineClient>;
  recordOf(sandbox: string): Promise<MachineRecord>;
  write(sandbox: string, record: MachineRecord): Promise<void>;
}

export class InsideFiles {
  readonly #parts: InsideFilesParts;

  constructor(parts: InsideFilesParts) {
    this.#parts = parts;
  }

  /** Brings in what is missing and puts it in the root's place. What is not used any more is let go afterwards. */
  async swap(
    sandbox: string,
    record: MachineRecord,
    client: MachineClient,
    root: RootView,
    diskBytes: number | undefined,
    scope: Scope,
  ): Promise<number> {
    const trees = root.lower.slice(0, -1);
    const layers = trees.map(layerOf);
    const generation = String(record.uppers);
    const held = new Set(record.held);
    for (const [index, tree] of trees.entries()) {
      const id = layers[index] ?? '';
      if (held.has(id)) continue;
      await this.#parts.layers.bring(tree, client, insideLayer(id), scope);
      held.add(id);
    }
    const before = { ...record, held: [...held], uppers: record.uppers + 1 };
    await this.#parts.write(sandbox, before);
    if ((await readdir(root.upper)).length > 0) {
      await this.#parts.layers.bring(root.upper, client, insideUpper(generation), scope);
    }
    const pauseMs = await client.swap(record.inside, { layers, generation }, diskBytes, scope);
    const after = { ...before, layers, generation, upper: root.upper };
    await this.#parts.write(sandbox, after);
    await this.#letGo(sandbox, client, after, record.generation, scope);
    return pauseMs;
  }

  async #letGo(
    sandbox: string,
    client: MachineClient,
    record: MachineRecord,
    oldGeneration: string,
    scope: Scope,
  ): Promise<void> {
    const unused = record.held.filter((id) => !record.layers.includes(id));
    for (const id of unused) await client.deleteTree(insideLayer(id), scope);
    for (const path of [insideUpper, insideWork]) await client.deleteTree(path(oldGeneration), scope);
    await this.#parts.write(sandbox, { ...record, held: record.layers });
  }

  /** What the sandbox has written so far, as a layer at `tree`. */
  async copyOut(
    identity: SandboxIdentity,
    tree: string,
    scope: Scope,
  ): Promise<{ pauseMs: number; files: number; bytes: number }> {
    const record = await this.#parts.recordOf(identity.sandbox);
    const after = { ...record, uppers: record.uppers + 1 };
    await this.#parts.write(identity.sandbox, { ...after, heldInside: record.frozen });
    if (!record.frozen)
      return await this.#parts.layers.copyOut(record, await this.#parts.clientOf(identity, scope), tree, scope);
    // A machine that stands still copies nothing: its sandbox is held inside while the machine goes on for a moment.
    try {
      await this.#parts.host.thaw(identity, scope);
      const client = await this.#parts.clientOf(identity, scope);
      await client.freeze(record.inside, scope);
      return await this.#parts.layers.copyOut(record, client, tree, scope);
    } finally {
      const { sandbox } = identity;
      await inOwnScope(`let ${sandbox} go inside`, (own) => this.letGoInside(identity, after, own)).finally(() =>
        inOwnScope(`stop the machine of ${sandbox} again`, (own) => this.#parts.host.freeze(identity, own)),
      );
    }
  }

  /** What was held inside goes on. */
  async letGoInside(identity: SandboxIdentity, record: MachineRecord, scope: Scope): Promise<void> {
    await (await this.#parts.clientOf(identity, scope)).thaw(record.inside, scope);
    await this.#parts.write(identity.sandbox, { ...record, heldInside: false });
  }
}
