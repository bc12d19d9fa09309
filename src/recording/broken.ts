/**
 * Open recordings that could not be taken up: their sandboxes do no step meanwhile.
 *
 * 1. A damaged one stays so until somebody ends it. One that is whole is tried again before each step.
 */
import { HoldfastError } from '../schema/index.ts';
import type { RecordingRecord } from '../state/index.ts';
import { corruptRecording } from './format.ts';

export interface Broken {
  record: RecordingRecord;
  error: HoldfastError;
}

export const isCorrupt = ({ error }: Pick<Broken, 'error'>): boolean => error.code === 'recording-corrupt';

/** A row without its sandbox has a place of its own. */
export const placeOf = ({ id, sandbox }: RecordingRecord): string => sandbox ?? id;

export class BrokenRecordings {
  readonly #byPlace = new Map<string, Broken>();
  readonly #mending = new Map<string, Promise<void>>();

  has(place: string): boolean {
    return this.#byPlace.has(place);
  }

  holds(record: RecordingRecord): boolean {
    return this.#byPlace.get(placeOf(record))?.record.id === record.id;
  }

  put(broken: Broken): void {
    this.#byPlace.set(placeOf(broken.record), broken);
  }

  take(place: string): Broken | null {
    const broken = this.#byPlace.get(place) ?? null;
    this.#byPlace.delete(place);
    return broken;
  }

  bytesOf(tenant: string): number {
    const own = [...this.#byPlace.values()].filter(({ record }) => record.tenant === tenant);
    return own.reduce((sum, { record }) => sum + record.bytes, 0);
  }

  /** @throws HoldfastError `recording-corrupt`, or what was in the way */
  refuseStep(sandbox: string): void {
    const broken = this.#byPlace.get(sandbox);
    if (!broken) return;
    const { record, error } = broken;
    const without = `To go on without it: holdfast record stop ${sandbox}`;
    const where = `the recording ${record.id}`;
    if (isCorrupt(broken))
      throw corruptRecording(where, `it cannot be gone on with: ${error.message}`, { next: without });
    throw new HoldfastError(error.code, `${where} cannot be gone on with yet: ${error.message}`, {
      cause: error,
      hint: `The next call tries again. ${without}`,
    });
  }

  /** Null where nothing is to be mended. What `again` does for one is waited for by all. */
  mend(place: string, again: (record: RecordingRecord) => Promise<void>): Promise<void> | null {
    const broken = this.#byPlace.get(place);
    if (!broken || isCorrupt(broken)) return null;
    const running = this.#mending.get(place);
    if (running) return running;
    const mending = again(broken.record).finally(() => this.#mending.delete(place));
    this.#mending.set(place, mending);
    return mending;
  }
}
