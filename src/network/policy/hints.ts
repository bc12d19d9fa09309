/** The change to a policy that would allow what was refused, exact enough to be typed. */
import { isIP } from 'node:net';
import type { NetworkProtocol, RuleRef } from '../../schema/index.ts';
import type { Destination, RequestQuestion } from '../types.ts';
import { checkAddress } from './addresses.ts';
import { entry, nameRule, show } from './decisions.ts';
import { portsOf, type ReadyAllow } from './rules.ts';

const usual = { https: 443, http: 80, tcp: 0 } as const;

/** Null for an address that nothing may open. */
export function hostHint({ host, port }: Destination, protocol: NetworkProtocol): string | null {
  return addition(host, {
    ...(protocol === 'https' ? {} : { protocol }),
    ...(usual[protocol] === port ? {} : { ports: [port] }),
  });
}

export function portHint(destination: Destination, protocol: NetworkProtocol, near: ReadyAllow): string | null {
  if (near.ref.preset !== null || near.rule.protocol !== protocol) return hostHint(destination, protocol);
  return widened(near, destination.host, { ports: [...portsOf(near.rule), destination.port] });
}

/** A rule for this request and its likes alone. `hasMeaning`: its path is one that a rule can name. */
export function requestHint(
  { host, port, scheme, method, target }: RequestQuestion,
  hasMeaning: boolean,
): string | null {
  return addition(host, {
    ...(scheme === 'https' ? {} : { protocol: scheme }),
    ...(usual[scheme] === port ? {} : { ports: [port] }),
    ...(isWord(method) ? { methods: [method] } : {}),
    ...(hasMeaning ? { paths: [asPattern(target)] } : {}),
  });
}

/** A refused address needs its opening too. */
function addition(host: string, fields: Parameters<typeof entry>[0]): string | null {
  const opening = openingOf(host);
  return opening && `Add to the policy's allow list: ${entry({ host, ...fields, ...opening })}`;
}

/** What a rule has to say to dial this address; empty for names, null where nothing it says would do. */
function openingOf(host: string, opened: readonly string[] = []): { addresses?: string[] } | null {
  const verdict = isIP(host) === 0 ? null : checkAddress(host, opened);
  if (!verdict || verdict.allowed) return {};
  return verdict.opening === 'never' ? null : { addresses: [...opened, single(verdict.address)] };
}

/** All that the nearest rule lacks for a request, in one change; a path that it lacks has a meaning. */
export function lackHint(
  question: RequestQuestion,
  near: ReadyAllow,
  { hasMeaning, ...lacks }: { method: boolean; path: boolean; hasMeaning: boolean },
): string | null {
  if (near.ref.preset !== null) return requestHint(question, hasMeaning);
  const { methods = [], paths = [] } = near.rule;
  const path = lacks.path ? { paths: [...paths, asPattern(question.target)] } : {};
  if (!lacks.method || isWord(question.method)) {
    const method = lacks.method ? { methods: [...methods, question.method] } : {};
    return widened(near, question.host, { ...method, ...path });
  }
  const leaving = `Leave out methods in ${nameRule(near.ref)}, which are upper-case words`;
  const widening = widened(near, question.host, path);
  return widening === null ? null : [leaving, widening].filter((text) => text !== '').join('. ');
}

const isWord = (method: string): boolean => /^[A-Z]{1,32}$/.test(method);

export function addressHint(address: string, rule: RuleRef): string {
  return `If the sandbox may reach it, say in ${nameRule(rule)}: addresses: ${show([single(address)])}`;
}

const single = (address: string): string => `${address}/${address.includes(':') ? 128 : 32}`;

export function removeHint(rule: RuleRef): string {
  return `Remove or narrow ${nameRule(rule)}.`;
}

/** Lists that are worth copying are written out; of longer ones only what is to be added, their last. Null where nothing would do. */
function widened(near: ReadyAllow, host: string, lists: Record<string, readonly (string | number)[]>): string | null {
  const opening = openingOf(host, near.rule.addresses);
  if (!opening) return null;
  const fields = Object.entries({ ...lists, ...opening });
  if (fields.length === 0) return '';
  const whole = fields.map(([field, list]) => `${field}: ${show(list)}`).join(', ');
  if (fields.every(([, list]) => list.length <= longestList) && whole.length <= longestShown) {
    return `Say in ${nameRule(near.ref)}: ${whole}`;
  }
  const added = fields.map(([, list]) => show(list.slice(-1))).join(' and ');
  return `Add to the ${fields.map(([field]) => field).join(' and ')} of ${nameRule(near.ref)}: ${added}`;
}
const longestList = 16;
const longestShown = 1024;

/** Longest that is worth typing; beyond it, and where a pattern cannot say it, all below the directory. */
const longestPath = 200;

function asPattern(target: string): string {
  const path = target.split('?', 1)[0] ?? '/';
  const plain = /^[^*]*?(?=\*|%2f|$)/i.exec(path)?.[0] ?? '/';
  if (plain === path && path.length <= longestPath) return path;
  const directory = plain.slice(0, longestPath).replace(/\/[^/]*$/, '');
  return `${directory}/**`;
}
