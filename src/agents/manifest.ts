/**
 * Agents as data, checked as a whole: what types reject at compile time is rejected here too, whoever wrote the data.
 *
 * 1. A bundle that passes has no agent that could do more, or with fewer approvals, than whoever delegates to it, directly or
 *    over others, and none without limits.
 * 2. The digest is over the canonical form, so that two texts of the same agent are the same agent.
 */
import { hash } from 'node:crypto';
import { canonicalJson } from '../base/index.ts';
import {
  type AgentBundle,
  type AgentManifest,
  agentBundleSchema,
  HoldfastError,
  limitNames,
  parseInput,
} from '../schema/index.ts';
import { isAsStrict, termsFor } from './authority/approvals.ts';

export interface ToolFacts {
  name: string;
  /** What an agent must be granted to call it. */
  capability: string;
}

export interface Problem {
  agent: string;
  /** Where in its manifest. */
  field: string;
  message: string;
  fix: string;
}

/** What every agent has without asking, and what it needs to be granted for that. */
export const builtInTools: readonly ToolFacts[] = [
  { name: 'delegate', capability: 'agent:delegate' },
  { name: 'handoff', capability: 'agent:handoff' },
  { name: 'remember', capability: 'memory:write' },
  { name: 'recall', capability: 'memory:read' },
  { name: 'sleep', capability: 'time:sleep' },
  { name: 'ask', capability: 'person:ask' },
];

/** The capability of a sandbox's tool. */
export const sandboxCapability = (tool: string): string => `sandbox:${tool.replaceAll('_', '-')}`;

export const digestOf = (value: unknown): string => hash('sha256', canonicalJson(value), 'hex');

/** @throws HoldfastError `invalid-argument` that names every problem and its fix */
export function parseBundle(input: unknown, tools: readonly ToolFacts[]): AgentBundle {
  const bundle = parseInput(agentBundleSchema, input, 'agents');
  const problems = checkBundle(bundle, tools);
  if (problems.length === 0) return bundle;
  const shown = problems.slice(0, 10).map(({ agent, field, message }) => `${agent}.${field}: ${message}`);
  throw new HoldfastError('invalid-argument', `agents: ${shown.join('; ')}`, {
    hint: problems[0]?.fix ?? '',
    details: { problems },
  });
}

export function checkBundle(bundle: AgentBundle, tools: readonly ToolFacts[]): Problem[] {
  const known = new Map([...tools, ...builtInTools].map((tool) => [tool.name, tool]));
  const agents = new Map(bundle.agents.map((agent) => [agent.name, agent]));
  const problems = bundle.agents.flatMap((agent) => [
    ...toolProblems(agent, known),
    ...delegateProblems(agent, agents),
    ...approvalProblems(agent, agents),
    ...ruleProblems(agent),
  ]);
  const twice = bundle.agents.find(({ name }, at) => bundle.agents.findIndex((other) => other.name === name) !== at);
  if (twice) problems.push(problem(twice, 'name', 'two agents have this name', 'Rename one of them.'));
  if (!agents.has(bundle.entry)) {
    const message = `the entry "${bundle.entry}" is not among the agents`;
    problems.push({
      agent: bundle.entry,
      field: 'entry',
      message,
      fix: `Name one of ${[...agents.keys()].join(', ')}.`,
    });
  }
  return problems;
}

export function agentOf(bundle: AgentBundle, name: string): AgentManifest {
  const found = bundle.agents.find((agent) => agent.name === name);
  if (found) return found;
  throw new HoldfastError('not-found', `there is no agent ${JSON.stringify(name)} in the bundle`, {
    hint: `It has: ${bundle.agents.map((agent) => agent.name).join(', ')}.`,
  });
}

function toolProblems(agent: AgentManifest, known: ReadonlyMap<string, ToolFacts>): Problem[] {
  return agent.tools.flatMap((name) => {
    const tool = known.get(name);
    if (!tool) {
      return [problem(agent, 'tools', `there is no tool "${name}"`, `The tools are ${[...known.keys()].join(', ')}.`)];
    }
    if (agent.grants.includes(tool.capability)) return [];
    const message = `tool "${name}" needs '${tool.capability}', which '${agent.name}' is not granted`;
    return [problem(agent, 'grants', message, `Grant '${tool.capability}', or take the tool away.`)];
  });
}

function delegateProblems(agent: AgentManifest, agents: ReadonlyMap<string, AgentManifest>): Problem[] {
  const { delegates, handoffs, routes, routeDefault } = agent;
  const routed = [...routes.map(({ to }) => to), ...(routeDefault === null ? [] : [routeDefault])];
  const unrouted = routed.filter((to) => !delegates.includes(to));
  return [
    ...unrouted.map((to) =>
      problem(agent, 'routes', `routes to "${to}", which is not among its delegates`, `Add "${to}" to delegates.`),
    ),
    ...(delegates.length > 0 && agent.limits.depth < 1
      ? [problem(agent, 'limits.depth', 'has delegates and a depth of 0', 'Give it a depth of 1 or more.')]
      : []),
    ...[...new Set([...delegates, ...handoffs])].flatMap((to) => {
      const target = agents.get(to);
      if (!target) return [problem(agent, 'delegates', `there is no agent "${to}"`, 'Add it to the bundle.')];
      return narrowProblems(agent, target);
    }),
  ];
}

/** Authority and budgets only shrink. */
function narrowProblems(agent: AgentManifest, target: AgentManifest): Problem[] {
  const missing = target.grants.filter((grant) => !agent.grants.includes(grant));
  const larger = limitNames.filter((name) => target.limits[name] > agent.limits[name]);
  return [
    ...missing.map((grant) =>
      problem(
        agent,
        'delegates',
        `'${agent.name}' may not delegate to '${target.name}': it does not hold '${grant}'`,
        `Grant '${grant}' to '${agent.name}', or take it from '${target.name}'.`,
      ),
    ),
    ...larger.map((name) =>
      problem(
        agent,
        `limits.${name}`,
        `'${target.name}' has a larger '${name}' limit than '${agent.name}'`,
        `Give '${target.name}' at most ${agent.limits[name]}.`,
      ),
    ),
  ];
}

/** What needs people here needs them below too, however many agents are between. */
function approvalProblems(agent: AgentManifest, agents: ReadonlyMap<string, AgentManifest>): Problem[] {
  return [...new Set(agent.approvals.flatMap(({ tools }) => tools))].flatMap((tool) => {
    const terms = termsFor([agent], tool);
    const loose = below(agent, agents).filter(
      (target) => target.tools.includes(tool) && terms !== null && !isAsStrict(termsFor([target], tool), terms),
    );
    return loose.map(({ name }) =>
      problem(
        agent,
        'approvals',
        `'${name}' may call "${tool}" with less approval than '${agent.name}', for which it works`,
        `Give '${name}' a rule of approval for "${tool}" that is at least as strict: ${JSON.stringify(terms)}.`,
      ),
    );
  });
}

/** All that get its work, directly or from one of them. */
function below(agent: AgentManifest, agents: ReadonlyMap<string, AgentManifest>): AgentManifest[] {
  const found = new Set([agent]);
  for (const { delegates, handoffs } of found) {
    for (const name of [...delegates, ...handoffs]) {
      const target = agents.get(name);
      if (target) found.add(target);
    }
  }
  found.delete(agent);
  return [...found];
}

function ruleProblems(agent: AgentManifest): Problem[] {
  const asked = agent.approvals.flatMap(({ tools }) => tools).filter((tool) => !agent.tools.includes(tool));
  return asked.map((tool) =>
    problem(
      agent,
      'approvals',
      `names the tool "${tool}", which it does not have`,
      `The tools are ${agent.tools.join(', ')}.`,
    ),
  );
}

const problem = ({ name }: AgentManifest, field: string, message: string, fix: string): Problem => ({
  agent: name,
  field,
  message,
  fix,
});

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
  const rank = { widened: 0, narrowed: 1, changed: 2 };
  return changes.sort((a, b) => rank[a.kind] - rank[b.kind]);
}

function diffAgents(old: AgentManifest, young: AgentManifest): Change[] {
  const { name } = young;
  const lists = (['grants', 'tools', 'delegates', 'handoffs'] as const).flatMap((field) => {
    const verb = { grants: 'use', tools: 'call', delegates: 'delegate to', handoffs: 'hand over to' }[field];
    const gained = young[field].filter((item) => !old[field].includes(item));
    const lost = old[field].filter((item) => !young[field].includes(item));
    return [
      ...gained.map((item) => change(name, 'widened', `${name} may now ${verb} ${item}`)),
      ...lost.map((item) => change(name, 'narrowed', `${name} may no longer ${verb} ${item}`)),
    ];
  });
  const limits = limitNames.flatMap((limit) => {
    const [was, is] = [old.limits[limit], young.limits[limit]];
    if (was === is) return [];
    return [change(name, is > was ? 'widened' : 'narrowed', `${name}: ${limit} ${was} → ${is}`)];
  });
  const rest = (['model', 'instructions', 'policies', 'memory', 'routes', 'purpose'] as const).filter(
    (field) => canonicalJson(old[field]) !== canonicalJson(young[field]),
  );
  return [
    ...lists,
    ...limits,
    ...young.tools.filter((tool) => old.tools.includes(tool)).flatMap((tool) => approvalChanges(old, young, tool)),
    ...rest.map((field) => change(name, 'changed', `${name}: ${field} changed`)),
  ];
}

/** Of a tool that it had before and has now: each way in which fewer people, or the same ones with less, decide. */
function approvalChanges(old: AgentManifest, young: AgentManifest, tool: string): Change[] {
  const { name } = young;
  const [was, is] = [termsFor([old], tool), termsFor([young], tool)];
  if (!was && !is) return [];
  if (!is) return [change(name, 'widened', `${name} calls ${tool} without an approval`)];
  if (!was) return [change(name, 'narrowed', `${name} calls ${tool} only with an approval`)];
  const kindOf = (isWeaker: boolean): Change['kind'] => (isWeaker ? 'widened' : 'narrowed');
  return [
    ...(was.quorum === is.quorum
      ? []
      : [
          change(
            name,
            kindOf(is.quorum < was.quorum),
            `${name}: approvals of ${tool} need ${was.quorum} → ${is.quorum}`,
          ),
        ]),
    ...(was.fourEyes === is.fourEyes
      ? []
      : [
          change(
            name,
            kindOf(!is.fourEyes),
            `${name}: whom it works for may ${is.fourEyes ? 'no longer' : 'now'} approve ${tool}`,
          ),
        ]),
    ...(was.withinMs === is.withinMs
      ? []
      : [
          change(
            name,
            kindOf(is.withinMs > was.withinMs),
            `${name}: approvals of ${tool} are waited for ${was.withinMs} → ${is.withinMs} ms`,
          ),
        ]),
  ];
}

const change = (agent: string, kind: Change['kind'], text: string): Change => ({ agent, kind, text });
