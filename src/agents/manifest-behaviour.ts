/** What is wrong with how an agent is led, and with what it asks of person and place. */
import type { AgentManifest, FlowStep } from '../schema/index.ts';
import { termsOf } from './authority/terms.ts';
import { isReference, referencesIn } from './flows/flow.ts';
import type { Problem } from './manifest.ts';
import { isLed } from './programs/runs.ts';
import { isWait, longestWaitMs, shortestWaitMs, waitingTools } from './waits.ts';

type Found = Omit<Problem, 'agent'>;

export function behaviourProblems(agent: AgentManifest): Problem[] {
  const { name, tools } = agent;
  const problems: Found[] = isLed(agent)
    ? [...ledProblems(agent), ...flowProblems(agent)]
    : tools
        .filter((tool) => tool === 'think')
        .map(() => ({
          field: 'tools',
          message: 'has the tool "think", and its model thinks anyway',
          fix: 'Take "think" away, or give the agent a flow or a program.',
        }));
  return problems.map((each) => ({ agent: name, ...each }));
}

function ledProblems({
  program,
  flow,
  handoffs,
  routes,
  routeDefault,
  unroutable,
  compaction,
}: AgentManifest): Found[] {
  const alien = [
    ...(program !== undefined && flow !== undefined ? ['program'] : []),
    ...(flow !== undefined && handoffs.length > 0 ? ['handoffs'] : []),
    ...(routes.length > 0 || routeDefault !== null || unroutable !== undefined ? ['routes'] : []),
    ...(compaction === null ? [] : ['compaction']),
  ];
  const leader = flow === undefined ? 'a program' : 'a flow';
  return alien.map((field) => ({
    field,
    message: `is led by ${leader}, which has no ${field}`,
    fix: field === 'program' ? 'Give it a program or a flow.' : `Take ${field} away; ${leader} delegates.`,
  }));
}

function flowProblems({ name, flow, tools, delegates }: AgentManifest): Found[] {
  const known = new Set(['input']);
  const found: Found[] = [];
  for (const step of flow?.steps ?? []) {
    const field = `flow.${step.name}`;
    const used = step.think === undefined ? (step.call ?? '') : 'think';
    if (!tools.includes(used)) {
      found.push({ field, message: `'${name}' has no tool '${used}'`, fix: `Its tools are ${tools.join(', ')}.` });
    }
    found.push(...unknownReferences([step.input, step.think, step.when?.value], known, field));
    found.push(...waitProblems(step, field));
    const to = used === 'delegate' ? fieldOf(step.input, 'to') : null;
    if (typeof to === 'string' && !to.includes('{{') && !delegates.includes(to)) {
      const fix = `It may give work to ${delegates.join(', ') || 'nobody'}.`;
      found.push({ field, message: `delegates to "${to}", which is not among its delegates`, fix });
    }
    if (known.has(step.name)) {
      found.push({ field, message: 'two steps have this name', fix: 'Rename one of them.' });
    }
    known.add(step.name);
  }
  return [...found, ...unknownReferences([flow?.answer], known, 'flow.answer')];
}

function unknownReferences(values: readonly unknown[], known: ReadonlySet<string>, field: string): Found[] {
  return [...new Set(values.flatMap(referencesIn))]
    .filter((name) => !known.has(name))
    .map((name) => ({
      field,
      message: `refers to '${name}', which is no step before it`,
      fix: `It may refer to ${[...known].join(', ')}.`,
    }));
}

/** Said in the step, or by a step before it: what that said is looked at while it runs. */
function waitProblems({ call, input }: FlowStep, field: string): Found[] {
  if (call === undefined || !waitingTools.has(call)) return [];
  const within = fieldOf(input, 'withinMs');
  if (isWait(within) || isReference(within)) return [];
  const bounds = `from ${shortestWaitMs} to ${longestWaitMs}`;
  const message =
    typeof within === 'number'
      ? `waits for ${within} ms: withinMs is ${bounds}`
      : `waits without an end: withinMs is ${within === null ? 'missing' : 'no number'}`;
  return [{ field, message, fix: `Give it withinMs, in milliseconds, ${bounds}.` }];
}

/** Null where there is none. */
function fieldOf(input: unknown, name: string): unknown {
  if (typeof input !== 'object' || input === null || !Object.hasOwn(input, name)) return null;
  return (input as Record<string, unknown>)[name];
}

/** Whoever gives work asks for at least as much of person and place as the one who gets it. */
export function termProblems(agent: AgentManifest, target: AgentManifest): Problem[] {
  const own = termsOf(agent);
  return termsOf(target)
    .filter((term) => !own.includes(term))
    .map((term) => ({
      agent: agent.name,
      field: term.startsWith('contract') ? 'contract' : 'person',
      message: `'${agent.name}' may not delegate to '${target.name}': it does not require '${term}'`,
      fix: `Let '${agent.name}' require '${term}' too.`,
    }));
}
