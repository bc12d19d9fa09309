/**
 * Secrets of tenants: put, listed, forgotten, and given to the gateway, and to what takes them out of recordings. Nobody
 * else ever gets a value back.
 *
 * 1. Values are on the disk sealed only (base/seal.ts), under a key that is not in the database.
 * 2. A value that does not open is an error with its name, never a secret that is not there.
 * 3. The key changes by: the next key beside it; everything sealed anew in one transaction, flushed; the next key in its
 *    place. Death at any point leaves every value readable, and the next start finishes or takes back.
 * 4. A placeholder is made once per sandbox and secret, and stays over restarts; a fork has its own.
 */
import {
  type Clock,
  isoTime,
  type RandomSource,
  type SealKey,
  type SealSubject,
  seal,
  sealedBy,
  sealKey,
  sealKeyBytes,
  systemClock,
  systemRandom,
  unseal,
  unusableKey,
} from '../../base/index.ts';
import { HoldfastError, parseInput, type SecretInfo, secretNameSchema, secretValueLimits } from '../../schema/index.ts';
import type { PlaceholderRecord, SecretRecord, Store } from '../../state/index.ts';
import { KeyFiles } from './key-files.ts';
import { isPlaceholder, newPlaceholder } from './placeholders.ts';
import type { BrokerSecret } from './types.ts';

export interface SecretStoreOptions {
  home: string;
  store: Pick<Store, 'secrets' | 'placeholders' | 'transaction'>;
  clock?: Clock;
  random?: RandomSource;
  keyFiles?: KeyFiles;
}

export class SecretStore {
  readonly #store: SecretStoreOptions['store'];
  readonly #clock: Clock;
  readonly #random: RandomSource;
  readonly #files: KeyFiles;
  /** Once it was read; a failure is not kept, so that its fix needs no restart. */
  #key: SealKey | null = null;
  /** The key files have one reader or writer at a time. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: SecretStoreOptions) {
    this.#store = options.store;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? systemRandom;
    this.#files = options.keyFiles ?? new KeyFiles(options.home);
  }

  /** @throws HoldfastError `invalid-argument`, or `state-unusable` when the key cannot be used */
  async put(tenant: string, name: string, value: Uint8Array): Promise<SecretInfo> {
    parseInput(secretNameSchema, name, 'the name of a secret');
    refuseUnfit(name, value);
    return this.#withKey((key) => {
      const now = isoTime(this.#clock.nowMs());
      const sealed = seal(key, secretOf(tenant, name), value, this.#random);
      const createdAt = this.#store.secrets.get(tenant, name)?.createdAt ?? now;
      const record = { tenant, name, sealed, createdAt, updatedAt: now };
      this.#store.secrets.put(record);
      return infoOf(record);
    });
  }

  /** By name. Needs no key. */
  list(tenant: string): SecretInfo[] {
    return this.#store.secrets.list(tenant).map(infoOf);
  }

  /** Needs no key: what cannot be read any more can still be given up. */
  delete(tenant: string, name: string): void {
    if (!this.#store.secrets.remove(tenant, name)) throw notFound(name);
  }

  /** For what a sandbox's policy uses: values, and what stands for them inside. Only for the gateway. */
  reveal(tenant: string, sandbox: string, names: readonly string[]): Promise<BrokerSecret[]> {
    return this.#withKey((key) =>
      this.placeholders(sandbox, names).map(({ secret, placeholder }) => ({
        name: secret,
        placeholder,
        value: this.#value(key, tenant, secret),
      })),
    );
  }

  /** All of a tenant, for whoever takes them out of what is written down. One that does not open is an error. */
  values(tenant: string): Promise<{ name: string; value: Uint8Array }[]> {
    const names = this.list(tenant).map(({ name }) => name);
    if (names.length === 0) return Promise.resolve([]);
    return this.#withKey((key) => names.map((name) => ({ name, value: this.#value(key, tenant, name) })));
  }

  /** Those that are there, and new ones for the rest; in the order of `names`. */
  placeholders(sandbox: string, names: readonly string[]): PlaceholderRecord[] {
    return this.#store.transaction(() => {
      const known = new Map(this.#store.placeholders.list(sandbox).map((record) => [record.secret, record]));
      return [...new Set(names)].map((secret) => {
        const found = known.get(secret);
        if (found) return found;
        const made = { sandbox, secret, placeholder: newPlaceholder(this.#random) };
        this.#store.placeholders.insert(made);
        return made;
      });
    });
  }

  /** A sandbox's certificate authority keeps its key as secrets are kept. */
  sealAuthority(sandbox: string, privateKey: Uint8Array): Promise<string> {
    return this.#withKey((key) => seal(key, authorityOf(sandbox), privateKey, this.#random));
  }

  unsealAuthority(sandbox: string, sealed: string): Promise<Uint8Array> {
    return this.#withKey((key) => unsealed(key, authorityOf(sandbox), sealed));
  }

  /** A new key for everything. @throws HoldfastError `state-unusable` when one value does not open; then nothing changed */
  rotate(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#load();
      const next = sealKey(this.#random(sealKeyBytes));
      await this.#files.create('secrets.key.next', next);
      try {
        this.#resealAll(next);
        this.#store.secrets.flush();
        await this.#files.promote();
      } catch (error) {
        // How far it came is seen when the key is read again.
        this.#key = null;
        throw error;
      }
    });
  }

  /** One step: no value is ever sealed by a key that is on its way out. */
  #resealAll(next: SealKey): void {
    const before = this.#key;
    if (!before) throw new HoldfastError('internal', 'a key must be read before it is changed');
    this.#store.secrets.resealAll((each) => seal(next, each, unsealed(before, each, each.sealed), this.#random));
    this.#key = next;
  }

  #value(key: SealKey, tenant: string, name: string): Buffer {
    const record = this.#store.secrets.get(tenant, name);
    if (!record) throw notFound(name);
    return unsealed(key, secretOf(tenant, name), record.sealed);
  }

  /** Nothing may wait between the look at the key and its use: a change of key would come between. */
  async #withKey<T>(work: (key: SealKey) => T): Promise<T> {
    while (!this.#key) await this.#inTurn(() => this.#load());
    return work(this.#key);
  }

  async #load(): Promise<SealKey> {
    this.#key ??= (await this.#settled()) ?? (await this.#created());
    return this.#key;
  }

  /** The key, after a change of it that death cut short was finished or taken back. */
  async #settled(): Promise<SealKey | null> {
    const key = await this.#files.read('secrets.key');
    const next = await this.#files.read('secrets.key.next');
    if (!next) return key;
    const ids = new Set(this.#store.secrets.allSealed().map(({ sealed }) => sealedBy(sealed)));
    if (!ids.has(next.id)) {
      await this.#files.discardNext();
      return key;
    }
    if (key && ids.has(key.id)) {
      const path = this.#files.path('secrets.key.next');
      throw unusableKey(
        path,
        'some secrets are sealed by it and some by the key before',
        'Restore state.db and the keys from one backup.',
      );
    }
    this.#store.secrets.flush();
    await this.#files.promote();
    return next;
  }

  async #created(): Promise<SealKey> {
    if (this.#store.secrets.allSealed().length > 0) {
      throw unusableKey(
        this.#files.path('secrets.key'),
        'it is not there, and secrets are sealed by it',
        'Restore it from a backup, or delete the secrets and the sandboxes with a network.',
      );
    }
    return this.#files.loadOrMake(this.#random);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }
}

function secretOf(tenant: string, name: string): SealSubject {
  return { kind: 'secret', owner: tenant, name };
}

function authorityOf(sandbox: string): SealSubject {
  return { kind: 'authority', owner: sandbox, name: '' };
}

function infoOf({ name, createdAt, updatedAt }: SecretRecord): SecretInfo {
  return { name, createdAt, updatedAt };
}

/** A short value would be found in, and cut out of, responses that have nothing to do with it. */
function refuseUnfit(name: string, value: Uint8Array): void {
  const { leastBytes, mostBytes } = secretValueLimits;
  if (value.length < leastBytes) {
    throw new HoldfastError(
      'invalid-argument',
      `the value of ${name} is ${value.length} bytes; at least ${leastBytes} are needed`,
      {
        hint: 'Shorter values occur by chance, and every occurrence in a response is replaced. Use a longer one.',
      },
    );
  }
  if (value.length > mostBytes) {
    throw new HoldfastError(
      'invalid-argument',
      `the value of ${name} is ${value.length} bytes; at most ${mostBytes} are kept`,
    );
  }
  if (isPlaceholder(value)) {
    throw new HoldfastError('invalid-argument', `the value of ${name} is a placeholder, not a secret`, {
      hint: 'Put the secret itself, from outside the sandbox.',
    });
  }
}

function unsealed(key: SealKey, subject: SealSubject, sealed: string): Buffer {
  try {
    return unseal(key, subject, sealed);
  } catch (cause) {
    const isSecret = subject.kind === 'secret';
    const what = isSecret ? `the secret ${subject.name}` : `the certificate authority of ${subject.owner}`;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new HoldfastError('state-unusable', `${what} cannot be opened: ${why}`, {
      cause,
      hint: isSecret
        ? `Put it again: holdfast secret put ${subject.name}; or restore state.db and secrets.key from one backup.`
        : 'Set the network of the sandbox again, or restore state.db and secrets.key from one backup.',
      details: isSecret ? { secret: subject.name } : { sandbox: subject.owner },
    });
  }
}

function notFound(name: string): HoldfastError {
  return new HoldfastError('not-found', `there is no secret ${name}`, {
    hint: `List them with holdfast secret ls, or put it: holdfast secret put ${name}`,
  });
}
