/**
 * A template's base layer as a read-only disk: squashfs, made once per layer digest and shared by every machine.
 *
 * 1. An image is complete or not there: made under another name, then renamed, with its sha256 beside it.
 * 2. It is checked against that once in this process's life, before the first machine gets it; a wrong one is made anew, but for
 *    a machine that was made with another: that is refused it.
 * 3. `moved`: owners as they lie in the store, for a sandbox without powers; `plain`: owners as the guest sees them, for
 *    one that keeps the powers of its own kernel (guest/machine/init.c tells them apart by the root's owner).
 */
import {
  existsSync,
  findProgram,
  inOwnScope,
  join,
  lchown,
  makeDirectories,
  readFileIfPresent,
  rename,
  rm,
  runProcess,
  type Scope,
  syncFile,
  untilOrEnded,
  writeFile,
  writeFileAtomic,
} from '../../base/index.ts';
import { layerDigest } from '../../filesystem/index.ts';
import { HoldfastError } from '../../schema/index.ts';
import { digestOf } from '../file-digest.ts';
import { namesIn, removeAll } from './prune.ts';

/** What id 0 inside is in the store of a daemon that runs as root; guest/LAUNCHER.md. */
export const firstMappedId = 1_879_048_192;

export type Owners = 'moved' | 'plain';

export interface ImageOptions {
  /** The guest binary. */
  binary: string;
  directory: string;
  mode: 'root' | 'user';
}

/** Of a template of many gigabytes. */
const makeTimeoutMs = 10 * 60_000;

export interface BaseImage {
  path: string;
  /** sha256, hex. */
  digest: string;
}

export class Images {
  readonly #options: ImageOptions;
  readonly #ready = new Map<string, Promise<BaseImage>>();
  readonly #known = new Map<string, Promise<boolean>>();
  #made = 0;

  constructor(options: ImageOptions) {
    this.#options = options;
  }

  /** The image of a sealed layer's tree. */
  async of(tree: string, owners: Owners, scope: Scope): Promise<BaseImage> {
    const name = `${await layerDigest(tree)}-${owners}`;
    let image = this.#ready.get(name);
    if (!image) {
      // Whoever asked first may give up: others wait for the same.
      image = inOwnScope('make a disk of a template', (own) => this.#provide(name, tree, owners, own), makeTimeoutMs);
      this.#ready.set(name, image);
      image.catch(() => this.#ready.delete(name));
    }
    return await untilOrEnded(image, scope);
  }

  /** Of a machine that goes on from a memory: what it has read of its disk must be what it will read. */
  async check({ path, digest }: BaseImage, scope: Scope): Promise<void> {
    const key = `${path} ${digest}`;
    let isKnown = this.#known.get(key);
    if (!isKnown) {
      isKnown = inOwnScope('read the disk of a machine', (own) => isWhole(path, digest, own), makeTimeoutMs);
      this.#known.set(key, isKnown);
      isKnown.then((whole) => whole || this.#known.delete(key)).catch(() => this.#known.delete(key));
    }
    if (!(await untilOrEnded(isKnown, scope)) || !existsSync(path)) throw notItsDisk(path);
  }

  /** Of those that are there, by what they say of themselves. */
  async digests(): Promise<string[]> {
    const { directory } = this.#options;
    const said = (await namesIn(directory)).filter((name) => name.endsWith('.sha256'));
    return await Promise.all(said.map(async (name) => ((await readFileIfPresent(join(directory, name))) ?? '').trim()));
  }

  /** Answers how many bytes were freed. */
  async prune(isNeeded: (path: string) => boolean): Promise<number> {
    const { directory } = this.#options;
    const old = (await namesIn(directory)).filter(
      (name) => name.endsWith('.squashfs') && !isNeeded(join(directory, name)),
    );
    for (const name of old) this.#ready.delete(name.slice(0, -'.squashfs'.length));
    return await removeAll(old.flatMap((name) => [join(directory, name), join(directory, `${name}.sha256`)]));
  }

  /** The same where it was made before: what it says of itself, unchecked. */
  async made(tree: string, owners: Owners): Promise<BaseImage | null> {
    const path = this.#pathOf(`${await layerDigest(tree)}-${owners}`);
    const known = existsSync(path) ? await readFileIfPresent(`${path}.sha256`) : null;
    return known === null ? null : { path, digest: known.trim() };
  }

  #pathOf(name: string): string {
    return join(this.#options.directory, `${name}.squashfs`);
  }

  async #provide(name: string, tree: string, owners: Owners, scope: Scope): Promise<BaseImage> {
    const path = this.#pathOf(name);
    const known = await readFileIfPresent(`${path}.sha256`);
    if (known !== null && (await isWhole(path, known.trim(), scope))) {
      return { path, digest: known.trim() };
    }
    await makeDirectories(this.#options.directory);
    const staging = `${path}.${process.pid}.${this.#made++}.tmp`;
    try {
      await this.#build(tree, owners, staging, scope);
      const digest = await digestOf(staging, scope);
      // A machine that is put on disk needs it after the power failed, too.
      await syncFile(staging);
      await rm(`${path}.sha256`, { force: true });
      await rename(staging, path);
      await writeFileAtomic(`${path}.sha256`, `${digest}\n`, { sync: true });
      return { path, digest };
    } finally {
      await rm(staging, { force: true });
    }
  }

  async #build(tree: string, owners: Owners, staging: string, scope: Scope): Promise<void> {
    const program = await findProgram('mksquashfs');
    if (!program) {
      throw new HoldfastError('capability-missing', 'mksquashfs is not installed', {
        hint: 'Install it: apt install squashfs-tools',
      });
    }
    const command = await this.#command(program, tree, owners, staging);
    const { status, signal, stderr } = await runProcess(command, scope);
    if (status === 0) return;
    const why = stderr.trim().split('\n').at(-1) ?? '';
    throw new HoldfastError('launch-failed', `mksquashfs failed with ${signal ?? `status ${status}`}: ${why}`, {
      hint: 'Check that there is room below HOLDFAST_HOME, then try again.',
      details: { stderr },
    });
  }

  /** lz4: a guest reads it about as fast as raw, and it is made in two seconds. */
  async #command(
    program: string,
    tree: string,
    owners: Owners,
    staging: string,
  ): Promise<{ file: string; args: string[] }> {
    const words = ['-comp', 'lz4', '-noappend', '-no-xattrs', '-no-progress', '-quiet', '-mkfs-time', '0'];
    const { mode, binary } = this.#options;
    if (mode === 'user') {
      const owner = (owners === 'moved' ? firstMappedId : 0) + ordinaryInside;
      return { file: program, args: [tree, staging, ...words, '-force-uid', `${owner}`, '-force-gid', `${owner}`] };
    }
    if (owners === 'moved') return { file: program, args: [tree, staging, ...words] };
    await writeFile(staging, '', { mode: 0o644, flag: 'wx' });
    await lchown(staging, firstMappedId, firstMappedId);
    const inside = [
      '-c',
      'cd "$1" && what=$2 with=$3 && shift 3 && exec "$with" mapped "$what" . /proc/self/fd/9 "$@" 9<>"$0"',
    ];
    return { file: '/bin/bash', args: [...inside, staging, tree, program, binary, ...words] };
  }
}

/** Everything an ordinary user's daemon keeps belongs to that user, who is the agent inside. */
const ordinaryInside = 1000;

const isWhole = async (path: string, digest: string, scope: Scope): Promise<boolean> =>
  existsSync(path) && (await digestOf(path, scope)) === digest;

function notItsDisk(path: string): HoldfastError {
  return new HoldfastError('snapshot-corrupt', `${path}, the disk of this machine, is not there or not what it was`, {
    hint: 'Put that file back, or start anew from the last snapshot.',
    details: { path },
  });
}
