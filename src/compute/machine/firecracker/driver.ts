/**
 * Machines run by Firecracker, one process each, behind the same interface as QEMU's.
 *
 * The launcher starts the bridge (guest/bridge/) as a locked-down program; the bridge starts Firecracker and carries clients of
 * the sockets it was given to the ones Firecracker makes inside: its API's, and its vsock's, whose greeting it speaks.
 *
 * 1. Firecracker opens nothing by a name of the host: kernel, disk, memory and state are descriptors it is handed, at the
 *    same numbers whenever it is started, because a saved state holds the names of its files.
 * 2. After a call without an answer the machine is ended: whether it was carried out is not known.
 */
import { inOwnScope, makeDirectories, type Scope } from '../../../base/index.ts';
import { HoldfastError } from '../../../schema/index.ts';
import type { MachineShape } from '../arguments.ts';
import type { MachineDriver } from '../driver.ts';
import { type BootFrom, makeSparseFile, type RestoreFrom, type StartMachine } from '../machines.ts';
import { type MachinePlaces, machineSockets } from '../places.ts';
import { firstFile, type GivenFile, type Started, type StartProgram } from '../program.ts';
import { type ApiCall, FirecrackerApi } from './api.ts';
import { bootArguments, bootCalls, guestPorts, loadCall, pauseCall, resumeCall, saveCall } from './requests.ts';
import { type Firecracker, isOlder, oldestVersion, versionText } from './version.ts';

export interface FirecrackerHost {
  firecracker: Firecracker;
  /** The guest binary, below home. */
  bridge: string;
  places: MachinePlaces;
  /** A directory that Firecracker may write in, as it sees it. */
  inside: string;
  /** Who Firecracker runs as; null: this user. */
  owner: number | null;
  limitsMemory: boolean;
  limitsCpu: boolean;
  start: (start: StartProgram, scope: Scope) => Promise<Started>;
  /** Idempotent; takes the sockets away too. */
  end: (sandbox: string, started: Started, socketPath: string, scope: Scope) => Promise<void>;
}

const mebibyte = 1024 * 1024;
/** What bridge and Firecracker themselves need beside the guest's memory. */
const ownShareMib = 64;

/** Descriptors of a start, in the order the files are named. */
const given = {
  base: firstFile + 1,
  memory: firstFile + 2,
  state: firstFile + 3,
  kernel: firstFile + 4,
  initramfs: firstFile + 5,
};
const pathOf = (descriptor: number): string => `/proc/self/fd/${descriptor}`;

export class FirecrackerDriver implements MachineDriver {
  readonly name = 'firecracker';
  readonly #host: FirecrackerHost;

  constructor(host: FirecrackerHost) {
    this.#host = host;
  }

  get digest(): string {
    return this.#host.firecracker.digest;
  }

  dependsOn({ memoryMib, cpus }: MachineShape): unknown {
    return { firecracker: this.digest, memoryMib, cpus, commandLine: bootArguments() };
  }

  async boot(start: StartMachine, from: BootFrom, scope: Scope): Promise<Started> {
    if (start.shape.workMib > 0) throw noDisk();
    await makeSparseFile(from.state, 0, this.#host.owner);
    const files: GivenFile[] = [
      { path: from.memory, access: 'write' },
      { path: from.state, access: 'write' },
      { path: from.kernel.image, access: 'read' },
      { path: from.kernel.initramfs, access: 'read' },
    ];
    const { kernel, initramfs, base } = given;
    const paths = { kernel: pathOf(kernel), initramfs: pathOf(initramfs), base: pathOf(base), vsock: this.#vsock };
    return await this.#run(start, files, () => bootCalls(start.shape, paths), scope);
  }

  async restore(start: StartMachine, from: RestoreFrom, scope: Scope): Promise<Started> {
    const files: GivenFile[] = [
      { path: from.memory, access: 'kept' },
      { path: from.state, access: 'read' },
    ];
    const paths = { memory: pathOf(given.memory), state: pathOf(given.state), vsock: this.#vsock };
    return await this.#run(start, files, (version) => [loadCall(paths, version)], scope);
  }

  async pause(socketPath: string, scope: Scope): Promise<void> {
    await this.#call(socketPath, () => [pauseCall], scope);
  }

  async resume(socketPath: string, scope: Scope): Promise<void> {
    await this.#call(socketPath, () => [resumeCall], scope);
  }

  /** Into the descriptors it was given when it started. */
  async save(socketPath: string, _: Pick<BootFrom, 'state'>, scope: Scope): Promise<void> {
    const paths = { memory: pathOf(given.memory), state: pathOf(given.state) };
    await this.#call(socketPath, () => [pauseCall, saveCall(paths)], scope);
  }

  end(sandbox: string, started: Started, socketPath: string, scope: Scope): Promise<void> {
    return this.#host.end(sandbox, started, socketPath, scope);
  }

  get #vsock(): string {
    return `${this.#host.inside}/vsock`;
  }

  async #run(start: StartMachine, files: GivenFile[], calls: CallsFor, scope: Scope): Promise<Started> {
    const started = await this.#start(start, files, scope);
    try {
      await this.#call(start.socketPath, calls, scope);
      return started;
    } catch (error) {
      await inOwnScope(`end ${start.sandbox}`, (own) => this.#host.end(start.sandbox, started, start.socketPath, own));
      throw error;
    }
  }

  async #call(socketPath: string, calls: CallsFor, scope: Scope): Promise<void> {
    const api = await FirecrackerApi.connect(machineSockets(socketPath).monitor, scope);
    try {
      const version = await api.version(scope);
      if (isOlder(version, oldestVersion)) throw tooOld(versionText(version));
      for (const call of calls(version)) await api.call(call, scope);
    } finally {
      api.close();
    }
  }

  async #start(start: StartMachine, files: GivenFile[], scope: Scope): Promise<Started> {
    const { places, bridge, limitsMemory, limitsCpu } = this.#host;
    const { directory, upper, work } = places.sandbox(start.sandbox);
    const { machine, monitor, relay } = machineSockets(start.socketPath);
    await makeDirectories(directory);
    const all: GivenFile[] = [{ path: bridge, access: 'read' }, { path: start.image.path, access: 'read' }, ...files];
    const memoryMib = start.shape.memoryMib + ownShareMib;
    return await this.#host.start(
      {
        sandbox: start.sandbox,
        argv: this.#argv(firstFile + all.length),
        frame: places.frame,
        upper,
        work,
        // The relay's own channel carries nothing: clients go through the bridge, each with a stream of its own.
        socket: relay,
        agentChannels: 1,
        controls: [],
        files: all,
        listeners: [start.socketPath, machine, monitor],
        saves: places.saves,
        kvm: true,
        limits: {
          ...(limitsMemory ? { memoryBytes: memoryMib * mebibyte } : {}),
          ...(limitsCpu && start.cpuMillis !== undefined ? { cpuMillis: start.cpuMillis } : {}),
        },
      },
      scope,
    );
  }

  #argv(listener: number): string[] {
    const { firecracker, inside } = this.#host;
    const api = `${inside}/api`;
    return [
      ...[pathOf(firstFile), 'bridge'],
      ...['--vsock', String(listener), this.#vsock, String(guestPorts.agent)],
      ...['--vsock', String(listener + 1), this.#vsock, String(guestPorts.machine)],
      ...['--to', String(listener + 2), api],
      ...['--', firecracker.program, '--api-sock', api, '--id', 'machine'],
    ];
  }
}

type CallsFor = (version: Awaited<ReturnType<FirecrackerApi['version']>>) => ApiCall[];

export function tooOld(version: string): HoldfastError {
  return new HoldfastError(
    'capability-missing',
    `Firecracker ${version} is older than ${versionText(oldestVersion)}, the first this driver can use`,
    { hint: 'Install a newer Firecracker, or remove it to use QEMU.' },
  );
}

function noDisk(): HoldfastError {
  return new HoldfastError('limit-unsupported', "Firecracker's machines have no disk of their own to write to", {
    hint: 'Ask for a diskBytes of at most half the memory, or have QEMU run it: machines: { driver: "qemu" }.',
  });
}
