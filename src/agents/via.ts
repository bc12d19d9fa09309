/**
 * By which way a turn of a conversation came, and what that way allows (schema/channel.ts).
 *
 * 1. A turn may do what the strictest way allows that a message of it came by; nothing done in it makes that more.
 * 2. What was said by one way is not known by another, up to the class of data that follows there. A turn is as secret as its
 *    way may carry; one that came by the runtime's own interface is secret.
 * 3. What a way may not carry is not recalled in a turn that came by it. How secret something is, whoever kept it said; a slot
 *    that whoever reads declares less secret does not have it.
 */
import { dataClasses, HoldfastError, type Risk, risks, type Via, viaSchema } from '../schema/index.ts';
import type { OpenCall } from './conversation.ts';
import type { Turn } from './program.ts';

/** Null: the runtime's own interface, which allows all. */
export type Way = Via | null;

export function strictest(one: Way, other: Way): Way {
  if (one === null || other === null) return one ?? other;
  return {
    channel: other.channel,
    linked: one.linked && other.linked,
    most: lesser(risks, one.most, other.most),
    carries: lesser(dataClasses, one.carries, other.carries),
    follows: lesser(['nothing', ...dataClasses], one.follows, other.follows),
  };
}

/** A message as it is sent to a session: a text, or one with the way that it came by. */
export function messageOf(data: unknown): { text: string; way: Way; event: string | null } {
  if (typeof data === 'string') return { text: data, way: null, event: null };
  const { text, via, event } = typeof data === 'object' && data !== null ? { ...empty, ...data } : empty;
  const way = viaSchema.safeParse(via);
  if (typeof text !== 'string' || !way.success) return { text: JSON.stringify(data), way: null, event: null };
  return { text, way: way.data, event: typeof event === 'string' ? event : null };
}
const empty: { text?: unknown; via?: unknown; event?: unknown } = {};

/** Whether what was said in a turn of that way is known in one of this. */
export function isKnown(said: Way, here: Way): boolean {
  if (here === null || said?.channel === here.channel) return true;
  return dataClasses.indexOf(said?.carries ?? 'secret') <= ['nothing', ...dataClasses].indexOf(here.follows) - 1;
}

/** @throws HoldfastError `forbidden` when a call is more than the turn's way allows */
export function refuseBeyond({ conversation, manifest }: Turn, { tool, input }: OpenCall, risk: Risk): void {
  const { via } = conversation;
  if (via === null) return;
  if (risks.indexOf(risk) > risks.indexOf(via.most)) {
    throw new HoldfastError('forbidden', `a message by the channel ${via.channel} may not lead to ${tool}`, {
      hint: `At most to what can ${via.most === 'read' ? 'only read' : 'be undone'}. Say that it has to be asked for elsewhere.`,
      details: { channel: via.channel, linked: via.linked, most: via.most, risk },
    });
  }
  const slot = tool === 'recall' ? Reflect.get(Object(input), 'slot') : undefined;
  const dataClass = typeof slot === 'string' ? manifest.memory[slot]?.class : undefined;
  if (dataClass !== undefined) refuseSecret(via, dataClass);
}

/**
 * @param kept class of what was found, as it was kept @param declared that of the slot, as whoever reads has it
 * @throws HoldfastError `forbidden` when it is more secret than the slot, or than the turn's way may carry
 */
export function refuseRecalled(via: Way, slot: string, { kept, declared }: { kept: string; declared: string }): void {
  if (secrecy(kept) > secrecy(declared)) {
    throw new HoldfastError('forbidden', `what was kept in ${slot} is ${kept}, and the slot is ${declared} here`, {
      hint: `Ask by another key, or declare ${slot} as ${kept}.`,
      details: { slot, class: kept, declared },
    });
  }
  if (via !== null) refuseSecret(via, kept);
}

function refuseSecret({ channel, carries }: Via, dataClass: string): void {
  if (secrecy(dataClass) <= secrecy(carries)) return;
  throw new HoldfastError('forbidden', `the channel ${channel} may not carry what is ${dataClass}`, {
    hint: 'Say that it can be read elsewhere.',
    details: { channel, carries, class: dataClass },
  });
}

/** A class that is not known is as secret as any. */
function secrecy(dataClass: string): number {
  const order: readonly string[] = dataClasses;
  const at = order.indexOf(dataClass);
  return at < 0 ? order.length : at;
}

function lesser<T>(order: readonly T[], one: T, other: T): T {
  return order.indexOf(one) < order.indexOf(other) ? one : other;
}
