/** Machines run by QEMU (machines.ts), behind the interface that Firecracker's have too. */
import type { Scope } from '../../base/index.ts';
import { kernelCommandLine, type MachineShape, machineArguments } from './arguments.ts';
import type { MachineDriver } from './driver.ts';
import {
  type BootFrom,
  bootMachine,
  endMachine,
  type MachineStarter,
  type RestoreFrom,
  type RunningMachine,
  restoreMachine,
  type SavedFiles,
  type SavedMemory,
  type StartMachine,
  saveRunning,
  saveState,
} from './machines.ts';
import { machineSockets } from './places.ts';
import type { Started } from './program.ts';
import { QmpClient } from './qmp.ts';

export class QemuDriver implements MachineDriver {
  readonly name = 'qemu';
  readonly #starter: MachineStarter;
  readonly digest: string;

  constructor(starter: MachineStarter, digest: string) {
    this.#starter = starter;
    this.digest = digest;
  }

  dependsOn(shape: MachineShape): unknown {
    const descriptors = { agents: [0, 0], machine: 0, monitor: 0, memory: 0, base: 0, work: 0, copy: 0 } as const;
    const boot = { kernel: 0, initramfs: 0 };
    return {
      qemu: this.digest,
      arguments: machineArguments({ shape, descriptors, memoryIsOwn: true, boot }),
      commandLine: kernelCommandLine(shape),
    };
  }

  boot(start: StartMachine, from: BootFrom, scope: Scope): Promise<Started> {
    return bootMachine(this.#starter, start, from, scope);
  }

  restore(start: StartMachine, from: RestoreFrom, scope: Scope): Promise<Started> {
    return restoreMachine(this.#starter, start, from, scope);
  }

  pause(socketPath: string, scope: Scope): Promise<void> {
    return execute(socketPath, 'stop', scope);
  }

  resume(socketPath: string, scope: Scope): Promise<void> {
    return execute(socketPath, 'cont', scope);
  }

  async save(socketPath: string, { state }: Pick<BootFrom, 'state'>, scope: Scope): Promise<void> {
    await saveState(machineSockets(socketPath).monitor, this.#starter.places.saves, state, scope);
  }

  saveRunning(machine: RunningMachine, to: SavedFiles, scope: Scope): Promise<SavedMemory> {
    return saveRunning(this.#starter.launcher, machine, to, scope);
  }

  end(sandbox: string, started: Started, socketPath: string, scope: Scope): Promise<void> {
    return endMachine(this.#starter.launcher, sandbox, started, socketPath, scope);
  }
}

async function execute(socketPath: string, command: 'stop' | 'cont', scope: Scope): Promise<void> {
  const qmp = await QmpClient.connect(machineSockets(socketPath).monitor, scope);
  try {
    await qmp.execute(command, undefined, scope);
  } finally {
    qmp.close();
  }
}
