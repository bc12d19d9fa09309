/** What a canary does: fields asked over and over in fresh sandboxes, and a few timed rounds. */
import type { Plan } from '../profile/index.ts';

/** Two sandboxes, two passes in each: what one of the four readings alone shows is no drift. */
export const canaryPlan: Plan = {
  sessions: 2,
  windows: 1,
  windowGapMs: 0,
  rounds: 8,
  warmups: 2,
  repeats: 2,
  timeoutMs: 30_000,
  seed: 1,
};

/** Sessions of so many canaries on each side are enough to tell a slower runtime from chance. */
export const canariesForLatency = 6;
