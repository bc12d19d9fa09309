/** What a tape is told to overlook when it looks for an answer, per host. The operator's words, never the sandbox's. */
import { z } from 'zod';
import { HoldfastError } from '../../schema/index.ts';

const regularExpressionSchema = z.string().min(1).max(512).refine(isRegularExpression, 'not a regular expression');

const tapeRuleSchema = z.strictObject({
  /** `api.example.com`, or `*.example.com` for the names below it. */
  host: z.string().min(1).max(260),
  methods: z.array(z.string()).min(1).optional(),
  /** Applies to targets that match; all when absent. */
  target: regularExpressionSchema.optional(),
  /** Query parameters, compared headers and JSON values (RFC 6901) that do not count. */
  ignore: z
    .strictObject({
      query: z.array(z.string()).optional(),
      headers: z.array(z.string()).optional(),
      json: z.array(z.string().regex(/^(\/[^/]*)+$/)).optional(),
      body: z.boolean().optional(),
    })
    .optional(),
  /** Replaced in the target, on both sides, in this order, before it is compared. */
  replace: z.array(z.strictObject({ pattern: regularExpressionSchema, with: z.string().max(512) })).optional(),
  /** Answers in recorded order, whatever is asked. Comes before all other matching. */
  sequence: z.boolean().optional(),
});
export type TapeRule = z.infer<typeof tapeRuleSchema>;

export const tapeRulesSchema = z.strictObject({
  /** Headers that are part of what is compared, lower case. */
  headers: z.array(z.string().regex(/^[a-z0-9-]+$/)).default([]),
  hosts: z.array(tapeRuleSchema).max(256).default([]),
});
export type TapeRules = z.infer<typeof tapeRulesSchema>;
export type TapeRulesInput = z.input<typeof tapeRulesSchema>;

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
  const wanted = rule.target === undefined ? null : new RegExp(rule.target, 'u');
  const replacements = (rule.replace ?? []).map(({ pattern, with: text }) => ({
    pattern: new RegExp(pattern, 'gu'),
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

function hostMatches(pattern: string, host: string): boolean {
  const [wanted, asked] = [pattern.toLowerCase(), host.toLowerCase()];
  return wanted.startsWith('*.')
    ? asked.endsWith(wanted.slice(1)) && asked.length > wanted.length - 1
    : wanted === asked;
}

function isRegularExpression(text: string): boolean {
  try {
    new RegExp(text, 'u');
    return true;
  } catch {
    return false;
  }
}
