/** The labels of an episode as whoever judges it gets them. */
import type { FaultLabel } from '../schema/index.ts';

const channels: readonly FaultLabel['channel'][] = ['call', 'lookup', 'connection', 'request'];

/** By what they are about, never by when they came: what goes over the network comes in no order of its own. */
export function inOrder(labels: readonly { number: number; label: FaultLabel }[]): FaultLabel[] {
  const key = ({ label: { channel, name, position } }: { label: FaultLabel }): [number, string, number] => [
    channels.indexOf(channel),
    channel === 'call' ? '' : name,
    position,
  ];
  const compare = (
    one: { number: number; label: FaultLabel },
    other: { number: number; label: FaultLabel },
  ): number => {
    const [a, b] = [key(one), key(other)];
    return a[0] - b[0] || (a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : 0) || a[2] - b[2] || one.number - other.number;
  };
  return [...labels].sort(compare).map(({ label }) => label);
}
