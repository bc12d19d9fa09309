/**
 * A kernel kit from Debian's cloud kernel: the package as the machine's own package manager fetches and checks it, unpacked by
 * kernel-package.ts.
 */
import {
  findProgram,
  hostVariables,
  join,
  makeDirectories,
  readdir,
  rm,
  runProcess,
  type Scope,
} from '../../base/index.ts';
import { HoldfastError } from '../../schema/index.ts';
import { unpackKernelKit } from './kernel-package.ts';

/** Follows the release: it depends on the kernel that is current. */
const metaPackage = 'linux-image-cloud-amd64';

/** Puts the kit at `directory`, in place of one that is there; answers its name. */
export async function makeDebianKit(
  directory: string,
  onProgress: (line: string) => void,
  scope: Scope,
): Promise<string> {
  const work = `${directory}.making`;
  await rm(work, { recursive: true, force: true });
  await makeDirectories(work);
  try {
    const name = await packageName(scope);
    onProgress(`fetching ${name}`);
    await run('apt-get', ['download', name], work, scope);
    const archive = (await readdir(work)).find((file) => file.endsWith('.deb'));
    if (archive === undefined) throw unusable(name, 'apt-get fetched nothing');
    onProgress('unpacking it');
    await unpackKernelKit({ package: join(work, archive), directory }, scope);
    return name;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function packageName(scope: Scope): Promise<string> {
  const text = await run('apt-cache', ['depends', '--important', metaPackage], '/', scope);
  const name = /Depends: (linux-image-[a-z0-9.+-]+)/.exec(text)?.[1];
  if (name) return name;
  throw new HoldfastError('capability-missing', `this machine's package lists do not know ${metaPackage}`, {
    hint: 'Run `apt-get update` on a Debian for x86-64, or put a kernel kit in place by hand: docs/design/machines.md.',
  });
}

/** Standard output. The machine's own configuration counts: its mirrors, its proxy. */
async function run(program: string, args: string[], directory: string, scope: Scope): Promise<string> {
  const path = await findProgram(program);
  const enter = await findProgram('env');
  if (!path || !enter) {
    throw new HoldfastError('capability-missing', `${program} is not installed`, {
      hint: 'This needs Debian or one of its descendants; elsewhere put a kernel kit in place by hand: docs/design/machines.md.',
    });
  }
  const environment: Record<string, string> = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8' };
  for (const [name, value] of Object.entries(hostVariables())) {
    if (/^(https?|no|all)_proxy$|^APT_CONFIG$/i.test(name) && value !== undefined) environment[name] = value;
  }
  let text = '';
  const outcome = await runProcess(
    {
      file: enter,
      args: ['-C', directory, path, ...args],
      environment,
      onStdout: (chunk) => {
        text += chunk.toString('utf8');
      },
    },
    scope,
  );
  if (outcome.status === 0) return text;
  throw new HoldfastError('launch-failed', `${program} ${args.join(' ')} failed: ${outcome.stderr.trim()}`, {
    hint: 'Check that the Debian archive can be reached and that `apt-get update` has run.',
    details: { output: outcome.stderr },
  });
}

function unusable(name: string, why: string): HoldfastError {
  return new HoldfastError('capability-missing', `${name} cannot be used: ${why}`, {
    hint: 'Try again after `apt-get update`.',
  });
}
