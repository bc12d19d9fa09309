/**
 * The one error shape. Every failure that leaves a folder is a `HoldfastError`: a closed code, whose fault it is,
 * whether a retry can help, and what to do. The wire form is `ErrorBody`; the CLI, HTTP and SDK show the same fields.
 * Imports nothing, so that browsers and quick starts can have it without zod; errors.ts adds the schemas.
 */

/** Whose fault a failure is. `policy` is a refusal that worked as designed. */
export const faults = ['caller', 'policy', 'agent', 'injected', 'infrastructure', 'bug'] as const;
export type Fault = (typeof faults)[number];

interface CodeFacts {
  readonly fault: Fault;
  /** Can the identical request succeed later without anybody changing anything? */
  readonly retryable: boolean;
  readonly httpStatus: number;
  /** Exit status of every CLI verb but `run` and `exec`; see docs/errors.md. */
  readonly exitStatus: 1 | 2 | 3 | 4 | 5;
}

const facts = (
  fault: Fault,
  httpStatus: number,
  exitStatus: CodeFacts['exitStatus'],
  retryable = false,
): CodeFacts => ({
  fault,
  httpStatus,
  exitStatus,
  retryable,
});

/** The closed list. docs/errors.md documents each one and a test counts them. */
export const errorCodes = {
  'invalid-argument': facts('caller', 400, 2),
  unauthenticated: facts('caller', 401, 4),
  forbidden: facts('policy', 403, 4),
  'not-found': facts('caller', 404, 3),
  'sandbox-not-found': facts('caller', 404, 3),
  'snapshot-not-found': facts('caller', 404, 3),
  'template-not-found': facts('caller', 404, 3),
  'process-not-found': facts('caller', 404, 3),
  'session-not-found': facts('caller', 404, 3),
  'file-not-found': facts('caller', 404, 3),
  'file-exists': facts('caller', 409, 1),
  'file-too-large': facts('caller', 413, 1),
  'not-a-file': facts('caller', 409, 1),
  'not-a-directory': facts('caller', 409, 1),
  'permission-denied': facts('agent', 403, 1),
  'path-outside': facts('policy', 400, 4),
  'ambiguous-name': facts('caller', 409, 2),
  'name-taken': facts('caller', 409, 1),
  'wrong-state': facts('caller', 409, 1),
  'sandbox-gone': facts('caller', 410, 1),
  'stale-handle': facts('caller', 410, 1),
  'in-use': facts('caller', 409, 1),
  'edit-no-match': facts('agent', 409, 1),
  'edit-ambiguous': facts('agent', 409, 1),
  'idempotency-conflict': facts('caller', 409, 1),
  'quota-exceeded': facts('policy', 429, 4),
  /** A step would go over a limit of its agent, or of one that delegated to it. */
  'budget-exhausted': facts('policy', 429, 4),
  /** A contract's latency ceiling is not kept at the moment: no further sandbox of that contract is let in. */
  'ceiling-exceeded': facts('infrastructure', 503, 1, true),
  'limit-unsupported': facts('infrastructure', 501, 5),
  'capability-missing': facts('infrastructure', 501, 5),
  'executable-not-found': facts('agent', 422, 1),
  'not-executable': facts('agent', 422, 1),
  'deadline-exceeded': facts('infrastructure', 504, 1, true),
  cancelled: facts('caller', 499, 1),
  'disk-full': facts('agent', 507, 1),
  /** An allowed destination does not resolve, refuses, or does not answer. */
  'network-unreachable': facts('infrastructure', 502, 1, true),
  /** No program inside listens on the port. */
  'port-closed': facts('agent', 502, 1, true),
  /** A model gave no usable answer, and neither did those that stand in for it. */
  'model-failed': facts('infrastructure', 502, 1, true),
  /** A program or flow of an agent threw, or went over what it may use of the machine it runs in. */
  'program-failed': facts('agent', 422, 1),
  /** Run again over its own journal, a program asked for something else than before. */
  'program-diverged': facts('agent', 409, 1),
  'host-disk-full': facts('infrastructure', 507, 1, true),
  'sandbox-died': facts('infrastructure', 502, 1, true),
  'guest-protocol': facts('infrastructure', 502, 1),
  'snapshot-corrupt': facts('infrastructure', 500, 1),
  'journal-corrupt': facts('infrastructure', 500, 1),
  /** The audit log was changed, cut short or taken away. */
  'audit-corrupt': facts('infrastructure', 500, 1),
  /** The audit log cannot be written: nothing that would have to be in it is done. */
  'audit-unavailable': facts('infrastructure', 503, 1, true),
  'tape-corrupt': facts('infrastructure', 500, 1),
  'recording-not-found': facts('caller', 404, 3),
  'recording-corrupt': facts('infrastructure', 500, 1),
  /** The state database is damaged, or of a newer format than this version reads. */
  'state-unusable': facts('infrastructure', 500, 1),
  /** An earlier run took the request up and ended before it could say how it went; it is not done a second time. */
  'outcome-unknown': facts('infrastructure', 409, 1),
  /** A reader of events fell behind what is kept, or resumes after an event that is not kept any more. */
  'events-lost': facts('caller', 410, 1),
  /** What happened is not in the contract that the call is held to. */
  unclassified: facts('infrastructure', 502, 1),
  busy: facts('infrastructure', 503, 1, true),
  /** Too many calls in a short time; it passes by waiting. */
  'rate-limited': facts('infrastructure', 429, 1, true),
  'daemon-unreachable': facts('infrastructure', 503, 1, true),
  'launch-failed': facts('infrastructure', 500, 1, true),
  /** A program that a template is warmed by did not end well; see docs/memory.md. */
  'warm-failed': facts('caller', 422, 1),
  /** A hook of a template did not end well where a memory went on; see docs/memory.md. */
  'hook-failed': facts('caller', 422, 1),
  internal: facts('bug', 500, 1),
} as const satisfies Record<string, CodeFacts>;

export type ErrorCode = keyof typeof errorCodes;

export interface ErrorBody {
  code: ErrorCode;
  message: string;
  fault: Fault;
  retryable: boolean;
  /** What to do about it, as one sentence. */
  hint?: string;
  details?: Record<string, unknown>;
}

export interface ErrorOptions {
  hint?: string;
  details?: Record<string, unknown>;
  cause?: unknown;
  /** Overrides the code's usual fault, e.g. `injected` for a fault plan's failures. */
  fault?: Fault;
}

export class HoldfastError extends Error {
  override readonly name = 'HoldfastError';
  readonly code: ErrorCode;
  readonly fault: Fault;
  readonly retryable: boolean;
  readonly hint: string | undefined;
  readonly details: Record<string, unknown> | undefined;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.fault = options.fault ?? errorCodes[code].fault;
    this.retryable = errorCodes[code].retryable;
    this.hint = options.hint;
    this.details = options.details;
  }

  toBody(): ErrorBody {
    return {
      code: this.code,
      message: this.message,
      fault: this.fault,
      retryable: this.retryable,
      ...(this.hint === undefined ? {} : { hint: this.hint }),
      ...(this.details === undefined ? {} : { details: this.details }),
    };
  }

  static fromBody(body: ErrorBody): HoldfastError {
    return new HoldfastError(body.code, body.message, {
      fault: body.fault,
      ...(body.hint === undefined ? {} : { hint: body.hint }),
      ...(body.details === undefined ? {} : { details: body.details }),
    });
  }
}

/** Survives two copies of this module in one process, which `instanceof` does not. */
export function isHoldfastError(error: unknown): error is HoldfastError {
  return error instanceof Error && error.name === 'HoldfastError' && 'code' in error && 'fault' in error;
}

/** Anything thrown, as a `HoldfastError`; a foreign error is our bug until someone maps it. */
export function asHoldfastError(error: unknown): HoldfastError {
  if (isHoldfastError(error)) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new HoldfastError('internal', message, { cause: error, hint: 'This is a bug in Holdfast; please report it.' });
}
