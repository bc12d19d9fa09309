/**
 * What every root must have, whatever it was made from: mount points, a place to work, a home, and names for its users.
 * What is there already stays; a link where a directory is needed is refused.
 */
import { chmod, join, lchown, lstat, mkdir, readFileIfPresent, symlink, unlink, writeFile } from '../base/index.ts';
import { HoldfastError } from '../schema/index.ts';
import { insideIds, ownerOf } from './owner.ts';
import { isMissing } from './trash.ts';
import type { StoreContext } from './types.ts';

/** Of a system whose programs all lie below /usr. */
export const rootLinks: readonly string[] = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32'];

interface Place {
  path: string;
  mode: number;
  inside: number;
}

const place = (path: string, mode = 0o755, inside: number = insideIds.root): Place => ({ path, mode, inside });

const places: Place[] = [
  ...['usr', 'proc', 'dev', 'sys', 'run', 'etc', 'mnt', 'opt', 'home', 'var', 'var/lib', 'var/cache', 'var/log'].map(
    (path) => place(path),
  ),
  place('run/holdfast'),
  place('root', 0o700),
  place('tmp', 0o1777),
  place('var/tmp', 0o1777),
  place('home/agent', 0o755, insideIds.agent),
  place('workspace', 0o755, insideIds.agent),
];

/** The substrate puts these together for each sandbox. */
const given = ['machine-id', 'hostname', 'hosts'];

const files: Record<string, string> = {
  passwd: [
    'root:x:0:0:root:/root:/bin/bash',
    'agent:x:1000:1000:agent:/home/agent:/bin/bash',
    'nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin',
    '',
  ].join('\n'),
  group: ['root:x:0:', 'tty:x:5:', 'agent:x:1000:', 'nogroup:x:65534:', ''].join('\n'),
  shells: '/bin/sh\n/bin/bash\n',
  'nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n',
  'resolv.conf': 'nameserver 127.0.0.1\n',
  profile: [
    '[ -n "$PATH" ] || export PATH=/usr/local/bin:/usr/bin:/bin',
    '[ -n "$BASH_VERSION" ] && [ -f /etc/bash.bashrc ] && . /etc/bash.bashrc',
    'true',
    '',
  ].join('\n'),
  'bash.bashrc': ['case $- in *i*) ;; *) return ;; esac', "PS1='\\u@\\h:\\w\\$ '", ''].join('\n'),
};

export async function ensureFrame(context: StoreContext, tree: string): Promise<void> {
  for (const wanted of places) await ensureDirectory(context, tree, wanted);
  for (const [name, text] of Object.entries(files)) await ensureFile(context, join(tree, 'etc', name), text);
  await ensureLine(join(tree, 'etc/passwd'), /^agent:/m, 'agent:x:1000:1000:agent:/home/agent:/bin/bash\n');
  await ensureLine(join(tree, 'etc/group'), /^agent:/m, 'agent:x:1000:\n');
  for (const name of given) await giveLink(context, join(tree, 'etc', name), `/run/holdfast/${name}`);
}

async function ensureDirectory(context: StoreContext, tree: string, { path, mode, inside }: Place): Promise<void> {
  const host = join(tree, path);
  const found = await lookAt(host);
  if (found?.isDirectory()) return;
  if (found) {
    throw new HoldfastError('invalid-argument', `/${path} of the template is no directory`, {
      hint: 'Make it one; a sandbox needs it as a mount point or a place to work.',
    });
  }
  await mkdir(host, { mode });
  await chmod(host, mode);
  await own(context, host, inside);
}

async function ensureFile(context: StoreContext, path: string, text: string): Promise<void> {
  if (await lookAt(path)) return;
  await writeFile(path, text, { mode: 0o644, flag: 'wx' });
  await own(context, path, insideIds.root);
}

/** Only into a plain file: a template's links are not followed on the machine. */
async function ensureLine(path: string, known: RegExp, line: string): Promise<void> {
  if (!(await lookAt(path))?.isFile()) return;
  const text = (await readFileIfPresent(path)) ?? '';
  if (!known.test(text)) await writeFile(path, `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${line}`);
}

async function giveLink(context: StoreContext, path: string, target: string): Promise<void> {
  const found = await lookAt(path);
  if (found?.isDirectory()) return;
  if (found) await unlink(path);
  await symlink(target, path);
  await own(context, path, insideIds.root);
}

async function lookAt(path: string): Promise<Awaited<ReturnType<typeof lstat>> | null> {
  try {
    return await lstat(path);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

async function own(context: StoreContext, path: string, inside: number): Promise<void> {
  const owner = ownerOf(context.owner, inside);
  if (owner) await lchown(path, owner.uid, owner.gid);
}
