/** What is said about a decision, one sentence for who asked. What to do about it stands in hints.ts and denial.ts. */
import type { Decision, DecisionCode, RuleRef } from '../../schema/index.ts';

export function allowedBy(rule: RuleRef): Decision {
  return { allowed: true, code: 'allowed', rule, message: `Allowed by ${nameRule(rule)}.`, hint: null };
}

/** @param what the reason, as a sentence without its full stop */
export function refused(
  code: Exclude<DecisionCode, 'allowed'>,
  what: string,
  more: { rule?: RuleRef | null; hint?: string | null } = {},
): Decision {
  return { allowed: false, code, rule: more.rule ?? null, message: `${what}.`, hint: more.hint ?? null };
}

/** For fronts that could not make a name out of what they were given; `spelling` is shown escaped and cut. */
export function malformedHost(spelling: string, reason: string): Decision {
  const shown = JSON.stringify(spelling.length > 80 ? `${spelling.slice(0, 80)}...` : spelling);
  return refused('host-malformed', `The host ${escapeForeign(shown)} is refused: ${reason}`);
}

/** Where a person finds the rule. */
export function nameRule(rule: RuleRef): string {
  if (rule.preset !== null) return `a rule of the preset ${rule.preset} (${rule.text})`;
  const line = rule.line === null ? '' : `, line ${rule.line}`;
  return `${rule.list}[${rule.index}]${line} (${rule.text})`;
}

/** As one entry of a policy file's `allow` list. */
export function entry(fields: Record<string, string | readonly (string | number)[]>): string {
  const parts = Object.entries(fields).map(([key, value]) => `${key}: ${show(value)}`);
  return `{ ${parts.join(', ')} }`;
}

export function show(value: string | readonly (string | number)[]): string {
  return typeof value === 'string'
    ? JSON.stringify(value)
    : `[${value.map((each) => JSON.stringify(each)).join(', ')}]`;
}

function escapeForeign(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, (odd) => `\\u${odd.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
