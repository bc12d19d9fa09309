/**
 * The kernel machines run, and what it starts. A *kit* is a directory with `kernel.json`, the kernel as an ELF file and the
 * modules it needs; `holdfast substrate install microvm` makes one from Debian's cloud kernel, or builds one (`--kernel own`).
 *
 * 1. The first kit of the list that is there is used: for a `microvm` a purpose-built one before a distribution's, for a `vm`,
 *    which is for what needs modules, the other way round; this home's before the machine's.
 * 2. Kernel and initramfs are copied below home under a name made of their content: what a memory snapshot was taken with
 *    stays what it is when a kit changes.
 */
import { createHash } from 'node:crypto';
import {
  basename,
  chmod,
  copyFile,
  existsSync,
  join,
  makeDirectories,
  readFile,
  rename,
  rm,
  writeFile,
} from '../../base/index.ts';
import { HoldfastError } from '../../schema/index.ts';
import type { MachineKind } from './arguments.ts';
import { packInitramfs } from './initramfs.ts';

export const kitFormat = 1;

/** `kernel.json`. */
export interface KernelKit {
  format: typeof kitFormat;
  /** For people: where it is from, and which it is. */
  name: string;
  /** File of the kit. */
  image: string;
  /** Whether it finds its devices by ACPI only. */
  needsAcpi: boolean;
  /** Files of the kit, in the order they are loaded. */
  modules: string[];
  /** Whether it, or a module here, drives a virtio vsock: Firecracker has no other channel. */
  hasVsock?: boolean;
}

export interface Kernel {
  name: string;
  image: string;
  initramfs: string;
  hasAcpi: boolean;
  hasVsock: boolean;
  /** Of image and initramfs, hex. */
  digest: string;
}

/** Kits for every home of this machine. */
export const systemKernels = '/var/lib/holdfast-kernels';

export const kitKinds = ['own', 'debian'] as const;
export type KitKind = (typeof kitKinds)[number];

/** Which kits each kind of machine takes, best first. */
export const kitsFor: Readonly<Record<MachineKind, readonly KitKind[]>> = {
  microvm: ['own', 'debian'],
  vm: ['debian', 'own'],
};

/** Directories a kit may lie in, best first. */
export function kitDirectories(homeKernels: string, kinds: readonly KitKind[]): string[] {
  return kinds.flatMap((kind) => [homeKernels, systemKernels].map((place) => join(place, kind)));
}

export function findKit(directories: readonly string[]): string | null {
  return directories.find((directory) => existsSync(join(directory, 'kernel.json'))) ?? null;
}

export async function prepareKernel(kitDirectory: string, binary: string, kernels: string): Promise<Kernel> {
  const kit = await readKit(kitDirectory);
  const read = (name: string): Promise<Buffer> => readFile(join(kitDirectory, basename(name)));
  const image = await read(kit.image);
  const modules = await Promise.all(
    kit.modules.map(async (name) => ({ name: basename(name).replace(/\.ko$/, ''), bytes: await read(name) })),
  );
  const initramfs = packInitramfs(await readFile(binary), modules);
  const digest = createHash('sha256').update(image).update(initramfs).digest('hex');
  const directory = join(kernels, digest);
  if (!existsSync(directory)) await place(directory, join(kitDirectory, basename(kit.image)), initramfs);
  return {
    name: kit.name,
    image: join(directory, 'kernel'),
    initramfs: join(directory, 'initramfs'),
    hasAcpi: kit.needsAcpi,
    hasVsock: kit.hasVsock === true,
    digest,
  };
}

async function readKit(directory: string): Promise<KernelKit> {
  const found: unknown = await readFile(join(directory, 'kernel.json'), 'utf8').then(JSON.parse, () => null);
  if (isKit(found)) return found;
  throw new HoldfastError('capability-missing', `${directory} holds no kernel this version can use`, {
    hint: 'Make it again: holdfast substrate install microvm',
  });
}

function isKit(found: unknown): found is KernelKit {
  if (typeof found !== 'object' || found === null) return false;
  const kit = found as Record<string, unknown>;
  return (
    kit['format'] === kitFormat &&
    typeof kit['name'] === 'string' &&
    typeof kit['image'] === 'string' &&
    typeof kit['needsAcpi'] === 'boolean' &&
    Array.isArray(kit['modules']) &&
    kit['modules'].every((name) => typeof name === 'string')
  );
}

export interface KitFile {
  name: string;
  bytes: Uint8Array;
}

/** Puts a kit where it is looked for, in place of what is there. Any user's daemon of this machine may use it. */
export async function placeKit(directory: string, kit: KernelKit, files: readonly KitFile[]): Promise<void> {
  const staging = `${directory}.${process.pid}.tmp`;
  await rm(staging, { recursive: true, force: true });
  await makeDirectories(staging);
  await chmod(staging, 0o755);
  for (const file of files) await writeFile(join(staging, basename(file.name)), file.bytes, { mode: 0o644 });
  await writeFile(join(staging, 'kernel.json'), `${JSON.stringify(kit, null, 2)}\n`, { mode: 0o644 });
  await rm(directory, { recursive: true, force: true });
  await rename(staging, directory);
}

/** Complete or not there. */
async function place(directory: string, image: string, initramfs: Uint8Array): Promise<void> {
  const staging = `${directory}.${process.pid}.tmp`;
  await rm(staging, { recursive: true, force: true });
  await makeDirectories(staging);
  await copyFile(image, join(staging, 'kernel'));
  await writeFile(join(staging, 'initramfs'), initramfs, { mode: 0o644 });
  await rename(staging, directory).catch(async (error: unknown) => {
    await rm(staging, { recursive: true, force: true });
    if (!existsSync(directory)) throw error;
  });
}
