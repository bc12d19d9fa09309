/** What V8 does for this process, and is told from inside it. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

interface Collection {
  /** `minor`: of what is young only; takes some tenths of a millisecond where little of it is still in use. */
  type: 'major' | 'minor';
  execution: 'sync';
  flavor?: 'last-resort';
}

let gc: ((collection: Collection) => void) | null = null;

export function collect(collection: Collection): void {
  if (!gc) {
    // The only way to V8's own collection from inside a process that was started without it.
    setFlagsFromString('--expose-gc');
    gc = runInNewContext('gc') as typeof collect;
    setFlagsFromString('--no-expose-gc');
  }
  gc(collection);
}
