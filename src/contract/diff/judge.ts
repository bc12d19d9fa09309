/** Collects the findings of two contracts, with what every one of them needs to say. */
import { type Finding, type FindingFacts, finding, type Severity } from '../findings/index.ts';
import type { UsageOf } from '../shift/parts.ts';

export interface Judge {
  say(facts: Omit<FindingFacts, 'usage'>): void;
  readonly findings: Finding[];
}

/** Of one thing: `place` is what of it, such as `.timing`, or nothing for the whole. */
export type Say = (
  severity: Severity,
  rule: string,
  place: string,
  values: readonly [from: string, to: string],
  consequence: string,
) => void;

export const sayer =
  (judge: Judge, field: string): Say =>
  (severity, rule, place, [from, to], consequence) =>
    judge.say({ severity, field: `${field}${place}`, rule, from, to, consequence });

export function judgeWith(usageOf: UsageOf): Judge {
  const findings: Finding[] = [];
  return { findings, say: (facts) => findings.push(finding({ ...facts, usage: usageOf(facts.field) })) };
}
