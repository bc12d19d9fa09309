/** How far apart two readings of one field are, and whether the second is merely more than the first. */
import type { FieldSpec } from '../fields/index.ts';
import type { Observation } from '../profile/index.ts';
import { jaccard } from '../statistics/proportions.ts';

export interface Difference {
  /** 0 is the same, 1 is wholly different. */
  distance: number;
  /** Nothing that was there is missing: only names, room or capacity were added. */
  harmless: boolean;
  rule: 'changed' | 'gained' | 'members-missing' | 'members-added' | 'reordered' | 'less' | 'more';
  from: string;
  to: string;
}

const goodWords: readonly string[] = ['known', 'works', 'work', 'free'];
/** How a program is read that is not there. */
export const absent = 'absent';

/** Null when they are the same. Both must be stable readings. */
export function differenceOf(spec: FieldSpec, first: Observation, second: Observation): Difference | null {
  if (textOf(first) === textOf(second) && first.kind === second.kind) return null;
  if (first.kind === 'set' && second.kind === 'set') return ofSets(first.members, second.members);
  if (first.kind === 'list' && second.kind === 'list') return ofLists(first.items, second.items);
  const [from, to] = [textOf(first), textOf(second)];
  const [left, right] = [amountOf(from), amountOf(to)];
  if (spec.comparison === 'bound' && left !== null && right !== null) return ofAmounts(spec, left, right);
  // What was missing is there now; the other way round it is a loss.
  const gained = goodWords.includes(to) || (from === absent && spec.section === 'userland');
  return { distance: 1, harmless: gained, rule: gained ? 'gained' : 'changed', from, to };
}

export function textOf(observation: Observation): string {
  switch (observation.kind) {
    case 'value':
      return observation.value;
    case 'set':
      return observation.members.join(' ');
    case 'list':
      return observation.items.join(' ');
    case 'template':
      return observation.template;
    case 'unstable':
      return observation.seen.map(({ reading }) => reading).join(' | ');
    case 'could-not-measure':
      return observation.reason;
  }
}

/** `unlimited` is more than any number; null for what is no amount. */
export function amountOf(text: string): number | null {
  if (text === 'unlimited') return Number.POSITIVE_INFINITY;
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : null;
}

function ofSets(first: readonly string[], second: readonly string[]): Difference | null {
  const [left, right] = [new Set(first), new Set(second)];
  const missing = first.filter((member) => !right.has(member));
  const added = second.filter((member) => !left.has(member));
  if (missing.length + added.length === 0) return null;
  const isMissing = missing.length > 0;
  return {
    distance: 1 - jaccard(left, right),
    harmless: !isMissing,
    rule: isMissing ? 'members-missing' : 'members-added',
    from: isMissing ? `has ${listed(missing)}` : `without ${listed(added)}`,
    to: isMissing
      ? `without ${missing.length === 1 ? 'it' : 'them'}${added.length > 0 ? `, has ${listed(added)}` : ''}`
      : `has ${listed(added)}`,
  };
}

function ofLists(first: readonly string[], second: readonly string[]): Difference {
  const [from, to] = [first.join(' '), second.join(' ')];
  const shared = jaccard(new Set(first), new Set(second));
  const rule = shared === 1 ? 'reordered' : 'changed';
  return { distance: Math.max(0.5, 1 - shared), harmless: false, rule, from, to };
}

/** Four times as much is wholly different. */
function ofAmounts({ harmless }: FieldSpec, left: number, right: number): Difference {
  const rule = right > left ? 'more' : 'less';
  const ratio = Math.abs(Math.log(Math.max(right, 1e-9) / Math.max(left, 1e-9)));
  return {
    distance: Number.isFinite(ratio) ? Math.min(1, ratio / Math.log(4)) : 1,
    harmless: harmless === rule,
    rule,
    from: spelled(left),
    to: spelled(right),
  };
}

function spelled(amount: number): string {
  return Number.isFinite(amount) ? String(amount) : 'unlimited';
}

const mostListed = 8;

export function listed(names: readonly string[]): string {
  const rest = names.length - mostListed;
  return names.slice(0, mostListed).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}
