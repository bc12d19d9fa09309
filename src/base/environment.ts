/** Where Holdfast keeps things and whether it is root, read from the environment once. */
import { homedir } from 'node:os';
import { join } from 'node:path';

export interface Environment {
  /** Everything durable: state, layers, templates. `HOLDFAST_HOME`. */
  home: string;
  /** Sockets and live mounts. */
  runDirectory: string;
  /** The daemon's socket. `HOLDFAST_SOCKET`. */
  socketPath: string;
  isRoot: boolean;
}

export function readEnvironment(env: NodeJS.ProcessEnv = process.env): Environment {
  const isRoot = process.getuid?.() === 0;
  const home =
    env['HOLDFAST_HOME'] ??
    (isRoot ? '/var/lib/holdfast' : join(env['XDG_DATA_HOME'] ?? join(homedir(), '.local/share'), 'holdfast'));
  const runDirectory = join(home, 'run');
  return {
    home,
    runDirectory,
    socketPath: env['HOLDFAST_SOCKET'] ?? join(runDirectory, 'holdfastd.sock'),
    isRoot,
  };
}
