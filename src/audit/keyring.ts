/**
 * Keys of people: one for each person of each tenant, in a file that is sealed line by line under a key-encryption key,
 * both in a directory that need not be near the log.
 *
 * 1. A key is in its file before anything is sealed with it, and on the disk before that counts as logged.
 * 2. To destroy one, all others are written anew under a new key-encryption key, and the old one is overwritten: what is
 *    left of the old file on the disk, or in a copy of it without its key, opens no more. Death at any point leaves either
 *    all keys or all but that one.
 * 3. Names of people stand sealed in the file, and the log has only pseudonyms: with a key goes whose it was.
 */
import {
  closeSync,
  existsSync,
  fdatasync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import {
  join,
  loadOrMakeKey,
  makePrivateDirectory,
  type RandomSource,
  readKeyFile,
  type SealKey,
  type SealSubject,
  seal,
  sealedBy,
  sealKey,
  sealKeyBytes,
  unseal,
  unusableKey,
} from '../base/index.ts';

interface Holder {
  tenant: string;
  /** Empty: what is about nobody. */
  person: string;
}

interface Held extends Holder {
  key: SealKey;
}

const subject: SealSubject = { kind: 'audit key', owner: '', name: '' };
const hint = 'Restore it and `people.keys` from the same backup. Without it nothing that was logged can be read.';

export async function openKeyring(directory: string, random: RandomSource): Promise<Keyring> {
  await makePrivateDirectory(directory);
  const paths = { master: join(directory, 'master.key'), people: join(directory, 'people.keys') };
  await finishChange(paths);
  if (existsSync(paths.people) && !existsSync(paths.master)) throw unusableKey(paths.master, 'it is not there', hint);
  const master = sealKey(await loadOrMakeKey({ path: paths.master, bytes: sealKeyBytes, hint }, random));
  return new Keyring(paths, master, random);
}

interface Paths {
  master: string;
  people: string;
}

const nextOf = (path: string): string => `${path}.next`;

/** A change was under way: the sealed file says which key it has come to. */
async function finishChange({ master, people }: Paths): Promise<void> {
  const next = await readKeyFile({ path: nextOf(master), bytes: sealKeyBytes, hint });
  if (next) {
    const [first = ''] = existsSync(people) ? readFileSync(people, 'utf8').split('\n') : [];
    if (sealedBy(first) === sealKey(next).id) renameSync(nextOf(master), master);
    else rmSync(nextOf(master));
  }
  rmSync(nextOf(people), { force: true });
  syncDirectory(master);
}

export class Keyring {
  readonly #paths: Paths;
  readonly #random: RandomSource;
  readonly #held = new Map<string, Held>();
  readonly #byPseudonym = new Map<string, Held>();
  #master: SealKey;
  #file: number;
  #size = 0;
  /** Keys in the file that may not be on the disk yet. */
  #isDirty = true;
  #flushing: Promise<void> = Promise.resolve();

  constructor(paths: Paths, master: SealKey, random: RandomSource) {
    this.#paths = paths;
    this.#master = master;
    this.#random = random;
    this.#read();
    this.#file = openSync(paths.people, 'a', 0o600);
    ftruncateSync(this.#file, this.#size);
  }

  /** The key that entries about a person are sealed with; made when there is none. Its id is the person's pseudonym. */
  keyOf(tenant: string, person: string | null): SealKey {
    const holder = { tenant, person: person ?? '' };
    const known = this.#held.get(nameOf(holder));
    if (known) return known.key;
    const made: Held = { ...holder, key: sealKey(Uint8Array.from(this.#random(sealKeyBytes))) };
    this.#append(this.#line(made, this.#master));
    this.#keep(made);
    return made.key;
  }

  /** Null when the log has nothing about that person. */
  pseudonymOf(tenant: string, person: string): string | null {
    return this.#held.get(nameOf({ tenant, person }))?.key.id ?? null;
  }

  /** Null: it was destroyed. */
  byPseudonym(pseudonym: string): SealKey | null {
    return this.#byPseudonym.get(pseudonym)?.key ?? null;
  }

  /** Answers the pseudonym that stays; null when there was no key. */
  destroy(tenant: string, person: string): string | null {
    const name = nameOf({ tenant, person });
    const held = this.#held.get(name);
    if (!held) return null;
    const others = [...this.#held.values()].filter((each) => each !== held);
    this.#replace(others);
    this.#held.delete(name);
    this.#byPseudonym.delete(held.key.id);
    return held.key.id;
  }

  /** Resolves when every key that was ever given out is on the disk. */
  async durable(): Promise<void> {
    if (!this.#isDirty) return this.#flushing;
    this.#isDirty = false;
    this.#flushing = new Promise<void>((resolve, reject) => {
      fdatasync(this.#file, (error) => (error ? reject(error) : resolve()));
    }).catch((error: unknown) => {
      this.#isDirty = true;
      throw error;
    });
    await this.#flushing;
  }

  close(): void {
    this.#letGo(this.#file);
  }

  /** Not while it is flushed. */
  #letGo(file: number): void {
    const done = (): void => closeSync(file);
    this.#flushing.then(done, done);
  }

  #read(): void {
    const { people } = this.#paths;
    const text = existsSync(people) ? readFileSync(people, 'utf8') : '';
    // What stands after the last newline was cut short by a crash, and nothing was sealed with it.
    const lines = text.split('\n').slice(0, -1);
    for (const [index, line] of lines.entries()) this.#keep(this.#open(line, index + 1));
    this.#size = lines.reduce((bytes, line) => bytes + line.length + 1, 0);
  }

  #open(line: string, number: number): Held {
    try {
      // `#line` wrote it, and nobody else has the key.
      const { tenant, person, key } = JSON.parse(unseal(this.#master, subject, line).toString()) as Holder & {
        key: string;
      };
      return { tenant, person, key: sealKey(Buffer.from(key, 'base64')) };
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw unusableKey(this.#paths.people, `line ${number} does not open: ${why}`, hint);
    }
  }

  #line({ tenant, person, key }: Held, master: SealKey): string {
    const text = JSON.stringify({ tenant, person, key: Buffer.from(key.bytes).toString('base64') });
    return `${seal(master, subject, Buffer.from(text), this.#random)}\n`;
  }

  #append(line: string): void {
    try {
      const bytes = Buffer.from(line);
      for (let written = 0; written < bytes.length; ) written += writeSync(this.#file, bytes, written);
    } catch (error) {
      ftruncateSync(this.#file, this.#size);
      throw error;
    }
    this.#size += line.length;
    this.#isDirty = true;
  }

  #replace(others: readonly Held[]): void {
    const { master, people } = this.#paths;
    const next = sealKey(Uint8Array.from(this.#random(sealKeyBytes)));
    writeFlushed(nextOf(master), next.bytes);
    // Never empty: its first line says which key it is sealed with.
    const lines = [{ tenant: '', person: '', key: next }, ...others.filter(({ tenant }) => tenant !== '')];
    const text = lines.map((each) => this.#line(each, next)).join('');
    writeFlushed(nextOf(people), Buffer.from(text));
    renameSync(nextOf(people), people);
    syncDirectory(people);
    overwrite(master);
    renameSync(nextOf(master), master);
    syncDirectory(master);
    this.#letGo(this.#file);
    this.#file = openSync(people, 'a', 0o600);
    this.#size = text.length;
    this.#isDirty = false;
    this.#master = next;
  }

  #keep(held: Held): void {
    this.#held.set(nameOf(held), held);
    this.#byPseudonym.set(held.key.id, held);
  }
}

const nameOf = ({ tenant, person }: Holder): string => JSON.stringify([tenant, person]);

function writeFlushed(path: string, bytes: Uint8Array): void {
  rmSync(path, { force: true });
  writeFileSync(path, bytes, { mode: 0o600, flag: 'wx', flush: true });
}

function overwrite(path: string): void {
  const file = openSync(path, 'r+');
  try {
    writeSync(file, Buffer.alloc(sealKeyBytes), 0, sealKeyBytes, 0);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function syncDirectory(path: string): void {
  const directory = openSync(dirname(path), 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
