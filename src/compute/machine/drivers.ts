/** The driver of this home's machines of one kind, made of what was found here (engine.ts, choose-driver.ts). */
import type { Launcher } from '../namespace/launcher.ts';
import type { MachineKind } from './arguments.ts';
import { type ChosenDriver, chooseDriver } from './choose-driver.ts';
import type { MachineDriver } from './driver.ts';
import type { Engine, EngineRoom } from './engine.ts';
import { FirecrackerDriver } from './firecracker/driver.ts';
import { endMachine } from './machines.ts';
import { qemuOwner, startProgram } from './program.ts';
import { QemuDriver } from './qemu-driver.ts';

/** Every launched process has one that it may write in, and nobody else sees. */
const writableInside = '/dev/shm';

/** @throws HoldfastError `capability-missing` when what was asked for by name cannot be used */
export function chosenDriver(engine: Engine, room: EngineRoom, kind: MachineKind): ChosenDriver {
  const { firecracker, verdict, kernel } = engine;
  const wish = kind === 'microvm' ? room.options.driver : undefined;
  return chooseDriver({ kind, wish, firecracker, verdict, kernel });
}

export function machineDriver(engine: Engine, room: EngineRoom, kind: MachineKind, launcher: Launcher): MachineDriver {
  const chosen = chosenDriver(engine, room, kind);
  const { limitsMemory, limitsCpu } = engine;
  const common = { places: room.places, limitsMemory, limitsCpu };
  if (chosen.name === 'qemu') {
    return new QemuDriver({ ...common, launcher, program: engine.qemu.program }, engine.qemu.digest);
  }
  return new FirecrackerDriver({
    ...common,
    firecracker: chosen.firecracker,
    bridge: engine.bridge,
    inside: writableInside,
    owner: room.options.mode === 'root' ? qemuOwner : null,
    start: (start, scope) => startProgram(launcher, start, scope),
    end: (sandbox, started, socketPath, scope) => endMachine(launcher, sandbox, started, socketPath, scope),
  });
}
