/**
 * What runs machines, as the template store and the substrate see it: QEMU, or Firecracker.
 *
 * 1. Whoever runs a machine is reached over three sockets beside each other: the agent's, the first process's, and its own
 *    control channel (places.ts). The first two are plain streams: connect, and speak.
 * 2. A driver leaves nothing behind when it fails: no process, no socket.
 * 3. What one driver saved, another cannot take up; nor can another version of it.
 */
import type { Scope } from '../../base/index.ts';
import type { MachineShape } from './arguments.ts';
import type { BaseImage } from './images.ts';
import type { Kernel } from './kernel.ts';
import type { Started } from './program.ts';

export type DriverName = 'qemu' | 'firecracker';

export interface StartMachine {
  sandbox: string;
  socketPath: string;
  shape: MachineShape;
  image: BaseImage;
  /** Thousandths of a processor the sandbox was promised at most. */
  cpuMillis?: number | undefined;
}

export interface BootFrom {
  kernel: Kernel;
  /** A file of the machine's own, where its memory is saved to, or lies. */
  memory: string;
  /** Where its state may be saved to. */
  state: string;
}

export interface RestoreFrom {
  /** A file the launcher keeps. */
  memory: string;
  state: string;
}

export interface MachineDriver {
  readonly name: DriverName;
  /** What a saved machine depends on beside kernel, image and processor; part of its name. */
  dependsOn(shape: MachineShape): unknown;
  /** Resolves when it was started; its first process answers after a while. */
  boot(start: StartMachine, from: BootFrom, scope: Scope): Promise<Started>;
  /** Resolves when the guest goes on. */
  restore(start: StartMachine, from: RestoreFrom, scope: Scope): Promise<Started>;
  pause(socketPath: string, scope: Scope): Promise<void>;
  resume(socketPath: string, scope: Scope): Promise<void>;
  /** Stops a booted machine and saves it to the files it was booted with. It stays stopped. */
  save(socketPath: string, scope: Scope): Promise<void>;
  /** Idempotent. */
  end(sandbox: string, started: Started, socketPath: string, scope: Scope): Promise<void>;
}
