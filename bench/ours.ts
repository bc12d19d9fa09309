/** Holdfast itself: in this process, and as a daemon over its unix socket. */
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { unixTransport } from '../src/base/http.ts';
import { createClient } from '../src/client/index.ts';
import { createRuntime } from '../src/runtime/index.ts';
import type { ExecResult, HoldfastService, Sandbox } from '../src/schema/index.ts';
import { echo } from './peers.ts';
import type { Workbench } from './workbench.ts';

const main = join(import.meta.dirname, '../src/cli/main.mjs');
const readyWithinMs = 20_000;

let homes = 0;
export function newHome(bench: Workbench): string {
  return join(bench.directory, `h${homes++}`);
}

export async function inProcess(bench: Workbench, poolSize = 0): Promise<{ service: HoldfastService; home: string }> {
  const home = newHome(bench);
  const runtime = await createRuntime({
    home,
    ephemeral: true,
    pools: [{ template: 'host', size: poolSize }],
  });
  bench.defer(() => runtime.close());
  return { service: runtime.service(), home };
}

export interface Daemon {
  readonly service: HoldfastService;
  readonly home: string;
  readonly pid: number;
  /** From start to the first answer. */
  readonly startMs: number;
  /** SIGKILL; what lived in it lives on. */
  kill(): Promise<void>;
  /** Everything in it is removed first. */
  stop(): Promise<void>;
}

export function startDaemon(
  bench: Workbench,
  home: string = newHome(bench),
  flags: readonly string[] = [],
): Promise<Daemon> {
  return launch(bench, home, { serve: flags, node: [], stdio: ['ignore', 'ignore', 'inherit'] });
}

export interface WatchedDaemon extends Daemon {
  /** Watches its event loop from now; the function answers the longest block in milliseconds and ends the watch. */
  longestBlock(): Promise<() => Promise<number>>;
  /** What it takes, in KiB, right after its garbage was collected. */
  collectedKiB(): Promise<number>;
}

export async function startWatchedDaemon(bench: Workbench, home: string = newHome(bench)): Promise<WatchedDaemon> {
  const node = ['--import', join(import.meta.dirname, 'loop-probe.ts')];
  const how: Launch = { serve: [], node, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] };
  const daemon = await launch(bench, home, how);
  daemon.child.channel?.unref();
  return {
    ...daemon,
    longestBlock: () => longestBlockIn(daemon.child),
    collectedKiB: async () => (await askProbe(daemon.child, 'collect')) / 1024,
  };
}

interface Launch {
  serve: readonly string[];
  node: readonly string[];
  stdio: StdioOptions;
}

async function launch(bench: Workbench, home: string, how: Launch): Promise<Daemon & { child: ChildProcess }> {
  await mkdir(home, { recursive: true, mode: 0o700 });
  const startedMs = performance.now();
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', ...how.node, main, 'serve', '--log-level', 'error', ...how.serve],
    { env: { ...process.env, HOLDFAST_HOME: home }, stdio: how.stdio },
  );
  const transport = unixTransport(join(home, 'run/holdfastd.sock'));
  const service = createClient(transport);
  await untilReady(child, service);
  const startMs = performance.now() - startedMs;
  const ended = once(child, 'exit');
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    transport.close();
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await ended;
  };
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    await removeAll(service);
    await end('SIGTERM');
  };
  bench.defer(stop);
  const kill = (): Promise<void> => end('SIGKILL');
  return { service, home, pid: child.pid ?? 0, startMs, kill, stop, child };
}

/** As `longestBlock` of event-loop.ts, in the daemon's process. */
async function longestBlockIn(child: ChildProcess): Promise<() => Promise<number>> {
  await askProbe(child, 'watch');
  return () => askProbe(child, 'tell');
}

/** A word that loop-probe.ts answers. */
async function askProbe(child: ChildProcess, word: 'watch' | 'tell' | 'collect'): Promise<number> {
  const answer = once(child, 'message');
  child.send(word);
  return Number((await answer)[0]);
}

async function untilReady(child: ChildProcess, service: HoldfastService): Promise<void> {
  const deadline = performance.now() + readyWithinMs;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the daemon ended with status ${child.exitCode}`);
    if (await service.version().then(Boolean, () => false)) return;
    if (performance.now() > deadline) throw new Error(`the daemon was not ready within ${readyWithinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

const removedAtOnce = 32;

export async function removeAll(service: HoldfastService): Promise<void> {
  const { items } = await service.listSandboxes({ limit: 1000 });
  const left = items.map(({ id }) => id);
  const worker = async (): Promise<void> => {
    for (let id = left.pop(); id !== undefined; id = left.pop()) await service.destroySandbox(id);
  };
  await Promise.all(Array.from({ length: removedAtOnce }, worker));
  if (items.length === 1000) await removeAll(service);
}

/** The first command in a sandbox: what every row that says "first exec" ends with. */
export async function sayHi(
  service: HoldfastService,
  sandbox: string,
  argv: readonly string[] = echo,
): Promise<ExecResult> {
  const result = await service.exec(sandbox, { argv: [...argv], cwd: '/' });
  const text = new TextDecoder().decode(result.stdout);
  if (result.exitCode !== 0 || text !== 'hi\n')
    throw new Error(`exec: ${result.reason} ${result.exitCode}, ${JSON.stringify(text)}`);
  return result;
}

export async function createAndSayHi(service: HoldfastService): Promise<Sandbox> {
  const sandbox = await service.createSandbox({});
  await sayHi(service, sandbox.id);
  return sandbox;
}
