/** What callers are told of sessions that are not there, or not in a state for what they asked. */
import { canonicalJson } from '../base/index.ts';
import { HoldfastError } from '../schema/index.ts';
import type { SessionRecord, SessionRepository } from '../state/index.ts';
import type { NewSession } from './types.ts';

/** A start that is repeated under its key, and nothing else, answers the first one's session. */
export function sameStart(
  sessions: Pick<SessionRepository, 'entries'>,
  known: SessionRecord,
  input: NewSession,
): SessionRecord {
  const [first] = sessions.entries(known.id, 0, 1);
  const isSame = known.bundle === input.bundle && canonicalJson(first?.data) === canonicalJson(input.input);
  if (isSame) return known;
  throw new HoldfastError('idempotency-conflict', `the key was used for another session, ${known.id}`, {
    hint: 'Use a new key for a new request; repeat a key only with the very same request.',
  });
}

export function notFound(ref: string): HoldfastError {
  return new HoldfastError('session-not-found', `there is no session ${JSON.stringify(ref)}`, {
    hint: 'holdfast session ls --all lists those there are.',
    details: { ref },
  });
}

export function wrongState({ id, state }: SessionRecord, verb: string, why: string): HoldfastError {
  return new HoldfastError('wrong-state', `cannot ${verb} session ${id}: ${why}`, {
    hint: 'holdfast session show says where it stands.',
    details: { session: id, state },
  });
}

export const cancelled = (reason: string): HoldfastError =>
  new HoldfastError('cancelled', reason, { hint: 'Start a new session, or fork this one.' });
