/**
 * A machine's own disk as it is at the moment of a fork, in the file beside it (work-disk.ts), by QEMU's mirror.
 *
 * 1. It begins while the machine runs: what lies there is copied, and what is written meanwhile goes to both. When the machine
 *    stands still nothing is left to copy, however much was written.
 * 2. Holes stay holes, and zeros become some.
 * 3. What fails on the way (no room, say) is the fork's error. The machine writes on to its disk.
 * 4. One at a time: forks of a machine are made one after the other, under its sandbox's lock.
 */
import { inOwnScope, type Scope, untilOrEnded } from '../../base/index.ts';
import { HoldfastError } from '../../schema/index.ts';
import { copyNode, diskNode } from './arguments.ts';
import type { QmpClient } from './qmp.ts';

const job = 'fork';
/** Nothing is left to be copied then: a QEMU that takes longer is not what it was. */
const endTimeoutMs = 10_000;

export class DiskMirror implements AsyncDisposable {
  readonly #qmp: QmpClient;
  readonly #ready: Promise<unknown>;
  readonly #ended: Promise<Record<string, unknown>>;
  #goesOn = true;

  private constructor(qmp: QmpClient, scope: Scope) {
    this.#qmp = qmp;
    this.#ready = qmp.event(isOf('BLOCK_JOB_READY'), scope);
    this.#ended = Promise.race([
      qmp.event(isOf('BLOCK_JOB_COMPLETED'), scope),
      qmp.event(isOf('BLOCK_JOB_CANCELLED'), scope).then(() => ({ error: 'it was given up' })),
    ]);
    for (const waiting of [this.#ready, this.#ended]) waiting.catch(() => undefined);
  }

  static async begin(qmp: QmpClient, scope: Scope): Promise<DiskMirror> {
    const mirror = new DiskMirror(qmp, scope);
    const nodes = { device: diskNode, target: copyNode };
    const how = { sync: 'full', 'copy-mode': 'write-blocking' };
    try {
      await qmp.execute('blockdev-mirror', { 'job-id': job, ...nodes, ...how }, scope);
      return mirror;
    } catch (error) {
      // It may have begun all the same.
      await mirror[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Both files are alike from then on. */
  async ready(): Promise<void> {
    const ended = await Promise.race([this.#ready.then(() => null), this.#ended]);
    if (ended !== null) throw failed(ended);
  }

  /** The machine stands still: what its disk holds now stays in the copy. */
  async end(scope: Scope): Promise<void> {
    await using limit = scope.child({ name: "end the copying of a machine's disk", timeoutMs: endTimeoutMs });
    // Not forced: one that is ready is completed by it. One that failed is not there any more.
    const asked = this.#qmp.execute('block-job-cancel', { device: job }, limit);
    const ended = await Promise.race([this.#ended, asked.then(() => untilOrEnded(this.#ended, limit))]);
    if (ended['error'] !== undefined) throw failed(ended);
    this.#goesOn = false;
  }

  /** Whatever has become of the fork, QEMU writes to the disk only. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#goesOn) return;
    await inOwnScope("give up copying a machine's disk", (own) => endMirror(this.#qmp, own)).catch(() => undefined);
  }
}

/** Idempotent: nothing is copied any more. */
export async function endMirror(qmp: QmpClient, scope: Scope): Promise<void> {
  const ended = qmp.event(isOf('BLOCK_JOB_COMPLETED', 'BLOCK_JOB_CANCELLED'), scope);
  ended.catch(() => undefined);
  // What is refused is to end what is not there.
  const isEnding = qmp.execute('block-job-cancel', { device: job, force: true }, scope).then(
    () => true,
    () => false,
  );
  if (await isEnding) await ended;
  scope.throwIfEnded();
}

const isOf =
  (...events: string[]) =>
  (event: string, data: Record<string, unknown>): boolean =>
    data['device'] === job && events.includes(event);

function failed({ error }: Record<string, unknown>): HoldfastError {
  const why = typeof error === 'string' ? error.slice(0, 500) : 'it ended too early';
  return new HoldfastError('launch-failed', `the disk of the machine could not be copied: ${why}`, {
    hint: 'The machine goes on. Make room below HOLDFAST_HOME where there is none, and fork again.',
  });
}
