/**
 * A program of the owner's that keeps checkpoints, beside the second place: each signed checkpoint is its standard input, and it
 * has taken it when it ends with 0.
 *
 * 1. It is run as it stands, without a shell, with no environment but PATH and the number of entries; what it prints goes nowhere.
 *    It has ten seconds, and is killed then; what it leaves running is not waited for.
 * 2. Who gives one wants nothing logged that it could deny later. So what it has not taken within `graceMs` stops the log, as
 *    a disk does that takes no entry; it is asked again until it takes what there is.
 */
import { type Clock, rootScope, runProcess, untilOrEnded } from '../base/index.ts';
import { HoldfastError } from '../schema/index.ts';

/** From the first entry that it has not taken a checkpoint of. Several tries fit in, one a minute at least. */
export const graceMs: number = 5 * 60_000;
export const askAgainMs = 5000;
const withinMs = 10_000;
const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export class Keeper {
  readonly file: string;
  readonly #clock: Clock;
  /** Of the oldest entry that it has not taken; null: it has taken all. */
  #waitingSinceMs: number | null = null;
  #failure: string | null = null;

  constructor(file: string, clock: Clock) {
    this.file = file;
    this.#clock = clock;
  }

  /** There is an entry more. */
  appended(): void {
    this.#waitingSinceMs ??= this.#clock.nowMs();
  }

  /** Why nothing more may be logged; null when it may. */
  overdue(): HoldfastError | null {
    const waitedMs = this.#waitingSinceMs === null ? 0 : this.#clock.nowMs() - this.#waitingSinceMs;
    if (waitedMs < graceMs) return null;
    const why = this.#failure === null ? '' : `: ${this.#failure}`;
    return new HoldfastError('audit-unavailable', `${this.file} has taken no checkpoint for ${waitedMs} ms${why}`, {
      hint: 'Mend it: it has to read a checkpoint and end with 0. It is asked again by itself, and sessions go on then.',
      details: { file: this.file, waitedMs },
    });
  }

  /**
   * @param isNewest answers whether there is no entry yet that is not in it
   * @throws HoldfastError `audit-unavailable` when it was not taken
   */
  async put(size: number, note: string, isNewest: () => boolean): Promise<void> {
    const askedMs = this.#clock.nowMs();
    try {
      await this.#run(size, note);
    } catch (error) {
      this.#failure = error instanceof Error ? error.message : String(error);
      throw notTaken(this.file, this.#failure, error);
    }
    this.#failure = null;
    this.#waitingSinceMs = isNewest() ? null : askedMs;
  }

  async #run(size: number, note: string): Promise<void> {
    await using scope = rootScope({ name: 'keep a checkpoint', timeoutMs: withinMs, clock: this.#clock });
    const environment = { PATH: path, HOLDFAST_CHECKPOINT_SIZE: String(size) };
    const run = runProcess({ file: this.file, args: [], input: Buffer.from(note), environment }, scope);
    const { status, signal, stderr } = await untilOrEnded(run, scope);
    if (status === 0) return;
    const how = signal === null ? `the status ${status}` : signal;
    throw new Error(`it ended with ${how}${stderr === '' ? '' : ` and said ${stderr.trim().slice(-500)}`}`);
  }
}

const notTaken = (file: string, why: string, cause: unknown): HoldfastError =>
  new HoldfastError('audit-unavailable', `${file} did not take a checkpoint of the audit log: ${why}`, { cause });
