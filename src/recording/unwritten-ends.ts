/**
 * Ends of recordings that could not be written, as on a full disk: they are closed all the same, and their manifests say so when
 * there is room. What the daemon's death takes with it is that alone: a manifest without an end is read as one that is open.
 */
import type { Log } from '../base/index.ts';
import { asHoldfastError } from '../schema/index.ts';
import type { RecordingWriter } from './writer.ts';

export type Closing = Parameters<RecordingWriter['close']>[0];

export class LateEnds {
  readonly #log: Log;
  readonly #unwritten = new Map<string, () => Promise<unknown>>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** What is in the way, for now; null when it is written. */
  async write(writer: RecordingWriter, closing: Closing): Promise<string | null> {
    const { id } = writer.head;
    try {
      await writer.close(closing);
      return null;
    } catch (error) {
      const { message } = asHoldfastError(error);
      this.#unwritten.set(id, () => writer.close(closing));
      this.#log.error({ recording: id, error: message }, 'the end of a recording is not written yet');
      return message;
    }
  }

  forget(id: string): void {
    this.#unwritten.delete(id);
  }

  /** Whenever there may be room again. */
  async tryAgain(): Promise<void> {
    for (const [id, write] of [...this.#unwritten]) {
      await write().then(
        () => this.#unwritten.delete(id),
        () => undefined,
      );
    }
  }
}
