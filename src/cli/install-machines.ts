/**
 * `holdfast substrate install microvm` and `vm`: the machine's packages, a kernel, and the template they start from. What is
 * there already is left alone, so that it may be repeated.
 */
import { join } from 'node:path';
import { existsSync, readEnvironment, rootScope } from '../base/index.ts';
import {
  findKernelSource,
  findKit,
  type KitKind,
  kitDirectories,
  kitKinds,
  kitsFor,
  makeDebianKit,
  makeOwnKit,
  systemKernels,
} from '../compute/late.ts';
import { HoldfastError, type HoldfastService } from '../schema/index.ts';
import { installPackages, type MachinePackage } from './install-packages.ts';

const packages: readonly MachinePackage[] = [
  { program: 'qemu-system-x86_64', name: 'qemu-system-x86' },
  { program: 'mksquashfs', name: 'squashfs-tools' },
  { program: 'mmdebstrap', name: 'mmdebstrap' },
  { program: 'xz', name: 'xz-utils' },
];
const header = (path: string, name: string): MachinePackage => ({
  name,
  isThere: () => Promise.resolve(existsSync(join('/usr/include', path))),
});
/** What a kernel is built with. */
const buildPackages: readonly MachinePackage[] = [
  { program: 'make', name: 'make' },
  { program: 'gcc', name: 'gcc' },
  { program: 'ld', name: 'binutils' },
  { program: 'flex', name: 'flex' },
  { program: 'bison', name: 'bison' },
  { program: 'bc', name: 'bc' },
  header('stdio.h', 'libc6-dev'),
  header('libelf.h', 'libelf-dev'),
  header('openssl/ssl.h', 'libssl-dev'),
  { name: 'linux-source', isThere: async () => (await findKernelSource()) !== null },
];
const makers = { debian: makeDebianKit, own: makeOwnKit } as const;
const templateName = 'debian';
const suite = 'bookworm';
const templatePackages = ['python3-minimal'];
/** Of a slow machine that builds one. */
const timeoutMs = 3 * 3_600_000;

export interface Installation {
  say: (line: string) => void;
  service: () => Promise<HoldfastService>;
  /** Programs and kernel only. */
  withoutTemplate: boolean;
  /** Absent: whichever is there, else Debian's. */
  kernel?: KitKind | undefined;
}

export async function installMachines({ say, service, withoutTemplate, kernel }: Installation): Promise<void> {
  if (process.arch !== 'x64') {
    throw new HoldfastError('capability-missing', `virtual machines are for x86-64; this machine is ${process.arch}`, {
      hint: 'Use `--isolation userspace-kernel` (gVisor) here.',
    });
  }
  await installPackages(packages, say);
  await installKernel(say, kernel);
  if (withoutTemplate) return;
  await installTemplate(say, await service());
  await startOne(say, await service());
}

async function installKernel(say: (line: string) => void, wanted: KitKind | undefined): Promise<void> {
  const { home, isRoot } = readEnvironment();
  const ofHome = join(home, 'machine', 'kernels');
  const found = findKit(kitDirectories(ofHome, wanted ? [wanted] : kitKinds));
  if (found === null) await makeKernel(wanted ?? 'debian', isRoot ? systemKernels : ofHome, say);
  for (const isolation of ['microvm', 'vm'] as const) {
    say(`a ${isolation} runs the kernel in ${findKit(kitDirectories(ofHome, kitsFor[isolation]))}`);
  }
  say('a daemon that runs takes a new one at its next start');
}

async function makeKernel(kind: KitKind, place: string, say: (line: string) => void): Promise<void> {
  if (kind === 'own') await installPackages(buildPackages, say);
  await using scope = rootScope({ name: 'make a kernel kit', timeoutMs });
  const directory = join(place, kind);
  say(`${await makers[kind](directory, say, scope)} is in ${directory}`);
}

/** The first one boots; what it leaves is what later ones start from, in a fraction of the time. */
async function startOne(say: (line: string) => void, service: HoldfastService): Promise<void> {
  for (const isolation of ['microvm', 'vm'] as const) {
    say(`starting the first ${isolation}`);
    const { id } = await service.createSandbox({ isolation });
    await service.destroySandbox(id);
  }
}

async function installTemplate(say: (line: string) => void, service: HoldfastService): Promise<void> {
  const templates = await service.listTemplates();
  if (templates.some(({ name }) => name === templateName)) return say(`the template ${templateName} is there`);
  say(`building the template ${templateName}; this takes a minute`);
  const request = { name: templateName, from: 'debian', suite, packages: templatePackages } as const;
  await service.buildTemplate({ ...request, packages: [...templatePackages] }, say);
}
