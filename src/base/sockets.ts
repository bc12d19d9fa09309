/** Unix sockets of this machine. */
import { connect, type Socket } from 'node:net';
import { type ErrorCode, HoldfastError } from '../schema/index.ts';
import type { Scope } from './scope.ts';

/** What the kernel's socket address holds; Node cuts a longer path off without a word. */
const longestPathBytes = 107;

/** @param whenGone the code for a socket that is missing or refuses */
export function connectUnix(path: string, scope: Scope, whenGone: ErrorCode = 'sandbox-died'): Promise<Socket> {
  scope.throwIfEnded();
  if (Buffer.byteLength(path) > longestPathBytes) {
    throw new HoldfastError('invalid-argument', `the socket path ${path} is longer than ${longestPathBytes} bytes`, {
      hint: 'Choose a shorter state directory with HOLDFAST_HOME.',
    });
  }
  return new Promise((resolve, reject) => {
    const socket = connect({ path });
    const settle = (): void => {
      scope.signal.removeEventListener('abort', onAbort);
      socket.removeListener('error', onError);
      socket.removeListener('connect', onConnect);
    };
    const onConnect = (): void => {
      settle();
      resolve(socket);
    };
    const onError = (error: Error): void => {
      settle();
      reject(
        new HoldfastError(whenGone, `nobody answers at ${path}: ${error.message}`, {
          cause: error,
          hint: 'What listened there has ended, or was never started.',
        }),
      );
    };
    const onAbort = (): void => {
      settle();
      socket.on('error', () => undefined);
      socket.destroy();
      reject(scope.signal.reason);
    };
    scope.signal.addEventListener('abort', onAbort, { once: true });
    socket.once('error', onError);
    socket.once('connect', onConnect);
  });
}
