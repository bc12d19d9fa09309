/** Collects the findings of two contracts, with what every one of them needs to say. */
import { type Finding, type FindingFacts, finding } from '../findings/index.ts';
import type { UsageOf } from '../shift/parts.ts';

export interface Judge {
  say(facts: Omit<FindingFacts, 'usage'>): void;
  readonly findings: Finding[];
}

export function judgeWith(usageOf: UsageOf): Judge {
  const findings: Finding[] = [];
  return { findings, say: (facts) => findings.push(finding({ ...facts, usage: usageOf(facts.field) })) };
}
