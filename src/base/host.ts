/** Facts about the machine that do not change while it is up. */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

let cachedBootId: string | null = null;

/** Different after every boot: a process id of another boot means nothing. */
export function bootId(): string {
  cachedBootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return cachedBootId;
}

/**
 * The writable directory of the overlay at a process's root, or another place it sees, as the kernel says; null when there
 * is none. Of one with a disk limit the directory that its image, mounted beside it, stands for.
 */
export async function mountedUpper(pid: number, place = '/'): Promise<string | null> {
  const table = await readFile(`/proc/${pid}/mountinfo`, 'utf8').catch(() => '');
  const root = table.split('\n').find((line) => line.split(' ')[4] === place);
  const upper = root?.match(/[ ,]upperdir=([^, ]+)/)?.[1];
  return upper === undefined ? null : unescapeMount(upper).replace(/\.disk\/upper$/, '');
}

/** The kernel writes space, tab, newline and backslash as three octal digits. */
function unescapeMount(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
