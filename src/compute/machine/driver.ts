/**
 * What runs machines, as the saved memories and the substrate see it: QEMU, or Firecracker.
 *
 * 1. A machine is reached over three sockets beside each other: the agent's, its first process's, and the control channel of
 *    what runs it (places.ts). The first two are plain streams, whoever runs it.
 * 2. A driver leaves nothing behind when it fails: no process, no socket.
 * 3. What one driver saved, another cannot take up, nor can another version of it.
 */
import type { Scope } from '../../base/index.ts';
import type { MachineShape } from './arguments.ts';
import type { BootFrom, RestoreFrom, RunningMachine, SavedFiles, SavedMemory, StartMachine } from './machines.ts';
import type { Started } from './program.ts';

export interface MachineDriver {
  readonly name: 'qemu' | 'firecracker';
  /** sha256 of its program, hex. */
  readonly digest: string;
  /** What a saved machine depends on beside kernel, image and processor; part of its name. */
  dependsOn(shape: MachineShape): unknown;
  /** Resolves when it was started; its first process answers after a while. */
  boot(start: StartMachine, from: BootFrom, scope: Scope): Promise<Started>;
  /** Goes on from a saved memory, which stays as it is; resolves when the guest runs. */
  restore(start: StartMachine, from: RestoreFrom, scope: Scope): Promise<Started>;
  pause(socketPath: string, scope: Scope): Promise<void>;
  resume(socketPath: string, scope: Scope): Promise<void>;
  /** Stops a booted machine and saves it to the files it was booted with. It stays stopped. */
  save(socketPath: string, from: Pick<BootFrom, 'state'>, scope: Scope): Promise<void>;
  /** The memory and state of a machine that runs; where it is missing this cannot be had. */
  saveRunning?(machine: RunningMachine, to: SavedFiles, scope: Scope): Promise<SavedMemory>;
  /** Idempotent. */
  end(sandbox: string, started: Started, socketPath: string, scope: Scope): Promise<void>;
}
