/** The client's verbs on ports inside a sandbox. */
import { HoldfastError } from '../schema/error-class.ts';
import type { CallOptions, HoldfastService, PortConnection } from '../schema/index.ts';
import { connectProtocol, PortStream } from '../schema/port-stream.ts';
import { type Caller, failureOf, signalOf } from './call.ts';
import { sandboxPath } from './sandboxes.ts';
import type { OpenSocket } from './transport.ts';

type PortVerbs = Pick<HoldfastService, 'connectPort' | 'sharePort' | 'listPreviews' | 'revokePreview'>;

const previewsPath = (ref: string): string => `${sandboxPath(ref)}/previews`;

export const portVerbs = (caller: Caller, openSocket: OpenSocket): PortVerbs => ({
  connectPort: (ref, port, options = {}): Promise<PortConnection> =>
    openConnection(caller, openSocket, `${sandboxPath(ref)}/ports/${encodeURIComponent(port)}/connect`, options),
  sharePort: (ref, input, options) => caller.json('POST', previewsPath(ref), { json: input, options }),
  listPreviews: (ref, options) => caller.json('GET', previewsPath(ref), { options }),
  revokePreview: (ref, id, options) =>
    caller.nothing('DELETE', `${previewsPath(ref)}/${encodeURIComponent(id)}`, { options }),
});

/** The signal and the timeout are those of the whole connection. */
async function openConnection(
  caller: Caller,
  openSocket: OpenSocket,
  path: string,
  options: CallOptions,
): Promise<PortConnection> {
  const { url, protocols } = caller.socketAddress(path, {}, connectProtocol);
  const signal = signalOf(options);
  const stream = new PortStream(await openSocket(url, protocols));
  const stop = (): void => stream.abandon(failureOf(caller.server, signal?.reason, signal));
  if (signal?.aborted) stop();
  signal?.addEventListener('abort', stop, { once: true });
  void stream.closed.then(() => signal?.removeEventListener('abort', stop));
  try {
    await stream.connected;
    return stream;
  } catch (error) {
    // A browser hides why a WebSocket was refused, an ordinary call does not.
    if (stream.neverOpened && !signal?.aborted) await caller.json('GET', '/version', { options: { timeoutMs: 5000 } });
    throw error instanceof HoldfastError ? error : failureOf(caller.server, error, signal);
  }
}
