/**
 * The files of a replay: laid in layers as they were then, and held against what each step changed then.
 *
 * 1. Where a snapshot sealed what had been written, the replay seals it too, and nowhere else: a program sees the link count of
 *    a directory, and that is another one where the directory lies in two layers.
 * 2. Where the recording has a snapshot this run takes one as well, and what lies between two is held against what lay there.
 * 3. What could not be compared whole is said.
 */
import type { EventOf, NormaliserName } from '../schema/index.ts';
import { type Compared, noDifference } from './compare.ts';
import type { Comparer } from './compare-aside.ts';
import { askedOf, type Between, nearestSnapshot, type RecordedRun, type RecordedSnapshot } from './run.ts';
import type { ChangedFile } from './step-snapshots.ts';

export interface FilesPlace {
  /** @param how `sealed`: what was written becomes a layer of its own beneath; `beside`: it stays where it is */
  snapshot(how: 'sealed' | 'beside'): Promise<string>;
  changes(from: string | null, to: string): Promise<{ changes: ChangedFile[]; more: number }>;
  /** What a changed file with that content would have for a digest. */
  digestOf(content: Uint8Array): string;
}

export interface FilesRequest {
  from: number;
  /** Whether they are compared. */
  files: boolean;
  normalisers: readonly NormaliserName[];
}

type Changes = RecordedRun['changes'][number];

const mostNamed = 3;

export class FilesReplay {
  /** Null: what the recording began with. */
  readonly start: RecordedSnapshot | null;
  /** What was not compared whole, in words. */
  readonly uncompared: string[] = [];
  readonly #run: RecordedRun;
  readonly #request: FilesRequest;
  readonly #comparer: Comparer;
  /** The last snapshot of this run, by the step after which it was taken. */
  #last: { step: number; id: string | null };

  constructor(run: RecordedRun, request: FilesRequest, comparer: Comparer) {
    this.#run = run;
    this.#comparer = comparer;
    this.#request = request;
    this.start = nearestSnapshot(run, request.from - 1);
    this.#last = { step: this.start?.step ?? 0, id: this.start?.snapshot ?? null };
  }

  /** What is not as it was, in words. */
  notes(): string[] {
    if (!this.start || this.start.sealed) return [];
    return [
      `it begins with the snapshot of step ${this.start.step}: directories that are written to from there on show other link counts than then`,
    ];
  }

  /** Snapshots that belong to no step: somebody's own, and the one after a rollback. */
  async between(place: FilesPlace, step: number, event: Between): Promise<void> {
    if (event.type === 'snapshot-taken') this.#last = { step: step - 1, id: await place.snapshot('beside') };
    else if (isSealing(event)) await place.snapshot('sealed');
  }

  /** @param compares whether the step was done as it was done then */
  async after(place: FilesPlace, step: number, compares: boolean): Promise<Compared> {
    const then = this.#run.snapshots.find((each) => each.step === step);
    const isSealed = then?.sealed === true;
    const recorded = this.#run.changes.find((each) => each.step === step);
    const { step: last, id: from } = this.#last;
    const isAsked = compares && this.#request.files;
    const mayCompare = isAsked && recorded !== undefined && recorded.after >= last;
    if (isAsked) this.#tellUncompared(step, last, recorded);
    if (!isSealed && !mayCompare && !(isAsked && then)) return noDifference;
    const id = await place.snapshot(isSealed ? 'sealed' : 'beside');
    this.#last = { step, id };
    if (!mayCompare || recorded.after > last) return noDifference;
    const { changes } = await place.changes(from, id);
    return this.#compare(place, recorded, changes);
  }

  #tellUncompared(step: number, last: number, recorded: Changes | undefined): void {
    const why = recorded === undefined ? this.#whyUnknown(step) : whyNot(recorded.after, last);
    if (why !== null) this.uncompared.push(`step ${step}: its files were not compared: ${why}`);
  }

  /** A snapshot that failed is made up for by the next one, if there was one. */
  #whyUnknown(step: number): string | null {
    const { changes, unseen, snapshots } = this.#run;
    if (!unseen.includes(step) || changes.some((each) => each.after < step && step < each.step)) return null;
    const has = snapshots.some((each) => each.step === step);
    return has ? 'what it changed could not be found out then' : 'no snapshot could be taken of them then';
  }

  async #compare(place: FilesPlace, recorded: Changes, changes: readonly ChangedFile[]): Promise<Compared> {
    const expected = recorded.changes.map(({ after, digest = null, ...change }) => ({
      ...change,
      content: after === null || after.cut ? null : this.#run.reader.bytes(after),
      digest,
    }));
    const { normalisers } = this.#request;
    const { compared, bySize } = await this.#comparer.files(expected, changes, {
      normalisers,
      asked: askedOf(this.#run, recorded.after + 1, recorded.step),
      digestOf: (content) => place.digestOf(content),
    });
    if (compared.matched) this.#tell(recorded, bySize);
    return compared;
  }

  #tell({ step, more }: Changes, bySize: readonly string[]): void {
    const files = (count: number): string => `${count} ${count === 1 ? 'file' : 'files'}`;
    const some = bySize.slice(0, mostNamed).join(', ') + (bySize.length > mostNamed ? ', ...' : '');
    if (bySize.length > 0) this.uncompared.push(`step ${step}: ${files(bySize.length)} compared by size only: ${some}`);
    if (more > 0) this.uncompared.push(`step ${step}: ${files(more)} more changed than are listed: not compared`);
  }
}

const whyNot = (after: number, last: number): string | null =>
  after === last
    ? null
    : `what changed is recorded since step ${after}, and this run kept its files after step ${last}`;

const isSealing = ({ what, facts }: EventOf<'lifecycle'>): boolean =>
  what === 'snapshot-created' && facts['method'] === 'rotate';
