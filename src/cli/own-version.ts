import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Of this command line; the daemon may have another. */
export function ownVersion(): string {
  // Our own package.json has a version.
  return (JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as { version: string })
    .version;
}
