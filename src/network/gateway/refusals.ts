/** What the inside is told when something is not allowed or not reachable, in the words of each protocol. */
import { Buffer } from 'node:buffer';
import type { Duplex } from 'node:stream';
import { type Decision, type DecisionCode, HoldfastError } from '../../schema/index.ts';
import { denialResponse, failureResponse, type WholeResponse } from '../denial.ts';
import type { Destination } from '../types.ts';

/** A refusal as an error, the decision whole in `details.decision`. */
export function refusedError(decision: Decision): HoldfastError {
  return new HoldfastError('forbidden', decision.message, {
    ...(decision.hint === null ? {} : { hint: decision.hint }),
    details: { decision },
  });
}

/** The decision that a dialler or a meter refused by; null for any other failure. */
export function decisionOf(error: HoldfastError): Decision | null {
  const decision = error.code === 'forbidden' ? error.details?.['decision'] : undefined;
  return typeof decision === 'object' && decision !== null ? (decision as Decision) : null; // refusedError put it there
}

export function refusal(code: Exclude<DecisionCode, 'allowed'>, message: string, hint: string | null = null): Decision {
  return { allowed: false, code, rule: null, message, hint };
}

/** The answer of docs/design/network.md, and the end of the connection. */
export function answerDenied(stream: Duplex, decision: Decision, destination: Destination): void {
  answer(stream, denialResponse(decision, destination));
}

export function answerUnreachable(stream: Duplex, error: HoldfastError, destination: Destination): void {
  answer(stream, failureResponse(error, destination));
}

const badRequests = { 400: 'Bad Request', 408: 'Request Timeout', 431: 'Request Header Fields Too Large' } as const;

/** For what the proxy cannot read or does not do: nothing was decided. */
export function answerBadRequest(
  stream: Duplex,
  { status, message, hint }: { status: keyof typeof badRequests; message: string; hint: string | null },
): void {
  const error = { code: 'invalid-argument', message, hint, retryable: false };
  const body = Buffer.from(`${JSON.stringify({ error })}\n`);
  const headers = ['content-type', 'application/json', 'content-length', String(body.length)];
  answer(stream, { head: { status, reason: badRequests[status], headers }, body });
}

function answer(stream: Duplex, { head, body }: WholeResponse): void {
  const lines = [`HTTP/1.1 ${head.status} ${head.reason}`];
  for (let at = 0; at < head.headers.length; at += 2) lines.push(`${head.headers[at]}: ${head.headers[at + 1]}`);
  hangUp(stream, Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\nconnection: close\r\n\r\n`), body]));
}

const alerts = { accessDenied: 49, internalError: 80, unrecognizedName: 112 } as const;

/** A greeting refused: a client shows an alert's name, where a reset says nothing. */
export function answerAlert(stream: Duplex, alert: keyof typeof alerts): void {
  hangUp(stream, Buffer.from([21, 3, 3, 0, 2, 2, alerts[alert]]));
}

/** Says the last word and takes in what still comes, so that it does not turn into a reset that overtakes the word. */
export function hangUp(stream: Duplex, lastWord: Uint8Array = new Uint8Array(0)): void {
  if (stream.destroyed) return;
  let dropped = 0;
  stream.on('error', () => undefined);
  stream.on('data', (chunk: Buffer) => {
    dropped += chunk.length;
    if (dropped > mostDropped) stream.destroy();
  });
  stream.on('end', () => stream.destroy());
  stream.end(lastWord);
  stream.resume();
}
const mostDropped = 1024 * 1024;
