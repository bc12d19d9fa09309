/** Loaded into a daemon before anything else: tells over its channel to the bench how long its event loop stood still. */
import { longestBlock } from './event-loop.ts';

let watch = (): number => 0;

process.on('message', (word) => {
  if (word === 'watch') watch = longestBlock();
  process.send?.(word === 'watch' ? 0 : watch());
});
process.channel?.unref();
