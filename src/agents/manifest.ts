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
  type PassedTurns,
  type PinnedTool,
  parseInput,
} from '../schema/index.ts';
import { isAsStrict, termsFor } from './authority/approvals.ts';
import { behaviourProblems, termProblems } from './manifest-behaviour.ts';

/** What is known of a tool; absent: not said where agents are checked. */
export type ToolFacts = Pick<PinnedTool, 'name' | 'capability'> & Partial<PinnedTool>;

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
  { name: 'say', capability: 'person:tell' },
  { name: 'escalate', capability: 'person:escalate' },
  { name: 'waitFor', capability: 'event:wait' },
  { name: 'now', capability: 'time:read' },
  { name: 'random', capability: 'chance:draw' },
  { name: 'think', capability: 'model:ask' },
];

/** The capability of a sandbox's tool. */
export const sandboxCapability = (tool: string): string => `sandbox:${tool.replaceAll('_', '-')}`;

export const digestOf = (value: unknown): string => hash('sha256', canonicalJson(value), 'hex');

/** @throws HoldfastError `invalid-argument` that names every problem and its fix */
export function parseBundle(input: unknown, tools: readonly ToolFacts[]): AgentBundle {
  const bundle = parseInput(agentBundleSchema, input, 'agents');
  refuseProblems(checkBundle(bundle, tools));
  return bundle;
}

/** @throws HoldfastError `invalid-argument` that names every one and its fix */
export function refuseProblems(problems: readonly Problem[]): void {
  if (problems.length === 0) return;
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
    ...peerProblems(agent, agents),
    ...behaviourProblems(agent),
  ]);
  problems.push(...hostToolProblems(bundle, known));
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

/** How many of the last turns of the conversation go along with what is given to one; undefined where nothing is said. */
export function passedTo({ passes = {} }: AgentManifest, to: string): PassedTurns | undefined {
  return Object.hasOwn(passes, to) ? passes[to] : undefined;
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

/** With what its agents call of the host, as that is here. */
export function withHostTools(bundle: AgentBundle, tools: readonly PinnedTool[]): AgentBundle {
  const called = new Set(bundle.agents.flatMap((agent) => agent.tools));
  const hostTools = tools
    .filter(({ name }) => called.has(name))
    .map(({ name, capability, risk, untrusted, idempotent, class: dataClass }) => ({
      name,
      capability,
      risk,
      untrusted,
      ...(idempotent === undefined ? {} : { idempotent }),
      ...(dataClass === undefined ? {} : { class: dataClass }),
    }))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
  return hostTools.length === 0 ? bundle : { ...bundle, hostTools };
}

/**
 * How a tool is another than agents were made for; of what one of the two does not say, nothing is known. Where all else is said
 * of it, that how secret its answers are is not said any more is a change.
 */
export function toolChanges(made: ToolFacts, here: ToolFacts): { fact: string; was: unknown; is: unknown }[] {
  return (['capability', 'risk', 'untrusted', 'idempotent', 'class'] as const).flatMap((fact) => {
    const [was, is] = [made[fact], here[fact]];
    const isKnown = is !== undefined || (fact === 'class' && here.risk !== undefined);
    return was === undefined || !isKnown || was === is ? [] : [{ fact, was, is: is ?? 'not said' }];
  });
}

function hostToolProblems({ entry, hostTools = [] }: AgentBundle, known: ReadonlyMap<string, ToolFacts>): Problem[] {
  return hostTools.flatMap((made) => {
    const here = known.get(made.name);
    const changes = here ? toolChanges(made, here) : [];
    return changes.map(({ fact, was, is }) => ({
      agent: entry,
      field: `hostTools.${made.name}`,
      message: `the agents were made for a "${made.name}" with ${fact} ${String(was)}, and here it is ${String(is)}`,
      fix: 'See what that allows them with holdfast agents diff, and make them for it.',
    }));
  });
}

function delegateProblems(agent: AgentManifest, agents: ReadonlyMap<string, AgentManifest>): Problem[] {
  const { delegates, handoffs, routes, routeDefault, unroutable, passes = {} } = agent;
  const defaults = [routeDefault, unroutable].filter((to) => to !== null && to !== undefined);
  const routed = [...routes.map(({ to }) => to), ...defaults];
  const unrouted = routed.filter((to) => !delegates.includes(to));
  const unasked = Object.keys(passes).filter((to) => !delegates.includes(to) && !handoffs.includes(to));
  const unsaid = handoffs.filter((to) => passedTo(agent, to) === undefined);
  return [
    ...unsaid.map((to) =>
      problem(
        agent,
        'passes',
        `may hand the conversation to "${to}", and does not say how much of it goes along`,
        `Say passes: { ${to}: all }, or how many of the last turns.`,
      ),
    ),
    ...unasked.map((to) =>
      problem(
        agent,
        'passes',
        `passes turns to "${to}", to which it gives nothing`,
        `Add "${to}" to delegates or handoffs.`,
      ),
    ),
    ...unrouted.map((to) =>
      problem(agent, 'routes', `routes to "${to}", which is not among its delegates`, `Add "${to}" to delegates.`),
    ),
    ...(defaults.length > 1
      ? [problem(agent, 'unroutable', 'has a default that leaves nothing to its model', 'Take routeDefault away.')]
      : []),
    ...(delegates.length > 0 && agent.limits.depth < 1
      ? [problem(agent, 'limits.depth', 'has delegates and a depth of 0', 'Give it a depth of 1 or more.')]
      : []),
    ...[...new Set([...delegates, ...handoffs])].flatMap((to) => {
      const target = agents.get(to);
      const field = delegates.includes(to) ? 'delegates' : 'handoffs';
      if (!target) return [problem(agent, field, `there is no agent "${to}"`, 'Add it to the bundle.')];
      return [...narrowProblems(agent, target), ...termProblems(agent, target)];
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
export function below(agent: AgentManifest, agents: ReadonlyMap<string, AgentManifest>): AgentManifest[] {
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

/** Whoever works elsewhere does so with the tools of there, a level below. */
function peerProblems(agent: AgentManifest, agents: ReadonlyMap<string, AgentManifest>): Problem[] {
  const { model, fallbacks, tools, limits, handoffs } = agent;
  const problems: Problem[] = [];
  if (fallbacks.some(({ provider }) => provider === 'peer')) {
    problems.push(problem(agent, 'fallbacks', 'has a peer among them', 'A peer is an agent: delegate to one instead.'));
  }
  for (const to of handoffs) {
    if (agents.get(to)?.model.provider !== 'peer') continue;
    const message = `hands the conversation to '${to}', which works in another runtime`;
    problems.push(problem(agent, 'handoffs', message, 'Delegate a task to it instead.'));
  }
  if (model.provider !== 'peer') return problems;
  if (tools.length > 0) {
    problems.push(problem(agent, 'tools', 'has tools, and works in another runtime', 'Give it none.'));
  }
  if (limits.depth < 1) {
    problems.push(
      problem(agent, 'limits.depth', 'works in another runtime, a level below', 'Give it a depth of 1 or more.'),
    );
  }
  return problems;
}

const problem = ({ name }: AgentManifest, field: string, message: string, fix: string): Problem => ({
  agent: name,
  field,
  message,
  fix,
});
