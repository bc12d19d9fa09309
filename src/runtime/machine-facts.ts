import { readFileSync } from '../base/index.ts';

let known: string | null = null;

/** The release of this machine's kernel, as `uname -r` says it. */
export function kernelRelease(): string {
  known ??= readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim();
  return known;
}
