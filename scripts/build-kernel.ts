/**
 * Makes the kernel kits machines run: `node scripts/build-kernel.ts own DIRECTORY [SOURCE]` builds the purpose-built kernel
 * from Debian's source package, `... debian DIRECTORY PACKAGE` takes Debian's cloud kernel out of its package.
 */
import { cpus } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rootScope } from '../src/base/index.ts';
import { buildKernelKit } from '../src/compute/machine/kernel-build.ts';
import { unpackKernelKit } from '../src/compute/machine/kernel-package.ts';

const usualSource = '/usr/src/linux-source-6.1.tar.xz';
const longestMs = 3 * 3_600_000;
const config = join(dirname(fileURLToPath(import.meta.url)), '..', 'guest', 'machine', 'kernel.config');

process.exitCode = await main(process.argv.slice(2));

async function main([kind, directory, from]: string[]): Promise<number> {
  if ((kind !== 'own' && kind !== 'debian') || !directory || (kind === 'debian' && !from)) {
    console.error('usage: build-kernel.ts own DIRECTORY [SOURCE] | debian DIRECTORY PACKAGE');
    return 2;
  }
  const scope = rootScope({ name: 'build a kernel', timeoutMs: longestMs });
  try {
    const target = resolve(directory);
    const onOutput = (text: string): void => void process.stderr.write(text);
    if (kind === 'debian') await unpackKernelKit({ package: resolve(from ?? ''), directory: target }, scope);
    else {
      const source = resolve(from ?? usualSource);
      await buildKernelKit({ source, config, directory: target, jobs: cpus().length, onOutput }, scope);
    }
    console.log(target);
    return 0;
  } catch (error) {
    console.error(`build-kernel: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  } finally {
    await scope.close();
  }
}
