/**
 * A view's files as a POSIX tar. Sockets and device nodes have no meaning outside and are left out.
 *
 * One piece at a time is on its way: whoever reads slowly makes the process that reads the layers wait.
 */
import { Buffer } from 'node:buffer';
import type { Scope } from '../base/index.ts';
import { insideId } from './owner.ts';
import { type TarHeader, tarEnd, tarHeader, tarPadding } from './tar-format.ts';
import type { ExportEntry, ExportSink, StoreContext, StoreOwner, TreeView } from './types.ts';

export async function* exportTar(
  context: StoreContext,
  request: { view: TreeView; path: string },
  scope: Scope,
): AsyncGenerator<Uint8Array> {
  await using narrow = scope.child({ name: 'export' });
  const handOver = new HandOver();
  narrow.onEnd((reason) => handOver.end(reason));
  context.trees
    .export(request, new TarSink(handOver, context.owner), narrow)
    .then(() => handOver.give(tarEnd))
    .then(
      () => handOver.end(null),
      (error: unknown) => handOver.end(error),
    );
  yield* handOver.pieces();
}

class TarSink implements ExportSink {
  readonly #out: HandOver;
  readonly #owner: StoreOwner;
  #size = 0;
  #left = 0;

  constructor(out: HandOver, owner: StoreOwner) {
    this.#out = out;
    this.#owner = owner;
  }

  async entry(entry: ExportEntry): Promise<void> {
    const header = headerOf(entry, this.#owner);
    if (!header) return;
    this.#size = header.size;
    this.#left = header.size;
    await this.#out.give(tarHeader(header));
  }

  async content(bytes: Uint8Array): Promise<void> {
    this.#left -= bytes.length;
    // Copied: the reader may keep it for longer than the frame lives in which it lies.
    await this.#out.give(Buffer.from(bytes));
    const padding = tarPadding(this.#size);
    if (this.#left === 0 && padding.length > 0) await this.#out.give(padding);
  }
}

function headerOf(entry: ExportEntry, owner: StoreOwner): TarHeader | null {
  const { path, mode, mtimeNs } = entry;
  if (entry.type === 'socket' || entry.type === 'device' || path === '') return null;
  const type = entry.hardLink !== null ? 'link' : entry.type === 'pipe' ? 'fifo' : entry.type;
  return {
    name: type === 'directory' ? `${path}/` : path,
    type,
    mode,
    uid: insideId(owner, entry.uid),
    gid: insideId(owner, entry.gid),
    size: type === 'file' ? entry.size : 0,
    mtimeNs,
    target: entry.hardLink ?? entry.target ?? '',
  };
}

/** From one giver to one taker; `give` resolves when its piece was taken, or nobody takes any more. */
class HandOver {
  #piece: Uint8Array | null = null;
  #taken: (() => void) | null = null;
  #arrived: (() => void) | null = null;
  #ended = false;
  #failure: unknown = null;

  async give(piece: Uint8Array): Promise<void> {
    if (this.#ended) throw this.#failure ?? new Error('nobody reads any more');
    this.#piece = piece;
    await new Promise<void>((resolve) => {
      this.#taken = resolve;
      this.#arrived?.();
    });
  }

  /** The first end counts. */
  end(failure: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#failure = failure;
    this.#arrived?.();
    this.#taken?.();
  }

  async *pieces(): AsyncGenerator<Uint8Array> {
    try {
      while (true) {
        if (this.#piece === null && !this.#ended) await new Promise<void>((resolve) => (this.#arrived = resolve));
        if (this.#failure !== null) throw this.#failure;
        if (this.#piece === null) return;
        yield this.#piece;
        this.#piece = null;
        this.#taken?.();
      }
    } finally {
      this.end(null);
    }
  }
}
