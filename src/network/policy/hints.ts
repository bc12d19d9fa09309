/** The change to a policy that would allow what was refused, exact enough to be typed. */
import type { NetworkProtocol, RuleRef } from '../../schema/index.ts';
import type { Destination, RequestQuestion } from '../types.ts';
import { entry, nameRule, show } from './decisions.ts';
import { portsOf, type ReadyAllow } from './rules.ts';

const usual = { https: 443, http: 80, tcp: 0 } as const;

export function hostHint({ host, port }: Destination, protocol: NetworkProtocol): string {
  return `Add to the policy's allow list: ${entry({
    host,
    ...(protocol === 'https' ? {} : { protocol }),
    ...(usual[protocol] === port ? {} : { ports: [port] }),
  })}`;
}

export function portHint(destination: Destination, protocol: NetworkProtocol, near: ReadyAllow): string {
  if (near.ref.preset !== null || near.rule.protocol !== protocol) return hostHint(destination, protocol);
  return widened(near, 'ports', [...portsOf(near.rule), destination.port]);
}

export function methodHint({ host, port, scheme, method }: RequestQuestion, near: ReadyAllow): string {
  if (!/^[A-Z]{1,32}$/.test(method)) return `Leave out methods in ${nameRule(near.ref)}: methods are upper-case words.`;
  if (near.ref.preset === null) {
    return widened(near, 'methods', [...(near.rule.methods ?? []), method]);
  }
  return `Add to the policy's allow list: ${entry({ host, protocol: scheme, ports: [port], methods: [method] })}`;
}

export function pathHint({ host, port, scheme, target }: RequestQuestion, near: ReadyAllow): string {
  const path = asPattern(target);
  if (near.ref.preset === null) return widened(near, 'paths', [...(near.rule.paths ?? []), path]);
  return `Add to the policy's allow list: ${entry({ host, protocol: scheme, ports: [port], paths: [path] })}`;
}

export function addressHint(address: string, rule: RuleRef): string {
  const range = `${address}/${address.includes(':') ? 128 : 32}`;
  return `If the sandbox may reach it, say in ${nameRule(rule)}: addresses: ${show([range])}`;
}

export function removeHint(rule: RuleRef): string {
  return `Remove or narrow ${nameRule(rule)}.`;
}

/** A list that is worth copying is written out; of a longer one only what is to be added, its last. */
function widened(near: ReadyAllow, field: 'ports' | 'methods' | 'paths', list: readonly (string | number)[]): string {
  const whole = show(list);
  return list.length <= longestList && whole.length <= longestShown
    ? `Say in ${nameRule(near.ref)}: ${field}: ${whole}`
    : `Add to the ${field} of ${nameRule(near.ref)}: ${show(list.slice(-1))}`;
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
