/** gVisor's program on this machine: which one, of what build, and the options that build takes. */
import { existsSync, findProgram, join, type ProcessRunner, runProcess, type Scope } from '../../base/index.ts';

export interface Runsc {
  program: string;
  version: string;
  /** Names of the global options it knows; builds differ. */
  options: ReadonlySet<string>;
}

/** Where `holdfast substrate install gvisor` puts a newer build than the machine's packages have. */
export const ownPrograms = '/usr/local/lib/holdfast';

/** Where the mounted root, this file's `config.json` and runsc's own files are in its cell (guest/launcher/cell.c). */
export const cell = { root: '/rootfs', bundle: '/bundle', state: '/state' } as const;

/** Our own build first: it was installed because the packaged one did not do. */
export async function findRunsc(scope: Scope, run: ProcessRunner = runProcess): Promise<Runsc | null> {
  const own = join(ownPrograms, 'runsc');
  const program = existsSync(own) ? own : await findProgram('runsc');
  if (program === null) return null;
  const version = await outputOf(program, '--version', run, scope);
  const help = await outputOf(program, 'flags', run, scope);
  return {
    program,
    version: /^runsc version (\S+)/.exec(version)?.[1] ?? 'unknown',
    options: new Set([...help.matchAll(/^\s+-{1,2}([A-Za-z0-9_-]+)/gm)].map(([, name = '']) => name)),
  };
}

/** Builds differ in where they print. */
async function outputOf(file: string, word: string, run: ProcessRunner, scope: Scope): Promise<string> {
  const pieces: Buffer[] = [];
  const take = (chunk: Buffer): void => void pieces.push(chunk);
  await run({ file, args: [word], onStdout: take, onStderr: take }, scope);
  return Buffer.concat(pieces).toString();
}

export const runArguments = (runsc: Runsc): string[] => [
  ...globalArguments(runsc),
  'run',
  `--bundle=${cell.bundle}`,
  container,
];

/** Where the image is, below the bundle's directory. */
export const imageName = 'image';

/** The bundle is the same but for the agent's incarnation and lease, which only a start anew takes from it. */
export const restoreArguments = (runsc: Runsc): string[] => [
  ...globalArguments(runsc),
  ...(runsc.options.has('restore-spec-validation') ? ['--restore-spec-validation=ignore'] : []),
  'restore',
  `--bundle=${cell.bundle}`,
  `--image-path=${cell.bundle}/${imageName}`,
  container,
];

/** Into the directory that the launcher mounts there (guest/launcher/cell_save.c). */
export const checkpointArguments = (runsc: Runsc): string[] => [
  ...globalArguments(runsc),
  'checkpoint',
  '--image-path=/tmp',
  '--leave-running',
  container,
];

/** gVisor's name for what is in the cell; the control socket's is made of it. */
const container = 'sandbox';

/**
 * No network but a loopback, nothing in memory that belongs into files, nothing of the host's sockets. Groups and limits are
 * the launcher's work.
 */
function globalArguments(runsc: Runsc): string[] {
  const wanted: [name: string, value: string][] = [
    ['root', cell.state],
    ['log', `${cell.state}/log`],
    ['network', 'none'],
    ['ignore-cgroups', 'true'],
    ['file-access', 'exclusive'],
    ['file-access-mounts', 'exclusive'],
    ['overlay2', 'none'],
    ['host-uds', 'none'],
    ['host-fifo', 'none'],
    ['net-raw', 'false'],
    ['host-settings', 'ignore'],
  ];
  const known = wanted.filter(([name]) => runsc.options.has(name)).map(([name, value]) => `--${name}=${value}`);
  return [runsc.program, ...known];
}
