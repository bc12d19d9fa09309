/**
 * Connections to ports that programs inside listen on.
 *
 * 1. The sandbox counts as used while a connection lives.
 * 2. A connection ends with its caller's signal, with the runtime, and with the sandbox's channel.
 */
import type { GuestStream } from '../guest/index.ts';
import { type CallOptions, HoldfastError, isHoldfastError, type PortConnection } from '../schema/index.ts';
import type { Core } from './core.ts';

export interface InsidePort {
  tenant: string;
  /** An id. */
  sandbox: string;
  port: number;
}

/** @throws HoldfastError `port-closed` when nothing listens */
export async function dialInside(
  { controller, scope: parent }: Pick<Core, 'controller' | 'scope'>,
  { tenant, sandbox, port }: InsidePort,
  options: CallOptions = {},
): Promise<GuestStream> {
  const scope = parent.child({ name: `connect to port ${port}`, ...options });
  try {
    const stream = await controller.inside(tenant, sandbox, scope, (guest) => guest.tunnels.dial(port, {}, scope));
    const release = controller.hold(sandbox);
    stream.once('close', () => {
      release();
      scope.close().catch(() => undefined);
    });
    return stream;
  } catch (error) {
    await scope.close();
    throw error;
  }
}

export function connectionOf(stream: GuestStream): PortConnection {
  return {
    output: read(stream),
    closed: new Promise((resolve) => stream.once('close', () => resolve())),
    write: (data) =>
      new Promise((resolve, reject) => {
        stream.write(data, (error) => (error ? reject(broken(error)) : resolve()));
      }),
    endInput: () =>
      new Promise((resolve, reject) => {
        const failed = (error: Error): void => reject(broken(error));
        stream.once('error', failed);
        stream.end(() => {
          stream.off('error', failed);
          resolve();
        });
      }),
    close: async () => void stream.destroy(),
  };
}

async function* read(stream: GuestStream): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    // The end of their side must leave ours open. A stream of bytes yields nothing else.
    yield* stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw broken(error);
  } finally {
    if (!stream.readableEnded) stream.destroy();
  }
}

function broken(cause: unknown): HoldfastError {
  if (isHoldfastError(cause)) return cause;
  return new HoldfastError('sandbox-died', 'the connection into the sandbox broke off', {
    cause,
    hint: 'The program inside closed it, or the sandbox ended; look with `holdfast inspect`, then connect again.',
  });
}
