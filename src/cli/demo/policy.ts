/** An agent of the demo: whoever decides which tool calls a goal needs. All of them pass the same door. */
import type { ToolDescription, ToolResult } from '../../schema/index.ts';

export const goalIds = ['look', 'test', 'destroy', 'network', 'repair', 'retest', 'variant'] as const;
export type GoalId = (typeof goalIds)[number];

export interface Goal {
  id: GoalId;
  /** As one would ask a person. */
  text: string;
  /** Of a variant: which of the three, from 0. */
  variant: number;
}

/** The way into one sandbox. */
export interface Door {
  readonly tools: readonly ToolDescription[];
  call(tool: string, input: unknown): Promise<ToolResult>;
}

export interface Policy {
  /** Stands at the head of each of its lines. */
  readonly name: string;
  /** Returns when it thinks the goal is reached; whether it is, is checked by others. */
  pursue(goal: Goal, door: Door): Promise<void>;
}

export const goals: Record<Exclude<GoalId, 'variant'>, string> = {
  look: 'You are in /workspace, a small repository. Look around: list the files, read README.md and everything in lib/.',
  test: 'Run the tests with `sh test/run` and see which fail. Change nothing yet.',
  destroy:
    'This is a throw-away copy and a snapshot was taken. Delete lib, bin and test with `rm -rf`, to show that it can be undone.',
  network:
    'Try to reach the network once: with bash, open a TCP connection to 192.0.2.1 port 80 through /dev/tcp. Report what happens.',
  repair:
    'Repair the bug that makes the tests fail. Change lib/merge.awk only, and keep it small. Do not change the tests.',
  retest: 'Run the tests with `sh test/run` again.',
};

/** Three ways to merge; each is tried in a sandbox of its own. */
export const variants = [
  { name: 'one pass', text: 'Leave lib/merge.awk as it is now, and only make sure that `sh test/run` passes.' },
  {
    name: 'minute by minute',
    text: 'Rewrite lib/merge.awk so that it prints every taken minute of a room once, as "room minute minute+1". Then run `sh test/run`.',
  },
  {
    name: 'pair by pair',
    text: 'Rewrite lib/merge.awk so that it holds all bookings and joins pairs that overlap or touch until none is left. Then run `sh test/run`.',
  },
] as const;
