/** What a failure of our own service says of the runtime, code by code: a new code asks here whose doing it is. */
import type { ErrorCode, HoldfastError } from '../../schema/index.ts';
import { asTargetError, TargetError } from './target.ts';

/**
 * `way`: the daemon and what lies before the sandbox; no statement about the runtime, and in doubt it is this. `answer`: the
 * runtime's own no. The others are troubles of the runtime, after which nothing is known.
 */
type Meaning = 'way' | 'answer' | 'died' | 'hung' | 'garbage' | 'not-started';

const meanings: Readonly<Record<ErrorCode, Meaning>> = {
  'invalid-argument': 'answer',
  unauthenticated: 'way',
  forbidden: 'way',
  'not-found': 'answer',
  'sandbox-not-found': 'died',
  'snapshot-not-found': 'way',
  'template-not-found': 'way',
  'process-not-found': 'way',
  'session-not-found': 'way',
  'file-not-found': 'answer',
  'file-exists': 'answer',
  'file-too-large': 'answer',
  'not-a-file': 'answer',
  'not-a-directory': 'answer',
  'permission-denied': 'answer',
  'path-outside': 'answer',
  'ambiguous-name': 'way',
  'name-taken': 'way',
  'wrong-state': 'died',
  'sandbox-gone': 'died',
  'stale-handle': 'died',
  'in-use': 'answer',
  'edit-no-match': 'answer',
  'edit-ambiguous': 'answer',
  'idempotency-conflict': 'way',
  'quota-exceeded': 'way',
  'budget-exhausted': 'way',
  'ceiling-exceeded': 'way',
  'limit-unsupported': 'answer',
  'capability-missing': 'answer',
  'executable-not-found': 'answer',
  'not-executable': 'answer',
  'deadline-exceeded': 'hung',
  cancelled: 'way',
  'disk-full': 'answer',
  'network-unreachable': 'answer',
  'port-closed': 'answer',
  'model-failed': 'way',
  'program-failed': 'way',
  'program-diverged': 'way',
  'host-disk-full': 'way',
  'sandbox-died': 'died',
  'guest-protocol': 'garbage',
  'snapshot-corrupt': 'garbage',
  'journal-corrupt': 'way',
  'audit-corrupt': 'way',
  'audit-unavailable': 'way',
  'tape-corrupt': 'way',
  'recording-not-found': 'way',
  'recording-corrupt': 'way',
  'state-unusable': 'way',
  'outcome-unknown': 'way',
  'warm-failed': 'way',
  'hook-failed': 'way',
  'events-lost': 'way',
  unclassified: 'garbage',
  busy: 'way',
  'rate-limited': 'way',
  'daemon-unreachable': 'way',
  'launch-failed': 'not-started',
  internal: 'way',
};

/** @param during what was asked; of a file, the answer is one about the file */
export function troubleOfOurs(error: HoldfastError, during: string): TargetError {
  const meaning = meanings[error.code];
  if (meaning === 'way') return asTargetError(error, during);
  const isFile = during === 'read' || during === 'write';
  const trouble = meaning === 'answer' ? (isFile ? 'file-failed' : 'refused') : meaning;
  return new TargetError('runtime', trouble, `${error.message} (${error.code})`, { cause: error });
}
