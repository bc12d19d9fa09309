/**
 * The way to the daemon: over its unix socket, and when nobody answers there, by starting it.
 *
 * 1. However many command lines find no daemon at once, one starts it and the others wait for the same socket.
 * 2. The daemon gets a chosen environment: no key or token of whoever happened to call first.
 * 3. A daemon that ends or stays silent fails within the deadline, with the end of its own log; so does whoever else takes
 *    connections at its socket and does not answer.
 */
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Environment, readEnvironment } from '../base/environment.ts';
import { type UnixTransport, unixTransport } from '../base/http.ts';
import { createClient } from '../client/index.ts';
import { errorCodes, HoldfastError } from '../schema/error-class.ts';
import type { HoldfastService } from '../schema/index.ts';
import { apiPrefix } from '../schema/wire.ts';
import type { Io } from './io.ts';
import type { Output } from './output.ts';

export interface Connection {
  readonly service: HoldfastService;
  /** To be called before waiting for something else when an attachment will follow. */
  prepareAttachment(): void;
  close(): void;
}

/** It usually takes 0.3 s. One that ends fails at once; while it lives on a busy machine, waiting is what helps. */
const readyWithinMs = 30_000;
/** Whoever waits longer hears why. */
const patienceMs = 2000;
/** Generous: a machine where a hundred command lines start at once is slow, not broken. */
const answersWithinMs = 10_000;
/** Linux's sun_path, with its closing NUL. */
const longestSocketPath = 107;
const logTailLines = 15;
const passedOn = /^(PATH|HOME|USER|LOGNAME|LANG|LC_.*|TZ|TMPDIR|XDG_.*|NODE_EXTRA_CA_CERTS|HOLDFAST_(?!KEY$|URL$).*)$/;
/** Where package managers look for packages, for network presets. */
const registries =
  /^(npm_config_(registry|userconfig)|PIP_((EXTRA_)?INDEX_URL|CONFIG_FILE)|GO(PROXY|SUMDB|NOSUMDB|PRIVATE|NOPROXY|ENV)|CARGO_(HOME|REGISTRIES_.*_INDEX)|MAVEN_HOME)$/;

/**
 * @param limits in milliseconds: until whoever takes connections has answered, until a daemon that is started has
 * @throws HoldfastError `daemon-unreachable` with the reason and the fix; `capability-missing` where no daemon can run.
 */
export async function connect(
  io: Io,
  output: Output,
  limits: { answersMs?: number; readyMs?: number } = {},
): Promise<Connection> {
  const remote = remoteConnection(io);
  if (remote) return remote;
  const environment = environmentOf(io);
  const transport = unixTransport(environment.socketPath);
  if (!(await answers(transport, environment, limits.answersMs))) {
    await startDaemon({ transport, environment, output, readyMs: limits.readyMs ?? readyWithinMs }, io);
  }
  return localConnection(transport, environment, io);
}

export async function connectIfRunning(io: Io): Promise<Connection | null> {
  const remote = remoteConnection(io);
  if (remote) return remote;
  const environment = environmentOf(io);
  const transport = unixTransport(environment.socketPath);
  return (await answers(transport, environment)) ? localConnection(transport, environment, io) : null;
}

/** `HOLDFAST_URL` with `HOLDFAST_KEY` names a daemon elsewhere; that one is never started from here. */
function remoteConnection(io: Io): Connection | null {
  const baseUrl = io.environment['HOLDFAST_URL'];
  const key = io.environment['HOLDFAST_KEY'];
  if (!baseUrl) return null;
  if (!/^https?:\/\/[^/]/.test(baseUrl) || !URL.canParse(baseUrl)) {
    throw new HoldfastError('invalid-argument', `HOLDFAST_URL is not an address: ${baseUrl}`, {
      hint: 'For example: export HOLDFAST_URL=http://127.0.0.1:7420',
    });
  }
  return {
    service: createClient({ baseUrl, ...(key ? { key } : {}) }),
    prepareAttachment: () => undefined,
    close: () => undefined,
  };
}

/** A key says who asks, where the owner's socket alone says the owner. */
function localConnection(transport: UnixTransport, environment: Environment, io: Io): Connection {
  const key = io.environment['HOLDFAST_KEY'];
  return {
    service: createClient({
      ...transport,
      ...(key ? { key } : {}),
      place: `the daemon at ${environment.socketPath}`,
      whenUnreachable: `The next command starts it again, and sandboxes live on; ${logPathOf(environment)} may say why it ended.`,
    }),
    prepareAttachment: () => transport.prepareSocket(),
    close: () => transport.close(),
  };
}

function environmentOf(io: Io): Environment {
  const environment = readEnvironment(io.environment);
  if (Buffer.byteLength(environment.socketPath) > longestSocketPath) {
    throw new HoldfastError(
      'invalid-argument',
      `the socket's path is longer than ${longestSocketPath} bytes: ${environment.socketPath}`,
      {
        hint: 'Set HOLDFAST_SOCKET to a shorter path, or HOLDFAST_HOME to a directory nearer to the root.',
      },
    );
  }
  return environment;
}

/** False when nobody is there; the connection that carried the answer carries the verb's own call next. */
async function answers(
  transport: UnixTransport,
  { socketPath, runDirectory }: Environment,
  withinMs: number = answersWithinMs,
): Promise<boolean> {
  const signal = AbortSignal.timeout(withinMs);
  try {
    const response = await transport.fetch(`${transport.baseUrl}${apiPrefix}/health`, {
      method: 'GET',
      headers: {},
      signal,
    });
    await response.text();
    return true;
  } catch (error) {
    if (!signal.aborted) return false;
    throw new HoldfastError(
      'daemon-unreachable',
      `${socketPath} takes connections, but nothing answered within ${withinMs / 1000} s`,
      { hint: `See what holds it: ss -xlp; ${join(runDirectory, 'holdfastd.log')} is the daemon's log.`, cause: error },
    );
  }
}

interface Starting {
  transport: UnixTransport;
  environment: Environment;
  output: Output;
  readyMs: number;
}

async function startDaemon(starting: Starting, io: Io): Promise<void> {
  const { environment, output } = starting;
  if (io.environment['HOLDFAST_START'] === 'never') {
    throw new HoldfastError('daemon-unreachable', `no daemon answers at ${environment.socketPath}`, {
      hint: 'Start it with `holdfast serve`, or unset HOLDFAST_START.',
    });
  }
  const { holdLock } = await import('./lock.ts');
  const release = await holdLock('start', environment.home);
  let log = '';
  let child: ChildProcess | null = null;
  if (release) {
    await output.hint('holdfast: starting the daemon');
    ({ child, log } = await spawnDaemon(environment, io));
  }
  try {
    await untilReady(starting, child, log || logPathOf(environment));
  } finally {
    await release?.();
  }
}

function logPathOf({ runDirectory }: Environment): string {
  return join(runDirectory, 'holdfastd.log');
}

async function spawnDaemon(environment: Environment, io: Io): Promise<{ child: ChildProcess; log: string }> {
  const { makePrivateDirectory, mapDiskFull, open, rename } = await import('../base/index.ts');
  const { spawn } = await import('node:child_process');
  await makePrivateDirectory(environment.home);
  await makePrivateDirectory(environment.runDirectory);
  const log = logPathOf(environment);
  // The log before this one stays: it may tell how the last daemon ended.
  await rename(log, `${log}.1`).catch(() => undefined);
  const file = await open(log, 'w', 0o600);
  // A disk that is full is told here: the daemon could not even say so in its log.
  await file.write(`started by process ${process.pid}\n`).catch((error: unknown) => {
    throw mapDiskFull(error, log);
  });
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'main.mjs'), 'serve'],
    {
      detached: true,
      cwd: '/',
      stdio: ['ignore', file.fd, file.fd],
      env: Object.fromEntries(
        Object.entries(io.environment).filter(([name]) => passedOn.test(name) || registries.test(name)),
      ),
    },
  );
  child.unref();
  await file.close();
  return { child, log };
}

async function untilReady(
  { transport, environment, output, readyMs }: Starting,
  child: ChildProcess | null,
  log: string,
): Promise<void> {
  let ended: Ended | null = null;
  child?.once('exit', (status, signal) => {
    ended = { how: `the daemon ended at once (${signal ?? `status ${status}`})`, status };
  });
  child?.once('error', (error) => {
    ended = { how: `the daemon cannot be started: ${error.message}`, status: null };
  });
  const startedMs = performance.now();
  const waitedMs = (): number => performance.now() - startedMs;
  let isPatient = true;
  for (let stepMs = 5; waitedMs() < readyMs && ended === null; stepMs = Math.min(50, stepMs * 1.3)) {
    await sleep(stepMs);
    if (await answers(transport, environment)) return;
    if (!isPatient || waitedMs() < patienceMs) continue;
    isPatient = false;
    await output.hint(`holdfast: the daemon is still starting; ${await load()}`);
  }
  throw ended === null ? await stillSilent(readyMs, child, log) : await endedEarly(ended, log);
}

interface Ended {
  how: string;
  status: number | null;
}

/** What this machine lacks, no other daemon would find here either. */
async function endedEarly({ how, status }: Ended, log: string): Promise<HoldfastError> {
  const isMissing = status === errorCodes['capability-missing'].exitStatus;
  return new HoldfastError(isMissing ? 'capability-missing' : 'daemon-unreachable', how, {
    hint: `The whole log is in ${log}; \`holdfast serve\` shows it live.`,
    details: { log: await tailOf(log) },
  });
}

async function stillSilent(readyMs: number, child: ChildProcess | null, log: string): Promise<HoldfastError> {
  const who =
    child?.pid === undefined ? 'the daemon that another command is starting' : `the daemon, process ${child.pid},`;
  const message = `${who} did not answer within ${readyMs / 1000} s, and goes on; ${await load()}`;
  return new HoldfastError('daemon-unreachable', message, {
    hint: `Try again when the machine is less busy: the next command finds it. What it did so far is in ${log}.`,
    details: { log: await tailOf(log) },
  });
}

/** Most of what is slow to start is slow because of it. */
async function load(): Promise<string> {
  const { availableParallelism, loadavg } = await import('node:os');
  return `the machine's load is ${(loadavg()[0] ?? 0).toFixed(1)} on ${availableParallelism()} CPUs`;
}

async function tailOf(path: string): Promise<string[]> {
  const { readFileIfPresent } = await import('../base/index.ts');
  return ((await readFileIfPresent(path)) ?? '').trimEnd().split('\n').slice(-logTailLines);
}
