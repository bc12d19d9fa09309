/** Several addresses of one destination: the next is tried when one fails or lets us wait; the first that answers wins. */
import { connect, type Socket } from 'node:net';
import { type Clock, connectLending, type Scope } from '../../base/index.ts';
import { HoldfastError } from '../../schema/index.ts';
import type { Destination } from '../types.ts';

const staggerMs = 250;
/** More addresses than this are of no more help. */
const mostAttempts = 8;

/** The socket keeps a listener for errors: one that comes while nobody looks must not end the process. */
export function connectFirst(
  addresses: readonly string[],
  destination: Destination,
  { clock, scope, lends = false }: { clock: Clock; scope: Scope; lends?: boolean },
): Promise<Socket> {
  scope.throwIfEnded();
  return new Promise((resolve, reject) => {
    const waiting = addresses.slice(0, mostAttempts);
    const trying = new Set<Socket>();
    let cancelNext: (() => void) | undefined;
    const settle = (winner: Socket | null): void => {
      cancelNext?.();
      waiting.length = 0;
      leave();
      for (const socket of trying) if (socket !== winner) socket.destroy();
      trying.clear();
    };
    const next = (): void => {
      cancelNext?.();
      const address = waiting.shift();
      if (address === undefined) return;
      const open = lends ? connectLending : connect;
      const socket = open({ host: address, port: destination.port, allowHalfOpen: true, noDelay: true });
      trying.add(socket);
      const failed = (error: Error): void => {
        if (!trying.delete(socket)) return;
        scope.log('no connection', { address, error: error.message });
        if (waiting.length > 0) next();
        else if (trying.size === 0) {
          settle(null);
          reject(unreachable(destination, error));
        }
      };
      socket.on('error', failed);
      socket.once('connect', () => {
        settle(socket);
        resolve(socket);
      });
      cancelNext = clock.after(staggerMs, next);
    };
    const leave = scope.onEnd((reason) => {
      settle(null);
      reject(reason);
    });
    next();
  });
}

/** As of a host that nobody listens on. */
export const refusing = (destination: Destination): HoldfastError =>
  unreachable(destination, Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }));

function unreachable({ host, port }: Destination, cause: Error): HoldfastError {
  const code = 'code' in cause ? String(cause.code) : '';
  const reason = code === 'ECONNREFUSED' ? 'refused' : code === 'ETIMEDOUT' ? 'timed-out' : 'unreachable';
  const said = {
    refused: 'refuses connections',
    'timed-out': 'does not answer',
    unreachable: `cannot be reached (${code})`,
  };
  return new HoldfastError('network-unreachable', `${host}:${port} ${said[reason]}`, {
    hint: 'The policy allows it; the destination, or the way to it, is not there.',
    details: { reason },
    cause,
  });
}
