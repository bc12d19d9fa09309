/** The guest's errno, as the error a caller can act on. */
import { type ErrorCode, type Fault, HoldfastError } from '../schema/index.ts';

/** What a request was about, for the message and for errnos that mean different things to different requests. */
export interface Subject {
  readonly kind: 'file' | 'spawn' | 'process' | 'agent' | 'port';
  /** What was attempted, as in `could not read /etc/x`. */
  readonly action: string;
  /** The path, program or process id it concerns. */
  readonly name: string;
  /** Where a program is to start. */
  readonly cwd?: string;
}

interface Meaning {
  readonly name: string;
  readonly code: ErrorCode;
  readonly words: string;
  readonly hint: string;
  readonly fault?: Fault;
}

const meaning = (name: string, code: ErrorCode, words: string, hint: string, fault?: Fault): Meaning => ({
  name,
  code,
  words,
  hint,
  ...(fault ? { fault } : {}),
});

/** Linux numbers, the same on x86-64 and arm64. */
const general: Readonly<Record<number, Meaning>> = {
  1: meaning('EPERM', 'permission-denied', 'not permitted', 'The sandbox user may not do this; nothing can grant it.'),
  2: meaning(
    'ENOENT',
    'file-not-found',
    'no such file or directory',
    'Check the path; list its directory to see what is there.',
  ),
  3: meaning(
    'ESRCH',
    'process-not-found',
    'no such process',
    'It never started here, or its record was dropped; list the processes.',
  ),
  5: meaning(
    'EIO',
    'internal',
    'input/output error',
    'The sandbox file system failed; snapshot or destroy it.',
    'infrastructure',
  ),
  7: meaning(
    'E2BIG',
    'invalid-argument',
    'arguments and environment are too long',
    'Pass large input on stdin or in a file.',
  ),
  8: meaning('ENOEXEC', 'not-executable', 'not a program', 'Start its interpreter instead, e.g. `sh <file>`.'),
  11: meaning('EAGAIN', 'busy', 'too much is going on', 'Try again when something has ended.'),
  12: meaning('ENOMEM', 'quota-exceeded', 'out of memory', 'Raise the sandbox memory limit, or end something inside.'),
  13: meaning(
    'EACCES',
    'permission-denied',
    'permission denied',
    'Check owner and mode with stat, and whether the sandbox user may enter every directory above.',
  ),
  16: meaning('EBUSY', 'in-use', 'in use', 'Wait for, or end, what uses it.'),
  17: meaning('EEXIST', 'file-exists', 'already exists', 'Choose another name, or allow replacing.'),
  18: meaning(
    'EXDEV',
    'invalid-argument',
    'source and target are on different file systems',
    'Copy, then remove the source.',
  ),
  20: meaning('ENOTDIR', 'not-a-directory', 'a part of the path is not a directory', 'Check the path.'),
  21: meaning('EISDIR', 'not-a-file', 'is a directory', 'Name a file, or use a directory verb.'),
  22: meaning('EINVAL', 'invalid-argument', 'not valid here', 'Check the arguments.'),
  23: meaning('ENFILE', 'busy', 'too many open files', 'Close something inside, or raise the limit.'),
  24: meaning('EMFILE', 'busy', 'too many open files', 'Close something inside, or raise the limit.'),
  26: meaning('ETXTBSY', 'in-use', 'the program is running', 'Write beside it and move it over, or end it first.'),
  27: meaning('EFBIG', 'file-too-large', 'the file would be too large', 'Split it.'),
  28: meaning(
    'ENOSPC',
    'disk-full',
    'no space left in the sandbox',
    'Remove files inside, or create the sandbox with a larger disk limit.',
  ),
  30: meaning('EROFS', 'permission-denied', 'read-only file system', 'Write below /workspace or /tmp.'),
  32: meaning(
    'EPIPE',
    'wrong-state',
    'nobody reads it any more',
    'The process closed its stdin or ended; wait for its exit.',
  ),
  36: meaning('ENAMETOOLONG', 'invalid-argument', 'name too long', 'A name has at most 255 bytes, a path 4096.'),
  39: meaning('ENOTEMPTY', 'in-use', 'directory not empty', 'Remove it recursively, or empty it first.'),
  40: meaning('ELOOP', 'invalid-argument', 'too many symbolic links', 'Resolve the links first.'),
  71: meaning('EPROTO', 'guest-protocol', 'protocol error', 'Build the guest agent from the same version.'),
  75: meaning('EOVERFLOW', 'file-too-large', 'too large for one answer', 'Ask for less at once.'),
  90: meaning('EMSGSIZE', 'file-too-large', 'too large for one answer', 'Ask for less at once.'),
  93: meaning(
    'EPROTONOSUPPORT',
    'guest-protocol',
    'protocol version not supported',
    'Build the guest agent from the same version.',
  ),
  95: meaning(
    'ENOTSUP',
    'capability-missing',
    'not supported here',
    'The file system or kernel of this sandbox cannot do it.',
  ),
  98: meaning(
    'EADDRINUSE',
    'in-use',
    'the address is in use inside',
    'A program of the sandbox listens there, or on all addresses.',
  ),
  99: meaning('EADDRNOTAVAIL', 'invalid-argument', 'no such address inside', 'Name an address of 127.0.0.0/8.'),
  104: meaning('ECONNRESET', 'port-closed', 'the connection was reset', 'The program inside broke it off or ended.'),
  110: meaning('ETIMEDOUT', 'deadline-exceeded', 'took too long inside', 'Try again with more time.'),
  111: meaning('ECONNREFUSED', 'port-closed', 'nothing listens there', 'Start the program inside, then try again.'),
  116: meaning('ESTALE', 'file-not-found', 'the file went away meanwhile', 'Look at the directory again.'),
  122: meaning(
    'EDQUOT',
    'disk-full',
    'disk quota reached',
    'Remove files inside, or create the sandbox with a larger disk limit.',
  ),
  125: meaning('ECANCELED', 'cancelled', 'ended by a cancel or a reset', 'Ask again if it is still wanted.'),
};

/** Where starting a program gives an errno another meaning. */
const onSpawn: Readonly<Record<number, Meaning>> = {
  2: meaning(
    'ENOENT',
    'executable-not-found',
    'not found',
    'Check the name, PATH and the working directory; a script also needs its interpreter.',
  ),
  11: meaning(
    'EAGAIN',
    'quota-exceeded',
    'no more processes allowed',
    'End some processes, or raise the sandbox process limit.',
  ),
  13: meaning(
    'EACCES',
    'not-executable',
    'may not be executed',
    'Set its executable bit (chmod +x), and check the directories above it.',
  ),
  20: meaning(
    'ENOTDIR',
    'executable-not-found',
    'a part of the path is not a directory',
    'Check the program path and the working directory.',
  ),
  21: meaning('EISDIR', 'not-executable', 'is a directory', 'Name a program.'),
};

/** Where a tunnelled connection gives an errno another meaning. */
const onPort: Readonly<Record<number, Meaning>> = {
  32: meaning('EPIPE', 'port-closed', 'the other end reads no more', 'The program inside broke it off or ended.'),
};

const special: Partial<Record<Subject['kind'], Readonly<Record<number, Meaning>>>> = { spawn: onSpawn, port: onPort };

/** How the guest's words begin when not the program but its place is what failed. */
const cwdStep = 'cannot enter the working directory';

/** The guest's own words end up on terminals and in logs: short, and without control characters. */
const longestDetail = 500;

export function errnoError(errno: number, words: string, subject: Subject): HoldfastError {
  const detail = printable(words);
  if (subject.cwd !== undefined && detail.startsWith(cwdStep)) {
    return errnoError(errno, '', { kind: 'file', action: 'enter the working directory', name: subject.cwd });
  }
  const known = special[subject.kind]?.[errno] ?? general[errno];
  const what = subject.name === '' ? subject.action : `${subject.action} ${subject.name}`;
  const reason = known?.words ?? (detail === '' ? `errno ${errno}` : detail);
  const extra = known && detail !== '' && detail.toLowerCase() !== known.words ? ` (${detail})` : '';
  return new HoldfastError(known?.code ?? 'internal', `could not ${what}: ${reason}${extra}`, {
    hint: known?.hint ?? 'The guest reported an error Holdfast has no words for; see `details.errno`.',
    details: { errno: known?.name ?? errno, [subject.kind === 'file' ? 'path' : 'subject']: subject.name },
    ...(known ? (known.fault ? { fault: known.fault } : {}) : { fault: 'infrastructure' }),
  });
}

function printable(words: string): string {
  const short = words.length > longestDetail ? `${words.slice(0, longestDetail)}...` : words;
  return short.replace(/\p{Cc}|\p{Cf}/gu, '?');
}
