/** What `doctor` says of virtual machines here: which accelerator and why, or the one thing that is missing. */
import type { Scope } from '../../base/index.ts';
import { asHoldfastError, type SubstrateReport } from '../../schema/index.ts';
import type { NamespaceSubstrate } from '../namespace/substrate.ts';
import type { AcceleratorVerdict } from './accelerator.ts';
import type { MachineKind } from './arguments.ts';
import type { ChosenDriver } from './choose-driver.ts';
import { chosenDriver } from './drivers.ts';
import type { EngineRoom } from './engine.ts';
import { versionText } from './firecracker/version.ts';

/** By the guest's own kernel, whatever this machine has. */
const heldInside = ['limitMemory', 'limitCpu', 'limitProcesses', 'limitOpenFiles', 'limitDisk'];

export async function machineReport(
  kind: MachineKind,
  room: EngineRoom,
  host: NamespaceSubstrate,
  scope: Scope,
): Promise<SubstrateReport> {
  const about = { substrate: kind, isolation: kind } as const;
  try {
    const outside = await host.probe(scope);
    if (!outside.usable) return { ...outside, ...about };
    const engine = await room.ready(kind, scope);
    const { verdict, kernel } = engine;
    const isFast = verdict.accelerator === 'kvm';
    const chosen = chosenDriver(engine, room, kind);
    return {
      ...about,
      usable: true,
      detail: `${runnerOf(chosen, kind)} with ${kernel.name}, ${isFast ? 'under KVM' : 'emulated (TCG)'}`,
      fix: null,
      capabilities: [
        ...heldInside.map((name) => ({ name, available: true, reason: null })),
        { name: 'kvm', available: isFast, reason: isFast ? null : reasonOf(verdict) },
        liveMemory(chosen),
      ],
    };
  } catch (error) {
    const { message, hint } = asHoldfastError(error);
    return { ...about, usable: false, detail: message, fix: hint ?? null, capabilities: [] };
  }
}

/** What is lost where Firecracker is chosen, which is before anybody asks for it. */
function liveMemory({ name }: ChosenDriver): SubstrateReport['capabilities'][number] {
  const reason =
    name === 'firecracker'
      ? 'Firecracker saves no machine that runs, so none is forked or put to sleep with its memory: start the daemon with --machine-driver qemu'
      : null;
  return { name: 'liveMemory', available: reason === null, reason };
}

/** Who runs it, and why it is not Firecracker where that is installed. */
function runnerOf(chosen: ChosenDriver, kind: MachineKind): string {
  if (chosen.name === 'firecracker') return `Firecracker ${versionText(chosen.firecracker.version ?? [0, 0, 0])}`;
  const qemu = `QEMU ${kind === 'vm' ? 'q35' : 'microvm'}`;
  return chosen.reason === null ? qemu : `${qemu} (not Firecracker: ${chosen.reason})`;
}

/** Notice and fix as one sentence; `doctor` takes it apart again at the verb. */
function reasonOf({ notice, fix }: AcceleratorVerdict): string {
  const verb = fix ?? '';
  return `${notice}: ${verb.charAt(0).toLowerCase()}${verb.slice(1).replace(/\.$/, '')}`;
}
