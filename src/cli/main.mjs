/**
 * Where the command line starts. Plain JavaScript, and only Node itself is loaded before the compile cache is on: what comes
 * after finds its types stripped already, and Node never loads its stripper, which takes longer than most commands.
 */
import { enableCompileCache, flushCompileCache } from 'node:module';
import { join } from 'node:path';

// What comes after does not parse there, which says nothing to whoever started it.
if (Number.parseInt(process.versions.node, 10) < 24) {
  console.error(
    `error: Holdfast needs Node 24 or newer, and this is ${process.versions.node}\n  ./holdfast brings one along.`,
  );
  process.exit(125);
}
// Inside the checkout, where only its owner writes: a cache in a shared place would run what others put there.
enableCompileCache(join(import.meta.dirname, '../../.holdfast/cache'));
const { commandLine } = await import('./command-line.ts');
const { processIo } = await import('./io.ts');
// Node writes what it compiled at its end, which a daemon that is killed does not have: the next one would strip and compile all anew.
for (const ms of [2000, 60_000]) setTimeout(flushCompileCache, ms).unref();
process.exit(await commandLine(process.argv.slice(2), processIo));
