/** Does a reading meet a term, and does one term allow all that another allowed? */
import type { FieldTerm, Level } from '../document/terms.ts';
import type { FieldSpec } from '../fields/index.ts';
import type { Observation } from '../profile/index.ts';
import { amountOf, listed, textOf } from './observed.ts';

export interface Meeting {
  met: boolean;
  wanted: string;
  got: string;
}

/** Of a stable reading; what is free is always met. */
export function meets(term: FieldTerm, observation: Observation): Meeting {
  const got = textOf(observation);
  const wanted = wordsOf(term);
  const answer = (met: boolean, shown = got): Meeting => ({ met, wanted, got: shown });
  if (term.value !== undefined) return answer(got === term.value);
  if (term.oneOf) return answer(term.oneOf.includes(got));
  if (term.template !== undefined) return answer(got === term.template);
  if (term.items) return answer(got === term.items.join(' '));
  const members =
    observation.kind === 'set' ? observation.members : observation.kind === 'list' ? observation.items : null;
  if (term.members) return meetsSet(wanted, members, term.members, term.members);
  if (term.has || term.only) return meetsSet(wanted, members, term.has ?? [], term.only ?? null);
  if (term.atLeast === undefined && term.atMost === undefined) return answer(true);
  const amount = amountOf(got);
  if (amount === null) return answer(false, `${got}, which is no amount`);
  return answer(amount >= lowOf(term) && amount <= highOf(term));
}

function meetsSet(
  wanted: string,
  members: readonly string[] | null,
  has: readonly string[],
  only: readonly string[] | null,
): Meeting {
  if (members === null) return { met: false, wanted, got: 'no set' };
  const missing = has.filter((name) => !members.includes(name));
  const extra = only === null ? [] : members.filter((name) => !only.includes(name));
  const parts = [
    missing.length > 0 ? `without ${listed(missing)}` : '',
    extra.length > 0 ? `also ${listed(extra)}` : '',
  ];
  const got = parts.filter((part) => part !== '').join('; ');
  return { met: got === '', wanted, got: got === '' ? listed(members) : got };
}

/** The least amount that meets a term, however it is written; NaN where a text is named that is no amount. */
export function lowOf(term: FieldTerm): number {
  return Math.min(...(amountsOf(term) ?? [amountOf(String(term.atLeast)) ?? Number.NEGATIVE_INFINITY]));
}

/** The largest. */
export function highOf(term: FieldTerm): number {
  return Math.max(...(amountsOf(term) ?? [amountOf(String(term.atMost)) ?? Number.POSITIVE_INFINITY]));
}

function amountsOf(term: FieldTerm): number[] | null {
  return choicesOf(term)?.map((choice) => amountOf(choice) ?? Number.NaN) ?? null;
}

export function wordsOf(term: FieldTerm): string {
  if (term.value !== undefined) return term.value;
  if (term.template !== undefined) return term.template;
  if (term.oneOf) return `one of ${listed(term.oneOf)}`;
  if (term.items) return term.items.join(' ');
  if (term.members) return term.members.length === 0 ? 'nothing' : listed(term.members);
  const parts = [
    term.has ? `at least ${listed(term.has)}` : '',
    term.only ? `at most ${listed(term.only)}` : '',
    term.atLeast === undefined ? '' : `at least ${term.atLeast}`,
    term.atMost === undefined ? '' : `at most ${term.atMost}`,
  ].filter((part) => part !== '');
  return parts.length === 0 ? 'anything' : parts.join(' and ');
}

/** How the envelope of production lies to that of training. */
export type Relation = 'same' | 'narrower' | 'wider' | 'other';

/**
 * Every reading that `second` allows must be allowed by `first` for it to be narrower, the other way round for wider.
 * What can be listed is compared as sets, what is an interval as intervals.
 */
export function relationOf(first: FieldTerm, second: FieldTerm): Relation {
  if (wordsOf(first) === wordsOf(second)) return 'same';
  const into = isWithin(second, first);
  const out = isWithin(first, second);
  return into && out ? 'same' : into ? 'narrower' : out ? 'wider' : 'other';
}

function isWithin(inner: FieldTerm, outer: FieldTerm): boolean {
  if (isAnything(outer)) return true;
  if (isAnything(inner)) return false;
  const [inside, around] = [choicesOf(inner), choicesOf(outer)];
  if (inside && around) return inside.every((choice) => around.includes(choice));
  if (isSet(inner) && isSet(outer)) return isSetWithin(inner, outer);
  const [low, high] = [lowOf(inner), highOf(inner)];
  if (inside) return inside.every((choice) => isAmountWithin(choice, outer));
  return !around && isInterval(inner) && isInterval(outer) && low >= lowOf(outer) && high <= highOf(outer);
}

function isAmountWithin(choice: string, outer: FieldTerm): boolean {
  const amount = amountOf(choice);
  return amount !== null && isInterval(outer) && amount >= lowOf(outer) && amount <= highOf(outer);
}

function choicesOf(term: FieldTerm): readonly string[] | null {
  if (term.value !== undefined) return [term.value];
  if (term.template !== undefined) return [term.template];
  if (term.items) return [term.items.join(' ')];
  return term.oneOf ?? null;
}

function isAnything(term: FieldTerm): boolean {
  return wordsOf(term) === 'anything';
}

function isInterval(term: FieldTerm): boolean {
  return term.atLeast !== undefined || term.atMost !== undefined;
}

function isSet(term: FieldTerm): boolean {
  return term.members !== undefined || term.has !== undefined || term.only !== undefined;
}

/** At least as much is required, and at most as much is allowed. */
function isSetWithin(inner: FieldTerm, outer: FieldTerm): boolean {
  const required = inner.members ?? inner.has ?? [];
  const allowed = inner.members ?? inner.only ?? null;
  const outerAllowed = outer.members ?? outer.only ?? null;
  const requires = (outer.members ?? outer.has ?? []).every((name) => required.includes(name));
  if (!requires) return false;
  return outerAllowed === null || (allowed?.every((name) => outerAllowed.includes(name)) ?? false);
}

/** Of a bound: whether production moved in the direction that harms nobody. */
export function isHarmlessMove(spec: FieldSpec | null, first: FieldTerm, second: FieldTerm): boolean {
  if (spec?.harmless === 'more') return lowOf(second) >= lowOf(first);
  if (spec?.harmless === 'less') return highOf(second) <= highOf(first);
  const [before, after] = [first.members ?? first.has, second.members ?? second.has];
  return isSet(first) && isSet(second) && (before ?? []).every((name) => (after ?? []).includes(name));
}

export const firmness: Record<Level, number> = { promise: 2, range: 1, free: 0 };
