/** A policy in words, for `policy check`: what may be reached and how, and what in it is odd. */
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
  const taped = policy.tape !== undefined;
  const rules = allow.map((rule) => explainRule(rule, deny, taped));
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

function explainRule(rule: ReadyAllow, deny: readonly ReadyDeny[], taped: boolean): ExplainedRule {
  const partial = deny.find((each) => !each.whole && touches(rule, each));
  const { methods, paths, credentials, mediate, protocol } = rule.rule;
  const because = [
    ...(protocol === 'http' ? ['plain HTTP'] : []),
    ...(methods ? ['methods'] : []),
    ...(paths ? ['paths'] : []),
    ...(credentials?.length ? [`secrets (${credentials.map(({ secret }) => secret).join(', ')})`] : []),
    ...(mediate ? ['mediate'] : []),
    ...(partial ? [nameRule(partial.ref)] : []),
    ...(taped ? ['the tape'] : []),
  ];
  const hosts = [rule.rule.host].flat();
  return { rule: rule.ref, hosts, ports: [...rule.ports], carried: because.length > 0 ? 'mediate' : 'tunnel', because };
}

function linesOf({ rules, denied, unexpanded }: Pick<PolicyExplanation, 'rules' | 'denied' | 'unexpanded'>): string[] {
  if (rules.length + unexpanded.length === 0) return ['nothing may be reached'];
  return [
    ...unexpanded.map((name) => `preset ${name}: hosts from the configuration of ${name} on the daemon's machine`),
    ...rules.map(({ rule, ports, carried, because }) => {
      const how = carried === 'tunnel' ? 'passes unseen' : `read by the gateway for ${because.join(', ')}`;
      return `${origin(rule)}${rule.text}${/ port /.test(rule.text) ? '' : ` port ${ports.join(',')}`}: ${how}`;
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
