/**
 * One thing that differs, as a line of a bug report: severity, field, both values, how often it is touched, consequence.
 * Whoever compares (two contracts, two profiles, a profile with a contract) says it in this shape.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { severities } from '../../schema/index.ts';
import { placeOf } from '../fields/index.ts';

/** `observed`: seen, promised by nobody. */
export type Severity = (typeof severities)[number];

export const findingSchema = z.strictObject({
  severity: z.enum(severities),
  /** What differs, e.g. `exec.timeout.code` or `latency.exec.shell.p99Ms`. */
  field: z.string(),
  /** Which rule speaks, e.g. `removed` or `outside-range`. */
  rule: z.string(),
  /** Training's side, then production's; `absent` where there is none. */
  from: z.string(),
  to: z.string(),
  /** Share of recorded runs that touch it; null where no recordings were given. */
  usage: z.number().min(0).max(1).nullable(),
  /** What goes wrong for an agent that learned with `from`. */
  consequence: z.string(),
  /** More is allowed than before: no risk for the agent's skill, but for what it can do. */
  safety: z.boolean(),
  /** Stays the same while the finding does, so that a waiver sticks to it. */
  fingerprint: z.string().regex(/^[0-9a-f]{12}$/),
});
export type Finding = z.infer<typeof findingSchema>;

export interface FindingFacts extends Omit<Finding, 'fingerprint' | 'usage' | 'safety'> {
  usage?: number | null;
  safety?: boolean;
}

const longestShown = 120;

export function finding(facts: FindingFacts): Finding {
  const { severity, field, rule, from, to, usage = null, consequence, safety = false } = facts;
  const identity = [rule, field, from, to].join('\u0000');
  return {
    severity,
    field,
    rule,
    from: from.slice(0, 2048),
    to: to.slice(0, 2048),
    usage,
    consequence,
    safety,
    fingerprint: createHash('sha256').update(identity).digest('hex').slice(0, 12),
  };
}

/** Worst first; among equals what is touched most, then as the registry has them, what has no place there by name. */
export function inOrder(findings: readonly Finding[]): Finding[] {
  const rank = ({ severity }: Finding): number => severities.indexOf(severity);
  return [...findings].sort(
    (one, other) =>
      rank(one) - rank(other) ||
      (other.usage ?? 1) - (one.usage ?? 1) ||
      placeOf(one.field) - placeOf(other.field) ||
      (one.field < other.field ? -1 : one.field > other.field ? 1 : 0) ||
      (one.fingerprint < other.fingerprint ? -1 : 1),
  );
}

/** `MAJOR exec.timeout.code · 124 → 143 · touched in 38 % of runs · a policy that ...`; without the share where nobody knows it. */
export function lineOf({ severity, field, from, to, usage, consequence, safety }: Finding): string {
  const touched = usage === null ? '' : `touched in ${Math.round(usage * 100)} % of runs · `;
  const axis = safety ? ' [safety]' : '';
  return `${severity.toUpperCase()}${axis} ${field} · ${shown(from)} → ${shown(to)} · ${touched}${consequence}`;
}

function shown(value: string): string {
  const line = value.replace(/\s+/g, ' ').trim() || 'nothing';
  return line.length > longestShown ? `${line.slice(0, longestShown)}…` : line;
}

export function countOf(findings: readonly Finding[], severity: Severity): number {
  return findings.filter((one) => one.severity === severity).length;
}
