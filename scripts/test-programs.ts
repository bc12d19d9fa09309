/** Programs that tests use and that `./holdfast` itself does not need. Where they cannot be had, tests skip and say so. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { noFuzzer } from './fuzz/targets.ts';

const multiarch = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';

/** Where Debian's package has it. */
export const fakeTime = `/usr/lib/${multiarch}/faketime/libfaketime.so.1`;

/** The browser that tests drive. */
export const chromium = '/usr/bin/chromium';

/** The small Debian that machines are tested with (scripts/test-debian.ts makes it), and where their kernels lie. */
export const testDebian: string = join(tmpdir(), 'holdfast-test-bookworm-1');
const kernels = '/var/lib/holdfast-kernels';
/** What `holdfast substrate install gvisor` builds where the machine's package is too old. */
const ownRunsc = '/usr/local/lib/holdfast/runsc';
const usableRunsc = 2023;

/**
 * Whether virtual machines must work here, by what is there and not by what the product says of itself: it is what is tested.
 * Without the Debian it is that archive which did not answer.
 */
export const hasMachines = (kernel: 'own' | 'debian' | 'any' = 'any'): boolean =>
  process.arch === 'x64' &&
  process.getuid?.() === 0 &&
  has('qemu-system-x86_64') &&
  has('mksquashfs') &&
  existsSync(testDebian) &&
  ['own', 'debian'].some((kind) => [kind, 'any'].includes(kernel) && existsSync(join(kernels, kind, 'kernel.json')));

/** The same of gVisor. */
export function hasGvisor(): boolean {
  if (process.getuid?.() !== 0 || !(existsSync(ownRunsc) || has('runsc'))) return false;
  if (existsSync(ownRunsc)) return true;
  const said = spawnSync('runsc', ['--version'], { encoding: 'utf8' }).stdout;
  return Number(/^runsc version \D*(?:0~)?(20\d\d)/.exec(said)?.[1] ?? 0) >= usableRunsc;
}

/** By a program of theirs, or a file. */
const wanted: Readonly<Record<string, string>> = {
  ip: 'iproute2',
  curl: 'curl',
  git: 'git',
  python3: 'python3',
  pip3: 'python3-pip',
  openssl: 'openssl',
  tmux: 'tmux',
  vim: 'vim',
  zsh: 'zsh',
  fish: 'fish',
  gcore: 'gdb',
  'mkfs.ext4': 'e2fsprogs',
  shellcheck: 'shellcheck',
  busybox: 'busybox-static',
  runc: 'runc',
  crun: 'crun',
  clang: 'clang',
  [fakeTime]: 'libfaketime',
};

export const has = (program: string): boolean =>
  existsSync(program) ||
  [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/sbin'].some((place) => existsSync(join(place, program)));

/** Only as root, and only where apt-get is: nobody is asked while tests run. */
export const canProvide = (): boolean => process.getuid?.() === 0 && has('apt-get') && !process.env['HOLDFAST_OFFLINE'];

export function provideTestPrograms(): void {
  providePackages(
    Object.entries(wanted)
      .filter(([program]) => !has(program))
      .map(([, name]) => name),
  );
  // A package of its own since LLVM 15, and on Debian 12; where it does not exist, clang brought it along.
  if (noFuzzer() !== null) providePackages(['libclang-rt-dev']);
  // Ubuntu has a package of that name that brings none.
  if (!has(chromium)) providePackages(['chromium']);
  provideSubstrate('gvisor');
  provideSubstrate('microvm', '--without-template');
}

/** Packages of registries and archives, beside what else is done: they are mostly waited for. */
export async function provideTestPackages(): Promise<void> {
  await Promise.all([
    providePackagesOf(vendors, 'E2B and Daytona', 'ci'),
    // One package with nothing below it but what is left out, some of which a registry may not have.
    providePackagesOf(codingAgent, 'a coding agent', 'install', '--no-package-lock', '--omit=optional'),
    provideReaders(),
    provideTestDebian(),
  ]);
}

const testsAt = join(import.meta.dirname, '../test');

export const vendors: string = join(testsAt, 'vendors');
export const codingAgent: string = join(testsAt, 'coding-agent');

/** The vendors' SDKs. */
export const hasVendors = (): boolean => hasPackagesOf(vendors);
export const hasCodingAgent = (): boolean => hasPackagesOf(codingAgent);

/** All that its package.json names, as it names them. */
function hasPackagesOf(directory: string): boolean {
  // A file of ours.
  const { dependencies } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  return Object.entries(dependencies).every(([name, version]) => {
    const manifest = join(directory, 'node_modules', name, 'package.json');
    if (!existsSync(manifest)) return false;
    return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version === version;
  });
}

/** From the registry that npm is set to; where it does not answer, tests skip what needs them. */
async function providePackagesOf(directory: string, whose: string, ...how: string[]): Promise<void> {
  if (process.env['HOLDFAST_OFFLINE'] || hasPackagesOf(directory)) return;
  console.error(`installing ${whose} for the tests with npm`);
  const words = ['--ignore-scripts', '--no-audit', '--no-fund', '--fetch-retries=1', '--prefer-offline'];
  const isDone = await succeeds('npm', [...how, ...words], directory);
  if (!isDone) console.error(`it could not be done; tests of ${whose} will be skipped`);
}

/** Lists of pip: those of the second are taken without what they need, and on a Python older than they ask for. */
const readerLists = { 'requirements.txt': [], 'requirements-alone.txt': ['--no-deps', '--ignore-requires-python'] };

/** Whether the readers of exports are there, all that the lists of test/vendors name. */
export function hasReaders(): boolean {
  return Object.keys(readerLists).every((list) =>
    [...readFileSync(join(vendors, list), 'utf8').matchAll(/^([\w-]+)==(\S+)$/gm)].every(([, name = '', version]) =>
      existsSync(join(vendors, 'python', `${name.replaceAll('-', '_')}-${version}.dist-info`)),
    ),
  );
}

/** From the index that pip is set to; where it does not answer, tests skip what needs them. */
async function provideReaders(): Promise<void> {
  if (process.env['HOLDFAST_OFFLINE'] || !has('pip3') || hasReaders()) return;
  console.error('installing the readers of test/vendors for the tests with pip');
  for (const [list, options] of Object.entries(readerLists)) {
    const words = ['-m', 'pip', 'install', '--quiet', '--retries=1', '--target', 'python', ...options, '-r', list];
    const isDone = await succeeds('python3', words, vendors);
    if (!isDone) console.error('they could not be installed; tests of exports will be skipped');
  }
}

/** Before the tests begin: several files would make it at once. */
async function provideTestDebian(): Promise<void> {
  if (process.env['HOLDFAST_OFFLINE'] || process.getuid?.() !== 0 || !has('mmdebstrap') || existsSync(testDebian))
    return;
  console.error('making the Debian of the tests with mmdebstrap');
  const isDone = await succeeds(process.execPath, [join(import.meta.dirname, 'test-debian.ts')], import.meta.dirname);
  if (!isDone) console.error('it could not be made; tests that need it will skip');
}

/** It yields to the minute of fuzzing beside it, which is to lose nothing by it, and may take that minute longer. */
async function succeeds(program: string, words: readonly string[], directory: string): Promise<boolean> {
  const yielding = ['-n', '19', program, ...words];
  const child = spawn('nice', yielding, { cwd: directory, stdio: 'ignore', timeout: 240_000 });
  const [status] = await once(child, 'close').catch(() => [null]);
  return status === 0;
}

/** By the verb that people use. Quick where it is there; where something has to be built or fetched, some minutes once. */
function provideSubstrate(name: string, ...options: string[]): void {
  if (process.getuid?.() !== 0 || process.env['HOLDFAST_OFFLINE']) return;
  const verb = [join(import.meta.dirname, '../src/cli/main.mjs'), 'substrate', 'install', name, ...options];
  const flags = ['--disable-warning=ExperimentalWarning'];
  const { status } = spawnSync(process.execPath, [...flags, ...verb], { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) console.error(`${name} could not be installed; tests will skip what needs it`);
}

function providePackages(missing: readonly string[]): void {
  if (missing.length === 0) return;
  if (!canProvide()) {
    console.error(
      `tests will skip what needs ${missing.join(', ')}: to have them, apt-get install ${missing.join(' ')}`,
    );
    return;
  }
  console.error(`installing ${missing.join(', ')} for the tests with apt-get`);
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...words: string[]): boolean =>
    spawnSync('apt-get', ['-o', 'DPkg::Lock::Timeout=120', ...words], { env: environment, stdio: 'ignore' }).status ===
    0;
  const install = (): boolean => apt('install', '-y', '--no-install-recommends', ...missing);
  if (!install() && !(apt('update') && install()))
    console.error('they could not be installed; tests will skip what needs them');
}
