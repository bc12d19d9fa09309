/**
 * Listens where previews are asked for. `localhost` is two addresses, and browsers try either first: on 127.0.0.1 the same
 * port of ::1 is taken too, so that nobody else on this machine gets a visitor's token there.
 */
import type { Server } from 'node:http';
import { HoldfastError } from '../../schema/index.ts';

export async function listenLoopback(
  { host, port }: { host: string; port: number },
  makeServer: () => Server,
): Promise<{ servers: Server[]; port: number }> {
  const first = makeServer();
  const taken = await listenOn(first, host, port);
  if (host !== '127.0.0.1') return { servers: [first], port: taken };
  const second = makeServer();
  try {
    await listenOn(second, '::1', taken);
    return { servers: [first, second], port: taken };
  } catch (error) {
    if (error instanceof HoldfastError && isWithoutIpv6(error.cause)) return { servers: [first], port: taken };
    first.close();
    throw error;
  }
}

function listenOn(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => reject(cannotListen(host, port, cause)));
    server.listen({ host, port }, () => {
      const bound = server.address();
      resolve(typeof bound === 'object' && bound ? bound.port : port);
    });
  });
}

function isWithoutIpv6(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && ['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes(String(cause.code));
}

function cannotListen(host: string, port: number, cause: Error): HoldfastError {
  const isTaken = 'code' in cause && cause.code === 'EADDRINUSE';
  const place = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return new HoldfastError(
    isTaken ? 'in-use' : 'invalid-argument',
    `cannot serve previews on ${place}: ${cause.message}`,
    {
      cause,
      hint: 'Choose another place: `holdfast serve --preview-listen 127.0.0.1:0` takes a free port.',
    },
  );
}
