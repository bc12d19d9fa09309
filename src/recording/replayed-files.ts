/**
 * The files of a replay: laid in layers as they were then, and held against what each step changed then.
 *
 * 1. Where a snapshot sealed what had been written, the replay seals it too, and nowhere else: a program sees the link count of
 *    a directory, and that is another one where the directory lies in two layers.
 * 2. Where the recording has a snapshot this run takes one as well, and what lies between two is held against what lay there. Where
 *    programs ran beside the steps those two are the last one before and the first one after them (programs-beside.ts).
 * 3. What could not be compared whole is said.
 * 4. A program that does not end is waited for where this run is ahead of the recording, and what it goes on writing is compared as
 *    far as both have come (moving-files.ts).
 */
import type { Clock } from '../base/index.ts';
import type { EventOf, FileChange, NormaliserName } from '../schema/index.ts';
import { type Compared, noDifference } from './compare.ts';
import type { Comparer } from './compare-aside.ts';
import { type FilesCompared, nameOf } from './compare-files.ts';
import { MovingFiles } from './moving-files.ts';
import { ProgramsBeside } from './programs-beside.ts';
import {
  askedOf,
  type Between,
  nearestSnapshot,
  type RecordedRun,
  type RecordedSnapshot,
  type ShownStep,
} from './run.ts';
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
  until: number;
  /** Whether they are compared. */
  files: boolean;
  normalisers: readonly NormaliserName[];
}

type Changes = RecordedRun['changes'][number];

/** How a step went by: done and compared; done, and compared with what comes; or not done. */
export type Passed = 'compared' | 'done' | 'not-done';

const mostNamed = 3;
/** A program may be that much slower than then, and this run is never waited for longer. */
const slackMs = 1000;
const mostWaitMs = 60_000;
const lookAgainMs = 50;

export class FilesReplay {
  /** Null: what the recording began with. */
  readonly start: RecordedSnapshot | null;
  readonly #uncompared: string[] = [];
  readonly #run: RecordedRun;
  readonly #request: FilesRequest;
  readonly #comparer: Comparer;
  readonly #clock: Clock;
  readonly #beside: ProgramsBeside;
  readonly #moving = new MovingFiles();
  readonly #changes: ReadonlyMap<number, Changes[]>;
  #begunMs: number;
  /** The last snapshot of this run that can be held against one of then, by the step after which it was taken. */
  #base: { step: number; id: string | null };
  /** The first steps since then that were not done, and that are compared together with what comes. */
  #notDone: number | null = null;
  #putOff: number | null = null;

  constructor(run: RecordedRun, request: FilesRequest, { clock, comparer }: { clock: Clock; comparer: Comparer }) {
    this.#run = run;
    this.#comparer = comparer;
    this.#request = request;
    this.#clock = clock;
    this.#beside = new ProgramsBeside(run, request.until);
    this.#changes = Map.groupBy(run.changes, ({ step }) => step);
    this.#begunMs = clock.monotonicMs();
    // What ran then begins before.
    this.start = nearestSnapshot(run, request.from - 1, (each) => this.#beside.writing(each).length === 0);
    this.#base = { step: this.start?.step ?? 0, id: this.start?.snapshot ?? null };
  }

  /** From here on programs run. */
  begin(): void {
    this.#begunMs = this.#clock.monotonicMs();
  }

  /** What is not as it was, in words. */
  notes(): string[] {
    if (!this.start || this.start.sealed) return [];
    return [
      `it begins with the snapshot of step ${this.start.step}: directories that are written to from there on show other link counts than then`,
    ];
  }

  /** What was not compared whole, in words. */
  get uncompared(): string[] {
    const paths = [...this.#moving.paths];
    if (paths.length === 0) return this.#uncompared;
    const why = 'compared as far as then and now have come, since a program that did not end was writing';
    return [...this.#uncompared, `${counted(paths.length)} ${why}: ${named(paths)}`];
  }

  /** Snapshots that belong to no step: somebody's own, and the one after a rollback. */
  async between(place: FilesPlace, step: number, event: Between): Promise<void> {
    if (event.type === 'lifecycle') {
      if (isSealing(event)) await place.snapshot('sealed');
      return;
    }
    this.#stand(step - 1, await place.snapshot(event.method === 'rotate' ? 'sealed' : 'beside'));
  }

  async after(place: FilesPlace, step: number, passed: Passed): Promise<Compared> {
    const shown = this.#run.shown.get(step);
    if (passed === 'not-done') this.#notDone ??= step;
    const recorded = this.#recordedOf(step, shown);
    const isSettled = shown === undefined || this.#beside.isSettled(shown);
    if (this.#request.files && passed === 'compared') this.#tellWhyNot(step, shown, recorded);
    if (!this.#request.files || passed === 'not-done' || !isSettled || !(shown || recorded)) {
      if (shown?.sealed) await place.snapshot('sealed');
      return noDifference;
    }
    const isComparable = passed === 'compared' && recorded !== undefined && this.#whyNot(recorded) === null;
    const { id, compared } = isComparable
      ? await this.#looked(place, recorded, shown)
      : { id: await place.snapshot(shown?.sealed ? 'sealed' : 'beside'), compared: noDifference };
    this.#stand(step, id);
    return compared;
  }

  #stand(step: number, id: string): void {
    this.#base = { step, id };
    [this.#notDone, this.#putOff] = [null, null];
  }

  /** Of several since the step that this run can hold it against. */
  #recordedOf(step: number, shown: ShownStep | undefined): Changes | undefined {
    const isOfLast = ({ snapshot }: Changes): boolean =>
      snapshot === undefined ? shown?.again !== true : shown?.snapshot === snapshot;
    const told = this.#changes.get(step)?.filter(isOfLast) ?? [];
    return told.find(({ after }) => after === this.#base.step) ?? told[0];
  }

  #tellWhyNot(step: number, shown: ShownStep | undefined, recorded: Changes | undefined): void {
    const isSettled = shown === undefined || this.#beside.isSettled(shown);
    if (!isSettled && this.#beside.settlesAfter(step)) {
      this.#putOff ??= step;
      return;
    }
    const why = isSettled ? (recorded ? this.#whyNot(recorded) : this.#whyUnknown(step, shown)) : unsettled;
    if (why === null) return;
    const whose = this.#putOff === null ? `step ${step}: its` : `steps ${this.#putOff} to ${step}: their`;
    this.#uncompared.push(`${whose} files were not compared: ${why}`);
  }

  /** A snapshot that failed is made up for by the next one, if there was one. */
  #whyUnknown(step: number, shown: ShownStep | undefined): string | null {
    const { changes, unseen } = this.#run;
    if (shown) {
      return shown.again && !unseen.includes(step)
        ? 'what a program changed after the first snapshot was not kept then'
        : 'what it changed could not be found out then';
    }
    if (!unseen.includes(step) || changes.some((each) => each.after < step && step < each.step)) return null;
    return 'no snapshot could be taken of them then';
  }

  #whyNot({ after }: Changes): string | null {
    const { step } = this.#base;
    if (this.#notDone !== null) return `step ${this.#notDone} was not done`;
    return after === step
      ? null
      : `what changed is recorded since step ${after}, and this run kept its files after step ${step}`;
  }

  /** Where programs go on that do not end, as often as they may still write what is missing. */
  async #looked(
    place: FilesPlace,
    recorded: Changes,
    shown: ShownStep | undefined,
  ): Promise<{ id: string; compared: Compared }> {
    const { id: from } = this.#base;
    const how = shown?.sealed ? 'sealed' : 'beside';
    const isWritten = shown !== undefined && this.#beside.writing(shown).length > 0;
    const untilMs = isWritten ? this.#clock.monotonicMs() + this.#aheadMs(shown) : 0;
    for (;;) {
      const isLate = this.#clock.monotonicMs() >= untilMs;
      const id = await place.snapshot(isWritten ? 'beside' : how);
      const { changes } = await place.changes(from, id);
      const compared = await this.#compare(place, recorded, changes, isWritten ? { isLate } : null);
      if (compared.matched || isLate)
        return { id: isWritten && shown.sealed ? await place.snapshot(how) : id, compared };
      await this.#clock.sleep(lookAgainMs);
    }
  }

  /** How much longer then than now programs had been running. */
  #aheadMs({ atMs }: ShownStep): number {
    const first = this.#run.steps[this.start?.step ?? 0]?.begunMs ?? atMs;
    const aheadMs = atMs - first - (this.#clock.monotonicMs() - this.#begunMs);
    return Math.min(Math.max(0, aheadMs) + slackMs, mostWaitMs);
  }

  async #compare(
    place: FilesPlace,
    recorded: Changes,
    changes: readonly ChangedFile[],
    moving: { isLate: boolean } | null,
  ): Promise<Compared> {
    const expected = recorded.changes.map((change) => this.#fileOf(change));
    const { normalisers } = this.#request;
    const asked = askedOf(this.#run, recorded.after + 1, recorded.step);
    const digestOf = (content: Uint8Array): string => place.digestOf(content);
    const comesLater = (path: string): boolean => this.#comesAfter(recorded.step, path);
    const before = (path: string): ChangedFile | null => this.#before(recorded.step, path);
    const { isStill } = this.#moving;
    for (;;) {
      const how = { normalisers, asked, digestOf };
      const found = await this.#comparer.files(expected.filter(isStill), changes.filter(isStill), how);
      const { compared, differing } = found;
      if (compared.matched) this.#tell(recorded, found);
      if (!differing || !moving) return compared;
      const pair = { expected: namedAs(differing.expected, expected), actual: namedAs(differing.actual, changes) };
      if (!this.#moving.take(pair, { ...moving, ...how, comesLater, before })) return compared;
    }
  }

  #fileOf({ after, digest, ...change }: FileChange): ChangedFile {
    return {
      ...change,
      content: after === null || after.cut ? null : this.#run.reader.bytes(after),
      digest: digest ?? null,
    };
  }

  #before(step: number, path: string): ChangedFile | null {
    const earlier = this.#run.changes.findLast(
      (each) => each.step < step && each.changes.some((one) => one.path === path),
    );
    const change = earlier?.changes.find((one) => one.path === path);
    return change ? this.#fileOf(change) : null;
  }

  #comesAfter(step: number, path: string): boolean {
    return this.#run.changes.some((each) => each.step > step && each.changes.some((change) => change.path === path));
  }

  #tell({ step, more }: Changes, { bySize }: FilesCompared): void {
    if (bySize.length > 0)
      this.#uncompared.push(`step ${step}: ${counted(bySize.length)} compared by size only: ${named(bySize)}`);
    if (more > 0) this.#uncompared.push(`step ${step}: ${counted(more)} more changed than are listed: not compared`);
  }
}

const unsettled = 'a program was running that ended later, and no snapshot shows them as it left them';

const namedAs = (name: string | null, among: readonly ChangedFile[]): ChangedFile | null =>
  among.find((file) => nameOf(file) === name) ?? null;

const counted = (files: number): string => `${files} ${files === 1 ? 'file' : 'files'}`;
const named = (paths: readonly string[]): string =>
  paths.slice(0, mostNamed).join(', ') + (paths.length > mostNamed ? ', ...' : '');

const isSealing = ({ what, facts }: EventOf<'lifecycle'>): boolean =>
  what === 'snapshot-created' && facts['method'] === 'rotate';
