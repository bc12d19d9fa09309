/**
 * What every root must have, whatever it was made from: mount points, a place to work, a home, and names for its users.
 * What is there already stays; a link where a directory is needed is refused.
 */
import {
  chmod,
  join,
  lchown,
  lstat,
  mkdir,
  readFileIfPresent,
  rename,
  symlink,
  unlink,
  writeFile,
} from '../base/index.ts';
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
  group: number;
}

export const place = (path: string, mode = 0o755, inside: number = insideIds.root, group = inside): Place => ({
  path,
  mode,
  inside,
  group,
});

const places: Place[] = [
  ...['usr', 'proc', 'dev', 'sys', 'run', 'etc', 'mnt', 'opt', 'home', 'var', 'var/lib', 'var/cache', 'var/log'].map(
    (path) => place(path),
  ),
  place('run/holdfast'),
  place('root', 0o700),
  place('tmp', 0o1777),
  place('var/tmp', 0o1777),
  place('home/agent', 0o755, insideIds.agent),
  // Root inside has no power over the files of others: it works here as a member of its group.
  place('workspace', 0o775, insideIds.agent, insideIds.root),
];

/** The substrate puts these together for each sandbox. */
const given = ['machine-id', 'hostname', 'hosts'];

/** The gateway answers there; without a network nobody does. */
const resolver = 'nameserver 127.0.0.1\noptions timeout:5 attempts:1\n';

/**
 * What tools trust: links to where a sandbox with a network has the same and its own authority too (trust.ts of the
 * network room). The template's own stand aside in `/etc/ssl/holdfast`, and until there is a network the links lead back.
 */
const trusted: readonly { directory: readonly string[]; name: string }[] = [
  { directory: ['etc', 'ssl', 'certs'], name: 'ca-certificates.crt' },
  { directory: ['etc', 'ssl', 'certs', 'java'], name: 'cacerts' },
];

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

/** After the tree is filled: what is there stands aside. */
export async function placeTrust(context: StoreContext, tree: string): Promise<void> {
  await replaceFile(context, join(tree, 'etc/resolv.conf'), resolver);
  for (const { directory, name } of trusted) {
    const path = await realDirectory(tree, directory);
    if (path === null || !(await lookAt(join(path, name)))?.isFile()) continue;
    await ensureDirectory(context, tree, place('etc/ssl/holdfast'));
    await rename(join(path, name), join(tree, 'etc/ssl/holdfast', name));
    await symlink(`/run/holdfast/trust/${name}`, join(path, name));
    await own(context, join(path, name), insideIds.root);
  }
}

/** Null when a part of the path is missing or a link: a template's links are not followed on the machine. */
async function realDirectory(tree: string, parts: readonly string[]): Promise<string | null> {
  let path = tree;
  for (const part of parts) {
    path = join(path, part);
    if (!(await lookAt(path))?.isDirectory()) return null;
  }
  return path;
}

async function replaceFile(context: StoreContext, path: string, text: string): Promise<void> {
  const found = await lookAt(path);
  if (found?.isDirectory()) return;
  if (found) await unlink(path);
  await writeFile(path, text, { mode: 0o644, flag: 'wx' });
  await own(context, path, insideIds.root);
}

export async function ensureDirectory(
  context: StoreContext,
  tree: string,
  { path, mode, inside, group }: Place,
): Promise<void> {
  const host = join(tree, path);
  const found = await lookAt(host);
  if (found?.isDirectory()) return;
  if (found) {
    throw new HoldfastError('invalid-argument', `/${path} of the template is no directory`, {
      hint: 'Make it one: a sandbox needs it.',
    });
  }
  await mkdir(host, { mode });
  await chmod(host, mode);
  await own(context, host, inside, group);
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

export async function lookAt(path: string): Promise<Awaited<ReturnType<typeof lstat>> | null> {
  try {
    return await lstat(path);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

export async function own(context: StoreContext, path: string, inside: number, group = inside): Promise<void> {
  const owner = ownerOf(context.owner, inside);
  if (owner) await lchown(path, owner.uid, ownerOf(context.owner, group)?.gid ?? owner.gid);
}
