/** The words that agents are written in. Each makes plain data; what they make together is a bundle of manifests. */
import type { z } from 'zod';
import {
  type AgentBundle,
  type AgentLimits,
  type AgentManifestInput,
  agentFormat,
  agentManifestSchema,
  type ChannelInput,
  type DataClass,
  HoldfastError,
  type MemoryScope,
  type PassedTurns,
  type PersonTerms,
  parseInput,
} from '../../schema/index.ts';
import { termsOf } from '../authority/terms.ts';
import { withHostTools } from '../manifest.ts';
import type { AnyHostTool, CallContext, HostToolFacts } from '../tools.ts';
import type { AnswerWithin, StepFacts, StepsWithin } from './flow-types.ts';
import type {
  AgentConstruct,
  AgentsBelow,
  CallsOf,
  ChannelConstruct,
  ChannelsTo,
  NameIn,
  NamesOf,
  NeedsOf,
  Storable,
  ToolConstruct,
  ToolsWithin,
} from './types.ts';

type Capability = `${string}:${string}`;
type ContractName = `${string}/${number}.${number}.${number}`;
type Model = AgentManifestInput['model'];

/** A power that can be granted: `area:power`. */
export const cap = <const Name extends Capability>(name: Name): Name => name;

/** A function of the host. All its facts are needed: who may call it, what it can do, whether it can be done again. */
export function tool<
  const Name extends string,
  const Needs extends Capability,
  I extends z.ZodType,
  O extends z.ZodType,
>(
  facts: Omit<HostToolFacts<I, O>, 'name' | 'capability' | 'output' | 'run'> & {
    name: Name;
    capability: Needs;
    output: O & NoInfer<Storable<O>>;
    run(input: z.output<I>, context: CallContext): Promise<z.input<O>>;
  },
): ToolConstruct<Name, Needs> {
  // `run` takes what `input` checks; the runtime never calls it with anything else.
  const host = facts as unknown as AnyHostTool;
  return { kind: 'tool', name: facts.name, capability: facts.capability, host };
}

const runtimeTool = <const Name extends string, const Needs extends Capability>(
  name: Name,
  capability: Needs,
): ToolConstruct<Name, Needs> => ({ kind: 'tool', name, capability });

/** Tools that work in the session's sandbox. */
export const sandbox: {
  readonly shell: ToolConstruct<'shell', 'sandbox:shell'>;
  readonly shellSession: ToolConstruct<'shell_session', 'sandbox:shell-session'>;
  readonly files: ToolConstruct<'files', 'sandbox:files'>;
} = {
  shell: runtimeTool('shell', 'sandbox:shell'),
  shellSession: runtimeTool('shell_session', 'sandbox:shell-session'),
  files: runtimeTool('files', 'sandbox:files'),
};

/** Tools that the runtime itself brings. */
export const builtIn: {
  readonly remember: ToolConstruct<'remember', 'memory:write'>;
  readonly recall: ToolConstruct<'recall', 'memory:read'>;
  readonly sleep: ToolConstruct<'sleep', 'time:sleep'>;
  readonly ask: ToolConstruct<'ask', 'person:ask'>;
  readonly say: ToolConstruct<'say', 'person:tell'>;
  readonly escalate: ToolConstruct<'escalate', 'person:escalate'>;
  readonly waitFor: ToolConstruct<'waitFor', 'event:wait'>;
  readonly now: ToolConstruct<'now', 'time:read'>;
  readonly random: ToolConstruct<'random', 'chance:draw'>;
} = {
  remember: runtimeTool('remember', 'memory:write'),
  recall: runtimeTool('recall', 'memory:read'),
  sleep: runtimeTool('sleep', 'time:sleep'),
  ask: runtimeTool('ask', 'person:ask'),
  say: runtimeTool('say', 'person:tell'),
  escalate: runtimeTool('escalate', 'person:escalate'),
  waitFor: runtimeTool('waitFor', 'event:wait'),
  now: runtimeTool('now', 'time:read'),
  random: runtimeTool('random', 'chance:draw'),
};

/** All five are needed; zero means zero. */
export const limits = <const L extends AgentLimits>(given: L): L => given;

/** A place to remember things: for whom, for how long, of which kind. */
export const memory = <
  const Slots extends Record<string, { scope: MemoryScope; retentionDays: number; class: DataClass }>,
>(
  slots: Slots,
): Slots => slots;

/** Cedar policies by name. With any, only what a permit allows is done. */
export const policy = <const Policies extends Record<string, string>>(policies: Policies): Policies => policies;

/** For whom an agent works at all: what must be known of the person when a session starts. */
export const person = <const Terms extends PersonTerms>(terms: Terms): Terms => terms;

/** Where an agent works at all: only in a sandbox that is held to this runtime contract, e.g. `coding-agent/1.0.0`. */
export const contract = <const Name extends ContractName>(name: Name): Name => name;

interface Common<
  Name extends string,
  Grants extends readonly string[],
  Limits extends AgentLimits,
  Person extends PersonTerms,
  Contract extends string,
> {
  name: Name;
  /** Who delegates to it must require the same, or more. */
  person?: Person;
  contract?: Contract;
  /** One sentence, for whoever chooses it. */
  purpose: string;
  instructions: string;
  model: Model;
  fallbacks?: Model[];
  attempts?: number;
  /** How long the session waits for a model that is away; an hour if not said. */
  patienceMs?: number;
  grants: Grants;
  limits: Limits;
  memory?: Record<string, { scope: MemoryScope; retentionDays: number; class: DataClass }>;
  policies?: Record<string, string>;
  compaction?: { aboveBytes: number; keepTurns: number; keepCalls?: number };
  idleMs?: number;
}

interface ApprovalRule<Tool extends string> {
  tools: readonly Tool[];
  /** How long it is waited for; then it is a no. */
  withinMs: number;
  quorum?: number;
  fourEyes?: boolean;
}

/**
 * How many of the last turns of the conversation go along, by agent. Where nothing is said, none goes with a task; for each that
 * may get the conversation itself it is said.
 */
type Passes<Tasks extends string, Conversations extends string = never> = [Conversations] extends [never]
  ? { passes?: PassedWithTasks<Tasks> }
  : { passes: PassedWithTasks<Tasks> & { readonly [To in NoInfer<Conversations>]: PassedTurns } };
type PassedWithTasks<Tasks extends string> = { readonly [To in NoInfer<Tasks>]?: PassedTurns };

const passed = ({ passes }: { passes?: object }): Partial<AgentManifestInput> =>
  passes === undefined ? {} : { passes: passes as Record<string, PassedTurns> };

export function agent<
  const Name extends string,
  const Grants extends readonly Capability[],
  const Limits extends AgentLimits,
  const Tools extends readonly unknown[] = [],
  const Delegates extends readonly unknown[] = [],
  const Handoffs extends readonly unknown[] = [],
  const Person extends PersonTerms = Record<never, never>,
  const Contract extends ContractName = never,
>(
  facts: Common<Name, Grants, Limits, Person, Contract> & {
    tools: ToolsWithin<Name, Grants, Tools>;
    delegates?: AgentsBelow<Name, Grants, Limits, NeedsOf<Person, Contract>, Delegates>;
    handoffs?: AgentsBelow<Name, Grants, Limits, NeedsOf<Person, Contract>, Handoffs>;
    approvals?: readonly ApprovalRule<NoInfer<NamesOf<Tools>>>[];
  } & Passes<NameIn<Delegates[number]>, NameIn<Handoffs[number]>>,
): AgentConstruct<
  Name,
  Grants[number],
  Limits,
  NeedsOf<Person, Contract>,
  NameIn<Tools[number]> | CallsOf<Delegates> | CallsOf<Handoffs>
> {
  return made(facts, {
    tools: membersOf<ToolConstruct>(facts.tools),
    delegates: membersOf<AgentConstruct>(facts.delegates),
    handoffs: membersOf<AgentConstruct>(facts.handoffs),
    rest: {
      approvals: (facts.approvals ?? []).map((rule) => ({ ...rule, tools: [...rule.tools] })),
      ...passed(facts),
    },
  });
}

/** Sends work to experts: by rule, without a model, where a rule knows; what none knows goes to `otherwise`. */
export function supervisor<
  const Name extends string,
  const Grants extends readonly Capability[],
  const Limits extends AgentLimits,
  const Experts extends readonly unknown[],
  const Person extends PersonTerms = Record<never, never>,
  const Contract extends ContractName = never,
>(
  facts: Common<Name, Grants, Limits, Person, Contract> & {
    experts: AgentsBelow<Name, Grants, Limits, NeedsOf<Person, Contract>, Experts>;
    routes: readonly { words: readonly string[]; to: NoInfer<NamesOf<Experts>> }[];
    /** An expert's name; or `model`: its own model decides, and what it gives to nobody goes to the one that is named, if any. */
    otherwise: NoInfer<NamesOf<Experts>> | 'model' | { model: true; unroutable: NoInfer<NamesOf<Experts>> };
  } & Passes<NameIn<Experts[number]>>,
): AgentConstruct<Name, Grants[number], Limits, NeedsOf<Person, Contract>, 'delegate' | CallsOf<Experts>> {
  return made(facts, {
    tools: [runtimeTool('delegate', 'agent:delegate')],
    delegates: membersOf<AgentConstruct>(facts.experts),
    handoffs: [],
    rest: {
      routes: facts.routes.map(({ words, to }) => ({ words: [...words], to })),
      ...otherwiseOf(facts.otherwise),
      ...passed(facts),
    },
  });
}

function otherwiseOf(otherwise: string | { unroutable: string }): Partial<AgentManifestInput> {
  if (typeof otherwise !== 'string') return { unroutable: otherwise.unroutable };
  return { routeDefault: otherwise === 'model' ? null : otherwise };
}

/**
 * Steps in their order: what is known is done by tools, the same each time; where judgement is needed, the agent's model is
 * asked. `{{input}}` is the message, `{{name}}` the value of an earlier step, `{{name.field}}` a part of it.
 */
export function flow<
  const Name extends string,
  const Grants extends readonly Capability[],
  const Limits extends AgentLimits,
  const Steps extends readonly StepFacts[],
  const Answer extends string,
  const Tools extends readonly unknown[] = [],
  const Delegates extends readonly unknown[] = [],
  const Person extends PersonTerms = Record<never, never>,
  const Contract extends ContractName = never,
>(
  facts: Common<Name, Grants, Limits, Person, Contract> & {
    tools: ToolsWithin<Name, Grants, Tools>;
    delegates?: AgentsBelow<Name, Grants, Limits, NeedsOf<Person, Contract>, Delegates>;
    approvals?: readonly ApprovalRule<NoInfer<NamesOf<Tools>>>[];
    steps: Steps &
      NoInfer<
        StepsWithin<
          {
            agent: Name;
            grant: Grants[number];
            tool: NameIn<Tools[number]> | (Delegates extends readonly [] ? never : 'delegate');
            below: NameIn<Delegates[number]>;
          },
          Steps
        >
      >;
    answer: AnswerWithin<Answer, Steps>;
  },
): AgentConstruct<
  Name,
  Grants[number],
  Limits,
  NeedsOf<Person, Contract>,
  NameIn<Tools[number]> | 'think' | CallsOf<Delegates>
> {
  const steps: readonly StepFacts[] = facts.steps;
  const thinks = steps.some(({ think }) => think !== undefined);
  return made(facts, {
    tools: [...membersOf<ToolConstruct>(facts.tools), ...(thinks ? [runtimeTool('think', 'model:ask')] : [])],
    delegates: membersOf<AgentConstruct>(facts.delegates),
    handoffs: [],
    rest: {
      approvals: (facts.approvals ?? []).map((rule) => ({ ...rule, tools: [...rule.tools] })),
      // Read by its schema, which refuses what is no flow.
      flow: { steps: [...steps], answer: facts.answer } as AgentManifestInput['flow'],
    },
  });
}

/** Where people talk with an agent. What may come and go there is part of it; secrets are names of the secret store. */
export function channel<const Name extends string, const Agent extends string>(
  facts: ChannelInput & { name: Name; agent: Agent },
): ChannelConstruct<Name, Agent> {
  return { kind: 'channel', name: facts.name, agent: facts.agent, facts };
}

/** Channels to these agents, as `createRuntime({ agents: { ...agentsOf(...), channels } })` takes them. */
export function channelsOf<const Agents extends readonly AgentConstruct[], const Channels extends readonly unknown[]>(
  _agents: Agents,
  channels: ChannelsTo<NamesOf<Agents>, Channels>,
): ChannelInput[] {
  return membersOf<ChannelConstruct>(channels).map(({ facts }) => facts);
}

/** Agents and their host tools, as `createRuntime({ agents })` takes them. */
export function agentsOf(...entries: readonly AgentConstruct[]): {
  bundles: AgentBundle[];
  tools: AnyHostTool[];
} {
  const tools = new Map<string, AnyHostTool>();
  for (const { members } of entries) {
    for (const { tools: own } of members.values()) {
      for (const each of own) {
        const known = tools.get(each.name);
        if (known && known !== each) {
          throw new HoldfastError('invalid-argument', `two different tools are called ${each.name}`, {
            hint: 'Rename one.',
          });
        }
        tools.set(each.name, each);
      }
    }
  }
  const all = [...tools.values()];
  const bundles = entries.map(({ name, members }) => {
    const agents = [...members.values()].map(({ manifest }) => manifest);
    return withHostTools({ entry: name, agents }, all);
  });
  return { bundles, tools: all };
}

interface Parts {
  tools: readonly ToolConstruct[];
  delegates: readonly AgentConstruct[];
  handoffs: readonly AgentConstruct[];
  rest: Partial<AgentManifestInput>;
}

function made<
  Name extends string,
  Grants extends readonly string[],
  Limits extends AgentLimits,
  Needs extends string,
  Calls extends string,
>(
  facts: Common<Name, Grants, Limits, PersonTerms, string>,
  { tools, delegates, handoffs, rest }: Parts,
): AgentConstruct<Name, Grants[number], Limits, Needs, Calls> {
  const {
    name,
    purpose,
    instructions,
    model,
    fallbacks,
    attempts,
    patienceMs,
    grants,
    memory: slots,
    policies,
    compaction,
    idleMs,
    person: terms,
    contract: held,
  } = facts;
  const words = [
    ...tools.map((each) => each.name),
    ...(delegates.length > 0 ? ['delegate'] : []),
    ...(handoffs.length > 0 ? ['handoff'] : []),
  ];
  const needed = [
    ...(delegates.length > 0 ? ['agent:delegate'] : []),
    ...(handoffs.length > 0 ? ['agent:handoff'] : []),
  ];
  const manifest = parseInput(
    agentManifestSchema,
    {
      format: agentFormat,
      name,
      purpose,
      instructions,
      model,
      grants: [...new Set([...grants, ...needed])],
      tools: [...new Set(words)],
      limits: facts.limits,
      delegates: delegates.map((each) => each.name),
      handoffs: handoffs.map((each) => each.name),
      ...(fallbacks === undefined ? {} : { fallbacks }),
      ...(attempts === undefined ? {} : { attempts }),
      ...(patienceMs === undefined ? {} : { patienceMs }),
      ...(slots === undefined ? {} : { memory: slots }),
      ...(policies === undefined ? {} : { policies }),
      ...(compaction === undefined ? {} : { compaction }),
      ...(idleMs === undefined ? {} : { idleMs }),
      ...(terms === undefined ? {} : { person: terms }),
      ...(held === undefined ? {} : { contract: held }),
      ...rest,
    },
    name,
  );
  const own = { manifest, tools: tools.flatMap(({ host }) => host ?? []) };
  const members = new Map([[name as string, own], ...[...delegates, ...handoffs].flatMap((each) => [...each.members])]);
  const calls = [...members.values()].flatMap((each) => each.manifest.tools);
  return {
    kind: 'agent',
    name,
    grants: [...grants],
    limits: facts.limits,
    // What the types say of them, and the schema has checked.
    needs: termsOf(manifest) as Needs[],
    calls: calls as Calls[],
    manifest,
    members,
  };
}

/** The types let through nothing else; a program without types gets what the schema says. */
function membersOf<Member>(given: unknown): readonly Member[] {
  return Array.isArray(given) ? (given as Member[]) : [];
}
