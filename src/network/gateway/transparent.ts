/** A connection to a synthetic address: whoever connects there is connected to the name it stands for. */
import type { Duplex } from 'node:stream';
import type { Destination } from '../types.ts';
import type { Arrival } from './carrier.ts';

export function arriveTransparently(stream: Duplex, destination: Destination): Arrival {
  const drop = (): void => void stream.destroy();
  return {
    stream,
    via: 'transparent',
    destination,
    expected: destination.port === 80 ? 'http' : 'tls',
    refuse: drop,
    unreachable: drop,
    accept: () => undefined,
  };
}
