/** Addresses of this machine's own interfaces: no name of the outside may lead back to what listens here. */
import { networkInterfaces } from 'node:os';
import type { Clock } from '../../base/index.ts';
import { formatAddress, parseAddress } from '../policy/ip.ts';

/** An interface that is younger is found out when it answers: see dialler.ts. */
const freshMs = 1000;

export type IsOwnAddress = (address: string) => boolean;

export function ownAddresses(clock: Clock): IsOwnAddress {
  let known = new Set<string>();
  let untilMs = Number.NEGATIVE_INFINITY;
  return (address) => {
    const nowMs = clock.monotonicMs();
    if (nowMs >= untilMs) {
      known = new Set(Object.values(networkInterfaces()).flatMap((each) => (each ?? []).map((one) => one.address)));
      untilMs = nowMs + freshMs;
    }
    const parsed = parseAddress(address);
    return parsed !== null && known.has(formatAddress(parsed));
  };
}
