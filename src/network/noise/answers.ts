/** Answers that a server in trouble gives, in the plainest words that servers use. */
import { Buffer } from 'node:buffer';
import type { WholeResponse } from '../denial.ts';
import type { RequestQuestion } from '../types.ts';
import type { Drawn } from './gateway-noise.ts';

const reasons: Record<number, string> = {
  302: 'Found',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

export function answerOf({ fault }: Drawn, question: RequestQuestion): WholeResponse {
  if (fault.kind === 'network.server-error') return plain(fault.status, []);
  const { scheme, host, port, target } = question;
  const usual = (scheme === 'https' ? 443 : 80) === port;
  return plain(302, ['location', `${scheme}://${host}${usual ? '' : `:${port}`}${target}`]);
}

function plain(status: number, more: string[]): WholeResponse {
  const reason = reasons[status] ?? '';
  const body = Buffer.from(`${reason}\n`);
  const headers = ['content-type', 'text/plain', 'content-length', String(body.length), ...more];
  return { head: { status, reason, headers }, body };
}
