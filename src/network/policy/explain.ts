/**
 * A policy in words, for `policy check`: what may be reached and how, and what in it is odd.
 *
 * 1. How a rule is carried is what compile.ts makes of a connection there: rules for the same place, and a tape, have their part in it.
 */
import { type NetworkPolicyInput, networkPolicySchema, parseInput, type RuleRef } from '../../schema/index.ts';
import { checkPolicy, readyRules } from './compile.ts';
import { nameRule } from './decisions.ts';
import type { HostPattern, PresetRules, ReadyAllow, ReadyDeny } from './rules.ts';

export interface ExplainedRule {
  rule: RuleRef;
  hosts: string[];
  ports: number[];
  carried: 'tunnel' | 'mediate';
  /** Why requests are read; empty for a tunnel. */
  because: string[];
  /** What of it is not carried so, in words. */
  exceptions: string[];
}

export interface PolicyExplanation {
  rules: ExplainedRule[];
  denied: RuleRef[];
  /** Presets whose hosts are not known here: they come from the configuration of the daemon's machine. */
  unexpanded: string[];
  warnings: string[];
  lines: string[];
}

export function explainPolicy(input: NetworkPolicyInput, presets: readonly PresetRules[] = []): PolicyExplanation {
  const policy = parseInput(networkPolicySchema, input, 'policy');
  checkPolicy(policy);
  const { allow, deny } = readyRules(policy, presets, policy.source ?? { allow: [], deny: [] });
  const rules = allow.map((rule) => explainRule(rule, { allow, deny, tape: policy.tape?.mode ?? null }));
  const unexpanded = policy.presets.filter((name) => !presets.some(({ preset }) => preset === name));
  const denied = deny.map(({ ref }) => ref);
  const used = new Set(policy.allow.flatMap((rule) => (rule.credentials ?? []).map(({ secret }) => secret)));
  const idle = policy.secrets.filter(({ secret }) => !used.has(secret));
  const warnings = [
    ...allow.flatMap((rule, index) => warningsOf(rule, allow.slice(0, index), deny)),
    ...overlaps(allow),
    ...idle.map(({ secret }) => `no rule places the secret ${secret}: its placeholder is useless`),
  ];
  return { rules, denied, unexpanded, warnings, lines: linesOf({ rules, denied, unexpanded }) };
}

interface Surroundings {
  allow: readonly ReadyAllow[];
  deny: readonly ReadyDeny[];
  tape: 'record' | 'replay' | null;
}

function explainRule(rule: ReadyAllow, around: Surroundings): ExplainedRule {
  const how = rule.rule.protocol === 'tcp' ? carriedBytes(rule, around) : carriedRequests(rule, around);
  const carried = how.because.length > 0 ? 'mediate' : 'tunnel';
  return { rule: rule.ref, hosts: [rule.rule.host].flat(), ports: [...rule.ports], carried, ...how };
}

type How = Pick<ExplainedRule, 'because' | 'exceptions'>;

function carriedRequests(rule: ReadyAllow, { allow, deny, tape }: Surroundings): How {
  const { methods, paths, credentials, mediate, protocol } = rule.rule;
  const denying = deny.filter((each) => !each.whole && touches(rule, each));
  const reading = allow.filter(
    (each) => each !== rule && each.looksInside && each.rule.protocol === protocol && touches(rule, each),
  );
  const because = [
    ...(protocol === 'http' ? ['plain HTTP'] : []),
    ...(methods ? ['methods'] : []),
    ...(paths ? ['paths'] : []),
    ...(credentials?.length ? [`secrets (${credentials.map(({ secret }) => secret).join(', ')})`] : []),
    ...(mediate ? ['mediate'] : []),
    ...(tape ? ['the tape'] : []),
  ];
  // One that says itself that it is read needs no other rule for that.
  const others = [...denying, ...(because.length === 0 ? reading : [])];
  because.push(...others.filter((each) => covers(each, rule)).map(({ ref }) => nameRule(ref)));
  const exceptions = others.map(({ ref }) => `read where ${nameRule(ref)} applies, too`);
  return { because, exceptions: because.length > 0 ? [] : exceptions };
}

/** TLS and HTTP are known by their first bytes, and read where they have to be; nothing else can be. */
function carriedBytes(rule: ReadyAllow, { allow, deny, tape }: Surroundings): How {
  const partial = deny.filter((each) => !each.whole && touches(rule, each));
  const whole = partial.find((each) => covers(each, rule));
  const refused = 'what is neither TLS nor HTTP is refused';
  if (tape === 'replay') return { because: ['the tape'], exceptions: [refused] };
  if (whole) return { because: [nameRule(whole.ref)], exceptions: [refused] };
  const readers = allow.filter(
    (each) =>
      (each.rule.protocol === 'http' || each.looksInside) && each.rule.protocol !== 'tcp' && touches(rule, each),
  );
  return {
    because: [],
    exceptions: [
      ...partial.map(({ ref }) => `read, or refused, where ${nameRule(ref)} applies, too`),
      ...(tape ? ['TLS and HTTP are read for the tape'] : []),
      ...(tape ? [] : readers.map((each) => `${spoken(each)} is read where ${nameRule(each.ref)} applies, too`)),
    ],
  };
}

const spoken = ({ rule }: ReadyAllow): string => (rule.protocol === 'http' ? 'HTTP' : 'TLS');

function linesOf({ rules, denied, unexpanded }: Pick<PolicyExplanation, 'rules' | 'denied' | 'unexpanded'>): string[] {
  if (rules.length + unexpanded.length === 0) return ['nothing may be reached'];
  return [
    ...unexpanded.map((name) => `preset ${name}: hosts from the configuration of ${name} on the daemon's machine`),
    ...rules.map(({ rule, ports, carried, because, exceptions }) => {
      const how = carried === 'tunnel' ? 'passes unseen' : `read by the gateway for ${because.join(', ')}`;
      const but = exceptions.map((each) => `, but ${each}`).join('');
      return `${origin(rule)}${rule.text}${/ port /.test(rule.text) ? '' : ` port ${ports.join(',')}`}: ${how}${but}`;
    }),
    ...denied.map((rule) => `${origin(rule)}${rule.text}: beats every allow rule`),
  ];
}

function origin({ preset, line }: RuleRef): string {
  return preset !== null ? `preset ${preset}: ` : line === null ? '' : `line ${line}: `;
}

function warningsOf(rule: ReadyAllow, earlier: readonly ReadyAllow[], deny: readonly ReadyDeny[]): string[] {
  const name = nameRule(rule.ref);
  const shadow = deny.find((each) => each.whole && covers(each, rule));
  const twin = earlier.find((each) => covers(each, rule) && alike(each, rule));
  return [
    ...(shadow ? [`${name} allows nothing: ${nameRule(shadow.ref)} denies all of it`] : []),
    ...(twin ? [`${name} adds nothing to ${nameRule(twin.ref)}`] : []),
    ...(rule.rule.protocol === 'tcp' && rule.ports.has(443)
      ? [`${name} lets any bytes pass at port 443; https is meant?`]
      : []),
    ...(rule.rule.addresses ? [`${name} opens ${rule.rule.addresses.join(', ')}, which are refused otherwise`] : []),
  ];
}

/** A rule that looks inside and one that does not, for the same place: the wide one decides what the narrow leaves. */
function overlaps(allow: readonly ReadyAllow[]): string[] {
  const narrow = allow.filter(({ looksInside }) => looksInside);
  const wide = allow.filter((rule) => !rule.looksInside && rule.rule.protocol !== 'http');
  return narrow.flatMap((rule) =>
    wide
      .filter(
        (other) =>
          touches(rule, other) && (other.rule.protocol === 'tcp' || other.rule.protocol === rule.rule.protocol),
      )
      .map((other) => `${nameRule(other.ref)} allows what ${nameRule(rule.ref)} leaves out`),
  );
}

interface Reach {
  hosts: readonly HostPattern[];
  ports: ReadonlySet<number> | null;
}

function touches(one: Reach, other: Reach): boolean {
  const samePort = one.ports === null || other.ports === null || [...one.ports].some((port) => other.ports?.has(port));
  return samePort && one.hosts.some((host) => other.hosts.some((each) => within(host, each) || within(each, host)));
}

function covers(wide: Reach, narrow: Reach): boolean {
  const ports =
    wide.ports === null || (narrow.ports !== null && [...narrow.ports].every((port) => wide.ports?.has(port)));
  return ports && narrow.hosts.every((host) => wide.hosts.some((each) => within(host, each)));
}

function within(inner: HostPattern, outer: HostPattern): boolean {
  if (outer.kind === 'any') return true;
  if (inner.kind === 'any') return false;
  if (outer.kind === 'exact') return inner.kind === 'exact' && inner.name === outer.name;
  return inner.name.endsWith(`.${outer.name}`) || (inner.kind === 'suffix' && inner.name === outer.name);
}

/** The earlier one allows at least as much and demands the same. */
function alike(earlier: ReadyAllow, later: ReadyAllow): boolean {
  const demands = ({ rule }: ReadyAllow): string =>
    JSON.stringify([rule.protocol, rule.limits ?? null, rule.credentials ?? null, rule.addresses ?? null]);
  const methods =
    earlier.rule.methods === undefined ||
    (later.rule.methods?.every((method) => earlier.rule.methods?.includes(method)) ?? false);
  const paths =
    earlier.rule.paths === undefined ||
    (later.rule.paths?.every((path) => earlier.rule.paths?.includes(path)) ?? false);
  return methods && paths && demands(earlier) === demands(later);
}
