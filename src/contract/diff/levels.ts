/**
 * How firmly a thing is promised on either side, and what follows from that alone: the same for fields, tools, latencies
 * and failures.
 */
import { firmness } from '../comparison/terms.ts';
import type { Level } from '../document/terms.ts';
import type { Say } from './judge.ts';

export interface LevelStep {
  severity: 'major' | 'minor';
  rule: 'promise-weakened' | 'promise-strengthened' | 'promise-added';
  consequence: string;
}

/** Of a thing that stands on both sides; null where it is promised as firmly as before. */
export function levelStep(before: Level, after: Level): LevelStep | null {
  const step = firmness[after] - firmness[before];
  if (step === 0) return null;
  if (step < 0) {
    const consequence =
      after === 'free' ? 'nothing is promised of it any more' : 'what did not vary in training may now';
    return { severity: 'major', rule: 'promise-weakened', consequence };
  }
  if (before === 'free')
    return { severity: 'minor', rule: 'promise-added', consequence: 'new: agents trained without it do not use it' };
  return { severity: 'minor', rule: 'promise-strengthened', consequence: 'what varied in training does not now' };
}

interface Term {
  level: Level;
}

/** What is left to say where something is promised: of a thing on both sides, on the first alone, on the second alone. */
interface Rest<T> {
  changed(before: T, after: T): void;
  gone(before: T): void;
  added(after: T): void;
}

/** What is free on one side is not compared, and missed by nobody when it is gone. */
export function judgeTerms<T extends Term>(before: T | undefined, after: T | undefined, say: Say, rest: Rest<T>): void {
  if (before && after) {
    const step = levelStep(before.level, after.level);
    if (step) say(step.severity, step.rule, '', [before.level, after.level], step.consequence);
    if (before.level !== 'free' && after.level !== 'free') rest.changed(before, after);
  } else if (before?.level === 'free') {
    say('patch', 'promise-removed', '', ['free', 'absent'], 'nothing was promised of it');
  } else if (before) rest.gone(before);
  else if (after && after.level !== 'free') rest.added(after);
}
