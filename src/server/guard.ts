/**
 * Who may knock at the TCP door. A page of another site, or a name that was rebound to this machine's address, reaches
 * the port but carries its own Origin or Host, and is refused before anything else is looked at.
 */
import { HoldfastError } from '../schema/index.ts';
import type { Credentials } from './app.ts';

export interface GuardOptions {
  /** Names this server is reached by, besides the loopback ones; without ports. */
  readonly hosts: readonly string[];
  /** Origins of pages that may use it, e.g. `https://console.example`. */
  readonly origins: readonly string[];
}

const loopbackHosts = ['localhost', '127.0.0.1', '[::1]'];

/** @returns the headers a browser wants to see on the answer */
export function createGuard({ hosts, origins }: GuardOptions): (request: Credentials) => Record<string, string> {
  const knownHosts = new Set([...loopbackHosts, ...hosts.map((host) => host.toLowerCase())]);
  return ({ headers }) => {
    const host = (headers.get('host') ?? '').toLowerCase();
    if (!knownHosts.has(host.replace(/:\d+$/, ''))) throw refusal('Host', host, 'allowed hosts');
    const origin = headers.get('origin');
    if (origin === null) return {};
    const isOwn = origin === `http://${host}` || origin === `https://${host}`;
    if (!isOwn && !origins.includes(origin)) throw refusal('Origin', origin, 'allowed origins');
    return {
      'access-control-allow-origin': origin,
      'access-control-allow-methods': 'GET, POST, PUT, DELETE',
      'access-control-allow-headers':
        'authorization, content-type, accept, last-event-id, idempotency-key, holdfast-timeout-ms',
      'access-control-expose-headers': 'holdfast-stat, x-request-id',
      vary: 'origin',
    };
  };
}

function refusal(header: string, value: string, list: string): HoldfastError {
  return new HoldfastError(
    'forbidden',
    `${header} ${JSON.stringify(value.slice(0, 200))} is not one of this server's`,
    {
      hint: `Add it to the server's ${list} if it should be.`,
    },
  );
}
