/** The Firecracker driver with the compiled bridge and the server of the recorded shape, started here as plain processes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildGuest } from '../../scripts/build-guest.ts';
import type { Scope } from '../../src/base/index.ts';
import type { MachineShape } from '../../src/compute/machine/arguments.ts';
import { FirecrackerDriver } from '../../src/compute/machine/firecracker/driver.ts';
import { parseVersion } from '../../src/compute/machine/firecracker/version.ts';
import type { StartMachine } from '../../src/compute/machine/machines.ts';
import { machinePlaces, machineSockets } from '../../src/compute/machine/places.ts';
import { firstFile, type Started, type StartProgram } from '../../src/compute/machine/program.ts';
import { connectGuest, type GuestClient } from '../../src/guest/index.ts';
import { type FirecrackerSettings, firecrackerScript } from '../fixtures/firecracker-server.ts';

let built: string | null = null;
export function guestBinary(): string {
  built ??= process.env['HOLDFAST_TEST_GUEST'] ?? buildGuest(['common', 'agent', 'bridge']);
  return built;
}

const shape: MachineShape = {
  kind: 'microvm',
  accelerator: 'kvm',
  memoryMib: 256,
  cpus: 2,
  hasAcpi: true,
  clockKhz: 2_000_000,
  workMib: 0,
};

export class FirecrackerRig {
  readonly root: string = mkdtempSync(join(tmpdir(), 'hf-fc-'));
  readonly files: { image: string; kernel: string; initramfs: string; memory: string; state: string };
  readonly driver: FirecrackerDriver;
  readonly started: StartProgram[] = [];
  readonly #processes = new Map<number, { child: ChildProcess; ended: Promise<void> }>();
  readonly #guests: GuestClient[] = [];

  constructor(settings: Partial<FirecrackerSettings> = {}) {
    const at = (name: string): string => join(this.root, name);
    this.files = {
      image: at('image'),
      kernel: at('kernel'),
      initramfs: at('initramfs'),
      memory: at('memory'),
      state: at('state'),
    };
    for (const path of Object.values(this.files)) writeFileSync(path, '');
    for (const name of ['agents', 'inside']) mkdirSync(at(name));
    const whole = { version: '1.16.1', guest: guestBinary(), directory: at('agents'), ...settings };
    writeFileSync(at('settings.json'), JSON.stringify(whole));
    writeFileSync(at('firecracker'), firecrackerScript(at('settings.json')));
    chmodSync(at('firecracker'), 0o755);
    this.driver = new FirecrackerDriver({
      firecracker: { program: at('firecracker'), digest: 'f'.repeat(64), version: parseVersion(whole.version) },
      bridge: guestBinary(),
      places: machinePlaces(this.root),
      inside: at('inside'),
      owner: null,
      limitsMemory: true,
      limitsCpu: true,
      start: (request) => this.#start(request),
      end: (_, started, socketPath, scope) => this.#end(started, socketPath, scope),
    });
  }

  /** Its socket's name says which machine it is. */
  machine(name: string): StartMachine {
    return {
      sandbox: name,
      socketPath: join(this.root, `${name}.sock`),
      shape,
      image: { path: this.files.image, digest: '0' },
      disk: '/nowhere',
      cpuMillis: 1500,
    };
  }

  boot(name: string, scope: Scope): Promise<Started> {
    const { kernel: image, initramfs, memory, state } = this.files;
    const kernel = { name: 'test', image, initramfs, hasAcpi: true, hasVsock: true, digest: '0' };
    return this.driver.boot(this.machine(name), { kernel, memory, state }, scope);
  }

  restore(name: string, scope: Scope): Promise<Started> {
    const { memory, state } = this.files;
    return this.driver.restore(this.machine(name), { memory, state }, scope);
  }

  save(name: string, scope: Scope): Promise<void> {
    return this.driver.save(this.machine(name).socketPath, { state: this.files.state }, scope);
  }

  async guest(name: string, channel: 'agent' | 'machine', scope: Scope): Promise<GuestClient> {
    const { socketPath } = this.machine(name);
    const path = channel === 'agent' ? socketPath : machineSockets(socketPath).machine;
    const guest = await connectGuest(path, scope);
    this.#guests.push(guest);
    return guest;
  }

  end(name: string, started: Started, scope: Scope): Promise<void> {
    return this.driver.end(name, started, this.machine(name).socketPath, scope);
  }

  /** Command lines of bridges and Firecrackers that live. */
  left(): string[] {
    return this.#mine()
      .map(({ command }) => command)
      .filter((command) => !command.includes(' agent '));
  }

  /** Files of a machine's sockets. */
  sockets(): string[] {
    return readdirSync(this.root).filter((name) => name.endsWith('.sock'));
  }

  async close(): Promise<void> {
    for (const guest of this.#guests) guest.close();
    for (const { child, ended } of this.#processes.values()) {
      child.kill('SIGKILL');
      await ended;
    }
    // What stands for guests are processes of their own here.
    for (const { pid, command } of this.#mine()) if (command.includes(' agent ')) process.kill(Number(pid), 'SIGKILL');
    rmSync(this.root, { recursive: true, force: true });
  }

  #mine(): { pid: string; command: string }[] {
    return readdirSync('/proc')
      .filter((pid) => /^\d+$/.test(pid))
      .map((pid) => ({ pid, command: commandOf(pid) }))
      .filter(({ command }) => command.includes(this.root));
  }

  /** As the launcher would: the files at their numbers; its listening sockets are made by the bridge here. */
  async #start(request: StartProgram): Promise<Started> {
    this.started.push(request);
    const files = request.files.map(({ path, access }) => openSync(path, access === 'write' ? 'r+' : 'r'));
    const firstListener = firstFile + files.length;
    const [program = '', ...words] = request.argv;
    const doors = new Map(request.listeners.map((path, index) => [String(firstListener + index), path]));
    const argv = words.map((word, index) => (isDoor(words[index - 1]) ? (doors.get(word) ?? word) : word));
    const none: 'ignore'[] = Array(firstFile - 3).fill('ignore');
    const child = spawn(program, argv, { stdio: ['ignore', 'ignore', 'inherit', ...none, ...files] });
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
    for (const file of files) closeSync(file);
    const pid = child.pid ?? 0;
    this.#processes.set(pid, { child, ended });
    await listening(request.listeners.at(-1) ?? '');
    return { pid, startTicks: 0, cgroup: '', limitGroups: [] };
  }

  async #end({ pid }: Started, socketPath: string, scope: Scope): Promise<void> {
    scope.throwIfEnded();
    const found = this.#processes.get(pid);
    found?.child.kill('SIGKILL');
    await found?.ended;
    for (const path of [socketPath, ...Object.values(machineSockets(socketPath))]) rmSync(path, { force: true });
    rmSync(join(this.root, 'inside'), { recursive: true });
    mkdirSync(join(this.root, 'inside'));
  }
}

async function listening(path: string): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    const socket = connect(path);
    const found = await Promise.race([once(socket, 'connect'), once(socket, 'error')]).then(
      ([error]) => error === undefined,
      () => false,
    );
    socket.destroy();
    if (found) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const isDoor = (word: string | undefined): boolean => word === '--to' || word === '--vsock';

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}
