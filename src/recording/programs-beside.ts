/**
 * Which programs ran on beside the steps when a snapshot was taken, and may have been writing.
 *
 * 1. What one that ends within the range had written by then is a matter of time: such a snapshot is held against nothing. What
 *    came since is, once none of them runs any more.
 * 2. One that does not end there is writing to the end of the range: that is how files are, and they are compared.
 */
import type { Between, RecordedRun, RecordedSnapshot } from './run.ts';
import { writesBeside } from './snapshot-bases.ts';

export class ProgramsBeside {
  readonly #run: RecordedRun;
  readonly #until: number;
  /** Places in the recording. */
  readonly #end: number;
  /** By step: whether a later one has a snapshot with which what came until then can be compared. */
  readonly #later: boolean[];

  constructor(run: RecordedRun, until: number) {
    this.#run = run;
    this.#until = until;
    this.#end = run.steps[until]?.sequence ?? Number.POSITIVE_INFINITY;
    this.#later = this.#laterOnes();
  }

  writing({ processes }: Pick<RecordedSnapshot, 'processes'>): string[] {
    return processes.filter((id) => writesBeside(this.#run.processes.get(id)?.tag ?? null));
  }

  isSettled(shown: Pick<RecordedSnapshot, 'processes'>): boolean {
    return !this.writing(shown).some((id) => {
      const ended = this.#run.processes.get(id)?.ended;
      return ended && ended.sequence < this.#end;
    });
  }

  /** Before the files go back. */
  settlesAfter(step: number): boolean {
    return this.#later[step] === true;
  }

  #laterOnes(): boolean[] {
    const { steps, shown } = this.#run;
    const later: boolean[] = [];
    let comes = false;
    for (let step = this.#until; step > 0; step--) {
      later[step] = comes;
      const after = shown.get(step);
      comes ||= after !== undefined && this.isSettled(after);
      if (steps[step - 1]?.before.some(isWayBack)) comes = false;
    }
    return later;
  }
}

const isWayBack = (event: Between): boolean => event.type === 'lifecycle' && event.what === 'sandbox-rolled-back';

/** Steps that started programs which ran on when `step` began. */
export function startersBeside({ processes, steps }: RecordedRun, step: number): number[] {
  const begun = steps[step - 1]?.sequence ?? 0;
  const ranOn = [...processes.values()].filter(
    ({ step: starter, tag, ended }) =>
      starter !== null && starter < step && writesBeside(tag) && (ended === null || ended.sequence > begun),
  );
  return ranOn.map(({ step: starter }) => starter ?? 0);
}
