/** Kernel kits: out of a distribution's package, and what building one says when it cannot. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OwnedScope, rootScope } from '../../base/index.ts';
import { prepareKernel } from './kernel.ts';
import { buildKernelKit } from './kernel-build.ts';
import { unpackKernelKit } from './kernel-package.ts';

const hasDpkg = spawnSync('dpkg-deb', ['--version']).status === 0;
const elf = Buffer.from('\x7fELF and so on', 'latin1');
const modules = [
  'drivers/virtio/virtio',
  'drivers/virtio/virtio_ring',
  'drivers/virtio/virtio_mmio',
  'drivers/virtio/virtio_pci_legacy_dev',
  'drivers/virtio/virtio_pci_modern_dev',
  'drivers/virtio/virtio_pci',
  'drivers/char/virtio_console',
  'drivers/block/virtio_blk',
  'fs/overlayfs/overlay',
  'fs/squashfs/squashfs',
  'net/vmw_vsock/vsock',
  'net/vmw_vsock/vmw_vsock_virtio_transport_common',
  'net/vmw_vsock/vmw_vsock_virtio_transport',
];

let directory: string;
let scope: OwnedScope;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hf-kit-'));
  scope = rootScope({ name: 'test', timeoutMs: 20_000 });
});
afterEach(async () => {
  await scope.close();
  rmSync(directory, { recursive: true });
});

/** A package as Debian's, with these of the modules. */
function makePackage(present: readonly string[]): string {
  const tree = join(directory, 'tree');
  const put = (path: string, bytes: string | Buffer): void => {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), bytes);
  };
  const packed = gzipSync(elf);
  const image = Buffer.concat([Buffer.alloc(1024), packed, Buffer.alloc(4)]);
  image[0x1f1] = 1;
  image.write('HdrS', 0x202, 'latin1');
  image.writeUInt32LE(packed.length + 4, 0x24c);
  put('boot/vmlinuz-6.1.0-test', image);
  for (const name of present) put(`lib/modules/6.1.0-test/kernel/${name}.ko`, name);
  put('DEBIAN/control', 'Package: test\nVersion: 1\nArchitecture: all\nMaintainer: test\nDescription: test\n');
  execFileSync('dpkg-deb', ['--root-owner-group', '-b', tree, join(directory, 'package.deb')]);
  return join(directory, 'package.deb');
}

describe.skipIf(!hasDpkg)('a kernel kit out of a package (needs dpkg-deb)', () => {
  it('holds the unpacked kernel and its modules in their order, in place of what was there', async () => {
    const kit = join(directory, 'kits/debian');
    mkdirSync(kit, { recursive: true });
    writeFileSync(join(kit, 'old'), '');
    await unpackKernelKit({ package: makePackage(modules), directory: kit }, scope);
    expect(readFileSync(join(kit, 'vmlinux'))).toEqual(elf);
    expect(JSON.parse(readFileSync(join(kit, 'kernel.json'), 'utf8'))).toEqual({
      format: 1,
      name: 'Debian 6.1.0-test',
      image: 'vmlinux',
      needsAcpi: true,
      hasVsock: true,
      modules: modules.map((name) => `${name.split('/').at(-1)}.ko`),
    });
    expect(readdirSync(join(directory, 'kits'))).toEqual(['debian']);
    expect(statSync(kit).mode & 0o777).toBe(0o755);
    expect(existsSync(join(kit, 'old'))).toBe(false);
    const guest = join(directory, 'guest');
    writeFileSync(guest, 'guest');
    const kernel = await prepareKernel(kit, guest, join(directory, 'kernels'));
    expect(readFileSync(kernel.image)).toEqual(elf);
  });

  it('is not made of a package that lacks something', async () => {
    const kit = join(directory, 'kits/debian');
    await expect(
      unpackKernelKit({ package: makePackage(modules.slice(1)), directory: kit }, scope),
    ).rejects.toMatchObject({
      code: 'capability-missing',
      message: expect.stringMatching(/no module drivers\/virtio\/virtio/),
    });
    writeFileSync(join(directory, 'junk'), 'junk');
    await expect(unpackKernelKit({ package: join(directory, 'junk'), directory: kit }, scope)).rejects.toMatchObject({
      code: 'capability-missing',
    });
    expect(readdirSync(join(directory, 'kits'))).toEqual([]);
  });
});

describe('a purpose-built kernel', () => {
  const config = join(import.meta.dirname, '../../../guest/machine/kernel.config');

  it('has none of what a sandbox could attack it by', () => {
    const options = readFileSync(config, 'utf8').split('\n');
    const banned = [
      'MODULES',
      'BPF_SYSCALL',
      'IO_URING',
      'NETDEVICES',
      'IPV6',
      'USERFAULTFD',
      'KEXEC',
      'IA32_EMULATION',
    ];
    for (const name of banned) expect(options).toContain(`# CONFIG_${name} is not set`);
  });

  it('is not begun without its source, and nothing is left', async () => {
    const kit = join(directory, 'own');
    const build = { source: join(directory, 'missing.tar.xz'), config, directory: kit, jobs: 1 };
    await expect(buildKernelKit(build, scope)).rejects.toMatchObject({
      code: 'capability-missing',
      hint: expect.stringMatching(/apt install/),
    });
    expect(readdirSync(directory)).toEqual([]);
  });
});
