/**
 * `@anthropic-ai/sandbox-runtime` by its command `srt`, as `--target exec:'srt --settings FILE -c {}'` has it. It shows what
 * runs in it the whole machine, so the machine here is a root of the system's own directories, in which nobody works.
 */
import { existsSync } from 'node:fs';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../src/base/index.ts';
import type { Target } from '../../src/contract/index.ts';
import { CommandTarget } from '../../src/contract/targets/command.ts';
import { notInstalled, packageVersion, peersDirectory } from '../peers.ts';

const name = '@anthropic-ai/sandbox-runtime';
const installed = { modules: '/opt/srt/node_modules', system: '/opt/srt/system', socat: '/opt/srt/socat' };
const command = `${installed.modules}/${name}/dist/cli.js`;

/** What programs need to find libraries, names, certificates and the time. */
const etc = ['alternatives', 'debian_version', 'ld.so.cache', 'localtime', 'nsswitch.conf', 'os-release', 'ssl/certs'];
const accounts = {
  passwd: 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n',
  group: 'root:x:0:\nnogroup:x:65534:\n',
  hosts: '127.0.0.1 localhost\n::1 localhost\n',
};

/** @param directory of nobody else: each session has a machine of its own below it */
export async function sandboxRuntime(directory: string): Promise<Target> {
  const version = await packageVersion(name);
  if (version === null) throw new Error(`${name} is ${notInstalled}`);
  let count = 0;
  return {
    features: targetOn(directory).features,
    describe: async () => ({
      spec: "exec:'srt --settings FILE -c {}'",
      kind: 'exec',
      title: `the command srt of ${name} ${version}`,
      facts: { version, user: 'root', root: 'the system’s /usr and parts of its /etc', network: 'none' },
    }),
    open: async () => {
      const own = join(directory, String(count++));
      await fill(own, existsSync(join(system, 'usr/bin/socat')));
      const session = await targetOn(own).open();
      return { ...session, close: () => rm(own, { recursive: true, force: true, maxRetries: 3 }) };
    },
  };
}

const system = join(peersDirectory, 'system');
const targetOn = (own: string): CommandTarget => new CommandTarget([...machine(own), ...srt].join(' '), systemClock);

const srt = ['/opt/node', command, '--settings', '/etc/srt-settings.json', '-c', '{}'];

async function fill(directory: string, isUnpacked: boolean): Promise<void> {
  for (const place of ['workspace', 'root', 'tmp', 'etc']) await mkdir(join(directory, place), { recursive: true });
  await chmod(join(directory, 'tmp'), 0o1777);
  for (const [file, text] of Object.entries(accounts)) await writeFile(join(directory, 'etc', file), text);
  // As its own documents begin.
  const settings = {
    network: { allowedDomains: [], deniedDomains: [] },
    filesystem: { denyRead: [], allowWrite: ['.', '/tmp'], denyWrite: [] },
    ...(isUnpacked ? { socatPath: installed.socat, ripgrep: { command: `${installed.system}/usr/bin/rg` } } : {}),
  };
  await writeFile(join(directory, 'etc/srt-settings.json'), JSON.stringify(settings));
  // Its libraries lie beside it, and nothing else may find them.
  const libraries = `${installed.system}/usr/lib/${process.arch === 'x64' ? 'x86_64' : 'aarch64'}-linux-gnu`;
  const socat = `#!/bin/sh\nLD_LIBRARY_PATH=${libraries} exec ${installed.system}/usr/bin/socat "$@"\n`;
  await writeFile(join(directory, 'socat'), socat, { mode: 0o755 });
}

function machine(directory: string): string[] {
  const at = (place: string): string => join(directory, place);
  const links = ['bin', 'sbin', 'lib', 'lib64'].flatMap((place) => ['--symlink', `usr/${place}`, `/${place}`]);
  const own = [...Object.keys(accounts), 'srt-settings.json'];
  const variables = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: '/root', USER: 'root', LANG: 'C.UTF-8' };
  return [
    ...['bwrap', '--cap-add', 'ALL', '--unshare-uts', '--hostname', 'machine', '--die-with-parent'],
    ...['--ro-bind', '/usr', '/usr', ...links, '--dev', '/dev', '--tmpfs', '/run'],
    // Whole: a kernel lets nobody mount another one inside whose own is covered in part.
    ...['--dev-bind', '/proc', '/proc'],
    ...etc.flatMap((file) => ['--ro-bind-try', `/etc/${file}`, `/etc/${file}`]),
    ...own.flatMap((file) => ['--ro-bind', at(`etc/${file}`), `/etc/${file}`]),
    ...['workspace', 'root', 'tmp'].flatMap((place) => ['--bind', at(place), `/${place}`]),
    ...['--ro-bind', process.execPath, '/opt/node', '--ro-bind', at('socat'), installed.socat],
    ...['--ro-bind', join(peersDirectory, 'node_modules'), installed.modules],
    ...['--ro-bind-try', system, installed.system, '--chdir', '/workspace', '--clearenv'],
    ...Object.entries(variables).flatMap(([key, value]) => ['--setenv', key, value]),
  ];
}
