/**
 * What a client inside a sandbox reads instead of an answer: a refusal by policy, or a failure of the outside. The same
 * words for mediated requests and for the proxy front, because agents learn from them.
 */
import type { Decision, DecisionCode, HoldfastError } from '../schema/index.ts';
import { withHeader } from './mediation/headers.ts';
import type { Destination, ResponseHead } from './types.ts';

export interface WholeResponse {
  head: ResponseHead;
  body: Buffer;
}

/** All others are 403. */
const statuses: Partial<Record<DecisionCode, number>> = {
  'name-mismatch': 421,
  'rate-limit': 429,
  'tape-miss': 504,
};

const reasons: Record<number, string> = {
  400: 'Bad Request',
  403: 'Forbidden',
  421: 'Misdirected Request',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  502: 'Bad Gateway',
  504: 'Gateway Timeout',
  505: 'HTTP Version Not Supported',
};

/** `status` for what is not HTTP enough to be decided at all, e.g. 400. */
export function denialResponse(decision: Decision, destination: Destination, status?: number): WholeResponse {
  // Only a rate passes by waiting; whoever repeats anything else gets the same again.
  const retryable = decision.code === 'rate-limit';
  const advice = retryable
    ? "This is a limit of this sandbox's network policy; it passes."
    : "This is this sandbox's network policy; trying again does not help.";
  const answered = status ?? statuses[decision.code] ?? 403;
  // Many programs show the first line and nothing else.
  const reason = `${reasons[answered] ?? ''} by network policy (${decision.code})`;
  return json(answered, reason, {
    decision: decision.code,
    error: {
      code: 'forbidden',
      decision: decision.code,
      message: `${decision.message.replace(/\.?$/, '.')} ${advice}`,
      host: destination.host,
      port: destination.port,
      rule: decision.rule?.text ?? null,
      hint: decision.hint,
      retryable,
    },
  });
}

/** Allowed, but the outside did not answer: 502, never to be taken for the destination's own words. */
export function failureResponse(error: HoldfastError, destination: Destination): WholeResponse {
  return json(502, reasons[502] ?? '', {
    decision: 'allowed',
    error: {
      code: error.code,
      decision: 'allowed',
      message: error.message,
      host: destination.host,
      port: destination.port,
      rule: null,
      hint: error.hint ?? null,
      retryable: error.retryable,
    },
  });
}

/** git tells its user what a server says in plain text, and nothing of JSON. */
export function forReader({ head, body }: WholeResponse, userAgent: string | null): WholeResponse {
  if (!userAgent?.startsWith('git/')) return { head, body };
  const { error } = JSON.parse(body.toString('utf8')) as { error: { message: string; hint: string | null } };
  const text = Buffer.from(`${error.message}\n${error.hint === null ? '' : `${error.hint}\n`}`);
  const typed = withHeader(head.headers, 'content-type', 'text/plain; charset=utf-8');
  return { head: { ...head, headers: withHeader(typed, 'content-length', String(text.length)) }, body: text };
}

function json(
  status: number,
  reason: string,
  { decision, error }: { decision: DecisionCode; error: object },
): WholeResponse {
  const body = Buffer.from(`${JSON.stringify({ error })}\n`);
  return {
    head: {
      status,
      reason,
      headers: [
        'content-type',
        'application/json',
        'x-holdfast-decision',
        decision,
        'cache-control',
        'no-store',
        'content-length',
        String(body.length),
      ],
    },
    body,
  };
}
