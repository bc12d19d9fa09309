/** Filling a template's tree: from a directory of the machine, or from a Debian archive. */
import {
  findProgram,
  join,
  mkdir,
  open,
  readdir,
  readFileIfPresent,
  rm,
  runProcess,
  type Scope,
} from '../base/index.ts';
import { type BuildTemplate, HoldfastError } from '../schema/index.ts';
import { importTar } from './tar-import.ts';
import { ensureFrame, placeTrust } from './template-frame.ts';
import type { StoreContext } from './types.ts';

/** What an agent is sure to want from a bare Debian root. */
const usualPackages = ['bash', 'ca-certificates', 'git', 'less', 'procps'];
const mostBytes = 64 * 2 ** 30;
const mostEntries = 5_000_000;

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
  await placeTrust(context, tree);
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
  const isUser = context.owner === 'self';
  const staging = join(context.paths.staging, `${context.newId('operation')}${isUser ? '.tar' : ''}`);
  await mkdir(context.paths.staging, { recursive: true, mode: 0o700 });
  try {
    await bootstrap({ suite: request.suite, packages, target: staging, isUser }, onProgress, scope);
    onProgress('copying into the store');
    await (isUser ? fillFromTar(context, staging, tree, scope) : fillFromRoot(context, staging, tree, scope));
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** Its device nodes are not ours to keep: every sandbox gets a /dev of its own. */
async function fillFromRoot(context: StoreContext, root: string, tree: string, scope: Scope): Promise<void> {
  for (const name of await readdir(join(root, 'dev'))) {
    await rm(join(root, 'dev', name), { recursive: true, force: true });
  }
  await fillFromDirectory(context, root, tree, scope);
}

/** An ordinary user could neither read nor remove a root that belongs to many ids; in a tar it is one file of theirs. */
async function fillFromTar(context: StoreContext, path: string, tree: string, scope: Scope): Promise<void> {
  await mkdir(tree, { mode: 0o755 });
  const file = await open(path, 'r');
  try {
    const nothing = async (): Promise<null> => null;
    const limits = { maxBytes: mostBytes, maxEntries: mostEntries };
    await importTar(
      file.createReadStream(),
      { tree, top: [], below: nothing, owner: context.owner, keepOwners: true, ...limits },
      scope,
    );
  } finally {
    await file.close();
  }
  await ensureFrame(context, tree);
  await placeTrust(context, tree);
}

interface Bootstrap {
  suite: string;
  packages: string[];
  /** A directory to be, or a tar for an ordinary user. */
  target: string;
  isUser: boolean;
}

async function bootstrap(request: Bootstrap, onProgress: (line: string) => void, scope: Scope): Promise<void> {
  const { file, args } = await bootstrapCommand(request);
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
    hint: 'Check the suite, the package names and that the Debian archive can be reached; see `details.output`.',
    details: { output: outcome.stderr },
  });
}

/** mmdebstrap is quicker and works for an ordinary user; both take their default archive unless the machine has a list. */
async function bootstrapCommand({
  suite,
  packages,
  target,
  isUser,
}: Bootstrap): Promise<{ file: string; args: string[] }> {
  const usual = ['--variant=minbase', `--include=${packages.join(',')}`];
  const mmdebstrap = await findProgram('mmdebstrap');
  const withoutDevices = isUser ? ['--skip=output/dev', '--skip=output/mknod'] : [];
  if (mmdebstrap)
    return { file: mmdebstrap, args: [...usual, ...withoutDevices, suite, target, ...(await ownSources(suite))] };
  const debootstrap = isUser ? null : await findProgram('debootstrap');
  if (debootstrap) return { file: debootstrap, args: [...usual, suite, target] };
  throw new HoldfastError(
    'capability-missing',
    isUser ? 'mmdebstrap is not installed' : 'neither mmdebstrap nor debootstrap is installed',
    { hint: 'Install it: apt install mmdebstrap' },
  );
}

/** The machine's own list of archives, and so its mirror, where that list is for this suite. */
async function ownSources(suite: string): Promise<string[]> {
  for (const path of ['/etc/apt/sources.list', '/etc/apt/sources.list.d/debian.sources']) {
    const text = (await readFileIfPresent(path)) ?? '';
    const lines = text.split('\n').filter((line) => /^\s*(deb\s|Suites:)/.test(line));
    if (lines.some((line) => line.split(/\s+/).includes(suite))) return [path];
  }
  return [];
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
