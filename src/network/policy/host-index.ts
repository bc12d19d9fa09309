/** Rules by host: a question costs one look-up per label, not one per rule. */
import type { HostPattern } from './rules.ts';

interface Entry {
  hosts: readonly HostPattern[];
}

export interface HostIndex<T> {
  /** In the order of the list that was indexed. */
  find(host: string): readonly T[];
}

export function indexByHost<T extends Entry>(rules: readonly T[]): HostIndex<T> {
  const order = new Map(rules.map((rule, index) => [rule, index]));
  const exact = new Map<string, T[]>();
  const below = new Map<string, T[]>();
  const any: T[] = [];
  for (const rule of rules) {
    for (const pattern of rule.hosts) {
      const list = pattern.kind === 'any' ? any : listOf(pattern.kind === 'exact' ? exact : below, pattern.name);
      if (list.at(-1) !== rule) list.push(rule);
    }
  }
  const find = (host: string): readonly T[] => {
    const lists = [any, exact.get(host) ?? [], ...suffixes(host, below)].filter((list) => list.length > 0);
    if (lists.length <= 1) return lists[0] ?? [];
    return [...new Set(lists.flat())].sort((one, other) => (order.get(one) ?? 0) - (order.get(other) ?? 0));
  };
  return { find };
}

/** Lists of every suffix that stands behind a dot; the host itself is none. IPv6 addresses have no dots. */
function suffixes<T>(host: string, below: ReadonlyMap<string, T[]>): T[][] {
  const found: T[][] = [];
  for (let dot = host.indexOf('.'); dot >= 0 && below.size > 0; dot = host.indexOf('.', dot + 1)) {
    const list = below.get(host.slice(dot + 1));
    if (list) found.push(list);
  }
  return found;
}

function listOf<T>(lists: Map<string, T[]>, name: string): T[] {
  const list = lists.get(name) ?? [];
  lists.set(name, list);
  return list;
}
