/** Where Holdfast keeps things and whether it is root, read from the environment once. */
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { HoldfastError } from '../schema/error-class.ts';

export interface Environment {
  /** Everything durable: state, layers, templates. `HOLDFAST_HOME`. */
  home: string;
  /** Sockets and live mounts. */
  runDirectory: string;
  /** The daemon's socket. `HOLDFAST_SOCKET`. */
  socketPath: string;
  isRoot: boolean;
}

/**
 * A variable that is set to nothing counts as not set.
 * @throws HoldfastError `invalid-argument` for a relative path: the daemon and its callers do not stand in one directory
 */
export function readEnvironment(env: NodeJS.ProcessEnv = process.env): Environment {
  const isRoot = process.getuid?.() === 0;
  const home = absolute(env, 'HOLDFAST_HOME') ?? (isRoot ? '/var/lib/holdfast' : join(dataHome(env), 'holdfast'));
  const runDirectory = join(home, 'run');
  const socketPath = absolute(env, 'HOLDFAST_SOCKET') ?? join(runDirectory, 'holdfastd.sock');
  return { home, runDirectory, socketPath, isRoot };
}

/** What was set for this process: package managers of the machine find their configuration by it. */
export function hostVariables(): Readonly<Record<string, string | undefined>> {
  return process.env;
}

function dataHome(env: NodeJS.ProcessEnv): string {
  return absolute(env, 'XDG_DATA_HOME') ?? join(homedir(), '.local/share');
}

function absolute(env: NodeJS.ProcessEnv, name: string): string | null {
  const path = env[name];
  if (!path) return null;
  if (isAbsolute(path)) return path;
  throw new HoldfastError('invalid-argument', `${name} is not an absolute path: ${path}`, {
    hint: `For example: export ${name}="$PWD/${path}"`,
  });
}
