/**
 * A machine's kernel out of a distribution's package: Debian's cloud kernel, for machines that build none. What a machine
 * needs and this kernel has as modules comes with it.
 */
import { findProgram, join, makeDirectories, readdir, readFile, rm, runProcess, type Scope } from '../../base/index.ts';
import { HoldfastError } from '../../schema/index.ts';
import { type KitFile, kitFormat, placeKit } from './kernel.ts';
import { unpackKernel } from './kernel-image.ts';
import { orderModules } from './module-order.ts';

export interface KernelPackage {
  /** A `linux-image-*-cloud-amd64` package, downloaded. */
  package: string;
  /** The kit's; what is there already is replaced. */
  directory: string;
}

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
  // Firecracker's channel.
  'net/vmw_vsock/vsock',
  'net/vmw_vsock/vmw_vsock_virtio_transport_common',
  'net/vmw_vsock/vmw_vsock_virtio_transport',
];

export async function unpackKernelKit(from: KernelPackage, scope: Scope): Promise<void> {
  const tree = `${from.directory}.unpacking`;
  await rm(tree, { recursive: true, force: true });
  await makeDirectories(tree);
  try {
    await unpackPackage(from.package, tree, scope);
    const release = await releaseIn(tree, from.package);
    const kernel = await unpackKernel(await readFile(join(tree, 'boot', `vmlinuz-${release}`)), scope);
    const files = orderModules(await Promise.all(modules.map((path) => readModule(tree, release, path))));
    const kit = {
      format: kitFormat,
      name: `Debian ${release}`,
      image: 'vmlinux',
      needsAcpi: true,
      hasVsock: true,
    } as const;
    await placeKit(from.directory, { ...kit, modules: files.map((file) => file.name) }, [
      { name: 'vmlinux', bytes: kernel },
      ...files,
    ]);
  } finally {
    await rm(tree, { recursive: true, force: true });
  }
}

async function unpackPackage(path: string, tree: string, scope: Scope): Promise<void> {
  const program = await findProgram('dpkg-deb');
  if (program === null) {
    throw new HoldfastError('capability-missing', 'dpkg-deb, which unpacks Debian packages, is not installed', {
      hint: 'Install it: apt install dpkg, or build a kernel instead.',
    });
  }
  const environment = { PATH: '/usr/local/bin:/usr/bin:/bin' };
  const { status, stderr } = await runProcess({ file: program, args: ['-x', path, tree], environment }, scope);
  if (status !== 0) throw unusable(path, stderr.trim());
}

async function releaseIn(tree: string, path: string): Promise<string> {
  const names = await readdir(join(tree, 'boot')).catch(() => []);
  const image = names.find((name) => name.startsWith('vmlinuz-'));
  if (image) return image.slice('vmlinuz-'.length);
  throw unusable(path, 'it holds no kernel image');
}

async function readModule(tree: string, release: string, path: string): Promise<KitFile> {
  const name = `${path.split('/').at(-1)}.ko`;
  const file = join(tree, 'lib/modules', release, 'kernel', `${path}.ko`);
  const bytes = await readFile(file).catch(() => {
    throw unusable(release, `it has no module ${path}`);
  });
  return { name, bytes };
}

function unusable(path: string, why: string): HoldfastError {
  return new HoldfastError('capability-missing', `no kernel for machines comes out of ${path}: ${why}`, {
    hint: 'Give a package linux-image-6.1.*-cloud-amd64 of Debian 12: apt-get download linux-image-...',
  });
}
