/** Fields of two contracts. A promise may only become firmer; a range may only become narrower. */
import { allowedBy, isWider } from '../comparison/reach.ts';
import { isHarmlessMove, relationOf, wordsOf } from '../comparison/terms.ts';
import type { Contract } from '../document/contract.ts';
import type { FieldTerm } from '../document/terms.ts';
import { fieldOf } from '../fields/index.ts';
import type { Judge } from './judge.ts';
import { levelStep } from './levels.ts';

export function diffFields(first: Contract, second: Contract, today: string, judge: Judge): void {
  for (const id of new Set([...Object.keys(first.fields), ...Object.keys(second.fields)])) {
    const [before, after] = [first.fields[id], second.fields[id]];
    if (before && after) diffTerms(id, before, after, today, judge);
    else if (before) goneTerm(id, before, today, judge);
    else if (after && after.level !== 'free') {
      const consequence = 'new: agents trained without it do not use it';
      judge.say({ severity: 'minor', field: id, rule: 'promise-added', from: 'absent', to: spell(after), consequence });
    }
  }
}

function goneTerm(id: string, before: FieldTerm, today: string, judge: Judge): void {
  const announced = before.sunset !== undefined && before.sunset <= today;
  const severity = before.level === 'free' ? 'patch' : announced ? 'minor' : 'major';
  const consequence = announced ? `it ended on ${before.sunset}, as announced` : (fieldOf(id)?.consequence ?? '');
  const safety = isWider(id, allowedBy(before), null);
  judge.say({ severity, field: id, rule: 'promise-removed', from: spell(before), to: 'absent', consequence, safety });
}

function diffTerms(id: string, before: FieldTerm, after: FieldTerm, today: string, judge: Judge): void {
  const [from, to] = [spell(before), spell(after)];
  const spec = fieldOf(id);
  const consequence = spec?.consequence ?? '';
  const safety = isWider(id, allowedBy(before), allowedBy(after));
  const say = (severity: 'major' | 'minor' | 'patch', rule: string, why = consequence): void =>
    judge.say({ severity, field: id, rule, from, to, consequence: why, safety });
  const relation = relationOf(before, after);
  const step = levelStep(before.level, after.level);
  const announced = before.sunset !== undefined && before.sunset <= today;
  const isWord = before.sunset !== after.sunset || before.note !== after.note;
  if (before.level === 'free') {
    if (step) say(step.severity, step.rule, step.consequence);
  } else if (step?.severity === 'major') say(announced ? 'minor' : 'major', step.rule);
  else if (relation === 'same' && step) say(step.severity, step.rule, step.consequence);
  else if (relation === 'same' && isWord) say('patch', 'text', 'words only');
  else if (relation === 'narrower') say('minor', 'narrowed', 'tighter than trained for');
  else if (relation !== 'same' && before.level === 'promise' && isHarmlessMove(spec, before, after))
    say('minor', 'more', 'more than trained for: agents do not use it yet, and may do more than before');
  else if (relation !== 'same') say('major', before.level === 'range' ? 'range-widened' : 'changed');
}

function spell(term: FieldTerm): string {
  return term.level === 'promise' ? wordsOf(term) : `${term.level}: ${wordsOf(term)}`;
}
