/** Other runtimes, as the owner of this one lists them in a file. */
import { resolve } from 'node:path';
import { loadPeerKeys, type Peer } from '../agents/index.ts';
import { lstat, readFile, systemRandom } from '../base/index.ts';
import { createClient } from '../client/index.ts';
import { readSource } from '../contract/index.ts';
import { HoldfastError, peersSchema } from '../schema/index.ts';
import { textOf } from './contract-files.ts';

const hint = 'It is YAML or JSON; docs/agents.md shows one.';
export interface Peers {
  peers: Peer[];
  /** What their owners write down of this runtime. */
  publicKey: string;
}

/** @throws HoldfastError `invalid-argument` with file, line and column of what is wrong */
export async function loadPeers(word: string, home: string, directory: string): Promise<Peers> {
  const text = await textOf(resolve(directory, word), word, hint);
  const { peers } = readSource({ text, file: word, schema: peersSchema, what: 'a file with peers', hint }).value;
  const reached = peers.map(async ({ url, keyFile, ...facts }) => {
    if (url === undefined) return facts;
    const key = keyFile === undefined ? undefined : await keyIn(resolve(directory, keyFile));
    const service = createClient({ baseUrl: url, ...(key === undefined ? {} : { key }) });
    return { ...facts, serviceOf: () => service };
  });
  return { peers: await Promise.all(reached), publicKey: (await loadPeerKeys(home, systemRandom)).publicKey };
}

/** Refuses a file that others may read. */
async function keyIn(path: string): Promise<string> {
  const stat = await lstat(path).catch((cause: unknown) => {
    throw new HoldfastError('file-not-found', `the file ${path} with a peer's key cannot be read`, { cause });
  });
  if (stat.isFile() && (stat.mode & 0o077) === 0) return (await readFile(path, 'utf8')).trim();
  throw new HoldfastError('permission-denied', `${path} is not a file that only its owner can read`, {
    fault: 'caller',
    hint: `chmod 600 ${path}`,
  });
}
