/** Tools that are the runtime's own: memory, time, and the person. They have no effect outside the state database. */
import { createHmac } from 'node:crypto';
import { isoTime } from '../base/index.ts';
import { HoldfastError } from '../schema/index.ts';
import type { MemoryRecord } from '../state/index.ts';
import type { ApprovalTerms } from './authority/approvals.ts';
import { fields, isOwnEvent, type OpenCall } from './conversation.ts';
import type { Turn } from './program.ts';
import type { Wait } from './tool-step.ts';
import type { CallResult } from './tools.ts';
import { refuseRecalled } from './via.ts';
import { isWait, longestWaitMs, shortestWaitMs } from './waits.ts';

export type BuiltIn = (turn: Turn, call: OpenCall) => CallResult | Wait;

const mostValueChars = 65_536;
const mostQueryChars = 1024;
const mostFound = 20;
const mostRecalledBytes = 256 * 1024;

export const builtIns: Readonly<Record<string, BuiltIn>> = {
  remember: (turn, { input }) => {
    const { slot, key, value } = fields(input);
    const { place, retentionDays, dataClass } = slotOf(turn, slot);
    if (typeof value !== 'string' || value.length > mostValueChars)
      throw wrong('value', `a text of at most ${mostValueChars} characters`);
    turn.parts.refuseKept?.(place.tenant, Buffer.byteLength(value));
    const nowMs = turn.context.nowMs();
    turn.parts.store.memories.put({
      ...place,
      key: keyOf(key),
      value,
      class: dataClass,
      person: turn.authority.person,
      writtenAt: isoTime(nowMs),
      expiresMs: nowMs + retentionDays * 86_400_000,
    });
    return { ok: true, output: { kept: true } };
  },
  recall: (turn, { input }) => {
    const { slot, key, query } = fields(input);
    const { place, dataClass } = slotOf(turn, slot);
    const { memories } = turn.parts.store;
    const nowMs = turn.context.nowMs();
    const readable = <Found extends Pick<MemoryRecord, 'class'>>(found: Found): Found => {
      refuseRecalled(turn.conversation.via, place.slot, { kept: found.class, declared: dataClass });
      return found;
    };
    if (query !== undefined) {
      if (key !== undefined) throw wrong('query', 'given alone, or key is');
      const found = memories.search({ ...place, query: queryOf(query), limit: mostFound }, nowMs).map(readable);
      const output = { found: found.map(({ key: name, value }) => ({ key: name, value })) };
      return Buffer.byteLength(JSON.stringify(output)) > mostRecalledBytes ? tooMuch() : { ok: true, output };
    }
    if (key === undefined) {
      if (memories.bytesOf(place, nowMs) > mostRecalledBytes) return tooMuch();
      const all = memories.list(place, nowMs).map(readable);
      return { ok: true, output: Object.fromEntries(all.map((record) => [record.key, record.value])) };
    }
    const record = memories.get({ ...place, key: keyOf(key) }, nowMs);
    return { ok: true, output: { value: record === null ? null : readable(record).value } };
  },
  sleep: (turn, call) => {
    const { ms } = fields(call.input);
    if (typeof ms !== 'number' || !Number.isInteger(ms) || ms < 1 || ms > longestWaitMs) {
      throw wrong('ms', `a whole number from 1 to ${longestWaitMs}`);
    }
    const untilMs = askedAtMs(turn, call) + ms;
    return turn.context.nowMs() >= untilMs ? { ok: true, output: { sleptMs: ms } } : { event: 'never', untilMs };
  },
  now: ({ context }) => ({ ok: true, output: { ms: context.nowMs() } }),
  random: ({ chain, context }, { id }) => {
    // Nobody without the host's key can foretell it; kept in the log like every result, so that it is drawn once.
    const drawn = createHmac('sha256', chain.tag).update(`${context.session.id}/${id}`).digest();
    return { ok: true, output: { value: drawn.readUIntBE(0, 6) / 2 ** 48 } };
  },
  ask: (turn, call) => {
    const untilMs = askedAtMs(turn, call) + withinOf(call);
    if (turn.context.nowMs() < untilMs) return { event: 'message', untilMs };
    return tooLate('nobody answered in time');
  },
  say: (_turn, { input }) => {
    const { text } = fields(input);
    if (typeof text === 'string' && text.length >= 1 && text.length <= mostValueChars)
      return { ok: true, output: { said: true } };
    throw wrong('text', `a text of 1 to ${mostValueChars} characters`);
  },
  // An approval of nothing but itself: who decides, how and until when is as for every approval.
  escalate: (_turn, { approval }) => {
    const decisions = approval?.decisions ?? [];
    const denied = decisions.find(({ approve }) => !approve);
    return { ok: true, output: { approved: !denied, answer: (denied ?? decisions.at(-1))?.reason ?? null } };
  },
  waitFor: (turn, call) => {
    const event = eventOf(call);
    const untilMs = askedAtMs(turn, call) + withinOf(call);
    const [first] = turn.conversation.arrived.filter((each) => each.event === event);
    if (first && first.atMs < untilMs) return { ok: true, output: { data: first.data } };
    if (turn.context.nowMs() < untilMs) return { event, untilMs };
    return tooLate(`no event ${event} came in time`);
  },
};

/** Who has no rule for it asks one person, who is not the one that the session works for. */
export function termsOfEscalation(call: OpenCall): ApprovalTerms | null {
  if (call.tool !== 'escalate') return null;
  const { question } = fields(call.input);
  if (typeof question !== 'string' || question === '' || question.length > mostValueChars)
    throw wrong('question', `a text of 1 to ${mostValueChars} characters`);
  return { quorum: 1, fourEyes: true, withinMs: withinOf(call) };
}

function withinOf({ input }: OpenCall): number {
  const { withinMs } = fields(input);
  if (isWait(withinMs)) return withinMs;
  throw wrong('withinMs', `a number from ${shortestWaitMs} to ${longestWaitMs}`);
}

/** Not one of the runtime's own, and not what a person says. */
function eventOf({ input }: OpenCall): string {
  const { event } = fields(input);
  const isName = typeof event === 'string' && /^[a-z][a-z0-9:._-]{0,127}$/.test(event);
  if (isName && event !== 'message' && !isOwnEvent(event)) return event;
  throw wrong(
    'event',
    'a name of lower-case letters, digits and : . _ -, neither `message` nor one of the runtime’s own',
  );
}

const tooLate = (message: string): CallResult => ({
  ok: false,
  error: new HoldfastError('deadline-exceeded', message, { fault: 'caller' }).toBody(),
});

const tooMuch = (): CallResult => ({
  ok: false,
  error: new HoldfastError('file-too-large', `what was kept there is more than ${mostRecalledBytes} bytes at once`, {
    hint: 'Ask by a key, or by words that fewer of them have.',
  }).toBody(),
});

/** When the model said so: the time of its answer in the log, so that a restart does not begin anew. */
function askedAtMs({ context }: Turn, { id }: OpenCall): number {
  const position = Number(/^c(\d+)\./.exec(id)?.[1]);
  const at = Date.parse(context.entries.find((entry) => entry.position === position)?.at ?? '');
  return Number.isNaN(at) ? context.nowMs() : at;
}

function slotOf(
  { manifest, authority, context, conversation }: Turn,
  slot: unknown,
): { place: Pick<MemoryRecord, 'tenant' | 'scope' | 'owner' | 'slot'>; retentionDays: number; dataClass: string } {
  const facts = typeof slot === 'string' && Object.hasOwn(manifest.memory, slot) ? manifest.memory[slot] : undefined;
  if (typeof slot !== 'string' || !facts)
    throw wrong('slot', `one of ${Object.keys(manifest.memory).join(', ') || 'none'}`);
  const { tenant, person } = authority;
  const { id, root } = context.session;
  const owner = { turn: `${id}/${conversation.turns}`, session: root, user: person, tenant }[facts.scope];
  return {
    place: { tenant, scope: facts.scope, owner, slot },
    retentionDays: facts.retentionDays,
    dataClass: facts.class,
  };
}

function keyOf(key: unknown): string {
  if (typeof key === 'string' && key.length >= 1 && key.length <= 256 && key.isWellFormed()) return key;
  throw wrong('key', 'a text of 1 to 256 characters');
}

function queryOf(query: unknown): string {
  if (typeof query === 'string' && query.length >= 1 && query.length <= mostQueryChars) return query;
  throw wrong('query', `words, of 1 to ${mostQueryChars} characters`);
}

function wrong(field: string, wanted: string): HoldfastError {
  return new HoldfastError('invalid-argument', `${field} is not ${wanted}`, { hint: `Give ${field} as ${wanted}.` });
}
