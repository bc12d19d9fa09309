/**
 * How much of HTTP/2's bodies may be on its way unread. Node grants a connection's window anew whatever is read, so what bounds
 * memory is the window of each stream, times streams, times connections: who opens a thousand connections and reads none of
 * them must not take the memory of others. The first connections of a sandbox have room for speed, later ones for less.
 */
import type { Http2Session } from 'node:http2';

interface Limits {
  initialWindowSize: number;
  maxConcurrentStreams: number;
}

const tiers: readonly (Limits & { connections: number })[] = [
  { connections: 4, initialWindowSize: 512 * 1024, maxConcurrentStreams: 100 },
  { connections: 60, initialWindowSize: 64 * 1024, maxConcurrentStreams: 32 },
  { connections: Number.POSITIVE_INFINITY, initialWindowSize: 16 * 1024, maxConcurrentStreams: 8 },
];
/** Of all streams together: never what they wait for. */
const connectionWindowBytes = 4 * 1024 * 1024;

/** One per sandbox and direction. */
export class Http2Room {
  readonly #taken = tiers.map(() => 0);

  /** @param open makes the session within these limits; they are free again when it closes */
  enter<Session extends Http2Session>(open: (limits: Limits) => Session): Session {
    const at = Math.max(
      0,
      tiers.findIndex(({ connections }, index) => (this.#taken[index] ?? 0) < connections),
    );
    const { initialWindowSize, maxConcurrentStreams } = tiers[at] ?? {
      initialWindowSize: 16_384,
      maxConcurrentStreams: 8,
    };
    const session = open({ initialWindowSize, maxConcurrentStreams });
    this.#count(at, 1);
    session.once('close', () => this.#count(at, -1));
    return session;
  }

  #count(at: number, by: number): void {
    this.#taken[at] = (this.#taken[at] ?? 0) + by;
  }
}

/** For the whole connection, Node leaves HTTP/2's 64 KiB, whatever the settings say. */
export function widen(session: Http2Session): void {
  session.setLocalWindowSize(connectionWindowBytes);
}
