/**
 * The `host` template: an own small root around the machine's read-only /usr. Of the machine's /etc only what programs
 * need to work and what tells nothing about people or secrets is copied.
 *
 * It is built at first use and again when one of the copied files changed; sandboxes and snapshots keep the layer they
 * started from.
 */
import { createHash } from 'node:crypto';
import {
  chmod,
  copyFile,
  existsSync,
  join,
  lchown,
  lstat,
  mkdir,
  readdir,
  readlink,
  type Scope,
  symlink,
} from '../base/index.ts';
import { insideIds, ownerOf } from './owner.ts';
import { ensureFrame, placeTrust, rootLinks } from './template-frame.ts';
import { isMissing } from './trash.ts';
import type { StoreContext, TemplateBind } from './types.ts';

export const hostBinds: TemplateBind[] = [{ source: '/usr', target: '/usr' }];

/** Changes when the skeleton itself does. */
const skeletonVersion = 4;
/** Of apt's configuration nothing is copied: it may hold passwords. A policy with the preset `apt` brings what it needs. */
const aptDirectories = ['', 'apt.conf.d', 'auth.conf.d', 'preferences.d', 'sources.list.d', 'trusted.gpg.d'];
const aptConfiguration = '/run/holdfast/trust/apt.conf';
const mostEtcBytes = 256 * 2 ** 20;

/** Below /etc; what the machine lacks is left out. Never shadow, sudoers, ssh, machine-id, private keys, gitconfig. */
const copied = [
  'alternatives',
  'ca-certificates',
  'ca-certificates.conf',
  'debian_version',
  'default/locale',
  'fonts',
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  'locale.alias',
  'localtime',
  'lsb-release',
  'maven',
  'mime.types',
  'os-release',
  'perl',
  'protocols',
  'services',
  'ssl/certs',
  'ssl/openssl.cnf',
  'terminfo',
  'vim',
];
const copiedPrefixes = ['java', 'python3'];

/** Cheap: names, sizes and times of what would be copied, not contents. */
export async function hostFingerprint(): Promise<string> {
  const hash = createHash('sha256').update(`skeleton ${skeletonVersion}\n`);
  for (const name of await copiedNames()) {
    const { mtimeMs, ctimeMs, size, ino } = await lstat(join('/etc', name));
    hash.update(`${name} ${mtimeMs} ${ctimeMs} ${size} ${ino}\n`);
  }
  for (const name of rootLinks) hash.update(`${name} ${await readlink(`/${name}`).catch(() => '-')}\n`);
  return hash.digest('hex');
}

/** Makes and fills `tree`. */
export async function buildHostTree(context: StoreContext, tree: string, scope: Scope): Promise<void> {
  await mkdir(tree);
  await chmod(tree, 0o755);
  await own(context, tree, insideIds.root);
  for (const name of rootLinks) {
    const target = await readlink(`/${name}`).catch(() => null);
    if (target === null) continue;
    await symlink(target.replace(/^\//, ''), join(tree, name));
    await own(context, join(tree, name), insideIds.root);
  }
  await ensureFrame(context, tree);
  for (const name of await copiedNames()) await copyEtc(context, tree, name, scope);
  await placeApt(context, tree);
  await placeTrust(context, tree);
}

async function placeApt(context: StoreContext, tree: string): Promise<void> {
  for (const name of aptDirectories) {
    const path = join(tree, 'etc/apt', name);
    await mkdir(path, { mode: 0o755 });
    await own(context, path, insideIds.root);
  }
  await symlink(aptConfiguration, join(tree, 'etc/apt/apt.conf'));
  await own(context, join(tree, 'etc/apt/apt.conf'), insideIds.root);
}

async function copiedNames(): Promise<string[]> {
  const prefixed = (await readdir('/etc')).filter((name) => copiedPrefixes.some((prefix) => name.startsWith(prefix)));
  return [...copied, ...prefixed].filter((name) => existsSync(join('/etc', name))).sort();
}

async function copyEtc(context: StoreContext, tree: string, name: string, scope: Scope): Promise<void> {
  const source = join('/etc', name);
  const target = join(tree, 'etc', name);
  const [folder, inner] = name.split('/');
  if (inner !== undefined && folder !== undefined && !existsSync(join(tree, 'etc', folder))) {
    await mkdir(join(tree, 'etc', folder), { mode: 0o755 });
    await own(context, join(tree, 'etc', folder), insideIds.root);
  }
  const stat = await lstat(source);
  if (stat.isDirectory()) {
    const owner = ownerOf(context.owner, insideIds.root);
    await context.trees.copy(
      { source, target, kind: 'import', maxBytes: mostEtcBytes, ...(owner ? { owner } : {}) },
      scope,
    );
    return;
  }
  try {
    if (stat.isSymbolicLink()) await symlink(await readlink(source), target);
    else await copyFile(source, target);
  } catch (error) {
    if (isMissing(error)) return;
    throw error;
  }
  await own(context, target, insideIds.root);
  if (stat.isFile()) await chmod(target, 0o644);
}

async function own(context: StoreContext, path: string, inside: number): Promise<void> {
  const owner = ownerOf(context.owner, inside);
  if (owner) await lchown(path, owner.uid, owner.gid);
}
