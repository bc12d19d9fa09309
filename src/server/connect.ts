/**
 * Connections to ports inside, on the server's side; the messages are schema/port-stream.ts's. Leaving ends the connection
 * inside, and the other way round.
 */
import type { WebSocket } from 'ws';
import type { Clock, Log } from '../base/index.ts';
import { asHoldfastError, joinPorts, type PortConnection, PortStream } from '../schema/index.ts';
import { pinging } from './attach.ts';

export interface ConnectSession {
  readonly clock: Clock;
  readonly log: Log;
  open(signal: AbortSignal): Promise<PortConnection>;
}

export async function serveConnection(socket: WebSocket, { clock, log, open }: ConnectSession): Promise<void> {
  const visitor = new PortStream(socket);
  const left = new AbortController();
  const stopPings = pinging(socket, clock);
  void visitor.closed.then(() => {
    stopPings();
    left.abort();
  });
  try {
    const connection = await open(left.signal);
    visitor.tell({ type: 'connected' });
    await joinPorts(visitor, connection);
  } catch (error) {
    const failure = asHoldfastError(error);
    log.debug({ code: failure.code, message: failure.message }, 'connection ended');
    visitor.abandon(failure, true);
  }
}
