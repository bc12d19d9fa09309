/** What an ERROR frame of a tree operation means to the caller. */
import { Buffer } from 'node:buffer';
import { Fields, tags } from '../guest/index.ts';
import { type ErrorCode, HoldfastError } from '../schema/index.ts';
import type { TreeRequestType } from './tree-wire.ts';

interface Meaning {
  code: ErrorCode;
  hint: string;
}

const actions: Record<TreeRequestType, string> = {
  scan: 'read a layer',
  diff: 'compare files',
  copy: 'copy files',
  delete: 'delete files',
  export: 'export files',
  squash: 'merge layers',
};

const usual: Meaning = {
  code: 'internal',
  hint: 'The store or its disk may be damaged; see the message for the step that failed.',
};

const meanings: Record<number, Meaning> = {
  1: {
    code: 'permission-denied',
    hint: 'The store may lie where this user may not write, or a path is outside of it.',
  },
  2: { code: 'file-not-found', hint: 'Check the path.' },
  13: { code: 'permission-denied', hint: 'Make the file readable for the user who runs the daemon.' },
  16: { code: 'busy', hint: 'A file changed while it was read: suspend the sandbox, or take a snapshot and use that.' },
  20: { code: 'not-a-directory', hint: 'Check the path.' },
  22: { code: 'invalid-argument', hint: 'Remove it, or choose a directory without it.' },
  27: { code: 'file-too-large', hint: 'Leave out what is not needed, or allow more.' },
  28: {
    code: 'host-disk-full',
    hint: 'Free space; `holdfast rm` and `holdfast prune` work all the same, and nothing was half-written.',
  },
  36: { code: 'invalid-argument', hint: 'Shorten the path; it has at most 4095 bytes.' },
  40: { code: 'invalid-argument', hint: 'Directories may be nested 1024 deep.' },
  122: {
    code: 'host-disk-full',
    hint: 'Free space; `holdfast rm` and `holdfast prune` work all the same, and nothing was half-written.',
  },
};

export function treeError(type: TreeRequestType, payload: Uint8Array): HoldfastError {
  const fields = new Fields(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength));
  const errno = fields.int(tags.errno);
  // Names out of a sandbox end up on terminals: no control characters.
  const message = fields.text(tags.message).replace(/\p{Cc}|\p{Cf}/gu, '?');
  const { code, hint } = meanings[errno] ?? usual;
  return new HoldfastError(code, `could not ${actions[type]}: ${message}`, { hint, details: { errno } });
}
