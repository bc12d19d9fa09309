/**
 * What a tape is told to overlook when it looks for an answer, per host.
 *
 * 1. Regular expressions run in linear time, or not at all: they are a tenant's, and what they read is a sandbox's. They
 *    need V8's linear engine, which the gateway is started with.
 * 2. That time is short: all expressions together weigh at most `mostWeight`, and longer targets than `longestTarget` are
 *    not looked at. What is put in for a match makes no target longer than that.
 */
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
  if (parsed.success) return light(parsed.data);
  throw new HoldfastError('invalid-argument', `the tape's rules are not right: ${z.prettifyError(parsed.error)}`);
}

/** In characters; a counted repetition can stand for as many as sixteen times what is written. */
const mostWeight = 8192;
const repetition = 16;
const longestTarget = 4096;

function light(rules: TapeRules): TapeRules {
  const expressions = rules.hosts.flatMap(({ target, replace = [] }) => [
    ...(target === undefined ? [] : [target]),
    ...replace.map(({ pattern }) => pattern),
  ]);
  const weight = expressions.reduce((sum, text) => sum + text.length * (text.includes('{') ? repetition : 1), 0);
  if (weight <= mostWeight) return rules;
  throw new HoldfastError('invalid-argument', "the tape's rules have too many expressions, or too long ones", {
    hint: `All together may have ${mostWeight} characters; those with counts such as {4} count ${repetition} times.`,
  });
}

/** A rule ready to be asked. */
export interface PreparedRule {
  readonly rule: TapeRule;
  covers(question: { host: string; method: string; target: string }): boolean;
  target(target: string): string;
}

export function prepareRule(rule: TapeRule): PreparedRule {
  const wanted = rule.target === undefined ? null : linear(rule.target, '');
  const replacements = (rule.replace ?? []).map(({ pattern, with: text }) => ({
    pattern: linear(pattern, 'g'),
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

function linear(pattern: string, flags: string): RegExp {
  try {
    return new RegExp(pattern, `${flags}l`);
  } catch (cause) {
    throw new HoldfastError(
      'invalid-argument',
      `the tape's rule cannot use the expression ${JSON.stringify(pattern)}`,
      {
        cause,
        hint: 'Write it without look-around, back-references and large counts: it must run in linear time.',
      },
    );
  }
}

function hostMatches(pattern: string, host: string): boolean {
  const [wanted, asked] = [pattern.toLowerCase(), host.toLowerCase()];
  return wanted.startsWith('*.')
    ? asked.endsWith(wanted.slice(1)) && asked.length > wanted.length - 1
    : wanted === asked;
}
