/**
 * Deleting in two steps: out of sight by a rename, then for good in the background.
 *
 * 1. What is in the trash means nothing any more; a crash in between leaves it there for `empty`.
 * 2. Nothing waits for the second step but `settle`.
 */
import { existsSync, join, mkdir, readdir, rename, rootScope } from '../base/index.ts';
import type { StoreContext } from './types.ts';

const deleteTimeoutMs = 10 * 60_000;

export class Trash {
  readonly #context: StoreContext;
  readonly #deletions = new Set<Promise<void>>();
  #count = 0;

  constructor(context: StoreContext) {
    this.#context = context;
  }

  /** Out of sight when this resolves; nothing there is fine. */
  async put(path: string): Promise<void> {
    const { paths, durable, clock } = this.#context;
    const name = `${clock.nowMs()}-${this.#count++}`;
    const target = join(paths.trash, name);
    const move = (): Promise<void> => durable('move to the trash', () => rename(path, target));
    try {
      await move();
    } catch (error) {
      if (!isMissing(error)) throw error;
      if (!existsSync(path)) return;
      await mkdir(paths.trash, { recursive: true, mode: 0o700 });
      await move();
    }
    this.#deleteSoon(target);
  }

  /** Deletes what an earlier process left. */
  async empty(): Promise<void> {
    const { paths } = this.#context;
    await mkdir(paths.trash, { recursive: true, mode: 0o700 });
    for (const name of await readdir(paths.trash)) this.#deleteSoon(join(paths.trash, name));
  }

  /** Resolves when every deletion begun so far is done. */
  async settle(): Promise<void> {
    await Promise.all(this.#deletions);
  }

  #deleteSoon(target: string): void {
    const deletion = this.#delete(target).finally(() => this.#deletions.delete(deletion));
    this.#deletions.add(deletion);
  }

  async #delete(target: string): Promise<void> {
    const { trees, log, durable } = this.#context;
    await using scope = rootScope({ name: 'empty the trash', timeoutMs: deleteTimeoutMs });
    try {
      await durable('delete from the trash', () => trees.delete(target, scope));
    } catch (error) {
      log.warn({ target, error: String(error) }, 'could not delete; it will be tried again at the next start');
    }
  }
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
