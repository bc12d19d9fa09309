/** Filling a template's tree: from a directory of the machine, or from a Debian archive. */
import { existsSync, findProgram, join, mkdir, readdir, rm, runProcess, type Scope } from '../base/index.ts';
import { type BuildTemplate, HoldfastError } from '../schema/index.ts';
import { ensureFrame } from './template-frame.ts';
import type { StoreContext } from './types.ts';

/** What an agent is sure to want from a bare Debian root. */
const usualPackages = ['bash', 'ca-certificates', 'git', 'less', 'procps'];

export async function fillFromDirectory(
  context: StoreContext,
  directory: string,
  tree: string,
  scope: Scope,
): Promise<void> {
  const { owner } = context;
  await context.trees.copy(
    { source: directory, target: tree, kind: 'import', ...(owner === 'self' ? {} : { owner }) },
    scope,
  );
  await ensureFrame(context, tree);
}

export async function fillFromDebian(
  context: StoreContext,
  request: Extract<BuildTemplate, { from: 'debian' }>,
  tree: string,
  onProgress: (line: string) => void,
  scope: Scope,
): Promise<void> {
  if (!/^[a-z][a-z0-9-]{0,40}$/.test(request.suite)) throw badWord('suite', request.suite);
  const packages = [...usualPackages, ...(request.packages ?? [])];
  for (const name of packages) if (!/^[a-z0-9][a-z0-9+.:-]*$/.test(name)) throw badWord('package', name);
  const staging = join(context.paths.staging, context.newId('operation'));
  await mkdir(context.paths.staging, { recursive: true, mode: 0o700 });
  try {
    await bootstrap(request.suite, packages, staging, onProgress, scope);
    onProgress('copying into the store');
    // Its device nodes are not ours to keep: every sandbox gets a /dev of its own.
    for (const name of await readdir(join(staging, 'dev')))
      await rm(join(staging, 'dev', name), { recursive: true, force: true });
    await fillFromDirectory(context, staging, tree, scope);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

async function bootstrap(
  suite: string,
  packages: string[],
  target: string,
  onProgress: (line: string) => void,
  scope: Scope,
): Promise<void> {
  const { file, args } = await bootstrapCommand(suite, packages, target);
  const lines = new LineSplitter(onProgress);
  const outcome = await runProcess(
    {
      file,
      args,
      environment: {
        PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        LC_ALL: 'C.UTF-8',
        HOME: '/',
      },
      onStdout: (chunk) => lines.push(chunk.toString('utf8')),
      onStderr: (chunk) => lines.push(chunk.toString('utf8')),
    },
    scope,
  );
  lines.end();
  if (outcome.status === 0) return;
  throw new HoldfastError('launch-failed', `${file} failed with ${outcome.signal ?? `status ${outcome.status}`}`, {
    hint: 'Check the suite name, the package names and that the Debian archive can be reached; `details.output` has its last words.',
    details: { output: outcome.stderr },
  });
}

/** mmdebstrap is quicker and works for an ordinary user; it takes the machine's own sources, and so its mirror. */
async function bootstrapCommand(
  suite: string,
  packages: string[],
  target: string,
): Promise<{ file: string; args: string[] }> {
  const include = `--include=${packages.join(',')}`;
  const mmdebstrap = await findProgram('mmdebstrap');
  if (mmdebstrap)
    return { file: mmdebstrap, args: ['--variant=minbase', include, suite, target, ...ownSources(suite)] };
  const debootstrap = await findProgram('debootstrap');
  if (debootstrap) return { file: debootstrap, args: ['--variant=minbase', include, suite, target] };
  throw new HoldfastError('capability-missing', 'neither mmdebstrap nor debootstrap is installed', {
    hint: 'Install one: apt install mmdebstrap',
  });
}

/** The machine's own list of archives, where it has one; it is of use only for the machine's own suite. */
function ownSources(_suite: string): string[] {
  return ['/etc/apt/sources.list', '/etc/apt/sources.list.d/debian.sources']
    .filter((path) => existsSync(path))
    .slice(0, 1);
}

class LineSplitter {
  readonly #onLine: (line: string) => void;
  #rest = '';

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(text: string): void {
    const lines = (this.#rest + text).split(/\r?\n|\r/);
    this.#rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') this.#onLine(line);
  }

  end(): void {
    if (this.#rest !== '') this.#onLine(this.#rest);
  }
}

function badWord(what: string, word: string): HoldfastError {
  return new HoldfastError('invalid-argument', `${JSON.stringify(word)} is no name of a ${what}`, {
    hint: 'Use names as Debian writes them, for example `bookworm`.',
  });
}
