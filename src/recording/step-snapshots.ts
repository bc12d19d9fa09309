/**
 * One snapshot after each step that changed files, taken while the model thinks.
 *
 * 1. It is begun when nothing has happened for a moment after an answer, never on an answer's way. Steps that follow each
 *    other at once share one: the last one's.
 * 2. While it is taken the next step waits, so that it shows files after whole steps. What differs from the snapshot
 *    before is found out afterwards, beside everything else.
 * 3. One that fails is told, and the next step tries again, as does the end of the recording.
 * 4. One that is due while a step is under way, where nothing comes after to take it later, is not taken, and that is told.
 * 5. A program that ends by itself makes one due too: what it wrote belongs to the step that had begun last.
 */
import type { Clock, Log } from '../base/index.ts';
import {
  asHoldfastError,
  type Cause,
  type Content,
  type FileChange,
  HoldfastError,
  type RecordedFailure,
  type snapshotMethods,
} from '../schema/index.ts';
import type { RunningProgram } from './harm.ts';
import type { OpenSteps } from './open-steps.ts';
import { type SnapshotBase, type SnapshotBases, writesBeside } from './snapshot-bases.ts';
import type { NewEvent } from './writer.ts';

/** A pause after an answer; a model takes longer, a program that calls in a row does not. */
export const quietMs = 20;

export interface TakenSnapshot {
  snapshot: string;
  digest: string | null;
  method: (typeof snapshotMethods)[number] | 'import';
  pauseMs: number;
  addedFiles: number;
  addedBytes: number;
}

export interface ChangedFile extends Omit<FileChange, 'after' | 'digest'> {
  /** Of a regular file that is not too large, and a link's target. */
  content: Uint8Array | null;
  /** Of a regular file whose content is not there. */
  digest: string | null;
}

export interface SnapshotTaker {
  take(step: number): Promise<TakenSnapshot>;
  /** @param from null is what the sandbox started from */
  changes(from: string | null, to: string): Promise<{ changes: ChangedFile[]; more: number }>;
}

interface Parts {
  clock: Clock;
  log: Log;
  taker: SnapshotTaker;
  put(data: Uint8Array): Content;
  redact(data: Uint8Array): Uint8Array;
  redactText(text: string): string;
  /** In its place stands one that tells nothing to who has no key. */
  keyed(digest: string): string;
  append(event: NewEvent): void;
  /** Whose doing a failed snapshot is. */
  cause(failure: RecordedFailure): Cause | null;
  running(): RunningProgram[];
  steps: Pick<OpenSteps, 'isAny' | 'isQuiet'>;
  bases: SnapshotBases;
}

export class StepSnapshots {
  readonly taken: { step: number; snapshot: string; digest: string | null }[] = [];
  readonly #parts: Parts;
  #lastStep: number;
  /** Files may differ from the last snapshot. */
  #dirty = false;
  /** The step after which they went back. */
  #wentBack: number | null = null;
  #cancelTimer: (() => void) | null = null;
  #taking: Promise<void> | null = null;
  #following: Promise<void> = Promise.resolve();
  /** Nobody writes down any more what is seen. */
  #isSettled = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#lastStep = parts.bases.last.step;
  }

  /** Null when nothing is in the way. */
  get underWay(): Promise<void> | null {
    return this.#taking;
  }

  changed(step: number): void {
    this.#dirty = true;
    this.unchanged(step);
  }

  /** Between two steps. */
  wentBack(step: number): void {
    this.#wentBack = step;
    this.changed(step);
  }

  /** A step that only looked has ended. */
  unchanged(step: number): void {
    this.#lastStep = Math.max(this.#lastStep, step);
    // While a step is under way its end asks again.
    if (!this.#dirty || this.#taking || this.#isSettled || !this.#parts.steps.isQuiet) return;
    this.cancel();
    this.#cancelTimer = this.#parts.clock.after(quietMs, () => {
      this.#cancelTimer = null;
      if (this.#dirty && this.#parts.steps.isQuiet) void this.takeNow(this.#lastStep);
    });
  }

  cancel(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }

  takeNow(step: number): Promise<void> {
    this.#taking ??= this.#take(step).then((isTaken) => {
      this.#taking = null;
      // One that failed waits for the next step: at once it would fail again.
      if (isTaken) this.unchanged(this.#lastStep);
    });
    return this.#taking;
  }

  /** Now, if one is due. */
  async flush(): Promise<void> {
    this.cancel();
    await this.#taking;
    if (this.#dirty && !this.#isSettled) await this.#takeLast('what comes now is no step');
  }

  async settle(last: boolean): Promise<void> {
    this.cancel();
    await this.#taking;
    if (last && this.#dirty) await this.#takeLast('the recording ends');
    this.#isSettled = true;
    this.cancel();
    await this.#following;
  }

  async #takeLast(why: string): Promise<void> {
    if (!this.#parts.steps.isAny) return this.takeNow(this.#lastStep);
    const message = `a step was under way, and ${why}: the files after the one before are in no snapshot`;
    this.#tellFailed(this.#lastStep, new HoldfastError('cancelled', message), 'a recorded step has no snapshot');
  }

  async #take(step: number): Promise<boolean> {
    const { taker, append, bases } = this.#parts;
    this.#dirty = false;
    const running = this.#parts.running().slice(0, 1000);
    const ids = (programs: RunningProgram[]): string[] => programs.map(({ processId }) => processId);
    try {
      const made = await taker.take(step);
      append({ type: 'snapshot-taken', step, processes: ids(running), ...made });
      this.taken.push({ step, snapshot: made.snapshot, digest: made.digest });
      const writing = ids(running.filter(({ tag }) => writesBeside(tag)));
      const base: SnapshotBase = { step, snapshot: made.snapshot, running: writing };
      if (this.#wentBack === step) bases.beginAgain(base);
      else for (const since of bases.take(base)) this.#tellLater(since, step, made.snapshot);
      this.#wentBack = null;
      return true;
    } catch (error) {
      this.#dirty = true;
      this.#tellFailed(step, error, 'a recorded step has no snapshot');
      return false;
    }
  }

  #tellLater(since: SnapshotBase, step: number, snapshot: string): void {
    this.#following = this.#following.then(() => this.#tellChanges(since, step, snapshot));
  }

  async #tellChanges(since: SnapshotBase, step: number, snapshot: string): Promise<void> {
    const { taker, append, put, redact, redactText, keyed } = this.#parts;
    try {
      const { changes, more } = await taker.changes(since.snapshot, snapshot);
      const told = changes.map(({ content, digest, ...change }) => ({
        ...change,
        path: redactText(change.path),
        after: content === null ? null : put(redact(content)),
        ...(digest === null ? {} : { digest: keyed(digest) }),
      }));
      append({ type: 'files-changed', after: since.step, step, snapshot, changes: told, more });
    } catch (error) {
      this.#tellFailed(step, error, 'what a recorded step changed is not known');
    }
  }

  #tellFailed(step: number, error: unknown, what: string): void {
    const { append, cause, redactText, log } = this.#parts;
    const { code, message, fault, retryable } = asHoldfastError(error);
    const failure = { code, message: redactText(message).slice(0, 1000).toWellFormed(), fault, retryable };
    append({ type: 'snapshot-failed', step, failure, cause: cause(failure) });
    log.warn({ step, error: message }, what);
  }
}
