/**
 * QEMU's command line for one machine. Everything a machine is made of stands here, in a fixed order: a memory snapshot
 * is taken up again only by the very same machine.
 *
 * 1. No network card, no display, no monitor but the one control channel, no device the user's configuration might add.
 * 2. QEMU opens nothing by name but what it was handed as a descriptor; its own filter forbids programs, other users,
 *    and changes of its priority.
 * 3. No device or channel is called `machine`: QEMU finds its own board by that name.
 * 4. `microvm` and `vm` differ in the board and in how devices are attached to it, in nothing else.
 */
import type { Accelerator } from './accelerator.ts';

export type MachineKind = 'microvm' | 'vm';

/** What stays the same for every machine restored from one memory. */
export interface MachineShape {
  kind: MachineKind;
  accelerator: Accelerator;
  memoryMib: number;
  cpus: number;
  /** Whether the kernel finds its devices by ACPI; else by its command line, which is quicker to start. */
  hasAcpi: boolean;
  /** The host's counter rate; see clock-rate.ts. */
  clockKhz: number;
  /** Of its own disk, or 0: then files that change lie in its memory. */
  workMib: number;
  /**
   * What its processor lacks, with commas between: under KVM what the hypervisor refuses to set of the host's (accelerator.ts), else
   * `slowEmulated`. A machine goes on with the processor it began with, whatever is emulated by then.
   */
  cpuWithout?: string;
}

/** Descriptors, as the relay hands them to QEMU (guest/LAUNCHER.md). */
export interface MachineDescriptors {
  /** Ends of the agent's channels, for daemon and gateway, and of the first process's. */
  agents: readonly [number, number];
  machine: number;
  /** A listening socket for QMP. */
  monitor: number;
  memory: number;
  /** The template's image. */
  base: number;
  /** The disk of its own, where the shape has one. */
  work: number;
  /** Where that is copied to when it is forked, see disk-mirror.ts; a machine that boots is not. */
  copy: number;
}

export interface MachineStart {
  shape: MachineShape;
  descriptors: MachineDescriptors;
  /** Whether the memory file is written to: a template's is, a clone's is not. */
  memoryIsOwn: boolean;
  /** What is booted, as descriptors; null for a machine that goes on from a saved state. */
  boot: { kernel: number; initramfs: number } | null;
}

/** Of translated code, under emulation; without a bound QEMU takes up to a gigabyte. */
export const emulatorCacheMib = 128;

/** QEMU's names for the disk of its own, and for where that is copied to. */
export const [diskNode, copyNode] = ['work', 'copy'];

const descriptorPath = (fd: number): string => `/proc/self/fd/${fd}`;

export function machineArguments({ shape, descriptors, memoryIsOwn, boot }: MachineStart): string[] {
  const { agents, machine, monitor, memory, base, work, copy } = descriptors;
  const bus = shape.kind === 'microvm' ? 'device' : 'pci';
  return [
    ...['-M', boardOf(shape)],
    ...['-accel', shape.accelerator === 'kvm' ? 'kvm' : `tcg,thread=multi,tb-size=${emulatorCacheMib}`],
    ...['-cpu', processorOf(shape)],
    ...['-smp', String(shape.cpus)],
    ...['-m', `${shape.memoryMib}M`],
    ...[
      '-object',
      `memory-backend-file,id=ram,size=${shape.memoryMib}M,mem-path=${descriptorPath(memory)},share=${memoryIsOwn ? 'on' : 'off'}`,
    ],
    '-nodefaults',
    '-no-user-config',
    '-no-reboot',
    // So that a state without memory can be taken up like any other.
    ...['-global', 'migration.send-configuration=off'],
    ...['-display', 'none'],
    ...['-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'],
    ...(boot ? bootArguments(shape, boot) : ['-incoming', 'defer']),
    ...['-add-fd', `fd=${base},set=1`],
    ...['-blockdev', 'driver=file,node-name=base-file,filename=/dev/fdset/1,read-only=on'],
    ...['-blockdev', 'driver=raw,node-name=base,file=base-file,read-only=on'],
    ...['-device', `virtio-blk-${bus},drive=base,serial=base`],
    ...(shape.workMib > 0 ? workArguments(bus, work) : []),
    ...(shape.workMib > 0 && !boot ? copyArguments(copy) : []),
    ...['-device', `virtio-serial-${bus},id=ports,max_ports=4`],
    ...['-chardev', `socket,id=agent,fd=${agents[0]}`],
    ...['-device', 'virtserialport,bus=ports.0,nr=1,chardev=agent,name=holdfast.agent'],
    ...['-chardev', `socket,id=gateway,fd=${agents[1]}`],
    ...['-device', 'virtserialport,bus=ports.0,nr=2,chardev=gateway,name=holdfast.agent.2'],
    ...['-chardev', `socket,id=inside,fd=${machine}`],
    ...['-device', 'virtserialport,bus=ports.0,nr=3,chardev=inside,name=holdfast.machine'],
    ...['-chardev', `socket,id=monitor,fd=${monitor},server=on,wait=off`],
    ...['-mon', 'chardev=monitor,mode=control'],
  ];
}

/**
 * Given back is what the guest deletes. A full disk of this machine is the guest's error and does not stop it. Nobody else has the
 * file open for writing, so it is not locked.
 */
function workArguments(bus: string, work: number): string[] {
  return [
    ...['-add-fd', `fd=${work},set=2`],
    ...['-blockdev', 'driver=file,node-name=work-file,filename=/dev/fdset/2,locking=off,discard=unmap'],
    ...['-blockdev', `driver=raw,node-name=${diskNode},file=work-file,discard=unmap`],
    ...['-device', `virtio-blk-${bus},drive=${diskNode},serial=work,werror=report,rerror=report`],
  ];
}

/**
 * Open from the start: QEMU closes what it was handed and has not opened, when its monitor's client goes. Zeros take no room. Nothing of
 * it need outlive this host's memory, so nothing waits until it is on the disk, least of all a machine that is stopped.
 */
function copyArguments(copy: number): string[] {
  const options = 'locking=off,discard=unmap,detect-zeroes=unmap,cache.no-flush=on';
  return [
    ...['-add-fd', `fd=${copy},set=3`],
    ...['-blockdev', `driver=file,node-name=${copyNode},filename=/dev/fdset/3,${options}`],
  ];
}

/**
 * What emulation makes slower than doing without. `erms`: the kernel then fills and copies by `rep movsb`, which is translated byte by
 * byte. `smap` and `pku`: each opens and shuts the kernel's way to a program's memory, and forgets translated addresses for it. `la57`:
 * one more level to walk at each miss. `mpx`: one more state to save. They protect the guest's kernel from programs of the guest, as
 * what `kernelCommandLine` leaves out does; what protects this machine is around QEMU.
 */
export const slowEmulated = 'erms,smap,la57,pku,mpx';

function processorOf({ accelerator, cpuWithout }: MachineShape): string {
  const without = cpuWithout === undefined ? [] : cpuWithout.split(',');
  return [accelerator === 'tcg' ? 'max' : 'host', ...without.map((name) => `-${name}`)].join(',');
}

function boardOf({ kind, hasAcpi }: MachineShape): string {
  if (kind === 'vm') return 'q35,memory-backend=ram,usb=off,vmport=off,smm=off';
  return `microvm,memory-backend=ram,acpi=${hasAcpi ? 'on' : 'off'}`;
}

function bootArguments(shape: MachineShape, { kernel, initramfs }: { kernel: number; initramfs: number }): string[] {
  return [
    ...['-kernel', descriptorPath(kernel)],
    ...['-initrd', descriptorPath(initramfs)],
    ...['-append', kernelCommandLine(shape)],
  ];
}

/**
 * `reboot=t` ends the machine by a triple fault, which needs no device. What protects one program from another by
 * slowing down every entry into the kernel is left out only where no real processor runs the guest's code; there, rewriting the
 * kernel's locks for one processor at its start gains nothing and costs some 60 ms. `norandmaps`: QEMU translates code anew that it
 * meets at another address, so a program whose addresses are drawn is translated at each start, six times the work of the rest
 * (docs/decisions/0027).
 */
export function kernelCommandLine({ accelerator, clockKhz }: MachineShape): string {
  const always = ['quiet', 'loglevel=0', 'panic=-1', 'reboot=t', 'random.trust_cpu=on', 'cryptomgr.notests'];
  const emulated = [
    `tsc_early_khz=${clockKhz}`,
    'tsc=reliable',
    'no_timer_check',
    'nokaslr',
    'mitigations=off',
    'noreplace-smp',
    'norandmaps',
  ];
  return [...always, ...(accelerator === 'tcg' ? emulated : [])].join(' ');
}
