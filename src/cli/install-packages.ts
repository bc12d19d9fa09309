/** Packages of this machine, for `holdfast substrate install`: what is there already is left alone. */
import { spawn } from 'node:child_process';
import { findProgram, readEnvironment } from '../base/index.ts';
import { HoldfastError } from '../schema/index.ts';

/** Known by a program that it has, or by something else. */
export type MachinePackage = { name: string } & ({ program: string } | { isThere: () => Promise<boolean> });

export async function installPackages(packages: readonly MachinePackage[], say: (line: string) => void): Promise<void> {
  const missing: string[] = [];
  for (const wanted of packages) if (!(await isThere(wanted))) missing.push(wanted.name);
  if (missing.length === 0) return;
  const command = ['apt-get', 'install', '-y', '--no-install-recommends', ...missing];
  if (!readEnvironment().isRoot) {
    throw new HoldfastError('capability-missing', `${missing.join(', ')} must be installed by root`, {
      hint: `Run: sudo ${command.join(' ')}`,
    });
  }
  say(`installing ${missing.join(', ')}`);
  const environment = { DEBIAN_FRONTEND: 'noninteractive' };
  const install = async (): Promise<boolean> => (await run(command, environment)) === 0;
  if ((await install()) || ((await run(['apt-get', 'update'], environment)) === 0 && (await install()))) return;
  throw new HoldfastError('capability-missing', `${missing.join(', ')} could not be installed`, {
    hint: `See what it says: ${command.join(' ')}`,
  });
}

async function isThere(wanted: MachinePackage): Promise<boolean> {
  return 'program' in wanted ? (await findProgram(wanted.program)) !== null : await wanted.isThere();
}

/** The exit status; what it says of errors goes to ours. */
export function run(
  [program = '', ...args]: readonly string[],
  environment: Record<string, string> = {},
  directory = '/',
): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, ...environment },
      cwd: directory,
    });
    child.once('error', () => resolve(127));
    child.once('close', (status) => resolve(status ?? 1));
  });
}
