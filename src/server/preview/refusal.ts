/** What a visitor of a preview is told when it is not shown: a page for a browser, JSON for a program, the same reason. */
import { STATUS_CODES } from 'node:http';
import { type ErrorCode, errorCodes, HoldfastError, isHoldfastError, mediaTypes } from '../../schema/index.ts';

interface Meaning {
  status: number;
  code: ErrorCode;
  message: string;
  hint: string;
}

const meaning = (status: number, code: ErrorCode, message: string, hint: string): Meaning => ({
  status,
  code,
  message,
  hint,
});

const newLink = 'Ask whoever sent the link for a new one.';
const later = 'Try again in a moment.';

export const refusals = {
  'unknown-host': meaning(
    421,
    'not-found',
    'There is no preview under this name.',
    'Check the address, to the letter.',
  ),
  'bad-request': meaning(400, 'invalid-argument', 'This is not a request that HTTP knows.', 'Check what sent it.'),
  'no-token': meaning(
    403,
    'forbidden',
    'This preview opens with the link that was sent for it.',
    'Open the whole link once; a program sends its token as x-holdfast-token.',
  ),
  'wrong-token': meaning(403, 'forbidden', 'The link is not one for this preview.', 'Use it exactly as it was sent.'),
  'other-key': meaning(403, 'forbidden', 'The link was signed with a key that is no longer used.', newLink),
  'foreign-origin': meaning(
    403,
    'forbidden',
    'A page of another site asked for this.',
    'Open the preview by its own link; a program sends its token as x-holdfast-token.',
  ),
  expired: meaning(410, 'forbidden', 'The time of this preview is over.', newLink),
  revoked: meaning(410, 'forbidden', 'This preview was taken back.', newLink),
  'sandbox-gone': meaning(410, 'sandbox-gone', 'The sandbox behind this preview is gone.', newLink),
  'sandbox-asleep': meaning(
    503,
    'wrong-state',
    'The sandbox behind this preview sleeps.',
    'Its owner resumes it with `holdfast resume`.',
  ),
  'port-closed': meaning(502, 'port-closed', 'Nothing listens on the port of this preview yet.', later),
  'bad-answer': meaning(502, 'port-closed', 'What listens there does not answer as HTTP does.', later),
  'no-answer': meaning(504, 'deadline-exceeded', 'What listens there did not answer in time.', later),
  stalled: meaning(
    408,
    'deadline-exceeded',
    'The rest of the request did not come in time.',
    'Send it again, without long pauses.',
  ),
  busy: meaning(503, 'busy', 'Too much is asked of this sandbox at once.', later),
  failed: meaning(502, 'sandbox-died', 'The way into the sandbox broke off.', later),
} as const satisfies Record<string, Meaning>;

export type Reason = keyof typeof refusals;

export class PreviewRefusal extends Error {
  readonly reason: Reason;

  constructor(reason: Reason, cause?: unknown) {
    super(refusals[reason].message, { cause });
    this.reason = reason;
  }
}

/** Of what went wrong inside a visitor learns the kind, and nothing about the sandbox. */
export function refusalOf(error: unknown): PreviewRefusal {
  if (error instanceof PreviewRefusal) return error;
  const code = isHoldfastError(error) ? error.code : null;
  const reason = code === null ? 'failed' : (byCode[code] ?? 'failed');
  return new PreviewRefusal(reason, error);
}

const byCode: Partial<Record<ErrorCode, Reason>> = {
  'sandbox-gone': 'sandbox-gone',
  'sandbox-not-found': 'sandbox-gone',
  'wrong-state': 'sandbox-asleep',
  'port-closed': 'port-closed',
  'deadline-exceeded': 'no-answer',
  busy: 'busy',
};

export interface RawAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

export function refusalAnswer({ reason }: PreviewRefusal, accept: string | undefined): RawAnswer {
  const { status, code, message, hint } = refusals[reason];
  const isPage = /\btext\/html\b/i.test(accept ?? '');
  const error = new HoldfastError(code, message, { hint, details: { reason } });
  const body = isPage ? page(status, message, hint) : JSON.stringify({ error: error.toBody() });
  return {
    status,
    headers: {
      'content-type': isPage ? 'text/html; charset=utf-8' : mediaTypes.json,
      'content-length': String(Buffer.byteLength(body)),
      'x-holdfast-decision': reason,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
      ...(errorCodes[code].retryable ? { 'retry-after': '2' } : {}),
    },
    body,
  };
}

/** Where no ordinary answer can be made: an upgrade, or what is not HTTP. */
export function rawText({ status, headers, body }: RawAnswer): string {
  const lines = Object.entries({ ...headers, connection: 'close' }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`;
}

/** The texts are ours: nothing of the request stands in the page. */
function page(status: number, message: string, hint: string): string {
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${message}</title>
<style>:root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:20vh auto;padding:0 1rem}
small{opacity:.6}</style>
<h1>${message}</h1><p>${hint}</p><small>Holdfast preview, ${status}</small>
`;
}
