/**
 * The purpose-built kernel without the half hour it takes: which source is taken, what its configuration holds, and the build itself on a
 * source tree that is one only by the targets of its Makefile. A kernel that was built is booted by test/system/machine.test.ts.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OwnedScope, rootScope } from '../../base/index.ts';
import { findKit, kitDirectories, kitsFor } from './kernel.ts';
import { buildKernelKit } from './kernel-build.ts';
import { findKernelSource } from './own-kernel.ts';

const tools = ['make', 'gcc', 'ld', 'flex', 'bison', 'bc', 'tar', 'xz', 'strip'];
const lacking = tools.filter((name) => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0);
const config = join(import.meta.dirname, '../../../guest/machine/kernel.config');

let directory: string;
let scope: OwnedScope;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hf-own-kernel-'));
  scope = rootScope({ name: 'test', timeoutMs: 60_000 });
});
afterEach(async () => {
  await scope.close();
  rmSync(directory, { recursive: true, force: true });
});

it('is built from the source it was made for, else from the newest', async () => {
  const put = (name: string): void => writeFileSync(join(directory, name), '');
  const found = (): Promise<string | undefined> =>
    findKernelSource(directory).then((path) => path?.slice(directory.length + 1));
  expect(await findKernelSource(join(directory, 'nowhere'))).toBeNull();
  for (const name of ['linux-source-6.1.tar.gz', 'linux-config-6.9.tar.xz', 'linux-source-7.tar.xz']) put(name);
  expect(await found()).toBeUndefined();
  for (const version of ['6.9', '6.12', '5.10']) put(`linux-source-${version}.tar.xz`);
  expect(await found()).toBe('linux-source-6.12.tar.xz');
  put('linux-source-6.1.tar.xz');
  expect(await found()).toBe('linux-source-6.1.tar.xz');
});

it.each(['microvm', 'vm'] as const)('has its place among the kernels of a %s, wherever each lies', (kind) => {
  const at = (name: string): string => join(directory, 'home', name);
  const places = kitDirectories(join(directory, 'home'), kitsFor[kind]);
  const [best = '', second = ''] = kind === 'microvm' ? ['own', 'debian'] : ['debian', 'own'];
  expect(places.map((path) => path.split('/').at(-1))).toEqual([best, best, second, second]);
  // This machine may have one of its own.
  const ofHome = places.filter((path) => path.startsWith(directory));
  for (const name of [second, best]) {
    mkdirSync(at(name), { recursive: true });
    writeFileSync(join(at(name), 'kernel.json'), '{}');
    expect(findKit(ofHome)).toBe(at(name));
  }
});

describe('its configuration', () => {
  const on = new Set(
    readFileSync(config, 'utf8')
      .split('\n')
      .filter((line) => line.endsWith('=y')),
  );

  it.each<[string, string[]]>([
    [
      'start without firmware, on both boards',
      ['PVH', 'VIRTIO_MMIO', 'VIRTIO_MMIO_CMDLINE_DEVICES', 'VIRTIO_PCI', 'BLK_DEV_INITRD'],
    ],
    ['reach its disks and its host', ['VIRTIO_BLK', 'VIRTIO_CONSOLE', 'VSOCKETS', 'VIRTIO_VSOCKETS']],
    [
      'mount what it runs in',
      ['SQUASHFS', 'SQUASHFS_LZ4', 'EXT4_FS', 'OVERLAY_FS', 'TMPFS', 'DEVTMPFS', 'PROC_FS', 'SYSFS'],
    ],
    ['hold a sandbox', ['CGROUPS', 'MEMCG', 'CGROUP_PIDS', 'CFS_BANDWIDTH', 'SECCOMP_FILTER']],
    ['keep namespaces apart', ['UTS_NS', 'IPC_NS', 'USER_NS', 'PID_NS', 'NET_NS']],
    ['serve the agent', ['EPOLL', 'SIGNALFD', 'TIMERFD', 'EVENTFD', 'INOTIFY_USER', 'UNIX98_PTYS', 'FHANDLE']],
  ])('lets it %s', (_, names) => {
    for (const name of names) expect(on, name).toContain(`CONFIG_${name}=y`);
  });
});

/** Its rules take CONFIG_STUBBORN away again, and its "kernel" is a program of this machine. */
const makefile = `
tinyconfig:
\techo CONFIG_TINY=y > .config
olddefconfig:
\tsed -i '/STUBBORN/d' .config
vmlinux:
\techo "  CC      $(KBUILD_BUILD_USER)@$(KBUILD_BUILD_HOST) $(KBUILD_BUILD_TIMESTAMP)"
\ttest "$(MAKEFLAGS)" != ""
\tmkdir -p include/config && echo 6.1.0-test > include/config/kernel.release
\tcp program vmlinux
.PHONY: tinyconfig olddefconfig vmlinux
`;
const merge = '#!/bin/sh\n# -m -O TREE BASE WANTED\ncat "$4" "$5" > "$3/.merged" && mv "$3/.merged" "$3/.config"\n';

describe.skipIf(lacking.length > 0)(`the build (needs ${tools.join(', ')})`, () => {
  function source(): string {
    const tree = join(directory, 'linux-source-6.1');
    mkdirSync(join(tree, 'scripts/kconfig'), { recursive: true });
    writeFileSync(join(tree, 'Makefile'), makefile);
    writeFileSync(join(tree, 'scripts/kconfig/merge_config.sh'), merge);
    chmodSync(join(tree, 'scripts/kconfig/merge_config.sh'), 0o755);
    copyFileSync('/bin/true', join(tree, 'program'));
    const archive = join(directory, 'linux-source-6.1.tar.xz');
    execFileSync('tar', ['-cJf', archive, '-C', directory, 'linux-source-6.1']);
    return archive;
  }
  const wanted = (text: string): string => {
    const path = join(directory, 'wanted');
    writeFileSync(path, text);
    return path;
  };

  it('makes a kit that names what it is, of nobody and no time in particular', async () => {
    const kit = join(directory, 'kits/own');
    let said = '';
    const build = {
      source: source(),
      config: wanted('# a comment\nCONFIG_A=y\nCONFIG_B=n\n'),
      directory: kit,
      jobs: 2,
    };
    const onOutput = (text: string): void => {
      said += text;
    };
    const name = await buildKernelKit({ ...build, onOutput }, scope);
    expect(name).toBe('purpose-built 6.1.0-test');
    expect(JSON.parse(readFileSync(join(kit, 'kernel.json'), 'utf8'))).toEqual({
      format: 1,
      name,
      image: 'vmlinux',
      needsAcpi: false,
      hasVsock: true,
      modules: [],
    });
    expect(readFileSync(join(kit, 'vmlinux')).subarray(0, 4).toString('latin1')).toBe('\x7fELF');
    expect(said).toContain('CC      holdfast@holdfast @0');
    expect(readdirSync(join(directory, 'kits'))).toEqual(['own']);
  });

  it('is refused when an option got lost, and leaves the kit that was there', async () => {
    const kit = join(directory, 'kits/own');
    mkdirSync(kit, { recursive: true });
    const build = { source: source(), config: wanted('CONFIG_A=y\nCONFIG_STUBBORN=y\n'), directory: kit, jobs: 1 };
    await expect(buildKernelKit(build, scope)).rejects.toMatchObject({
      code: 'capability-missing',
      message: 'this source gives a kernel without CONFIG_STUBBORN=y',
    });
    expect(existsSync(kit)).toBe(true);
    expect(readdirSync(join(directory, 'kits'))).toEqual(['own']);
  });
});
