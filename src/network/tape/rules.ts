/**
 * What a tape is told to overlook when it looks for an answer, per host.
 *
 * 1. Regular expressions run in linear time, or not at all: they are a tenant's, and what they read is a sandbox's. They
 *    need V8's linear engine, which the gateway is started with.
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
  if (parsed.success) return parsed.data;
  throw new HoldfastError('invalid-argument', `the tape's rules are not right: ${z.prettifyError(parsed.error)}`);
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
      (wanted === null || wanted.test(target)),
    target: (target) => replacements.reduce((text, { pattern, text: by }) => text.replace(pattern, by), target),
  };
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
