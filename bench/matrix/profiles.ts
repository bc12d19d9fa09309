/** The profiles of docs/contract/matrix.md, as they were captured: compressed, under the names the page uses. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { type Profile, parseProfile } from '../../src/contract/index.ts';

const folder = join(import.meta.dirname, '../results/matrix');

/** In the order of the page. */
export const runtimes = [
  { name: 'host', title: 'namespace, host view', short: 'host' },
  { name: 'debian', title: 'namespace, Debian root', short: 'Debian' },
  { name: 'busybox', title: 'crun, BusyBox root', short: 'BusyBox' },
  { name: 'gvisor', title: 'gVisor, Debian root', short: 'gVisor' },
  { name: 'microvm', title: 'microVM, Debian root', short: 'microVM' },
  { name: 'srt', title: '`srt` of `@anthropic-ai/sandbox-runtime`', short: 'srt' },
  { name: 'just-bash', title: '`just-bash`, an interpreter', short: 'just-bash' },
] as const;
export type RuntimeName = (typeof runtimes)[number]['name'];

const pathOf = (name: RuntimeName): string => join(folder, `${name}.json.gz`);

/** Null where it was not captured. */
export async function storedProfile(name: RuntimeName): Promise<Profile | null> {
  const bytes = await readFile(pathOf(name)).catch(() => null);
  return bytes === null ? null : parseProfile((await promisify(gunzip)(bytes)).toString('utf8'), name);
}

export async function storeProfile(name: RuntimeName, profile: Profile): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(pathOf(name), await promisify(gzip)(JSON.stringify(profile), { level: 9 }));
}
