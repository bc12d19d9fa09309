/**
 * The key on the disk: `secrets.key` of the home, and while it is being changed `secrets.key.next`. How one is read and
 * made is base/key-file.ts.
 */
import {
  createKeyFile,
  join,
  loadOrMakeKey,
  type RandomSource,
  readKeyFile,
  removeFile,
  rename,
  type SealKey,
  sealKey,
  sealKeyBytes,
  syncDirectory,
} from '../../base/index.ts';

export type KeyName = 'secrets.key' | 'secrets.key.next';

const hint = 'Restore it from a backup.';

export class KeyFiles {
  readonly #home: string;

  constructor(home: string) {
    this.#home = home;
  }

  path(name: KeyName): string {
    return join(this.#home, name);
  }

  /** Null when there is none. @throws HoldfastError `state-unusable` with the fix */
  async read(name: KeyName): Promise<SealKey | null> {
    const key = await readKeyFile({ path: this.path(name), bytes: sealKeyBytes, hint });
    return key && sealKey(key);
  }

  /** The first key, or the one that is there. */
  async loadOrMake(random: RandomSource): Promise<SealKey> {
    return sealKey(await loadOrMakeKey({ path: this.path('secrets.key'), bytes: sealKeyBytes, hint }, random));
  }

  /** Fails when there is one already. */
  create(name: KeyName, key: SealKey): Promise<void> {
    return createKeyFile(this.path(name), key.bytes);
  }

  /** The next key becomes the key, and the one before is gone. */
  async promote(): Promise<void> {
    await rename(this.path('secrets.key.next'), this.path('secrets.key'));
    await syncDirectory(this.#home);
  }

  async discardNext(): Promise<void> {
    await removeFile(this.path('secrets.key.next'));
    await syncDirectory(this.#home);
  }
}
