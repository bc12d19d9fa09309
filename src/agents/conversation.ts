/**
 * What a session's log says about its conversation: read from the entries and from nothing else, so that a restart, an
 * upgrade and a fork find the same.
 *
 * 1. A message joins the conversation when the next model call begins, in the order of arrival, never in the middle of
 *    one: the same question is asked again after a crash.
 * 2. A result that nobody vouches for makes the conversation untrusted from then on, also when it is left out later, after a
 *    handoff, and in what is delegated from there: a task is written by who has read it.
 * 3. A turn goes by the way that its messages came (via.ts), and a session below goes by the way of the one above. A result
 *    is of the way that its call was made by, whatever joined the turn meanwhile; only what a person answers has its own.
 * 4. An approval is for one call of one session: a fork finds none in what it was copied, and asks anew.
 * 5. A run of a program is what it asked for and what it was answered, in the order of the log and in no other.
 */
import type { PassedTurns } from '../schema/index.ts';
import type { StoredEntry } from '../state/index.ts';
import { leaveOutRounds, toLeaveOut, toLeaveOutBefore4 } from './compaction.ts';
import { isKnown, messageOf, strictest, type Way } from './via.ts';

export interface OpenCall {
  id: string;
  tool: string;
  input: unknown;
  /** By which the turn went when it was made. */
  way: Way;
  /** The session below that works on it, once there is one. */
  child: string | null;
  /** Where an approval was asked for. */
  approval: AskedApproval | null;
  /** Made by a rule, not by a model: its answer is the conversation's. */
  routed: boolean;
}

export interface AskedApproval {
  position: number;
  quorum: number;
  fourEyes: boolean;
  requester: string;
  expiresMs: number;
  /** Those that came in time. */
  decisions: { approve: boolean; by: string; reason: string | null }[];
}

export interface Message {
  role: 'user' | 'assistant' | 'tool';
  parts: Part[];
  /** By which its turn came; of results, the turn of their calls. */
  way: Way;
  /** A person's: the first of its turn. Others joined one under way. */
  begins?: true;
}
type Part =
  | { type: 'text'; text: string }
  | { type: 'call'; id: string; tool: string; input: unknown }
  | { type: 'result'; id: string; tool: string; ok: boolean; value: unknown; answeredBy?: Way };

/** Something that happened outside, which nobody has waited for yet. */
interface Arrived {
  event: string;
  data: unknown;
  atMs: number;
}

/** What a program or a flow asked for, and what came of it. */
export type RunEvent =
  | { kind: 'called'; id: string; tool: string; input: unknown }
  | { kind: 'answered'; id: string; ok: boolean; value: unknown };

export interface ProgramRun {
  /** Of the entry that it began with. */
  position: number;
  message: string;
  events: RunEvent[];
}

export interface Conversation {
  /** Who has it now. */
  agent: string;
  messages: Message[];
  /** Arrived since the last model call. */
  queued: string[];
  /** Events of other names than messages, in the order in which they came, each waited for once. */
  arrived: Arrived[];
  /** By which the turn under way came, and by which it goes on once what is queued has joined it. */
  via: Way;
  viaQueued: Way;
  /** Of the newest answer, without a result yet. */
  open: OpenCall[];
  /** Set when it is somebody else's turn to speak. */
  answer: string | null;
  untrusted: boolean;
  /** How many messages were left out, and calls besides. */
  left: number;
  leftCalls: number;
  modelCalls: number;
  /** What the person said in the turn under way, and whether it was given to another agent. */
  said: string[];
  givenAway: boolean;
  /** How many turns have begun: each with a message after the answer before. */
  turns: number;
  /** Of the agent's program or flow, while it is under way. */
  run: ProgramRun | null;
}

export function readConversation(entries: readonly StoredEntry[], entry: string): Conversation {
  const reader = new ConversationReader(entry);
  for (const each of entries) reader.take(each);
  return reader.conversation;
}

export class ConversationReader {
  readonly conversation: Conversation;
  readonly #approvals = new Map<string, AskedApproval>();

  /** @param known what the entries before came to */
  constructor(agent: string, known?: Conversation) {
    this.conversation = known ?? {
      agent,
      messages: [],
      queued: [],
      arrived: [],
      via: null,
      viaQueued: null,
      open: [],
      answer: null,
      untrusted: false,
      left: 0,
      leftCalls: 0,
      modelCalls: 0,
      said: [],
      givenAway: false,
      turns: 0,
      run: null,
    };
  }

  take(entry: StoredEntry): void {
    const { kind, position, at, data } = entry;
    if (kind === 'started') this.#start(data);
    else if (kind === 'received') this.#receive(String(data['event']), data['data'], Date.parse(at));
    else if (kind === 'intent' && data['name'] !== 'tool' && fields(data['request'])['again'] !== true) this.#flush();
    else if (kind === 'outcome') this.#outcome(position, data);
    else if (kind === 'delegated') this.#delegated(data);
    else if (kind === 'routed') this.#route(position, data);
    else if (kind === 'began') this.#began(position);
    else if (kind === 'called') this.#called(position, data);
    else if (kind === 'handed-off') this.#handOff(data);
    else if (kind === 'approval-asked' && isOwnAsk(entry)) this.#asked(position, data);
    else if (kind === 'compacted') this.#compacted(data);
  }

  #start(data: Record<string, unknown>): void {
    const { way } = messageOf({ text: '', via: data['via'] });
    if (typeof data['said'] === 'string') this.#queue(`This was said before:\n${data['said']}`, way);
    this.#queue(String(data['message']), way);
    this.conversation.untrusted = data['untrusted'] === true;
  }

  #receive(event: string, data: unknown, atMs: number): void {
    const asked = this.conversation.open.find(({ tool }) => tool === 'ask');
    if (event === 'message') {
      const { text, way } = messageOf(data);
      if (asked) {
        this.conversation.via = strictest(this.conversation.via, way);
        this.#result(asked, true, { answer: way === null ? data : text }, { answeredBy: this.conversation.via });
      } else this.#queue(text, way);
    }
    if (event !== 'message' && !isOwnEvent(event)) this.conversation.arrived.push({ event, data, atMs });
    const approval = this.#approvals.get(event);
    if (approval && atMs < approval.expiresMs) approval.decisions.push(decisionOf(data));
    const call = this.conversation.open.find(({ child }) => child !== null && event === `child:${child}`);
    if (call) this.#childEnded(call, fields(data));
  }

  /** What joins a turn under way makes it no freer than it was; after an answer a new turn begins. */
  #queue(text: string, way: Way): void {
    const { conversation } = this;
    if (conversation.queued.length > 0) conversation.viaQueued = strictest(conversation.viaQueued, way);
    else conversation.viaQueued = conversation.answer === null ? strictest(conversation.via, way) : way;
    conversation.queued.push(text);
  }

  #childEnded(call: OpenCall, data: Record<string, unknown>): void {
    const outcome = fields(data['outcome']);
    const from = { agent: data['agent'], manifest: data['manifest'], session: call.child };
    const isOk = outcome['ok'] === true;
    const inner = fields(outcome['output']);
    if (inner['untrusted'] !== false) this.conversation.untrusted = true;
    const value = isOk ? { output: inner['text'] ?? outcome['output'], from } : { error: outcome['error'], from };
    this.#result(call, isOk, value);
    if (call.routed) this.conversation.answer = isOk ? String(inner['text'] ?? '') : JSON.stringify(value);
  }

  #outcome(position: number, data: Record<string, unknown>): void {
    if (data['away'] === true) return;
    if (data['name'] === 'tool') {
      this.#of(data['callId'], (call) => {
        if (data['untrusted'] === true) this.conversation.untrusted = true;
        if (call.tool === 'waitFor' && data['ok'] === true) this.#takeEvent(fields(call.input)['event']);
        this.#result(call, data['ok'] === true, data['ok'] === true ? data['output'] : { error: data['error'] });
      });
    } else if (data['name'] === 'model' && data['ok'] === true) {
      if (data['untrusted'] === true) this.conversation.untrusted = true;
      this.#answered(position, data['content']);
    } else if (data['name'] === 'program') this.#ran(data);
  }

  #takeEvent(name: unknown): void {
    const { arrived } = this.conversation;
    const at = arrived.findIndex(({ event }) => event === name);
    if (at >= 0) arrived.splice(at, 1);
  }

  #began(position: number): void {
    const { conversation } = this;
    // Handed over in the middle of a conversation: what was said last.
    if (conversation.queued.length === 0) this.#queue(lastSaid(conversation.messages), conversation.via);
    const message = conversation.queued.join('\n');
    this.#flush();
    conversation.run = { position, message, events: [] };
  }

  #called(position: number, data: Record<string, unknown>): void {
    const call = { id: `c${position}.0`, tool: String(data['tool']), input: data['input'] };
    this.conversation.run?.events.push({ kind: 'called', ...call });
    this.conversation.open.push({ ...call, ...fresh(this.conversation) });
  }

  /** What it did not wait for is not done any more. */
  #ran({ ok, output }: Record<string, unknown>): void {
    const { conversation } = this;
    conversation.run = null;
    conversation.open = [];
    if (ok !== true) return;
    conversation.answer = String(output);
    conversation.messages.push({
      role: 'assistant',
      parts: [{ type: 'text', text: conversation.answer }],
      way: conversation.via,
    });
  }

  #answered(position: number, content: unknown): void {
    const { conversation } = this;
    const parts = (Array.isArray(content) ? content : []).map((part, index): Part => {
      const { type, text, tool, input } = fields(part);
      return type === 'call'
        ? { type: 'call', id: `c${position}.${index}`, tool: String(tool), input }
        : { type: 'text', text: String(text) };
    });
    conversation.messages.push({ role: 'assistant', parts, way: conversation.via });
    conversation.modelCalls++;
    const calls = parts.filter((part) => part.type === 'call');
    conversation.open = calls.map(({ id, tool, input }) => ({ id, tool, input, ...fresh(conversation) }));
    const text = parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n');
    conversation.answer = calls.length === 0 ? text : null;
  }

  #delegated({ callId, child }: Record<string, unknown>): void {
    this.conversation.givenAway = true;
    this.#of(callId, (call) => Object.assign(call, { child: String(child) }));
  }

  /** What came since a model's answer is for the turn after it. */
  #route(position: number, data: Record<string, unknown>): void {
    if (data['after'] !== 'model') this.#flush();
    this.conversation.givenAway = true;
    const input = { to: data['to'], task: data['task'] };
    const id = `c${position}.0`;
    const parts: Part[] = [{ type: 'call', id, tool: 'delegate', input }];
    this.conversation.messages.push({ role: 'assistant', parts, way: this.conversation.via });
    this.conversation.open = [{ id, tool: 'delegate', input, ...fresh(this.conversation), routed: true }];
    this.conversation.answer = null;
  }

  #handOff(data: Record<string, unknown>): void {
    if (this.conversation.run) this.#leaveRun(data['callId']);
    // What it is not passed stays out of its prompt; the log has it.
    if (typeof data['messages'] === 'number') this.#compact(data['messages']);
    if (typeof data['turns'] === 'number') this.#compact(toLeaveOutBefore4(this.conversation, data['turns']));
    this.#of(data['callId'], (call) => this.#result(call, true, { handedOver: data['to'] }));
    this.conversation.agent = String(data['to']);
    this.conversation.answer = null;
    this.conversation.givenAway = false;
  }

  /** Whoever takes over finds the handoff as a model would have asked for it; what else the program began is its own affair. */
  #leaveRun(callId: unknown): void {
    const { conversation } = this;
    conversation.run = null;
    conversation.open = conversation.open.filter(({ id }) => id === callId);
    const parts = conversation.open.map(({ id, tool, input }): Part => ({ type: 'call', id, tool, input }));
    const { way } = conversation.open[0] ?? { way: conversation.via };
    conversation.messages.push({ role: 'assistant', parts, way });
  }

  #asked(position: number, data: Record<string, unknown>): void {
    const approval: AskedApproval = {
      position,
      quorum: Number(data['quorum']),
      fourEyes: data['fourEyes'] !== false,
      requester: String(data['requester']),
      expiresMs: Number(data['expiresMs']),
      decisions: [],
    };
    this.#approvals.set(approvalEvent(position), approval);
    this.#of(data['callId'], (call) => Object.assign(call, { approval }));
  }

  #compacted({ messages, rounds }: Record<string, unknown>): void {
    if (typeof messages === 'number') this.#compact(messages);
    if (typeof rounds === 'number') this.conversation.leftCalls += leaveOutRounds(this.conversation, rounds);
  }

  #compact(count: number): void {
    this.conversation.messages.splice(0, count);
    this.conversation.left += count;
  }

  #flush(): void {
    const { conversation } = this;
    if (conversation.queued.length === 0) return;
    const texts = conversation.queued.splice(0);
    const parts = texts.map((text): Part => ({ type: 'text', text }));
    const begins = conversation.answer !== null || conversation.turns === 0;
    if (begins) {
      conversation.turns++;
      conversation.said = [];
      conversation.givenAway = false;
    }
    conversation.said.push(...texts);
    conversation.via = conversation.viaQueued;
    conversation.messages.push({ role: 'user', parts, way: conversation.via, ...(begins ? { begins } : {}) });
    conversation.answer = null;
  }

  #result({ id, tool, way }: OpenCall, ok: boolean, value: unknown, answered: { answeredBy?: Way } = {}): void {
    const { conversation } = this;
    conversation.open = conversation.open.filter((call) => call.id !== id);
    if (conversation.run) {
      conversation.run.events.push({ kind: 'answered', id, ok, value: ok ? value : fields(value)['error'] });
      return;
    }
    const part: Part = { type: 'result', id, tool, ok, value, ...answered };
    const last = conversation.messages.at(-1);
    if (last?.role === 'tool') last.parts.push(part);
    else conversation.messages.push({ role: 'tool', parts: [part], way });
  }

  #of(callId: unknown, then: (call: OpenCall) => void): void {
    const call = this.conversation.open.find(({ id }) => id === callId);
    if (call) then(call);
  }
}

const fresh = ({ via }: Conversation): Pick<OpenCall, 'way' | 'child' | 'approval' | 'routed'> => ({
  way: via,
  child: null,
  approval: null,
  routed: false,
});

function lastSaid(messages: readonly Message[]): string {
  const said = messages.findLast(({ role }) => role === 'user')?.parts ?? [];
  return said.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n');
}

/** A fork has the log of another session, not what people allowed that one. Entries of before this rule name no session. */
export const isOwnAsk = ({ session, data }: Pick<StoredEntry, 'session' | 'data'>): boolean =>
  data['session'] === undefined || data['session'] === session;

/** Events that the runtime itself sends. */
export const isOwnEvent = (event: string): boolean => /^(approval|child|peer):/.test(event);

export const approvalEvent = (position: number): string => `approval:${position}`;

function decisionOf(data: unknown): AskedApproval['decisions'][number] {
  const { approve, by, reason } = fields(data);
  return { approve: approve === true, by: String(by), reason: typeof reason === 'string' ? reason : null };
}

export function fields(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

const mostSaidChars = 65_536;

/** What person and agent said in the last turns, for an agent that is given a task from them: texts, no results of tools. */
export function saidInTurns(conversation: Conversation, turns: PassedTurns): string {
  const lines = conversation.messages
    .slice(toLeaveOut(conversation, turns))
    .filter(({ role, way }) => role !== 'tool' && isKnown(way, conversation.via))
    .flatMap(({ role, parts }) =>
      parts.flatMap((part) => (part.type === 'text' ? [`${role === 'user' ? 'person' : 'agent'}: ${part.text}`] : [])),
    );
  return lines.join('\n').slice(-mostSaidChars).toWellFormed();
}
