/**
 * Builds a machine's kernel from the source package of a distribution (`linux-source-6.1` of Debian).
 * guest/machine/kernel.config says what is in it.
 *
 * 1. The result is a kit (kernel.ts) that appears complete or not at all; nothing of the build is left.
 * 2. Names and times of the machine it is built on are not in it: the same source, configuration and compiler give the
 *    same kernel.
 * 3. An option that the kernel's own rules took away again is an error, not a smaller kernel.
 */
import {
  copyFile,
  findProgram,
  join,
  makeDirectories,
  open,
  readFile,
  rm,
  runProcess,
  type Scope,
} from '../../base/index.ts';
import { HoldfastError } from '../../schema/index.ts';
import { kitFormat, placeKit } from './kernel.ts';

export interface KernelBuild {
  /** A tar archive of the kernel's source. */
  source: string;
  /** What is switched on, over `make tinyconfig`. */
  config: string;
  /** The kit's; what is there already is replaced. */
  directory: string;
  /** Compilers at once. */
  jobs: number;
  /** What the programs print: minutes of it. */
  onOutput?: (text: string) => void;
}

const tools = ['make', 'gcc', 'ld', 'flex', 'bison', 'bc', 'tar', 'xz', 'strip'] as const;
const packages = 'make gcc binutils flex bison bc tar xz-utils libelf-dev libssl-dev linux-source-6.1';
const nobody = ['TIMESTAMP=@0', 'USER=holdfast', 'HOST=holdfast', 'VERSION=1'].map((word) => `KBUILD_BUILD_${word}`);

type Tools = Record<(typeof tools)[number], string>;

/** Answers the kit's name. */
export async function buildKernelKit(build: KernelBuild, scope: Scope): Promise<string> {
  const programs = await findTools();
  await requireSource(build.source);
  const tree = `${build.directory}.building`;
  const make = (...targets: string[]): Promise<void> =>
    run(programs.make, ['-C', tree, ...nobody, ...targets], build, scope);
  await rm(tree, { recursive: true, force: true });
  await makeDirectories(tree);
  try {
    await run(programs.tar, ['-xf', build.source, '-C', tree, '--strip-components=1'], build, scope);
    await make('tinyconfig');
    await mergeConfiguration(tree, build, scope);
    await make('olddefconfig');
    await checkConfiguration(tree, build);
    await make(`-j${build.jobs}`, 'vmlinux');
    const image = join(tree, 'vmlinux.stripped');
    await run(programs.strip, ['-s', '-o', image, join(tree, 'vmlinux')], build, scope);
    const name = `purpose-built ${await versionOf(tree)}`;
    const files = [{ name: 'vmlinux', bytes: await readFile(image) }];
    await placeKit(
      build.directory,
      { format: kitFormat, name, image: 'vmlinux', needsAcpi: false, hasVsock: true, modules: [] },
      files,
    );
    return name;
  } finally {
    await rm(tree, { recursive: true, force: true });
  }
}

async function findTools(): Promise<Tools> {
  const found = await Promise.all(tools.map(async (name) => [name, await findProgram(name)] as const));
  const missing = found.filter(([, path]) => path === null).map(([name]) => name);
  if (missing.length === 0) return Object.fromEntries(found) as Tools; // each is there
  throw new HoldfastError('capability-missing', `a kernel cannot be built here: ${missing.join(', ')} is missing`, {
    hint: `Install what builds it: apt install ${packages}`,
  });
}

async function requireSource(path: string): Promise<void> {
  try {
    await (await open(path, 'r')).close();
  } catch (error) {
    throw new HoldfastError('capability-missing', `the kernel's source ${path} cannot be read`, {
      hint: 'Install it: apt install linux-source-6.1',
      cause: error,
    });
  }
}

async function mergeConfiguration(tree: string, build: KernelBuild, scope: Scope): Promise<void> {
  const wanted = join(tree, 'wanted.config');
  await copyFile(build.config, wanted);
  const script = join(tree, 'scripts/kconfig/merge_config.sh');
  await run(script, ['-m', '-O', tree, join(tree, '.config'), wanted], build, scope);
}

async function checkConfiguration(tree: string, build: KernelBuild): Promise<void> {
  const got = new Set((await readFile(join(tree, '.config'), 'utf8')).split('\n'));
  const wanted = (await readFile(build.config, 'utf8')).split('\n').filter((line) => /^CONFIG_\w+=[^n]/.test(line));
  const lost = wanted.filter((line) => !got.has(line));
  if (lost.length === 0) return;
  throw new HoldfastError('capability-missing', `this source gives a kernel without ${lost.join(', ')}`, {
    hint: `${build.config} is made for Linux 6.1: apt install linux-source-6.1`,
  });
}

async function versionOf(tree: string): Promise<string> {
  return (await readFile(join(tree, 'include/config/kernel.release'), 'utf8')).trim();
}

async function run(file: string, args: readonly string[], build: KernelBuild, scope: Scope): Promise<void> {
  const tell = (chunk: Buffer): void => build.onOutput?.(chunk.toString('utf8'));
  const environment = { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C' };
  const { status, stderr } = await runProcess({ file, args, environment, onStdout: tell, onStderr: tell }, scope);
  if (status === 0) return;
  throw new HoldfastError('capability-missing', `no kernel could be built: ${file} failed: ${stderr.slice(-400)}`, {
    hint: `Needed are ${packages}, and some 3 GiB beside ${build.directory}.`,
  });
}
