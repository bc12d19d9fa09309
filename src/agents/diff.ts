/**
 * What changed from one set of agents to another, and whether they may do more.
 *
 * 1. Every field of a manifest is looked at: what is not understood as more or less is said to have changed.
 * 2. What lets an agent do, spend, keep or reach more, or with fewer people, is `widened`, also where less of something else
 *    comes with it.
 */
import { canonicalJson } from '../base/index.ts';
import {
  type AgentBundle,
  type AgentManifest,
  dataClasses,
  limitNames,
  type ModelFacts,
  memoryScopes,
} from '../schema/index.ts';
import { termsFor } from './authority/approvals.ts';
import { termsOf } from './authority/terms.ts';
import { passedTo, toolChanges } from './manifest.ts';

export interface Change {
  agent: string;
  /** More authority, less, or neither. */
  kind: 'widened' | 'narrowed' | 'changed';
  text: string;
}

/** What an agent may do now that it might not before, first. */
export function diffBundles(before: AgentBundle, after: AgentBundle): Change[] {
  const names = [...new Set([...before.agents, ...after.agents].map(({ name }) => name))].sort();
  const changes = names.flatMap((name) => {
    const [old, young] = [before, after].map(({ agents }) => agents.find((agent) => agent.name === name));
    if (!old) return [change(name, 'widened', `${name} is new, and may use ${young?.grants.join(', ') || 'nothing'}`)];
    if (!young) return [change(name, 'narrowed', `${name} is gone`)];
    return diffAgents(old, young);
  });
  changes.push(...hostToolChanges(before, after));
  const entry = { agent: after.entry, text: `sessions begin with ${after.entry}, and began with ${before.entry}` };
  return widestFirst([...changes, ...(before.entry === after.entry ? [] : [{ ...entry, kind: 'changed' as const }])]);
}

export function widestFirst<T extends Pick<Change, 'kind'>>(changes: readonly T[]): T[] {
  const rank = { widened: 0, narrowed: 1, changed: 2 };
  return changes.toSorted((a, b) => rank[a.kind] - rank[b.kind]);
}

/** Whoever calls a function of the host may do what that is: a fact that is another, or that is not said any more, is looked at. */
function hostToolChanges(before: AgentBundle, after: AgentBundle): Change[] {
  const callers = (tool: string): string[] =>
    after.agents
      .filter(({ name, tools }) => tools.includes(tool) && before.agents.some((old) => old.name === name))
      .map(({ name }) => name);
  return (before.hostTools ?? []).flatMap((was) => {
    const is = after.hostTools?.find(({ name }) => name === was.name);
    if (!is) {
      const text = `what ${was.name} is, is not said any more; it was ${was.risk}, by ${was.capability}`;
      return callers(was.name).map((name) => change(name, 'widened', `${name}: ${text}`));
    }
    return toolChanges(was, is).flatMap(({ fact, was: old, is: young }) => {
      // Held to more than before: its results mark a conversation, it is not done again.
      const isLess = (fact === 'untrusted' && young === true) || (fact === 'idempotent' && young === false);
      const text = `${fact} of ${was.name} ${String(old)} → ${String(young)}`;
      return callers(was.name).map((name) => change(name, isLess ? 'narrowed' : 'widened', `${name}: ${text}`));
    });
  });
}

function diffAgents(old: AgentManifest, young: AgentManifest): Change[] {
  const { name } = young;
  const lists = (['grants', 'tools', 'delegates', 'handoffs'] as const).flatMap((field) => {
    const verb = { grants: 'use', tools: 'call', delegates: 'delegate to', handoffs: 'hand over to' }[field];
    return [
      ...gone(young[field], old[field]).map((item) => change(name, 'widened', `${name} may now ${verb} ${item}`)),
      ...gone(old[field], young[field]).map((item) =>
        change(name, 'narrowed', `${name} may no longer ${verb} ${item}`),
      ),
    ];
  });
  const limits = limitNames.flatMap((limit) => {
    const [was, is] = [old.limits[limit], young.limits[limit]];
    if (was === is) return [];
    return [change(name, is > was ? 'widened' : 'narrowed', `${name}: ${limit} ${was} → ${is}`)];
  });
  const [terms, asked] = [termsOf(old), termsOf(young)];
  const rest = changeable.filter((field) => !isSame(old[field], young[field]));
  return [
    ...lists,
    ...limits,
    ...young.tools.filter((tool) => old.tools.includes(tool)).flatMap((tool) => approvalChanges(old, young, tool)),
    ...gone(terms, asked).map((term) => change(name, 'widened', `${name} no longer requires ${term}`)),
    ...gone(asked, terms).map((term) => change(name, 'narrowed', `${name} now requires ${term}`)),
    ...policyChanges(old, young),
    ...modelChanges(old, young),
    ...memoryChanges(old, young),
    ...passChanges(old, young),
    ...rest.map((field) => change(name, 'changed', `${name}: ${field} changed`)),
  ];
}

/** Neither more nor less by themselves. */
const changeable = [
  'format',
  'purpose',
  'instructions',
  'attempts',
  'patienceMs',
  'routes',
  'routeDefault',
  'unroutable',
  'compaction',
  'idleMs',
  'program',
  'flow',
] as const;

const isSame = (one: unknown, other: unknown): boolean => canonicalJson(one ?? null) === canonicalJson(other ?? null);

const gone = (before: readonly string[], after: readonly string[]): string[] =>
  before.filter((item) => !after.includes(item));

/** What a text of them means is for whoever reads it; that there are none any more means that all that is granted is permitted. */
function policyChanges({ policies: old }: AgentManifest, { name, policies: young }: AgentManifest): Change[] {
  const [before, after] = [Object.keys(old), Object.keys(young)];
  if (before.length > 0 && after.length === 0) return [change(name, 'widened', `${name} has no policies any more`)];
  if (before.length === 0 && after.length > 0) return [change(name, 'narrowed', `${name} does what policies permit`)];
  const names = [...new Set([...before, ...after])].sort();
  return names
    .filter((policy) => old[policy] !== young[policy])
    .map((policy) => change(name, 'changed', `${name}: policy ${policy} changed`));
}

/** Whoever is asked reads the conversation: another model, or another address, is another reader. */
function modelChanges(old: AgentManifest, young: AgentManifest): Change[] {
  const { name } = young;
  const [before, after] = [old, young].map(({ model, fallbacks }) => [model, ...fallbacks]);
  const [were, are] = [(before ?? []).map(readerOf), (after ?? []).map(readerOf)];
  const readers = [
    ...gone(are, were).map((reader) => change(name, 'widened', `${name} may now ask ${reader}`)),
    ...gone(were, are).map((reader) => change(name, 'narrowed', `${name} may no longer ask ${reader}`)),
  ];
  const isUnpriced = (models: readonly ModelFacts[] = []): boolean => models.some(({ price }) => price === 'unpriced');
  if (!isUnpriced(before) && isUnpriced(after)) {
    readers.push(change(name, 'widened', `${name}: cents no longer limit all that it asks`));
  }
  if (readers.length > 0 || isSame(before, after)) return readers;
  return [change(name, 'changed', `${name}: model changed`)];
}

function readerOf(facts: ModelFacts): string {
  switch (facts.provider) {
    case 'scripted':
      return 'a scripted model';
    case 'replay':
      return `the tape ${facts.tape}${facts.of === undefined ? '' : ` of ${facts.of}`}`;
    case 'peer':
      return `${facts.peer}/${facts.agent}`;
    case 'compatible':
      return `${facts.provider}/${facts.id}${facts.baseUrl === undefined ? '' : ` at ${facts.baseUrl}`}`;
    default:
      return `${facts.provider}/${facts.id}`;
  }
}

/** What goes along with what is given away: nothing with a task where nothing is said, and in older agents all with the conversation. */
function passChanges(old: AgentManifest, young: AgentManifest): Change[] {
  const { name } = young;
  const turns = (agent: AgentManifest, to: string): number => {
    const said = passedTo(agent, to) ?? (agent.handoffs.includes(to) ? 'all' : 0);
    return said === 'all' ? Number.POSITIVE_INFINITY : said;
  };
  const targets = [...young.delegates, ...young.handoffs].filter((to) =>
    [...old.delegates, ...old.handoffs].includes(to),
  );
  return [...new Set(targets)].sort().flatMap((to) => {
    const [was, is] = [turns(old, to), turns(young, to)];
    if (was === is) return [];
    const told = (count: number): string => (count === Number.POSITIVE_INFINITY ? 'all' : String(count));
    return [
      change(name, is > was ? 'widened' : 'narrowed', `${name}: turns passed to ${to} ${told(was)} → ${told(is)}`),
    ];
  });
}

function memoryChanges({ memory: old }: AgentManifest, { name, memory: young }: AgentManifest): Change[] {
  return [...new Set([...Object.keys(old), ...Object.keys(young)])].sort().flatMap((slot) => {
    const [was, is] = [old[slot], young[slot]];
    if (!is) return [change(name, 'narrowed', `${name} no longer has the memory ${slot}`)];
    if (!was) return [change(name, 'widened', `${name} now has the memory ${slot} (${is.scope}, ${is.class})`)];
    const more: readonly (readonly [string, boolean])[] = [
      [`scope ${was.scope} → ${is.scope}`, memoryScopes.indexOf(is.scope) > memoryScopes.indexOf(was.scope)],
      [`class ${was.class} → ${is.class}`, dataClasses.indexOf(is.class) > dataClasses.indexOf(was.class)],
      [`kept for ${was.retentionDays} → ${is.retentionDays} days`, is.retentionDays > was.retentionDays],
    ];
    const isChanged = [was.scope !== is.scope, was.class !== is.class, was.retentionDays !== is.retentionDays];
    return more
      .filter((_, at) => isChanged[at])
      .map(([text, isMore]) => change(name, isMore ? 'widened' : 'narrowed', `${name}: memory ${slot}: ${text}`));
  });
}

/** Of a tool that it had before and has now: each way in which fewer people, or the same ones with less, decide. */
function approvalChanges(old: AgentManifest, young: AgentManifest, tool: string): Change[] {
  const { name } = young;
  const [was, is] = [termsFor([old], tool), termsFor([young], tool)];
  if (!was && !is) return [];
  if (!is) return [change(name, 'widened', `${name} calls ${tool} without an approval`)];
  if (!was) return [change(name, 'narrowed', `${name} calls ${tool} only with an approval`)];
  const changes: Change[] = [];
  const told = (isWeaker: boolean, text: string): void => {
    changes.push(change(name, isWeaker ? 'widened' : 'narrowed', `${name}: ${text}`));
  };
  if (was.quorum !== is.quorum) told(is.quorum < was.quorum, `approvals of ${tool} need ${was.quorum} → ${is.quorum}`);
  if (was.fourEyes !== is.fourEyes) {
    told(!is.fourEyes, `whom it works for may ${is.fourEyes ? 'no longer' : 'now'} approve ${tool}`);
  }
  if (was.withinMs !== is.withinMs) {
    told(is.withinMs > was.withinMs, `approvals of ${tool} are waited for ${was.withinMs} → ${is.withinMs} ms`);
  }
  return changes;
}

const change = (agent: string, kind: Change['kind'], text: string): Change => ({ agent, kind, text });
