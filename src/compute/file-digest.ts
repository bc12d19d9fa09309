/** What a file is exactly: saved memories are bound to the programs that made them, and to their own bytes. */
import { createHash } from 'node:crypto';
import { lstat, open, realpath, type Scope } from '../base/index.ts';

/** sha256 of a file, hex, read in pieces. */
export async function digestOf(path: string, scope: Scope): Promise<string> {
  const file = await open(path, 'r');
  try {
    const hash = createHash('sha256');
    for await (const piece of file.createReadStream({ highWaterMark: 1 << 20, autoClose: false })) {
      scope.throwIfEnded();
      hash.update(piece as Buffer);
    }
    return hash.digest('hex');
  } finally {
    await file.close();
  }
}

/** Another one when another file lies at one of these paths, or another content in it; one that is missing is told too. */
export async function stampOf(paths: readonly string[]): Promise<string> {
  const stamps = paths.map(async (path) => {
    const { dev, ino, size, mtimeNs, ctimeNs } = await lstat(await realpath(path), { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
  });
  return (await Promise.all(stamps.map((one) => one.catch(() => 'missing')))).join('\n');
}
