/**
 * What becomes a token: one redactor for each open recording, all with the key of this home, and what a gateway has to know
 * to make the same tokens on a tape.
 */
import { join, loadOrMakeKey, makePrivateDirectory, type RandomSource } from '../base/index.ts';
import { type KnownSecret, Redactor, type TokenFacts, type TokenSecrets } from '../network/index.ts';

export interface RedactorsParts {
  home: string;
  random: RandomSource;
  secrets(tenant: string): Promise<KnownSecret[]>;
}

const keyName = 'redaction.key';
const keyBytes = 32;

export class Redactors {
  readonly #parts: RedactorsParts;
  readonly #open = new Map<string, { recording: string; redactor: Redactor }>();
  #key: Promise<Uint8Array> | null = null;

  constructor(parts: RedactorsParts) {
    this.#parts = parts;
  }

  /** It counts from now on, until `end`. */
  async begin(
    { sandbox, recording, tenant }: { sandbox: string; recording: string; tenant: string },
    onToken: (facts: TokenFacts) => void,
  ): Promise<Redactor> {
    const redactor = await this.#make(tenant, onToken);
    this.#open.set(sandbox, { recording, redactor });
    return redactor;
  }

  /** The next one of the sandbox may have begun. */
  end(sandbox: string, recording: string): void {
    if (this.#open.get(sandbox)?.recording === recording) this.#open.delete(sandbox);
  }

  /** Of no recording. */
  of(tenant: string): Promise<Redactor> {
    return this.#make(tenant, () => undefined);
  }

  /** For the tape that a sandbox records; null for one that nobody records. */
  recorded(sandbox: string): { recording: string; secrets: TokenSecrets } | null {
    const open = this.#open.get(sandbox);
    return open ? { recording: open.recording, secrets: open.redactor.secrets } : null;
  }

  async #make(tenant: string, onToken: (facts: TokenFacts) => void): Promise<Redactor> {
    const redactor = new Redactor(await this.#keyOfHome(), tenant, onToken);
    redactor.learn(await this.#parts.secrets(tenant));
    return redactor;
  }

  /** Kept is the promise, so that all who come at once get one key; a failure is not, so that its fix needs no restart. */
  #keyOfHome(): Promise<Uint8Array> {
    this.#key ??= this.#loadKey().catch((error: unknown) => {
      this.#key = null;
      throw error;
    });
    return this.#key;
  }

  async #loadKey(): Promise<Uint8Array> {
    const directory = join(this.#parts.home, 'recordings');
    await makePrivateDirectory(directory);
    const hint = 'Remove it: recordings made from then on have other tokens for the same secrets.';
    return loadOrMakeKey({ path: join(directory, keyName), bytes: keyBytes, hint }, this.#parts.random);
  }
}
