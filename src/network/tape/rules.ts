/**
 * What a tape is told to overlook when it looks for an answer, per host.
 *
 * 1. Regular expressions run in linear time, or not at all: they are a tenant's, and what they read is a sandbox's. They
 *    need V8's linear engine; whether it takes them is known before a sandbox uses them.
 * 2. That time is short: all expressions together weigh at most `mostWeight`, and longer targets than `longestTarget` are
 *    not looked at. What is put in for a match makes no target longer than that.
 */
import { setFlagsFromString } from 'node:v8';
import { z } from 'zod';
import {
  HoldfastError,
  type TapeRule,
  type TapeRules,
  type TapeRulesInput,
  tapeRulesSchema,
} from '../../schema/index.ts';

export function parseTapeRules(input: TapeRulesInput): TapeRules {
  const parsed = tapeRulesSchema.safeParse(input);
  if (!parsed.success) {
    throw new HoldfastError('invalid-argument', `the tape's rules are not right: ${z.prettifyError(parsed.error)}`);
  }
  const [wrong] = problemsOfRules(parsed.data);
  if (wrong) throw new HoldfastError('invalid-argument', `a rule of the tape: ${wrong.problem}`, { hint: wrong.fix });
  return parsed.data;
}

/** In characters; a counted repetition can stand for as many as sixteen times what is written. */
const mostWeight = 8192;
const repetition = 16;
const longestTarget = 4096;

/** What is wrong with one of `hosts`. */
interface TapeRuleProblem {
  index: number;
  /** Field of the rule, then positions inside it. */
  field: readonly (string | number)[];
  problem: string;
  fix: string;
}

/** Why rules of the right shape cannot be used. */
export function problemsOfRules({ hosts }: TapeRules): TapeRuleProblem[] {
  const expressions = hosts.flatMap((rule, index) => expressionsOf(rule).map((each) => ({ index, ...each })));
  let weight = 0;
  const heavy = expressions.find(({ text }) => {
    weight += text.length * (text.includes('{') ? repetition : 1);
    return weight > mostWeight;
  });
  const tooHeavy = heavy && {
    index: heavy.index,
    field: heavy.field,
    problem: 'with it there are too many expressions, or too long ones',
    fix: `All together may have ${mostWeight} characters; those with counts such as {4} count ${repetition} times.`,
  };
  const slow = expressions.flatMap(({ index, field, text }) =>
    linear(text, '') === null
      ? [{ index, field, problem: `the expression ${JSON.stringify(text)} does not run in linear time`, fix: plainer }]
      : [],
  );
  return tooHeavy ? [tooHeavy, ...slow] : slow;
}
const plainer = 'Write it without look-around, back-references and large counts.';

function expressionsOf({ target, replace = [] }: TapeRule): { field: (string | number)[]; text: string }[] {
  return [
    ...(target === undefined ? [] : [{ field: ['target'], text: target }]),
    ...replace.map(({ pattern }, at) => ({ field: ['replace', at, 'pattern'], text: pattern })),
  ];
}

/** A rule ready to be asked. */
export interface PreparedRule {
  readonly rule: TapeRule;
  covers(question: { host: string; method: string; target: string }): boolean;
  target(target: string): string;
}

export function prepareRule(rule: TapeRule): PreparedRule {
  const wanted = rule.target === undefined ? null : prepared(rule.target, '');
  const replacements = (rule.replace ?? []).map(({ pattern, with: text }) => ({
    pattern: prepared(pattern, 'g'),
    text,
  }));
  return {
    rule,
    covers: ({ host, method, target }) =>
      hostMatches(rule.host, host) &&
      (rule.methods === undefined || rule.methods.includes(method)) &&
      (wanted === null || (target.length <= longestTarget && wanted.test(target))),
    target: (target) => replacements.reduce((text, { pattern, text: by }) => replaced(text, pattern, by), target),
  };
}

/** As `String.replace`, but for what stands around a match. */
function replaced(target: string, pattern: RegExp, by: string): string {
  if (target.length > longestTarget) return target;
  let room = longestTarget;
  return target.replace(pattern, (match: string, ...more: unknown[]) => {
    const groups = more.slice(
      0,
      more.findIndex((each) => typeof each === 'number'),
    );
    const text = by.replace(/\$([$&]|[1-9])/g, (whole, name: string) => {
      if (name === '$') return '$';
      return name === '&' ? match : Number(name) > groups.length ? whole : String(groups[Number(name) - 1] ?? '');
    });
    room -= text.length;
    if (room >= 0) return text;
    throw new HoldfastError(
      'invalid-argument',
      `the tape's rule makes a target longer than ${longestTarget} characters`,
      {
        hint: 'Put in less than was taken out.',
      },
    );
  });
}

function prepared(pattern: string, flags: string): RegExp {
  const expression = linear(pattern, flags);
  if (expression) return expression;
  const message = `the tape's rule cannot use the expression ${JSON.stringify(pattern)}`;
  throw new HoldfastError('invalid-argument', message, { hint: plainer });
}

let hasEngine = false;

/** Null for what the engine does not take. */
function linear(pattern: string, flags: string): RegExp | null {
  // The gateway is started with it; whoever checks a policy is not, and nothing else asks for it.
  if (!hasEngine) setFlagsFromString('--enable-experimental-regexp-engine');
  hasEngine = true;
  try {
    return new RegExp(pattern, `${flags}l`);
  } catch {
    return null;
  }
}

function hostMatches(pattern: string, host: string): boolean {
  const [wanted, asked] = [pattern.toLowerCase(), host.toLowerCase()];
  return wanted.startsWith('*.')
    ? asked.endsWith(wanted.slice(1)) && asked.length > wanted.length - 1
    : wanted === asked;
}
