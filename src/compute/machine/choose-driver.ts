/**
 * Who runs a machine: Firecracker where it can, else QEMU.
 *
 * 1. Firecracker knows no emulation: it is used only where a guest was proved to run under KVM (accelerator.ts), and never for
 *    a whole virtual machine, whose devices it does not have.
 * 2. What was asked for by name is used or refused, never replaced.
 */
import { HoldfastError } from '../../schema/index.ts';
import type { AcceleratorVerdict } from './accelerator.ts';
import type { MachineKind } from './arguments.ts';
import { type Firecracker, isOlder, oldestVersion, versionText } from './firecracker/version.ts';
import type { Kernel } from './kernel.ts';

export type DriverWish = 'firecracker' | 'qemu';

export interface DriverChoice {
  kind: MachineKind;
  /** Absent: whichever serves best. */
  wish?: DriverWish | undefined;
  /** Null when it is not installed. */
  firecracker: Firecracker | null;
  verdict: AcceleratorVerdict;
  kernel: Pick<Kernel, 'name' | 'hasVsock'>;
}

export type ChosenDriver =
  | { name: 'firecracker'; firecracker: Firecracker }
  /** Why it is not Firecracker; null when nobody could have expected it. */
  | { name: 'qemu'; reason: string | null };

/** @throws HoldfastError `capability-missing` when Firecracker was asked for by name and cannot be used */
export function chooseDriver({ kind, wish, firecracker, verdict, kernel }: DriverChoice): ChosenDriver {
  if (wish === 'qemu') return { name: 'qemu', reason: null };
  const obstacle = obstacleOf(kind, firecracker, verdict, kernel);
  if (obstacle === null && firecracker) return { name: 'firecracker', firecracker };
  const { reason, fix } = obstacle ?? missing;
  if (wish === 'firecracker') {
    throw new HoldfastError('capability-missing', `Firecracker was asked for: ${reason}`, { hint: fix });
  }
  return { name: 'qemu', reason: firecracker && kind === 'microvm' ? reason : null };
}

interface Obstacle {
  reason: string;
  fix: string;
}

const missing: Obstacle = { reason: 'it is not installed', fix: 'Put `firecracker` into /usr/local/bin.' };

function obstacleOf(
  kind: MachineKind,
  firecracker: Firecracker | null,
  verdict: AcceleratorVerdict,
  kernel: DriverChoice['kernel'],
): Obstacle | null {
  if (kind === 'vm') {
    return {
      reason: 'it cannot run a whole virtual machine',
      fix: 'Use --isolation microvm, or leave the choice open.',
    };
  }
  if (!firecracker) return missing;
  if (firecracker.version === null) {
    return { reason: `${firecracker.program} does not say its version`, fix: 'Install a released Firecracker.' };
  }
  if (isOlder(firecracker.version, oldestVersion)) {
    const [has, needs] = [firecracker.version, oldestVersion].map(versionText);
    return { reason: `version ${has} is older than ${needs}`, fix: 'Install a newer one.' };
  }
  if (verdict.accelerator !== 'kvm') {
    return {
      reason: `it needs KVM, and ${verdict.notice ?? 'that cannot be used here'}`,
      fix: verdict.fix ?? 'Use QEMU, which can emulate.',
    };
  }
  if (!kernel.hasVsock) {
    return { reason: `the kernel ${kernel.name} has no vsock`, fix: 'Use a kernel kit with `hasVsock`.' };
  }
  return null;
}
