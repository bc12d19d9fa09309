/** Loaded into a daemon before anything else: tells the bench over its channel what only the process itself can know. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { longestBlock } from './event-loop.ts';

let watch = (): number => 0;

/** Without garbage: how much of that there is, is a matter of when it was last collected. */
function residentCollected(): number {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  for (let time = 0; time < 3; time++) collect();
  return process.memoryUsage.rss();
}

process.on('message', (word) => {
  if (word === 'watch') watch = longestBlock();
  process.send?.(word === 'collect' ? residentCollected() : word === 'watch' ? 0 : watch());
});
process.channel?.unref();
