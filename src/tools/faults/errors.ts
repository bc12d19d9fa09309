/**
 * The errors that synthetic faults answer with: what the runtime itself would say, so that a contract's template fits them
 * as it fits the real ones. Nothing in them tells that a plan is behind it.
 */
import { errnoError } from '../../guest/index.ts';
import { type ErrorCode, HoldfastError, type PlannedFault } from '../../schema/index.ts';

const said: Partial<Record<ErrorCode, (name: string) => [message: string, hint: string]>> = {
  'deadline-exceeded': (name) => [`${name} did not answer in time`, 'See what was done before doing it again.'],
  'sandbox-died': () => ['the sandbox does not answer', 'Try again; it may have to be started anew.'],
  busy: (name) => [`${name} is not available now`, 'Try again in a moment.'],
  'network-unreachable': (name) => [`${name} could not be reached`, 'Try again in a moment.'],
  'outcome-unknown': (name) => [`${name} was begun, and how it went is not known`, 'See what was done first.'],
  'guest-protocol': () => ['the sandbox answered what could not be read', 'Try again.'],
  'permission-denied': (name) => [`${name}: permission denied`, 'Look at who may do it.'],
  'disk-full': () => ['no space left in the sandbox', 'Remove files, then try again.'],
  internal: (name) => [`${name} failed inside`, 'Try again; if it stays, report it.'],
};

/** Null for a fault that answers with no error of its own. */
export function errorOf(fault: PlannedFault, name: string): HoldfastError | null {
  switch (fault.kind) {
    case 'tool.error':
    case 'tool.lost-acknowledgement':
      return natural(fault.code, name);
    case 'tool.rate-limited': {
      const seconds = Math.ceil(fault.retryAfterMs / 1000);
      return new HoldfastError('rate-limited', `too many calls of ${name}; try again in ${seconds} s`, {
        hint: `Wait ${seconds} s, then try again.`,
        details: { retryAfterMs: fault.retryAfterMs },
      });
    }
    case 'tool.unavailable':
      return natural('busy', name);
    case 'tool.auth-expired':
      return new HoldfastError('unauthenticated', `the session of ${name} has expired`, {
        hint: 'It is renewed with the next call.',
      });
    default:
      return null;
  }
}

function natural(code: ErrorCode, name: string): HoldfastError {
  const [message, hint] = said[code]?.(name) ?? [`${name} failed: ${code}`, 'Try again, or do it another way.'];
  return new HoldfastError(code, message, { hint });
}

const errnos = { 'filesystem.no-space': 28, 'filesystem.no-access': 13, 'filesystem.io-error': 5 } as const;

/** As the guest's own errors read. */
export function fileErrorOf({ kind }: PlannedFault, action: string, path: string): HoldfastError | null {
  const errno = kind in errnos ? errnos[kind as keyof typeof errnos] : null; // just looked up
  return errno === null ? null : errnoError(errno, '', { kind: 'file', action, name: path });
}

/** Codes that a plan's faults answer with: a contract has to know them. */
export function codesOf(fault: PlannedFault): ErrorCode[] {
  const error = errorOf(fault, '') ?? fileErrorOf(fault, '', '');
  return error ? [error.code] : [];
}
