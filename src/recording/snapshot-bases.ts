/**
 * Since which snapshots it is told what a new one shows changed, where programs run on beside the steps.
 *
 * 1. Since the last one of an earlier step: what came between them, whoever did it. One more of the same step counts from there
 *    too, and takes the place of what was told before.
 * 2. Where a program has ended that ran then, also since the last one at which nothing ran that has ended by now. What a
 *    program had done half is a matter of time, and in neither of these two.
 */

export interface SnapshotBase {
  step: number;
  /** Null: what the sandbox started from. */
  snapshot: string | null;
  /** Programs that were running, and may have been writing. */
  running: readonly string[];
}

/** A session's shell does what it is told within steps, which wait for it. */
export const writesBeside = (tag: string | null): boolean => tag !== 'shell-session';

export class SnapshotBases {
  #last: SnapshotBase;
  /** The last one of an earlier step than that. */
  #before: SnapshotBase | null = null;
  /** Each is the last one at which nothing else ran than at it; what ran at them runs still. */
  #kept: SnapshotBase[];

  constructor(start: SnapshotBase) {
    this.#last = start;
    this.#kept = [start];
  }

  get last(): SnapshotBase {
    return this.#last;
  }

  /** Those that it is told against, the nearest first. None for one that shows what a recording begins with. */
  take(taken: SnapshotBase): SnapshotBase[] {
    if (taken.step > this.#last.step) this.#before = this.#last;
    this.#last = taken;
    const kept = this.#kept.filter(({ running }) => isWithin(running, taken.running));
    const [nearest, settled] = [this.#before, kept.at(-1)];
    this.#kept = [...kept.filter(({ running }) => !isWithin(taken.running, running)), taken];
    if (nearest === null) return [];
    return settled && settled.step < nearest.step ? [nearest, settled] : [nearest];
  }

  /** The files had gone back: it shows where what comes begins. */
  beginAgain(taken: SnapshotBase): void {
    this.#last = taken;
    this.#before = null;
    this.#kept = [taken];
  }
}

const isWithin = (some: readonly string[], all: readonly string[]): boolean => some.every((each) => all.includes(each));
