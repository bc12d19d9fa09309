/** What every part of a comparison hands on to the score. */
import type { Finding } from '../findings/index.ts';
import type { NotMeasured } from './types.ts';

/** One thing that was compared, whether it differs or not. */
export interface Part {
  what: string;
  /** Severity times usage: what a whole difference here is worth. */
  weight: number;
  /** 0 to 1. */
  distance: number;
  /** Share of the second side's behaviour here that the first never showed, 0 to 1. */
  unseen: number;
  findings: Finding[];
}

/** What was asked on either side and could not be compared. */
export interface Missed {
  what: string;
  /** What a whole difference here would have been worth. */
  weight: number;
}

export interface Parts {
  parts: Part[];
  unstable: NotMeasured[];
  couldNotMeasure: NotMeasured[];
  /** Also what no contract asks for, and what is listed nowhere for that reason. */
  missed: Missed[];
}

/** How often recorded runs touch a thing: null without recordings, when everything counts as touched. */
export type UsageOf = (what: string) => number | null;

/** What nobody was seen to touch still counts a little: recordings are a sample. */
const least = 0.02;

export function usageWeight(usage: number | null): number {
  return usage === null ? 1 : Math.max(least, usage);
}
