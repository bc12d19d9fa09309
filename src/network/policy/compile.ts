/**
 * A policy made ready to answer: pure, without a clock, the same answer to the same question for ever.
 *
 * 1. What no allow rule names is refused. A deny rule beats every allow rule.
 * 2. A host that is not in its one canonical spelling (names.ts) is refused, whatever the rules say.
 * 3. A deny rule with methods or paths makes every connection it may concern be read; bytes that cannot be read are
 *    refused there. A path of doubtful meaning (paths.ts) counts as one that such a rule names.
 * 4. Adding a deny rule or removing an allow rule never allows more.
 */
import { type Decision, HoldfastError, type NetworkPolicy, type NetworkProtocol } from '../../schema/index.ts';
import type { CompiledPolicy, ConnectVerdict, Destination, Grant, RequestQuestion, RequestVerdict } from '../types.ts';
import { checkAddress } from './addresses.ts';
import { allowedBy, malformedHost, nameRule, refused } from './decisions.ts';
import { addressHint, hostHint, lackHint, portHint, removeHint, requestHint } from './hints.ts';
import { type HostIndex, indexByHost } from './host-index.ts';
import { formatAddress, parseAddress } from './ip.ts';
import { normaliseHost } from './names.ts';
import { allowMatches, denyMatches, readTarget, type TargetReading } from './paths.ts';
import {
  type PolicyProblem,
  type PresetRules,
  pathOf,
  problemsOf,
  type ReadyAllow,
  type ReadyDeny,
  type RuleLines,
  readyAllow,
  readyDeny,
  textOf,
} from './rules.ts';

export interface CompileOptions {
  /** What the policy's presets stand for, expanded on the host; they come before its own rules. */
  presetRules?: readonly PresetRules[];
  /** Where the rules stand in their file; the policy's own `source` when absent. */
  lines?: RuleLines;
}

/** @throws HoldfastError `invalid-argument`, naming each rule that cannot be kept and its fix */
export function compilePolicy(policy: NetworkPolicy, options: CompileOptions = {}): CompiledPolicy {
  const presets = options.presetRules ?? [];
  refusePresets(policy, presets);
  checkPolicy(policy);
  for (const { rules } of presets) refuseProblems(problemsOf({ ...policy, allow: [...rules], deny: [], secrets: [] }));
  const { allow, deny } = readyRules(policy, presets, options.lines ?? policy.source ?? { allow: [], deny: [] });
  return new Compiled(policy, indexByHost(allow), indexByHost(deny));
}

export function readyRules(
  policy: NetworkPolicy,
  presets: readonly PresetRules[],
  lines: RuleLines,
): { allow: ReadyAllow[]; deny: ReadyDeny[] } {
  const expanded = presets.flatMap(({ preset, rules }) => rules.map((rule) => ({ preset, rule, line: null })));
  const own = policy.allow.map((rule, index) => ({ preset: null, rule, line: lines.allow[index] ?? null }));
  const allow = [...expanded, ...own].map(({ preset, rule, line }, index) =>
    readyAllow(rule, { list: 'allow', index, preset, line, text: textOf('allow', rule) }),
  );
  const deny = policy.deny.map((rule, index) => {
    const text = textOf('deny', rule);
    return readyDeny(rule, { list: 'deny', index, preset: null, line: lines.deny[index] ?? null, text });
  });
  return { allow, deny };
}

/** @throws HoldfastError as `compilePolicy` does, for what is wrong with a policy's own rules */
export function checkPolicy(policy: NetworkPolicy): void {
  refuseProblems(problemsOf(policy));
}

function refusePresets(policy: NetworkPolicy, presets: readonly PresetRules[]): void {
  const missing = policy.presets.filter((name) => !presets.some(({ preset }) => preset === name));
  if (missing.length === 0) return;
  throw new HoldfastError('invalid-argument', `the presets ${missing.join(', ')} were not expanded`, {
    fault: 'bug',
    hint: 'Whoever compiles a policy expands its presets first.',
  });
}

function refuseProblems(problems: readonly PolicyProblem[]): void {
  if (problems.length === 0) return;
  const text = problems.map((each) => `${spell(pathOf(each))}: ${each.problem}`).join('; ');
  throw new HoldfastError('invalid-argument', `the network policy cannot be kept: ${text}`, {
    hint: [...new Set(problems.map(({ fix }) => fix))].join(' '),
    details: { problems },
  });
}

/** E.g. `allow[2]`. */
export function spell(path: readonly (string | number)[]): string {
  return path.map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`)).join('');
}

type First = 'tls' | 'http' | 'other';

class Compiled implements CompiledPolicy {
  readonly policy: NetworkPolicy;
  readonly #allow: HostIndex<ReadyAllow>;
  readonly #deny: HostIndex<ReadyDeny>;

  constructor(policy: NetworkPolicy, allow: HostIndex<ReadyAllow>, deny: HostIndex<ReadyDeny>) {
    this.policy = policy;
    this.#allow = allow;
    this.#deny = deny;
  }

  name(host: string): Decision {
    const malformed = refuseSpelling(host);
    if (malformed) return malformed;
    const wholly = this.#deny.find(host).find((rule) => rule.whole && rule.ports === null);
    if (wholly) return denied(wholly, host);
    const named = this.#allow.find(host);
    const isClosed = this.#closed(host);
    const open = named.find((rule) => [...rule.ports].some((port) => !isClosed(port)));
    if (open) return open.allowed;
    const closing = this.#deny.find(host).find((rule) => rule.whole);
    if (named.length > 0 && closing) return denied(closing, host);
    return refused('no-rule', `No rule allows ${host}`, { hint: hostHint({ host, port: 443 }, 'https') });
  }

  ports(host: string): readonly number[] {
    if (refuseSpelling(host)) return [];
    const isClosed = this.#closed(host);
    const named = new Set(this.#allow.find(host).flatMap((rule) => [...rule.ports]));
    return [...named].filter((port) => !isClosed(port)).sort((one, other) => one - other);
  }

  connect(destination: Destination, first: First, question?: RequestQuestion): ConnectVerdict {
    const malformed = refuseSpelling(destination.host);
    if (malformed) return { action: 'deny', decision: malformed };
    const denies = this.#denies(destination);
    const whole = denies.find((rule) => rule.whole);
    if (whole) return { action: 'deny', decision: denied(whole, place(destination)) };
    const asked = question ? { question, target: readTarget(question.target) } : null;
    const fitting = this.#fitting(destination, first, asked);
    if (!Array.isArray(fitting)) return { action: 'deny', decision: fitting };
    return first === 'other'
      ? this.#connectUnread(destination, fitting, denies)
      : this.#connectRead(fitting, first, denies.length > 0);
  }

  request(question: RequestQuestion): RequestVerdict {
    const malformed = refuseSpelling(question.host);
    if (malformed) return { allowed: false, decision: malformed };
    const target = readTarget(question.target);
    const against = this.#denyRequest(question, target);
    if (against) return { allowed: false, decision: against };
    const asked = { question, target };
    const fitting = this.#fitting(question, question.scheme === 'https' ? 'tls' : 'http', asked);
    if (!Array.isArray(fitting)) return { allowed: false, decision: fitting };
    const byMethod = fitting.filter((rule) => takesMethod(rule, question));
    const rule = byMethod.find((each) => takesPath(each, target));
    if (rule) return { allowed: true, decision: rule.allowed, grant: rule.grant };
    return { allowed: false, decision: nearMiss(asked, byMethod[0] ?? null, fitting) };
  }

  grants(destination: Destination, first: 'tls' | 'http'): readonly Grant[] {
    const fitting = this.#fitting(destination, first, null);
    return Array.isArray(fitting) ? fitting.map(({ grant }) => grant) : [];
  }

  address(address: string, destination: Destination, grant: Grant): Decision {
    const literal = parseAddress(destination.host);
    const given = parseAddress(address);
    if (literal && (!given || formatAddress(given) !== destination.host)) {
      return refused('address-not-allowed', `${destination.host} was asked for, not the address ${address}`, {
        rule: grant.rule,
      });
    }
    const verdict = checkAddress(address, grant.addresses);
    if (verdict.allowed) return allowedBy(grant.rule);
    const code = grant.addresses.length > 0 ? 'address-not-allowed' : 'address-refused';
    const at =
      verdict.address === destination.host ? destination.host : `${destination.host} is at ${verdict.address}, which`;
    return refused(code, `${at} is ${verdict.what}: addresses like that are refused`, {
      rule: grant.rule,
      hint: verdict.opening === 'never' ? null : addressHint(verdict.address, grant.rule),
    });
  }

  #denies({ host, port }: Destination): ReadyDeny[] {
    return this.#deny.find(host).filter(({ ports }) => ports === null || ports.has(port));
  }

  /** Which ports deny rules close wholly. Gathered once, since a name may have a thousand rules of many ports. */
  #closed(host: string): (port: number) => boolean {
    const whole = this.#deny.find(host).filter((deny) => deny.whole);
    if (whole.some(({ ports }) => ports === null)) return () => true;
    const closed = new Set(whole.flatMap(({ ports }) => [...(ports ?? [])]));
    return (port) => closed.has(port);
  }

  /** The allow rules for host, port and protocol; why there are none otherwise. `asked`: where more is known of what is to be sent. */
  #fitting(destination: Destination, first: First, asked: Asked | null): ReadyAllow[] | Decision {
    const named = this.#allow.find(destination.host);
    const wanted = first === 'tls' ? 'https' : first === 'http' ? 'http' : 'tcp';
    if (named.length === 0) {
      return refused('no-rule', `No rule allows ${destination.host}`, { hint: hostHint(destination, wanted) });
    }
    const onPort = named.filter(({ ports }) => ports.has(destination.port));
    const fitting = onPort.filter(({ rule }) => rule.protocol === 'tcp' || rule.protocol === wanted);
    if (fitting.length > 0) return fitting;
    if (onPort.length === 0) return portMiss(destination, wanted, { named, asked });
    const rule = onPort[0]?.ref ?? null;
    const spoken = { tls: 'TLS', http: 'plain HTTP', other: 'bytes that are neither TLS nor HTTP' }[first];
    return refused('protocol-not-allowed', `${place(destination)} is allowed, but not for ${spoken}`, {
      rule,
      hint: hostHint(destination, wanted),
    });
  }

  #connectUnread(destination: Destination, fitting: ReadyAllow[], denies: ReadyDeny[]): ConnectVerdict {
    const [partial] = denies;
    if (partial) {
      const what = `${nameRule(partial.ref)} cannot be kept for bytes at ${place(destination)} that are no HTTP`;
      const decision = refused('denied-by-rule', capital(what), { rule: partial.ref, hint: removeHint(partial.ref) });
      return { action: 'deny', decision };
    }
    if (this.policy.tape?.mode === 'replay') {
      const what = `The tape that is played has nothing but HTTP, and nothing is sent to ${place(destination)}`;
      const decision = refused('tape-miss', what, {
        hint: 'Leave out tape: nothing is sent while one is played.',
      });
      return { action: 'deny', decision };
    }
    return tunnel(fitting);
  }

  #connectRead(fitting: ReadyAllow[], first: 'tls' | 'http', partlyDenied: boolean): ConnectVerdict {
    const protocol = first === 'tls' ? 'https' : 'http';
    const read = partlyDenied || this.policy.tape !== undefined || fitting.some(({ looksInside }) => looksInside);
    const plain = first === 'http' && fitting.some(({ rule }) => rule.protocol === 'http');
    const [rule] = fitting;
    if (rule && (read || plain)) return { action: 'mediate', decision: rule.allowed, protocol };
    return tunnel(fitting);
  }

  #denyRequest(question: RequestQuestion, target: TargetReading): Decision | null {
    for (const rule of this.#denies(question)) {
      // Some servers take methods in any case; none is meant to be a way around.
      if (rule.methods !== null && !rule.methods.has(question.method.toUpperCase())) continue;
      if (rule.paths === null) return denied(rule, place(question));
      if (!target.ok) return malformedPath(target.reason, rule, removeHint(rule.ref));
      const { path } = target;
      if (rule.paths.some((pattern) => denyMatches(pattern, path)))
        return denied(rule, `this path of ${place(question)}`);
    }
    return null;
  }
}

/** A rule for TLS before one for any bytes: the stricter one, since a tunnel of it holds the server to its name. */
function tunnel(fitting: readonly ReadyAllow[]): ConnectVerdict {
  const rule = fitting.find((each) => each.rule.protocol === 'https') ?? fitting[0];
  if (!rule) throw new HoldfastError('internal', 'a tunnel needs a rule', { hint: 'This is a bug in Holdfast.' });
  const protocol = rule.rule.protocol === 'https' ? 'https' : 'tcp';
  return { action: 'tunnel', decision: rule.allowed, grant: rule.grant, protocol };
}

function refuseSpelling(host: string): Decision | null {
  const reading = normaliseHost(host);
  if (!reading.ok) return malformedHost(host, reading.reason);
  return reading.host === host ? null : malformedHost(host, `its one spelling is ${reading.host}`);
}

function denied(rule: ReadyDeny, what: string): Decision {
  return refused('denied-by-rule', `${capital(what)} is denied by ${nameRule(rule.ref)}`, {
    rule: rule.ref,
    hint: removeHint(rule.ref),
  });
}

function malformedPath(reason: string, rule: ReadyAllow | ReadyDeny, hint: string): Decision {
  return refused('path-malformed', `The path has no single meaning: ${reason}`, { rule: rule.ref, hint });
}

/** What is known of a request before it is sent. */
interface Asked {
  question: RequestQuestion;
  target: TargetReading;
}

function takesMethod({ methods }: ReadyAllow, { method }: RequestQuestion): boolean {
  return methods === null || methods.has(method);
}

function takesPath({ paths }: ReadyAllow, target: TargetReading): boolean {
  return paths === null || (target.ok && paths.some((pattern) => allowMatches(pattern, target.path)));
}

function portMiss(
  destination: Destination,
  wanted: NetworkProtocol,
  { named, asked }: { named: readonly ReadyAllow[]; asked: Asked | null },
): Decision {
  const sameProtocol = named.filter(({ rule }) => rule.protocol === wanted);
  const near = asked
    ? sameProtocol.find((rule) => takesMethod(rule, asked.question) && takesPath(rule, asked.target))
    : (sameProtocol[0] ?? named[0]);
  const narrow = asked ? requestHint(asked.question, asked.target.ok) : null;
  return refused('port-not-allowed', `${destination.host} is allowed, but not at port ${destination.port}`, {
    rule: (near ?? named[0])?.ref ?? null,
    hint: near ? portHint(destination, wanted, near) : narrow,
  });
}

/** The nearest rule that takes the method, or else one that takes the path: it lacks the least. */
function nearMiss({ question, target }: Asked, byMethod: ReadyAllow | null, fitting: readonly ReadyAllow[]): Decision {
  const byPath = byMethod ? undefined : fitting.find((rule) => takesPath(rule, target));
  const near = byMethod ?? byPath ?? fitting[0];
  if (near && !byPath && !target.ok) return malformedPath(target.reason, near, plainPath);
  const lacks = { method: !byMethod, path: !byPath, hasMeaning: target.ok };
  const method = `the method ${shown(question.method)}${byPath ? '' : ', nor this path'}`;
  const what = `${place(question)} is allowed, but not ${byMethod ? 'this path' : method}`;
  return refused(byMethod ? 'path-not-allowed' : 'method-not-allowed', what, {
    rule: near?.ref ?? null,
    hint: near ? lackHint(question, near, lacks) : null,
  });
}
const plainPath = 'Let the path be sent in its one plain spelling; only a rule without paths takes it as it is.';

function shown(method: string): string {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}$/.test(method) ? method : 'it was sent with';
}

function place({ host, port }: Destination): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
