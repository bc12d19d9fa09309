/** A PostgreSQL cluster with its own defaults, fsync among them, in a directory of its own. */
import { type SpawnOptions, spawn } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { peersDirectory, unpackedPaths } from '../peers.ts';
import { run, type Workbench } from '../workbench.ts';
import { freePort } from './free-port.ts';

/** It does not run as root. */
const nobody = 65_534;
const readyWithinMs = 20_000;

export async function startPostgres(bench: Workbench): Promise<{ url: string } | { skip: string }> {
  const programs = findPrograms();
  if (programs === null) return { skip: 'no PostgreSQL here; bench/peers/install.sh brings it' };
  // Not below the bench's own directory, which is closed to others.
  const directory = await mkdtemp('/var/tmp/hfb-pg-');
  bench.defer(() => rm(directory, { recursive: true, force: true }));
  const isRoot = process.getuid?.() === 0;
  const env = { ...process.env, LANG: 'C', ...(programs.startsWith(peersDirectory) ? unpackedPaths() : {}) };
  if (isRoot) await chown(directory, nobody, nobody);
  const options: SpawnOptions = { cwd: directory, env, ...(isRoot ? { uid: nobody, gid: nobody } : {}) };
  const data = join(directory, 'data');
  const made = await run(
    [join(programs, 'initdb'), '--pgdata', data, '--auth', 'trust', '--username', 'bench', '--encoding', 'UTF8'],
    options,
  );
  if (made.status !== 0) return { skip: `initdb: ${made.stderr.trim().split('\n').at(-1)}` };
  const port = await freePort();
  const argv = ['-D', data, '-k', directory, '-h', '127.0.0.1', '-p', String(port), '-c', 'log_min_messages=fatal'];
  const child = spawn(join(programs, 'postgres'), argv, { ...options, stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = new Promise((resolve) => child.once('exit', resolve).once('error', resolve));
  bench.defer(async () => {
    // Fast shutdown: it lets go of its shared memory.
    child.kill('SIGINT');
    await ended;
  });
  await untilReady([join(programs, 'pg_isready'), '-q', '-h', '127.0.0.1', '-p', String(port)], options);
  return { url: `postgresql://bench@127.0.0.1:${port}/postgres` };
}

/** The newest of the machine's, or the one that was unpacked. */
function findPrograms(): string | null {
  const found = ['/usr', join(peersDirectory, 'system/usr')].flatMap((root) =>
    globSync(join(root, 'lib/postgresql/*/bin')).sort(),
  );
  return found.find((path) => existsSync(join(path, 'initdb'))) ?? null;
}

async function untilReady(question: readonly string[], options: SpawnOptions): Promise<void> {
  const deadline = performance.now() + readyWithinMs;
  for (;;) {
    const { status } = await run(question, options);
    if (status === 0) return;
    if (performance.now() > deadline) throw new Error(`PostgreSQL was not ready within ${readyWithinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
