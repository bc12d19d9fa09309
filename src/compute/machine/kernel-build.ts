/**
 * Builds a machine's kernel from Debian's kernel source package (guest/machine/kernel.config says what is in it).
 *
 * 1. The result is named by source, configuration and compiler: what exists under that name needs no building.
 * 2. It appears complete or not at all, and nothing of the build is left.
 * 3. Names and times of the machine it is built on are not in it.
 */
import { createHash } from 'node:crypto';
import {
  copyFile,
  findProgram,
  join,
  makeDirectories,
  readFile,
  removeTree,
  rename,
  runProcess,
  type Scope,
} from '../../base/index.ts';
import { HoldfastError } from '../../schema/index.ts';
import { digestOf } from './qemu.ts';

export interface KernelBuild {
  /** A tar archive of the kernel's source, as the package `linux-source-6.1` installs it. */
  source: string;
  /** What is switched on, over `make tinyconfig`. */
  config: string;
  /** Where kernels are kept. */
  directory: string;
  /** Compilers at once. */
  jobs: number;
  onOutput?: (text: string) => void;
}

const tools = ['make', 'gcc', 'ld', 'flex', 'bison', 'bc', 'tar', 'xz', 'strip'] as const;
const packages = 'make gcc binutils flex bison bc tar xz-utils libelf-dev libssl-dev linux-source-6.1';

/** The path of the kernel, an ELF file QEMU starts directly. */
export async function buildKernel(build: KernelBuild, scope: Scope): Promise<string> {
  const programs = await findTools();
  const kernel = join(build.directory, `vmlinux-${await nameOf(build, programs, scope)}`);
  if (await isThere(kernel)) return kernel;
  await makeDirectories(build.directory);
  const tree = `${kernel}.building`;
  await removeTree(tree);
  await makeDirectories(tree);
  try {
    await run(programs.tar, ['-xf', build.source, '-C', tree, '--strip-components=1'], build, scope);
    await configure(tree, programs, build, scope);
    await make(tree, [`-j${build.jobs}`, 'vmlinux'], programs, build, scope);
    await run(programs.strip, ['-s', '-o', join(tree, 'vmlinux.stripped'), join(tree, 'vmlinux')], build, scope);
    await rename(join(tree, 'vmlinux.stripped'), kernel);
    return kernel;
  } finally {
    await removeTree(tree);
  }
}

type Tools = Record<(typeof tools)[number], string>;

async function findTools(): Promise<Tools> {
  const found = await Promise.all(tools.map(async (name) => [name, await findProgram(name)] as const));
  const missing = found.filter(([, path]) => path === null).map(([name]) => name);
  if (missing.length === 0) return Object.fromEntries(found) as Tools; // each is there
  throw new HoldfastError('capability-missing', `a kernel cannot be built here: ${missing.join(', ')} is missing`, {
    hint: `Install what builds it: apt install ${packages}`,
  });
}

async function nameOf(build: KernelBuild, programs: Tools, scope: Scope): Promise<string> {
  let compiler = '';
  const onStdout = (chunk: Buffer): void => {
    compiler += chunk.toString('utf8');
  };
  await runProcess({ file: programs.gcc, args: ['--version'], onStdout }, scope);
  const source = await digestOf(build.source, scope).catch((error: unknown) => {
    throw new HoldfastError('capability-missing', `the kernel's source ${build.source} cannot be read`, {
      hint: 'Install it: apt install linux-source-6.1',
      cause: error,
    });
  });
  const config = await readFile(build.config, 'utf8');
  return createHash('sha256')
    .update(JSON.stringify([source, config, compiler.split('\n')[0]]))
    .digest('hex')
    .slice(0, 16);
}

/** What the configuration asks for and the kernel's own rules took away again is an error, not a smaller kernel. */
async function configure(tree: string, programs: Tools, build: KernelBuild, scope: Scope): Promise<void> {
  await make(tree, ['tinyconfig'], programs, build, scope);
  await copyFile(build.config, join(tree, 'holdfast.config'));
  const merge = join(tree, 'scripts/kconfig/merge_config.sh');
  await run(merge, ['-m', '-O', tree, join(tree, '.config'), join(tree, 'holdfast.config')], build, scope, tree);
  await make(tree, ['olddefconfig'], programs, build, scope);
  const got = new Set((await readFile(join(tree, '.config'), 'utf8')).split('\n'));
  const wanted = (await readFile(build.config, 'utf8')).split('\n').filter((line) => /^CONFIG_\w+=[^n]/.test(line));
  const lost = wanted.filter((line) => !got.has(line));
  if (lost.length === 0) return;
  throw new HoldfastError('internal', `this kernel has no ${lost.join(', ')}`, {
    hint: `${build.config} is made for Linux 6.1: build from linux-source-6.1.`,
  });
}

function make(tree: string, targets: string[], programs: Tools, build: KernelBuild, scope: Scope): Promise<void> {
  const nobody = ['KBUILD_BUILD_TIMESTAMP=@0', 'KBUILD_BUILD_USER=holdfast', 'KBUILD_BUILD_HOST=holdfast', 'KBUILD_BUILD_VERSION=1'];
  return run(programs.make, ['-C', tree, ...nobody, ...targets], build, scope);
}

async function run(file: string, args: readonly string[], build: KernelBuild, scope: Scope, directory?: string): Promise<void> {
  const tell = (chunk: Buffer): void => build.onOutput?.(chunk.toString('utf8'));
  const environment = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', ...(directory ? { KCONFIG_CONFIG: join(directory, '.config') } : {}) };
  const { status, stderr } = await runProcess({ file, args, environment, onStdout: tell, onStderr: tell }, scope);
  if (status === 0) return;
  throw new HoldfastError('internal', `${file} ${args.join(' ')} failed while a kernel was built: ${stderr.slice(-500)}`, {
    hint: `Look at what it said last; needed are: ${packages}`,
  });
}

async function isThere(path: string): Promise<boolean> {
  return (await findFile(path)) !== null;
}
