/** Unix sockets of this machine, and sockets of any kind that lend what they read. */
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { type ErrorCode, HoldfastError } from '../schema/index.ts';
import type { Scope } from './scope.ts';

/** What the kernel's socket address holds; Node cuts a longer path off without a word. */
const longestPathBytes = 107;

/** @param whenGone the code for a socket that is missing or refuses */
export function connectUnix(path: string, scope: Scope, whenGone: ErrorCode = 'sandbox-died'): Promise<Socket> {
  checkPath(path);
  return connected(() => connect({ path }), { path, scope, whenGone });
}

/** What all lending sockets read into: a read and its listeners are over before the next one begins. */
const lent = Buffer.allocUnsafeSlow(256 * 1024);

/** Whether these bytes are another's as soon as the listener that got them returns. */
export const isLent = (bytes: Uint8Array): boolean => bytes.buffer === lent.buffer;

/**
 * As `connectUnix`, for whoever takes in much: a read allocates nothing. What its `data` listeners get is lent (`isLent`).
 * Nothing is read before `resume()`.
 */
export function connectUnixLending(path: string, scope: Scope, whenGone: ErrorCode = 'sandbox-died'): Promise<Socket> {
  checkPath(path);
  return connected(() => connectLending({ path }), { path, scope, whenGone });
}

/**
 * As `connect` of node:net; but what its `data` listeners get is lent, and nothing is read before `resume()`. In one turn of the event
 * loop at most the one buffer is read: of whoever always has more, 32 would be taken at once, eight MiB and some milliseconds.
 */
export function connectLending(options: NetConnectOpts): Socket {
  const callback = (length: number): boolean => {
    socket.emit('data', lent.subarray(0, length));
    if (length < lent.length) return true;
    // Whoever holds it up meanwhile goes on by himself.
    setImmediate(() => socket.isPaused() || socket.resume());
    return false;
  };
  const socket = connect({ ...options, onread: { buffer: lent, callback } });
  return socket.pause();
}

function checkPath(path: string): void {
  if (Buffer.byteLength(path) > longestPathBytes) {
    throw new HoldfastError('invalid-argument', `the socket path ${path} is longer than ${longestPathBytes} bytes`, {
      hint: 'Choose a shorter state directory with HOLDFAST_HOME.',
    });
  }
}

interface Connecting {
  path: string;
  scope: Scope;
  whenGone: ErrorCode;
}

function connected(open: () => Socket, { path, scope, whenGone }: Connecting): Promise<Socket> {
  scope.throwIfEnded();
  return new Promise((resolve, reject) => {
    const socket = open();
    const settle = (): void => {
      leave();
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
    const leave = scope.onEnd((reason) => {
      settle();
      socket.on('error', () => undefined);
      socket.destroy();
      reject(reason);
    });
    socket.once('error', onError);
    socket.once('connect', onConnect);
  });
}
