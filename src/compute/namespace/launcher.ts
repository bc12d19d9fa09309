/**
 * The connection to the launcher process (guest/LAUNCHER.md): requests by id, answers streamed, events apart.
 *
 * 1. Started once, early; nothing else here ever spawns a process, so no fork of a large heap stalls the event loop.
 * 2. When the launcher dies, every open request fails with `launch-failed`; sandboxes live on, and the next request
 *    starts a new launcher.
 * 3. A start belongs to all who wait for it: none of their deadlines ends it, and one that failed is not kept.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { type Log, rootScope, type Scope, untilOrEnded } from '../../base/index.ts';
import { type Fields, launcherTags, tags } from '../../guest/index.ts';
import { HoldfastError } from '../../schema/index.ts';
import { LauncherConnection, type LauncherRequest, type RawRequest } from '../launcher-connection.ts';

export interface LauncherOptions {
  binary: string;
  home: string;
  mode: 'root' | 'user';
  kind: 'fork' | 'bwrap';
  /** The directory of home whose entries have nothing to do with each other; the file system is told to keep them apart. */
  keepApart: string;
  log: Log;
}

/** It looks at this machine before it answers. */
const startTimeoutMs = 30_000;

export interface Capability {
  name: string;
  available: boolean;
  reason: string | null;
}

export class Launcher {
  readonly #options: LauncherOptions;
  #child: ChildProcess | null = null;
  #channel: Socket | null = null;
  #connection: LauncherConnection | null = null;
  #ready: Promise<Capability[]> | null = null;
  /** Two at once would be in each other's way. */
  #probing: Promise<Capability[]> | null = null;

  constructor(options: LauncherOptions) {
    this.#options = options;
  }

  /** Starts it if it does not run; answers what it found it can do. */
  ready(scope: Scope): Promise<Capability[]> {
    return untilOrEnded(this.#ready ?? this.#begin(), scope);
  }

  /** What it can do now: something may have been installed or mounted since it was started. */
  probe(scope: Scope): Promise<Capability[]> {
    this.#probing ??= this.#probe().finally(() => {
      this.#probing = null;
    });
    return untilOrEnded(this.#probing, scope);
  }

  async request(request: LauncherRequest, scope: Scope): Promise<Fields> {
    await this.ready(scope);
    return this.#connected().request(request, scope);
  }

  /** A request whose payload and answer somebody else encodes and reads: the file store's tree work. */
  async exchange(request: RawRequest, scope: Scope): Promise<Buffer> {
    await this.ready(scope);
    return this.#connected().exchange(request, scope);
  }

  async close(): Promise<void> {
    const child = this.#child;
    this.#ready = null;
    if (!child) return;
    // Not its `close`: that waits for whoever else holds its standard error, and keeps no program alive meanwhile.
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.ref();
    this.#channel?.destroy();
    if (child.exitCode === null && child.signalCode === null) await ended;
  }

  #begin(): Promise<Capability[]> {
    const ready = this.#start();
    this.#ready = ready;
    ready.catch(() => {
      if (this.#ready === ready) this.#ready = null;
    });
    return ready;
  }

  async #start(): Promise<Capability[]> {
    await using scope = rootScope({ name: 'start the launcher', timeoutMs: startTimeoutMs });
    const { binary } = this.#options;
    // Node reads and writes only descriptors past 2; the launcher wants its control socket as 0.
    const child = spawn('/bin/sh', ['-c', 'exec "$0" launcher 0<&3 3<&-', binary], {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
      env: {},
    });
    this.#child = child;
    child.on('error', (error) => this.#fail(child, `the launcher ${binary} could not be started: ${error.message}`));
    child.on('close', (code, signal) => this.#fail(child, `the launcher ended (${signal ?? `status ${code}`})`));
    child.stderr
      ?.setEncoding('utf8')
      .on('data', (text: string) => this.#options.log.warn({ launcher: text.trim() }, 'launcher'));
    // Node types it as a stream; what it makes of a pipe past 2 is a socket.
    const channel = child.stdio[3] as Socket;
    channel.on('error', () => undefined);
    this.#channel = channel;
    const connection = new LauncherConnection(channel, (error) => {
      this.#options.log.error({ error }, 'the launcher broke its protocol');
      child.kill('SIGKILL');
    });
    this.#connection = connection;
    child.unref();
    if (child.stderr) (child.stderr as Socket).unref();
    try {
      return capabilitiesOf(await connection.request(configure(this.#options), scope));
    } catch (error) {
      this.#fail(child, 'the launcher did not start');
      child.kill('SIGKILL');
      throw error;
    }
  }

  async #probe(): Promise<Capability[]> {
    await using scope = rootScope({ name: 'probe the launcher', timeoutMs: startTimeoutMs });
    const isRunning = this.#ready !== null;
    const known = await this.ready(scope);
    // One that was started for this has just looked.
    return isRunning ? capabilitiesOf(await this.request(configure(this.#options), scope)) : known;
  }

  #connected(): LauncherConnection {
    if (this.#connection) return this.#connection;
    throw new HoldfastError('launch-failed', 'the launcher ended', { hint: 'Try again.' });
  }

  #fail(child: ChildProcess, message: string): void {
    if (this.#child !== child) return;
    this.#child = null;
    this.#channel = null;
    this.#connection?.fail(message);
    this.#connection = null;
    this.#ready = null;
  }
}

const configure = ({ home, mode, kind, keepApart }: LauncherOptions): LauncherRequest => ({
  type: 'configure',
  fill: (fields) =>
    fields
      .text(launcherTags.home, home)
      .text(launcherTags.launchMode, mode)
      .text(launcherTags.launcher, kind)
      .text(tags.path, keepApart),
});

const capabilitiesOf = (answer: Fields): Capability[] => answer.nested(launcherTags.capability).map(capabilityOf);

function capabilityOf(entry: Fields): Capability {
  const available = entry.optionalInt(tags.flags) === 1;
  return { name: entry.text(tags.text), available, reason: entry.optionalText(tags.message) ?? null };
}
