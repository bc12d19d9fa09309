/** A group of figures that belong together, measured in one go. */
import type { Rounds, Row } from './harness.ts';
import type { Workbench } from './workbench.ts';

export interface Plan {
  bench: Workbench;
  /** Few rounds, to see that everything runs; its figures are marked as such. */
  quick: boolean;
  /** How many rounds, and who is told of each. */
  rounds(full: number, quick: number): Pick<Rounds, 'rounds' | 'onRound'>;
  say(text: string): void;
  /** For the table: what a number cannot say, one sentence each. */
  note(text: string): void;
}

export interface Group {
  name: string;
  title: string;
  /** One paragraph each: what a value is, and what it does not say. */
  measures: string;
  leavesOut: string;
  run(plan: Plan): Promise<Row[]>;
}
