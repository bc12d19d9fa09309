/** How a sandbox's clock and chance are held. */
import { isoTime } from '../base/index.ts';
import type { RecordingHead } from './format.ts';

/** Where libfaketime holds a clock, as far as it can be read; undefined where it does not. */
export function heldTime({ FAKETIME: time, FAKETIME_FMT: format }: Record<string, string>): string | undefined {
  return time !== undefined && format === '%s' && /^\d{1,11}$/.test(time) ? isoTime(Number(time) * 1000) : time;
}

/** As its variables have it, which a frozen world sets, or its own kernel. */
export function clockOf({ sandbox: { environment, clock } }: RecordingHead): string {
  const time = heldTime(environment);
  if (time !== undefined) return `libfaketime ${time}`.slice(0, 256);
  return clock === undefined ? 'host' : `kernel ${clock}`;
}

export const entropyOf = ({ seeds }: RecordingHead): string => (seeds['sandbox'] === undefined ? 'host' : 'seed');
