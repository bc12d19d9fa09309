/**
 * What of a conversation is left out once it is longer than its agent's manifest says: the oldest turns first, then, where it
 * says so, the oldest calls of the turns that stay. Long work on one task is one turn with many calls.
 *
 * 1. A call and its result stay together, or go together with what was said beside them.
 * 2. What a person said in a turn that stays, stays, and so does what it was answered.
 * 3. What is left out stands in the log, as a number of what there was then: whoever reads it leaves out the same.
 * 4. The model is told how much is left out (`promptOf`).
 */
import type { PassedTurns } from '../schema/index.ts';
import type { Conversation } from './conversation.ts';
import type { Turn } from './program.ts';

/** Leaves out what has to go; true when something went. */
export function compact({ manifest: { compaction }, conversation, context }: Turn): boolean {
  if (!compaction) return false;
  const bytes = Buffer.byteLength(JSON.stringify(conversation.messages));
  if (bytes <= compaction.aboveBytes) return false;
  const messages = toLeaveOut(conversation, compaction.keepTurns);
  if (messages > 0) {
    context.note('compacted', { messages, bytes });
    return true;
  }
  const rounds = compaction.keepCalls === undefined ? 0 : roundsToLeaveOut(conversation, compaction.keepCalls);
  if (rounds > 0) context.note('compacted', { rounds, bytes });
  return rounds > 0;
}

/** How many of the oldest messages go so that the last `keepTurns` turns stay; calls and results stay together. */
export function toLeaveOut({ messages }: Conversation, keepTurns: PassedTurns): number {
  if (keepTurns === 'all') return 0;
  return placeOfLast(
    messages.flatMap((message, index) => (message.begins ? [index] : [])),
    keepTurns,
  );
}

/** What a handoff left out whose entry says only how many turns it passed: each message of a person was a turn then. */
export function toLeaveOutBefore4({ messages }: Conversation, keepTurns: number): number {
  return placeOfLast(
    messages.flatMap(({ role }, index) => (role === 'user' ? [index] : [])),
    keepTurns,
  );
}

const placeOfLast = (begins: readonly number[], count: number): number =>
  begins.length > count ? (begins.at(-count) ?? 0) : 0;

/** Answers that ask for calls, each with its results, that something of the same turn follows. Their places, oldest first. */
function roundsOf({ messages }: Conversation): number[] {
  return messages.flatMap(({ role, parts }, index) => {
    const isRound = role === 'assistant' && parts.some(({ type }) => type === 'call');
    // A call by a rule is answered by its result alone: the next turn follows that.
    const isFollowed = messages[index + 1]?.role === 'tool' && !messages[index + 2]?.begins;
    return isRound && isFollowed ? [index] : [];
  });
}

const callsAt = ({ messages }: Conversation, index: number): number =>
  messages[index]?.parts.filter(({ type }) => type === 'call').length ?? 0;

/** So many of the oldest that the rest has `keepCalls` calls, or the newest alone has more. */
function roundsToLeaveOut(conversation: Conversation, keepCalls: number): number {
  const rounds = roundsOf(conversation);
  let kept = 0;
  let going = rounds.length;
  while (going > 0 && kept < keepCalls) kept += callsAt(conversation, rounds[--going] ?? 0);
  return going;
}

/** @returns how many calls went */
export function leaveOutRounds(conversation: Conversation, count: number): number {
  const going = roundsOf(conversation).slice(0, count);
  const calls = going.reduce((sum, index) => sum + callsAt(conversation, index), 0);
  const gone = new Set(going.flatMap((index) => [index, index + 1]));
  conversation.messages = conversation.messages.filter((_, index) => !gone.has(index));
  return calls;
}
