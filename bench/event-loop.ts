/** How long this process's event loop stood still. */
import { monitorEventLoopDelay } from 'node:perf_hooks';

const resolutionMs = 1;

/** Watches from now; the function answers the longest block in milliseconds and ends the watch. */
export function longestBlock(): () => number {
  const watch = monitorEventLoopDelay({ resolution: resolutionMs });
  watch.enable();
  return () => {
    watch.disable();
    // The histogram holds the time between two ticks of a timer, so an idle loop shows the resolution itself.
    return Math.max(0, watch.max / 1e6 - resolutionMs);
  };
}
