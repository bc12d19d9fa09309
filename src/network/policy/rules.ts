/**
 * Rules made ready to be compared, and what is wrong with those that cannot be. A rule that says more than can be kept
 * (a path of bytes nobody reads, a secret over plain text, a pattern for half the world) is a problem, not a warning.
 */
import { createHash } from 'node:crypto';
import type { AllowRule, Decision, DenyRule, NetworkPolicy, NetworkPreset, RuleRef } from '../../schema/index.ts';
import { problemsOfRules } from '../tape/rules.ts';
import type { Grant } from '../types.ts';
import { readOpenedRange } from './addresses.ts';
import { allowedBy } from './decisions.ts';
import { normaliseHost } from './names.ts';
import { type PathPattern, readPattern } from './paths.ts';

/** `*.name` is the suffix `name`; it never is the name itself. */
export type HostPattern = { kind: 'exact' | 'suffix'; name: string } | { kind: 'any' };

export interface Matcher {
  ref: RuleRef;
  hosts: readonly HostPattern[];
  /** Null: every one. */
  ports: ReadonlySet<number> | null;
  methods: ReadonlySet<string> | null;
  paths: readonly PathPattern[] | null;
}

export interface ReadyAllow extends Matcher {
  rule: AllowRule;
  ports: ReadonlySet<number>;
  grant: Grant;
  allowed: Decision;
  /** Some part of it can only be kept by reading requests. */
  looksInside: boolean;
}

export interface ReadyDeny extends Matcher {
  /** It says nothing of methods or paths: a connection is enough to know. */
  whole: boolean;
}

/** One thing that is wrong with a rule. */
export interface PolicyProblem {
  /** `tape`: of the hosts in its rules. */
  list: 'allow' | 'deny' | 'secrets' | 'tape';
  index: number;
  /** Field of the rule, then positions inside it. */
  field: readonly (string | number)[];
  problem: string;
  fix: string;
}

export interface PresetRules {
  preset: NetworkPreset;
  rules: readonly AllowRule[];
}

/** Lines of a policy file on which its rules begin. */
export interface RuleLines {
  allow: readonly number[];
  deny: readonly number[];
}

export function readyAllow(rule: AllowRule, ref: RuleRef): ReadyAllow {
  const grant: Grant = {
    rule: ref,
    addresses: rule.addresses ?? [],
    limits: rule.limits ?? {},
    credentials: rule.credentials ?? [],
  };
  return {
    rule,
    ref,
    hosts: hostsOf(rule),
    ports: new Set(portsOf(rule)),
    methods: rule.methods ? new Set(rule.methods) : null,
    paths: rule.paths ? pathsOf(rule.paths) : null,
    grant,
    allowed: allowedBy(ref),
    looksInside: looksInside(rule),
  };
}

export function readyDeny(rule: DenyRule, ref: RuleRef): ReadyDeny {
  return {
    ref,
    hosts: hostsOf(rule),
    ports: rule.ports ? new Set(rule.ports) : null,
    methods: rule.methods ? new Set(rule.methods) : null,
    paths: rule.paths ? pathsOf(rule.paths) : null,
    whole: rule.methods === undefined && rule.paths === undefined,
  };
}

export function looksInside(rule: AllowRule): boolean {
  return rule.mediate || rule.methods !== undefined || rule.paths !== undefined || (rule.credentials?.length ?? 0) > 0;
}

export function portsOf(rule: AllowRule): readonly number[] {
  if (rule.ports) return rule.ports;
  return rule.protocol === 'https' ? [443] : rule.protocol === 'http' ? [80] : [];
}

/** It stands in every flow and every denial. */
const longestText = 240;

/** The rule in one line; of a long one the beginning, and what tells it from others that begin alike. */
export function textOf(list: 'allow' | 'deny', rule: AllowRule | DenyRule): string {
  const text = wholeText(list, rule);
  if (text.length <= longestText) return text;
  return `${text.slice(0, longestText)}... (${createHash('sha256').update(text).digest('hex').slice(0, 12)})`;
}

function wholeText(list: 'allow' | 'deny', rule: AllowRule | DenyRule): string {
  const many = (values: readonly (string | number)[] | undefined): string[] => (values ? [values.join(',')] : []);
  return [
    list,
    ...('protocol' in rule ? [rule.protocol] : []),
    [rule.host].flat().join(','),
    ...(rule.ports ? [`port ${rule.ports.join(',')}`] : []),
    ...many(rule.methods),
    ...many(rule.paths),
  ].join(' ');
}

/** Everything that is wrong with the rules of a policy, in their order. */
export function problemsOf(policy: NetworkPolicy): PolicyProblem[] {
  return [
    ...policy.allow.flatMap((rule, index) =>
      allowProblems(rule).map((each) => ({ list: 'allow' as const, index, ...each })),
    ),
    ...policy.deny.flatMap((rule, index) =>
      ruleProblems(rule, 'deny').map((each) => ({ list: 'deny' as const, index, ...each })),
    ),
    ...secretProblems(policy),
    ...tooManyPaths(policy),
    ...tapeProblems(policy),
  ];
}

/** Where it stands in the policy. */
export function pathOf({ list, index }: Pick<PolicyProblem, 'list' | 'index'>): (string | number)[] {
  return list === 'tape' ? ['tape', 'rules', 'hosts', index] : [list, index];
}

function tapeProblems({ tape }: NetworkPolicy): PolicyProblem[] {
  if (tape?.mode !== 'replay' || !tape.rules) return [];
  return problemsOfRules(tape.rules).map((each) => ({ list: 'tape' as const, ...each }));
}

/** Each is compared with the path of every request: more would let one sandbox hold up all others. */
const mostPaths = 2048;

function tooManyPaths(policy: NetworkPolicy): PolicyProblem[] {
  const counted = [
    ...policy.allow.map(({ paths }, index) => ({ list: 'allow' as const, index, count: paths?.length ?? 0 })),
    ...policy.deny.map(({ paths }, index) => ({ list: 'deny' as const, index, count: paths?.length ?? 0 })),
  ];
  let all = 0;
  const over = counted.find(({ count }) => {
    all += count;
    return all > mostPaths;
  });
  if (!over) return [];
  const { list, index } = over;
  const problem = `with it, the policy has more than ${mostPaths} paths`;
  return [{ list, index, field: ['paths'], problem, fix: 'Write fewer, wider patterns, e.g. /v1/** for all below.' }];
}

type FieldProblem = Omit<PolicyProblem, 'list' | 'index'>;

function allowProblems(rule: AllowRule): FieldProblem[] {
  return [
    ...ruleProblems(rule, 'allow'),
    ...protocolProblems(rule),
    ...(rule.addresses ?? []).flatMap((text, index) => {
      const reading = readOpenedRange(text);
      return reading.ok
        ? []
        : [{ field: ['addresses', index], problem: `${text} ${reading.problem}`, fix: reading.fix }];
    }),
  ];
}

function protocolProblems(rule: AllowRule): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (rule.protocol === 'tcp' && rule.ports === undefined) {
    problems.push({ field: ['protocol'], problem: 'tcp has no usual port', fix: 'Add ports, e.g. ports: [5432].' });
  }
  if (rule.protocol === 'tcp') {
    const unseen = (['methods', 'paths', 'credentials'] as const).filter((field) => rule[field] !== undefined);
    if (rule.mediate) problems.push(unreadable('mediate'));
    problems.push(...unseen.map(unreadable));
  }
  if (rule.protocol === 'http' && (rule.credentials?.length ?? 0) > 0) {
    const fix = 'Use protocol: https, or remove the credentials.';
    problems.push({ field: ['credentials'], problem: 'a secret over plain http can be read on its way', fix });
  }
  return problems;
}

function unreadable(field: string): FieldProblem {
  return {
    field: [field],
    problem: `${field} cannot be kept for tcp, which nobody reads`,
    fix: `Use protocol: https, or remove ${field}.`,
  };
}

function ruleProblems(rule: AllowRule | DenyRule, list: 'allow' | 'deny'): FieldProblem[] {
  const hosts = [rule.host].flat();
  const field = (index: number): (string | number)[] => (Array.isArray(rule.host) ? ['host', index] : ['host']);
  return [
    ...hosts.flatMap((text, index) => {
      const reading = readHostPattern(text, list);
      return reading.ok
        ? []
        : [{ field: field(index), problem: `${JSON.stringify(text)}: ${reading.problem}`, fix: reading.fix }];
    }),
    ...(rule.paths ?? []).flatMap((text, index) => {
      const reading = readPattern(text);
      const fix = 'Write the path as it is, e.g. /v1/* for one segment or /v1/** for all below.';
      return reading.ok
        ? []
        : [{ field: ['paths', index], problem: `${JSON.stringify(text)}: ${reading.reason}`, fix }];
    }),
  ];
}

function secretProblems(policy: NetworkPolicy): PolicyProblem[] {
  const seen = new Set<string>();
  return policy.secrets.flatMap(({ environment }, index) => {
    if (!seen.has(environment)) {
      seen.add(environment);
      return [];
    }
    const problem = `the variable ${environment} is set twice`;
    return [
      { list: 'secrets' as const, index, field: ['environment'], problem, fix: 'Give each secret its own variable.' },
    ];
  });
}

type PatternReading = { ok: true; pattern: HostPattern } | { ok: false; problem: string; fix: string };

export function readHostPattern(text: string, list: 'allow' | 'deny'): PatternReading {
  if (text === '*') {
    if (list === 'deny') return { ok: true, pattern: { kind: 'any' } };
    return { ok: false, problem: 'every host is no policy', fix: 'Name the hosts, or a suffix such as *.example.com.' };
  }
  const below = text.startsWith('*.');
  const name = below ? text.slice(2) : text;
  if (name.includes('*')) {
    return {
      ok: false,
      problem: '* stands only for whole labels in front',
      fix: 'Write *.example.com, or name each host.',
    };
  }
  if (below && /^[a-z0-9_-]+\.?$/i.test(name)) return topLevel(name.replace(/\.$/, '').toLowerCase(), list);
  const reading = normaliseHost(name);
  if (!reading.ok)
    return { ok: false, problem: reading.reason, fix: 'Write one host as its name, e.g. api.example.com.' };
  if (!below) return { ok: true, pattern: { kind: 'exact', name: reading.host } };
  if (reading.kind === 'name') return { ok: true, pattern: { kind: 'suffix', name: reading.host } };
  return { ok: false, problem: 'an address has no names below it', fix: 'Name the address alone.' };
}

/** `*.com` is more than anybody means to allow, and a fair thing to deny. */
function topLevel(name: string, list: 'allow' | 'deny'): PatternReading {
  const reading = normaliseHost(`a.${name}`);
  if (list === 'deny' && reading.ok && reading.kind === 'name') return { ok: true, pattern: { kind: 'suffix', name } };
  return { ok: false, problem: 'it covers a whole top-level domain', fix: 'Name at least two labels: *.example.com.' };
}

function hostsOf(rule: AllowRule | DenyRule): HostPattern[] {
  return [rule.host].flat().flatMap((text) => {
    const reading = readHostPattern(text, 'protocol' in rule ? 'allow' : 'deny');
    return reading.ok ? [reading.pattern] : [];
  });
}

function pathsOf(paths: readonly string[]): PathPattern[] {
  return paths.flatMap((text) => {
    const reading = readPattern(text);
    return reading.ok ? [reading.pattern] : [];
  });
}
