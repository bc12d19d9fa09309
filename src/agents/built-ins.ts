/** Tools that are the runtime's own: memory, time, and the person. They have no effect outside the state database. */
import { createHmac } from 'node:crypto';
import { isoTime } from '../base/index.ts';
import { HoldfastError } from '../schema/index.ts';
import type { MemoryRecord } from '../state/index.ts';
import { fields, type OpenCall } from './conversation.ts';
import type { Turn } from './program.ts';
import type { Wait } from './tool-step.ts';
import type { CallResult } from './tools.ts';

export type BuiltIn = (turn: Turn, call: OpenCall) => CallResult | Wait;

const longestSleepMs = 366 * 86_400_000;
const mostValueChars = 65_536;
const mostQueryChars = 1024;
const mostFound = 20;

export const builtIns: Readonly<Record<string, BuiltIn>> = {
  remember: (turn, { input }) => {
    const { slot, key, value } = fields(input);
    const { place, retentionDays, dataClass } = slotOf(turn, slot);
    if (typeof value !== 'string' || value.length > mostValueChars)
      throw wrong('value', `a text of at most ${mostValueChars} characters`);
    const nowMs = turn.context.nowMs();
    turn.parts.store.memories.put({
      ...place,
      key: keyOf(key),
      value,
      class: dataClass,
      writtenAt: isoTime(nowMs),
      expiresMs: nowMs + retentionDays * 86_400_000,
    });
    return { ok: true, output: { kept: true } };
  },
  recall: (turn, { input }) => {
    const { slot, key, query } = fields(input);
    const { place } = slotOf(turn, slot);
    const { memories } = turn.parts.store;
    const nowMs = turn.context.nowMs();
    if (query !== undefined) {
      if (key !== undefined) throw wrong('query', 'given alone, or key is');
      const found = memories.search({ ...place, query: queryOf(query), limit: mostFound }, nowMs);
      return { ok: true, output: { found: found.map(({ key: name, value }) => ({ key: name, value })) } };
    }
    if (key === undefined) {
      const all = memories.list(place, nowMs);
      return { ok: true, output: Object.fromEntries(all.map((record) => [record.key, record.value])) };
    }
    return { ok: true, output: { value: memories.get({ ...place, key: keyOf(key) }, nowMs)?.value ?? null } };
  },
  sleep: (turn, call) => {
    const { ms } = fields(call.input);
    if (typeof ms !== 'number' || !Number.isInteger(ms) || ms < 1 || ms > longestSleepMs) {
      throw wrong('ms', `a whole number from 1 to ${longestSleepMs}`);
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
    const { withinMs } = fields(call.input);
    if (typeof withinMs !== 'number' || !(withinMs >= 1000) || withinMs > longestSleepMs) {
      throw wrong('withinMs', `a number from 1000 to ${longestSleepMs}`);
    }
    const untilMs = askedAtMs(turn, call) + withinMs;
    if (turn.context.nowMs() < untilMs) return { event: 'message', untilMs };
    return {
      ok: false,
      error: new HoldfastError('deadline-exceeded', 'nobody answered in time', { fault: 'caller' }).toBody(),
    };
  },
};

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
