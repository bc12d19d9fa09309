/**
 * Finds the exchange that answers a request: sequence rules first, then exact, canonical, rule; else a miss.
 *
 * 1. What answers depends on the request and on how often the same key was asked before, and on nothing else: requests
 *    with different keys never change each other's answers, in whatever order they come.
 * 2. The first rung that knows the key decides. Its recordings answer in the order in which they began; after the last,
 *    GET and HEAD get the last again, other methods miss.
 * 3. Per exchange the memory holds its place and two digests, never its body.
 */

import type { TapeRules } from '../../schema/index.ts';
import type { RawHeaders, RequestQuestion } from '../types.ts';
import { canonicalTarget, headerValue, hostKey, pathOf, sha256 } from './canonical.ts';
import type { Exchange } from './format.ts';
import { bodyWithout } from './pointers.ts';
import type { Place } from './reader.ts';
import { type PreparedRule, prepareRule } from './rules.ts';

export interface Known {
  number: number;
  place: Place;
  used: number;
}

export interface Asked {
  question: RequestQuestion;
  headers: RawHeaders;
  digest: string;
  canonical: string | null;
  /** The body, when it is short enough to be looked into. */
  body: Buffer | null;
}

export type Rung = 'exact' | 'canonical' | 'rule';

interface Group {
  known: Known[];
  asked: number;
}

export class Ladder {
  readonly #rules: TapeRules;
  readonly #prepared: readonly PreparedRule[];
  readonly #exact = new Map<string, Group>();
  readonly #canonical = new Map<string, Group>();
  readonly #sequences = new Map<PreparedRule, Group>();
  /** What a rule covers; grouped by key when it is first needed, as that may take the bodies. */
  readonly #covered = new Map<PreparedRule, Group>();
  readonly #byRule = new Map<PreparedRule, Promise<Map<string, Group>>>();
  readonly #load: (known: Known) => Promise<Asked | null>;

  /** @param load the request of an exchange, with its body; null when the tape does not have all of that */
  constructor(rules: TapeRules, load: (known: Known) => Promise<Asked | null>) {
    this.#rules = rules;
    this.#prepared = rules.hosts.map(prepareRule);
    this.#load = load;
  }

  add(known: Known, { request }: Exchange): void {
    const rule = this.#ruleFor(request);
    if (rule?.rule.sequence) groupOf(this.#sequences, rule).known.push(known);
    else if (rule) groupOf(this.#covered, rule).known.push(known);
    // What the sandbox sent is not known to the end: nothing can be compared with it.
    if (rule?.rule.sequence || request.body.cut !== null) return;
    const asked = { ...requestKeys(request), body: null };
    groupOf(this.#exact, this.#exactKey(asked)).known.push(known);
    groupOf(this.#canonical, this.#canonicalKey(asked)).known.push(known);
  }

  /** When all are added: into the order in which they began. */
  sort(): void {
    for (const groups of [this.#exact, this.#canonical, this.#sequences, this.#covered]) {
      for (const { known } of groups.values()) known.sort((a, b) => a.number - b.number);
    }
  }

  /** Before the body has come, so that the order of calls is the order of answers. Undefined when no sequence applies. */
  takeFromSequence(question: RequestQuestion): Known | null | undefined {
    const rule = this.#ruleFor(question);
    if (!rule?.rule.sequence) return undefined;
    const group = this.#sequences.get(rule);
    return group ? take(group, question.method, false) : null;
  }

  async take(asked: Asked): Promise<{ known: Known; match: Rung } | null> {
    const found = this.#find(asked) ?? (await this.#findByRule(asked));
    const known = found && take(found.group, asked.question.method);
    return known && { known, match: found.match };
  }

  #find(asked: Asked): { group: Group; match: Rung } | null {
    const exact = this.#exact.get(this.#exactKey(asked));
    if (exact) return { group: exact, match: 'exact' };
    const canonical = this.#canonical.get(this.#canonicalKey(asked));
    return canonical ? { group: canonical, match: 'canonical' } : null;
  }

  async #findByRule(asked: Asked): Promise<{ group: Group; match: Rung } | null> {
    const rule = this.#ruleFor(asked.question);
    const group = rule && (await this.#groupsOf(rule)).get(this.#ruleKey(rule, asked));
    return group ? { group, match: 'rule' } : null;
  }

  #ruleFor(question: { host: string; method: string; target: string }): PreparedRule | undefined {
    return this.#prepared.find((rule) => rule.covers(question));
  }

  #groupsOf(rule: PreparedRule): Promise<Map<string, Group>> {
    const present = this.#byRule.get(rule);
    if (present) return present;
    const made = this.#group(rule);
    this.#byRule.set(rule, made);
    made.catch(() => this.#byRule.delete(rule));
    return made;
  }

  async #group(rule: PreparedRule): Promise<Map<string, Group>> {
    const groups = new Map<string, Group>();
    for (const known of this.#covered.get(rule)?.known ?? []) {
      const asked = await this.#load(known);
      if (asked) groupOf(groups, this.#ruleKey(rule, asked)).known.push(known);
    }
    return groups;
  }

  #exactKey({ question, headers, digest }: Omit<Asked, 'body'>): string {
    const { method, scheme, host, port, target } = question;
    return keyOf([method, scheme, host, port, target, digest, this.#headers(headers, [])]);
  }

  #canonicalKey({ question, headers, digest, canonical }: Omit<Asked, 'body'>): string {
    const { method, scheme, host, port, target } = question;
    const { path, query } = canonicalTarget(target);
    return keyOf([method, scheme, hostKey(host), port, path, query, canonical ?? digest, this.#headers(headers, [])]);
  }

  #ruleKey(prepared: PreparedRule, asked: Asked): string {
    const { method, scheme, host, port, target } = asked.question;
    const { ignore = {} } = prepared.rule;
    const { path, query } = canonicalTarget(prepared.target(target));
    const kept = query.filter(([name]) => !ignore.query?.includes(name));
    const body = ignore.body ? null : bodyWithout(asked, ignore.json ?? []);
    return keyOf([
      method,
      scheme,
      hostKey(host),
      port,
      path,
      kept,
      body,
      this.#headers(asked.headers, ignore.headers ?? []),
    ]);
  }

  #headers(headers: RawHeaders, ignored: readonly string[]): (string | null)[] {
    return this.#rules.headers.filter((name) => !ignored.includes(name)).map((name) => headerValue(headers, name));
  }
}

export function requestKeys(request: Exchange['request']): Omit<Asked, 'body'> {
  const { method, scheme, host, port, target, headers, body, canonical } = request;
  return { question: { method, scheme, host, port, target }, headers, digest: body.content.digest, canonical };
}

/** The next recording of a key, by how often it was asked. */
function take(group: Group, method: string, mayRepeat = true): Known | null {
  const repeats = mayRepeat && (method === 'GET' || method === 'HEAD');
  const known = group.known[group.asked] ?? (repeats ? group.known.at(-1) : undefined);
  if (!known) return null;
  group.asked++;
  known.used++;
  return known;
}

function groupOf<Key>(groups: Map<Key, Group>, key: Key): Group {
  const present = groups.get(key);
  if (present) return present;
  const made: Group = { known: [], asked: 0 };
  groups.set(key, made);
  return made;
}

const keyOf = (parts: unknown): string => sha256(JSON.stringify(parts));

export const placeKey = (host: string, target: string): string => `${hostKey(host)} ${pathOf(target)}`;
