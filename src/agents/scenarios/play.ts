/**
 * Plays a scenario: real sessions, with their budgets, chains of authority, policies and approvals, on a state database of their
 * own. Only models, tools and people are scripted. What would need an approval still needs one, and what is not granted is
 * still refused.
 */
import { type Clock, idMaker, type RandomSource, rootScope, silentLog } from '../../base/index.ts';
import { type AgentBundle, HoldfastError, type ModelFacts } from '../../schema/index.ts';
import { SessionEngine } from '../../sessions/index.ts';
import { openStore, type SessionRecord, type Store, type StoredEntry } from '../../state/index.ts';
import { beginChain } from '../authority/chain.ts';
import { linkOf } from '../authority/link.ts';
import { decidePolicy } from '../authority/policy.ts';
import { refuseTerms } from '../authority/terms.ts';
import { type Conversation, fields, readConversation } from '../conversation.ts';
import { agentOf, digestOf } from '../manifest.ts';
import { scriptedModel } from '../models/scripted.ts';
import { agentProgram } from '../program.ts';
import type { AgentTool } from '../tools.ts';
import type { Scenario } from './scenario.ts';

/** A tool as a scenario stands in for it. */
export type ToolToPlay = Pick<AgentTool, 'name' | 'capability' | 'risk' | 'untrusted'> &
  Partial<Pick<AgentTool, 'description' | 'input' | 'class'>>;

export interface PlayParts {
  /** An empty directory; what is left in it is the caller's to remove. */
  home: string;
  clock: Clock;
  random: RandomSource;
  tools: readonly ToolToPlay[];
}

export interface Played {
  scenario: string;
  ok: boolean;
  /** What was not as expected; one sentence each. */
  problems: string[];
  state: string;
  /** Tools that were called, of all agents, in their order. */
  calls: string[];
  refused: string[];
  says: string;
  steps: number;
}

const longestPlayMs = 20_000;
/** Who waits for no longer than this is waited for. */
const soonMs = 1000;
const lookEveryMs = 5;

export async function playScenario(bundle: AgentBundle, scenario: Scenario, parts: PlayParts): Promise<Played> {
  const { home, clock, random } = parts;
  using store = openStore({ home, clock });
  const scope = rootScope({ name: 'scenario', clock });
  const key = random(32);
  const scripted = scriptedBundle(bundle, scenario);
  const tools = parts.tools.map((tool) => scriptedTool(tool, scenario));
  const open = (facts: ModelFacts) => {
    if (facts.provider === 'scripted') return scriptedModel(facts.rules);
    throw new HoldfastError('model-failed', `a model of ${facts.provider} is asked, and the scenario scripts none`, {
      hint: 'Give its agent rules, under models of the scenario.',
    });
  };
  const program = agentProgram({ store, clock, log: silentLog, open, tools, decide: decidePolicy, chainKey: key });
  const engine = new SessionEngine({ store, clock, newId: idMaker(clock, random), log: silentLog, scope, program });
  try {
    const { person, claims, contract } = scenario;
    refuseTerms(scripted, { person, claims, contract });
    const id = start(engine, store, { bundle: scripted, scenario, key });
    await follow({ engine, store, clock }, id, scenario);
    return judged(scenario, engine.get(id), store);
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    return compared(scenario, { state: 'failed', calls: [], refused: [], says: error.message, steps: 0 }, error.code);
  } finally {
    await engine.close();
    await scope.close();
  }
}

function scriptedBundle(bundle: AgentBundle, { models }: Scenario): AgentBundle {
  const known = new Set(bundle.agents.map(({ name }) => name));
  const unknown = Object.keys(models).find((name) => !known.has(name));
  if (unknown !== undefined) {
    throw new HoldfastError('invalid-argument', `the scenario scripts ${unknown}, and there is no such agent`, {
      hint: `There are ${[...known].join(', ')}.`,
    });
  }
  const agents = bundle.agents.map((agent) => {
    const rules = models[agent.name];
    if (!rules) return agent;
    const { price, maxOutputTokens } = agent.model;
    return { ...agent, model: { provider: 'scripted' as const, rules, price, maxOutputTokens }, fallbacks: [] };
  });
  return { ...bundle, agents };
}

function scriptedTool({ description = '', input = {}, ...facts }: ToolToPlay, { tools }: Scenario): AgentTool {
  const answers = tools[facts.name] ?? [];
  let called = 0;
  return {
    ...facts,
    description,
    input,
    call: async () => {
      const output = answers[Math.min(called++, answers.length - 1)];
      if (output !== undefined) return { ok: true, output };
      const error = new HoldfastError('not-found', `the scenario has no answer of ${facts.name}`, {
        hint: 'Give one, under tools of the scenario.',
      });
      return { ok: false, error: error.toBody() };
    },
  };
}

function start(
  engine: SessionEngine,
  store: Store,
  { bundle, scenario, key }: { bundle: AgentBundle; scenario: Scenario; key: Uint8Array },
): string {
  const manifest = agentOf(bundle, bundle.entry);
  const hash = digestOf(bundle);
  store.sessions.putBundle(hash, bundle);
  const root = { tenant: 'default', person: scenario.person };
  const { id } = engine.start({
    ...root,
    agent: manifest.name,
    manifest: digestOf(manifest),
    bundle: hash,
    limits: manifest.limits,
    input: {
      message: scenario.message,
      task: scenario.messages.length === 0,
      chain: beginChain(key, root, linkOf(manifest)),
    },
  });
  return id;
}

/** Until it has ended, or waits for what the scenario does not give. */
async function follow(
  { engine, store, clock }: { engine: SessionEngine; store: Store; clock: Clock },
  id: string,
  { answers, approve, messages, events }: Scenario,
): Promise<void> {
  const [left, next, happening] = [[...answers], [...messages], [...events]];
  const decision = typeof approve === 'object' ? approve : { approve, reason: null };
  const decided = new Set<string>();
  for (const endsMs = clock.monotonicMs() + longestPlayMs; clock.monotonicMs() < endsMs; ) {
    const all = store.sessions.list({ tenant: 'default' }).items;
    if (engine.get(id).endedAt !== null) return;
    let acted = false;
    for (const { session, position } of approve === undefined ? [] : store.sessions.asked('default')) {
      const event = `approval:${position}`;
      for (const by of ['somebody', 'somebody-else', 'a-third']) {
        const name = `${session}/${event}/${by}`;
        if (decided.has(name)) continue;
        decided.add(name);
        acted = true;
        engine.deliver(session, { event, data: { ...decision, by }, key: `${event}:${by}` });
      }
    }
    for (const { id: session, state, waitsFor } of all) {
      if (state !== 'waiting') continue;
      const [happens] = happening;
      if (happens && waitsFor.includes(happens.event)) {
        acted = true;
        engine.deliver(session, happens);
        happening.shift();
      }
      if (!waitsFor.includes('message')) continue;
      const said = (session === id && isAnswered(store, engine.get(id)) ? next : left).shift();
      if (said === undefined) continue;
      acted = true;
      engine.deliver(session, { event: 'message', data: said });
    }
    const isStill = all.every(
      ({ state, wakeMs }) => state === 'waiting' && (wakeMs === null || wakeMs > clock.nowMs() + soonMs),
    );
    if (isStill && !acted) return;
    await clock.sleep(lookEveryMs);
  }
}

const conversationOf = (store: Store, { id, agent }: SessionRecord): Conversation =>
  readConversation(store.sessions.entries(id, 0, 100_000), agent);

/** It is the person's turn, and nobody asked them anything. */
const isAnswered = (store: Store, session: SessionRecord): boolean => conversationOf(store, session).open.length === 0;

function judged(scenario: Scenario, session: SessionRecord, store: Store): Played {
  const { state, outcome, spent } = session;
  const entries = store.sessions
    .list({ tenant: 'default', all: true })
    .items.flatMap(({ id }) => store.sessions.entries(id, 0, 100_000))
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  const [calls, refused] = [toolsOf(entries, false), toolsOf(entries, true)];
  const answer = conversationOf(store, session).answer ?? '';
  const says = outcome === null ? answer : outcome.ok ? textOf(outcome.output) : outcome.error.message;
  const code = outcome?.ok === false ? outcome.error.code : null;
  return compared(scenario, { state, calls, refused, says, steps: spent.steps }, code);
}

/** Calls that were let through; or those that were refused. A question counts when it is asked. */
function toolsOf(entries: readonly StoredEntry[], isRefused: boolean): string[] {
  const place = ({ session }: StoredEntry, id: unknown): string => `${session}/${String(id)}`;
  const ended = new Map<string, boolean>();
  for (const entry of entries) {
    const { kind, data } = entry;
    const isCall = kind === 'delegated' || kind === 'handed-off' || (kind === 'outcome' && data['name'] === 'tool');
    if (isCall) ended.set(place(entry, data['callId']), data['refused'] === true);
  }
  return entries
    .flatMap((entry) => callsOf(entry).map(({ id, tool }) => ({ tool, id: place(entry, id) })))
    .filter(({ id, tool }) => (ended.get(id) ?? (tool === 'ask' ? false : null)) === isRefused)
    .map(({ tool }) => tool);
}

/** What a model, a rule or a program asked for with this entry. */
function callsOf({ kind, position, data }: StoredEntry): { id: string; tool: string }[] {
  if (kind === 'called') return [{ id: `c${position}.0`, tool: String(data['tool']) }];
  if (kind === 'routed') return [{ id: `c${position}.0`, tool: 'delegate' }];
  if (kind !== 'outcome' || data['name'] !== 'model' || !Array.isArray(data['content'])) return [];
  return data['content'].flatMap((part: unknown, index) => {
    const { type, tool } = fields(part);
    return type === 'call' ? [{ id: `c${position}.${index}`, tool: String(tool) }] : [];
  });
}

function compared(
  { name, expect }: Scenario,
  found: Pick<Played, 'state' | 'calls' | 'refused' | 'says' | 'steps'>,
  code: string | null,
): Played {
  const { state, says, error, calls = [], never = [], refused = [], steps } = expect;
  const missing = inOrder(calls, found.calls);
  const unwanted = never.filter((tool) => found.calls.includes(tool));
  const notRefused = refused.filter((tool) => !found.refused.includes(tool));
  const problems = [
    ...(found.state === state ? [] : [`it is ${found.state} and not ${state}: ${found.says || 'it says nothing'}`]),
    ...(says === undefined || found.says.includes(says)
      ? []
      : [`it says ${JSON.stringify(found.says)}, without ${JSON.stringify(says)}`]),
    ...(error === undefined || code === error ? [] : [`its failure is ${code ?? 'none'} and not ${error}`]),
    ...(missing === null ? [] : [`it does not call ${missing} there; it calls ${found.calls.join(', ') || 'nothing'}`]),
    ...unwanted.map((tool) => `it calls ${tool}`),
    ...notRefused.map((tool) => `${tool} is not refused`),
    ...(steps === undefined || found.steps <= steps ? [] : [`it takes ${found.steps} steps, more than ${steps}`]),
  ];
  return { scenario: name, ok: problems.length === 0, problems, ...found };
}

/** The first that does not come after the one before it; null when all do. */
function inOrder(wanted: readonly string[], found: readonly string[]): string | null {
  let at = 0;
  for (const tool of wanted) {
    const next = found.indexOf(tool, at);
    if (next < 0) return tool;
    at = next + 1;
  }
  return null;
}

function textOf(output: unknown): string {
  const text = typeof output === 'object' && output !== null && 'text' in output ? output.text : output;
  return typeof text === 'string' ? text : JSON.stringify(text);
}
