/** What this machine's kernel refused, in the words of the error codes: not a bug, and the path says where. */
import { type ErrorCode, HoldfastError } from '../schema/error-class.ts';

const meanings: Readonly<Record<string, readonly [code: ErrorCode, words: string, hint: string]>> = {
  ENOENT: ['file-not-found', 'no such file or directory', 'Check the path, and that the directory above it is there.'],
  ENOTDIR: ['not-a-directory', 'a part of the path is not a directory', 'Check the path.'],
  EISDIR: ['not-a-file', 'is a directory', 'Name a file.'],
  EEXIST: ['file-exists', 'is there already', 'Choose another name.'],
  EACCES: ['permission-denied', 'permission denied', 'Check its owner and mode, and those of the directories above.'],
  EPERM: ['permission-denied', 'not permitted', 'Check its owner, mode and attributes.'],
  EROFS: ['permission-denied', 'read-only file system', 'Choose a place that can be written.'],
  ENAMETOOLONG: ['invalid-argument', 'the name is too long', 'A name has at most 255 bytes, a path 4096.'],
  ELOOP: ['invalid-argument', 'too many symbolic links', 'Resolve the links first.'],
  ENOSPC: ['host-disk-full', 'no space left on this machine', 'Free space, or run `holdfast prune`.'],
  EDQUOT: ['host-disk-full', 'the disk quota of this machine is reached', 'Free space, or run `holdfast prune`.'],
  EMFILE: ['busy', 'too many open files', 'Raise `ulimit -n`.'],
};

/** Anything else comes back as it was. */
export function hostFailure(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof HoldfastError || !('syscall' in error)) return error;
  const { code, path, syscall } = error as NodeJS.ErrnoException;
  const [ours, words, hint] = meanings[code ?? ''] ?? [];
  if (ours === undefined || words === undefined) return error;
  const place = path ?? (syscall === 'write' ? 'what stdout leads to' : `${syscall}`);
  return new HoldfastError(ours, `${place}: ${words}`, { cause: error, fault: 'caller', ...(hint ? { hint } : {}) });
}
