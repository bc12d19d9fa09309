/** The guest binary as the launcher hands it to a program: below home, under a name made of its content. */
import { chmod, copyFile, existsSync, join, rename, type Scope } from '../../../base/index.ts';
import { digestOf } from '../../file-digest.ts';

/** Whoever Firecracker runs as executes it. */
const executable = 0o755;

/** Complete or not there. */
export async function placeBridge(binary: string, directory: string, scope: Scope): Promise<string> {
  const path = join(directory, `bridge-${(await digestOf(binary, scope)).slice(0, 16)}`);
  if (existsSync(path)) return path;
  const staging = `${path}.${process.pid}.tmp`;
  await copyFile(binary, staging);
  await chmod(staging, executable);
  await rename(staging, path);
  return path;
}
