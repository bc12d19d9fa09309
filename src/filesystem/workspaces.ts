/**
 * The writable side of sandboxes: `sandboxes/<id>/<upper>/{upper,work}`, one pair per generation.
 *
 * A workspace costs two empty directories, whatever its chain holds: that is all a fork makes.
 */
import { chmod, existsSync, join, lchown, lstat, mkdir, rename, type Scope } from '../base/index.ts';
import { HoldfastError } from '../schema/index.ts';
import type { SandboxRecord } from '../state/index.ts';
import { lookBeneath, makeLike } from './beneath.ts';
import type { LayerStore } from './layers.ts';
import { insideIds, ownerOf } from './owner.ts';
import type { FileSource, SealOutcome, SealRequest, WorkspaceRoot } from './store-types.ts';
import type { Trash } from './trash.ts';
import type { StoreContext, TreeSize, TreeView } from './types.ts';

/** `--repo` copies at most this much unless it is told otherwise. */
const usualMaxBytes = 4 * 2 ** 30;

export interface AddDirectory {
  sandbox: string;
  upper: string;
  source: string;
  path: string;
  user: 'agent' | 'root';
  maxBytes?: number;
}

export class Workspaces {
  readonly #context: StoreContext;
  readonly #layers: LayerStore;
  readonly #trash: Trash;

  constructor(context: StoreContext, layers: LayerStore, trash: Trash) {
    this.#context = context;
    this.#layers = layers;
    this.#trash = trash;
  }

  /** Under whose name nothing lies: what is there already may be mounted. */
  freshUpper({ id, generation }: Pick<SandboxRecord, 'id' | 'generation'>): string {
    let next = generation + 1;
    while (existsSync(this.#context.paths.workspace(id, String(next)).directory)) next++;
    return String(next);
  }

  /** The directory only: whoever mounts it makes what the overlay writes to. */
  async create(sandbox: string, upper: string): Promise<void> {
    const { directory } = this.#context.paths.workspace(sandbox, upper);
    await this.#context.durable('make a workspace', () => mkdir(directory, { recursive: true, mode: 0o700 }));
  }

  async root(layers: string[], sandbox: string, upper: string): Promise<WorkspaceRoot> {
    const { upper: upperPath, work } = this.#context.paths.workspace(sandbox, upper);
    return { lower: this.#layers.trees(layers), upper: upperPath, work, binds: await this.#layers.binds(layers) };
  }

  view(source: FileSource): TreeView {
    const { workspace } = source;
    const upper = workspace ? this.#context.paths.workspace(workspace.sandbox, workspace.upper).upper : null;
    return { lower: this.#layers.trees(source.layers), upper };
  }

  /** Never the one that the sandbox writes to. */
  async discard(sandbox: string, upper: string): Promise<void> {
    const record = this.#context.sandboxes.get(sandbox);
    if (record && record.state !== 'gone' && record.upper === upper)
      throw new HoldfastError('internal', `sandbox ${sandbox} writes to ${upper}, which was to be removed`);
    await this.#trash.put(this.#context.paths.workspace(sandbox, upper).directory);
  }

  async remove(sandbox: string): Promise<void> {
    await this.#trash.put(this.#context.paths.sandbox(sandbox));
  }

  async measure(sandbox: string, upper: string, scope: Scope): Promise<TreeSize> {
    const { files, bytes } = await this.#context.trees.scan(
      this.#context.paths.workspace(sandbox, upper).upper,
      { digests: false },
      scope,
    );
    return { files, bytes };
  }

  /** A rename, because nothing writes any more. */
  async sealStopped(request: SealRequest): Promise<SealOutcome> {
    await rename(request.root.upper, request.layerTree);
    return { method: 'rotate', pauseMs: 0, files: 0, bytes: 0 };
  }

  async addDirectory(request: AddDirectory, scope: Scope): Promise<TreeSize> {
    const { trees, durable } = this.#context;
    const record = this.#context.sandboxes.get(request.sandbox);
    if (!record) throw new HoldfastError('sandbox-not-found', `there is no sandbox ${request.sandbox}`);
    const { upper } = this.#context.paths.workspace(request.sandbox, request.upper);
    const parts = request.path.split('/').filter((part) => part !== '' && part !== '.');
    if (parts.length === 0 || parts.includes('..')) throw badPath(request.path);
    await this.#makeUpper(upper);
    const lower = this.#layers.trees(record.layers);
    for (let count = 1; count < parts.length; count++) {
      await this.#makeParent(upper, lower, parts.slice(0, count), request.user);
    }
    const target = join(upper, ...parts);
    const owner = ownerOf(this.#context.owner, insideIds[request.user]);
    return await durable('copy a directory in', () =>
      trees.copy(
        {
          source: request.source,
          target,
          kind: 'import',
          maxBytes: request.maxBytes ?? usualMaxBytes,
          ...(owner === null ? {} : { owner }),
        },
        scope,
      ),
    );
  }

  async #makeUpper(upper: string): Promise<void> {
    const { durable, owner } = this.#context;
    await durable('make an upper directory', () => mkdir(upper, { recursive: true, mode: 0o755 }));
    await chmod(upper, 0o755);
    if (owner !== 'self') await lchown(upper, owner.idBase, owner.idBase);
  }

  /** A directory on the way: as the layers below have it, else a new one of the user's. */
  async #makeParent(upper: string, lower: string[], parts: string[], user: 'agent' | 'root'): Promise<void> {
    const path = join(upper, ...parts);
    const below = await lookBeneath(lower, parts);
    if (below && !below.isDirectory) throw badPath(`/${parts.join('/')}`);
    if (existsSync(path)) {
      if ((await lstat(path)).isDirectory()) return;
      throw badPath(`/${parts.join('/')}`);
    }
    await mkdir(path);
    await makeLike(this.#context, path, below, insideIds[user]);
  }
}

function badPath(path: string): HoldfastError {
  return new HoldfastError('invalid-argument', `${path} cannot take a directory inside the sandbox`, {
    hint: 'Give an absolute path whose parents are directories, not links, for example /workspace/project.',
  });
}
