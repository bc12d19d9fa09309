/**
 * A machine as a list of API calls. The order is the one Firecracker's own guides use; nothing is set that is not named here:
 * no network card, no metadata service, no balloon, no log.
 */
import type { MachineShape } from '../arguments.ts';
import type { ApiCall } from './api.ts';
import { type FirecrackerVersion, knowsOverrides } from './version.ts';

/** Paths as the process itself sees them. */
export interface BootPaths {
  kernel: string;
  initramfs: string;
  /** The template's image, the guest's first disk. */
  base: string;
  vsock: string;
}

export interface SavedPaths {
  memory: string;
  state: string;
  vsock: string;
}

/** Each process has one machine and a socket directory of its own, so all of them can have the same. 0 to 2 are taken. */
const guestCid = 3;
/** A gigabyte at the 100 MB/s of a slow disk takes ten seconds; the largest machine has sixteen. */
const copyTimeoutMs = 180_000;
const startTimeoutMs = 20_000;

export function bootCalls({ memoryMib, cpus }: MachineShape, paths: BootPaths): ApiCall[] {
  const put = (path: string, body: Record<string, unknown>): ApiCall => ({ method: 'PUT', path, body });
  return [
    put('/machine-config', { vcpu_count: cpus, mem_size_mib: memoryMib, smt: false, track_dirty_pages: false }),
    put('/boot-source', {
      kernel_image_path: paths.kernel,
      initrd_path: paths.initramfs,
      boot_args: bootArguments(),
    }),
    put('/drives/base', { drive_id: 'base', path_on_host: paths.base, is_root_device: false, is_read_only: true }),
    put('/vsock', { guest_cid: guestCid, uds_path: paths.vsock }),
    put('/entropy', {}),
    { ...put('/actions', { action_type: 'InstanceStart' }), timeoutMs: startTimeoutMs },
  ];
}

export const pauseCall: ApiCall = { method: 'PATCH', path: '/vm', body: { state: 'Paused' } };
export const resumeCall: ApiCall = { method: 'PATCH', path: '/vm', body: { state: 'Resumed' } };

/** Of a paused machine. */
export function saveCall({ memory, state }: Pick<SavedPaths, 'memory' | 'state'>): ApiCall {
  const body = { snapshot_type: 'Full', snapshot_path: state, mem_file_path: memory };
  return { method: 'PUT', path: '/snapshot/create', body, timeoutMs: copyTimeoutMs };
}

/**
 * For a fresh process. The wall clock is RENEW's to set: `clock_realtime` would let the guest's monotonic clock jump by the
 * age of what was saved, and with it every timer. The socket's path is said where it can be, and the one it was saved with
 * where not: both are the same.
 */
export function loadCall({ memory, state, vsock }: SavedPaths, version: FirecrackerVersion): ApiCall {
  const overrides = knowsOverrides(version) ? { vsock_override: { uds_path: vsock }, clock_realtime: false } : {};
  const body = {
    snapshot_path: state,
    mem_backend: { backend_type: 'File', backend_path: memory },
    resume_vm: true,
    ...overrides,
  };
  return { method: 'PUT', path: '/snapshot/load', body, timeoutMs: startTimeoutMs };
}

/** Ports the guest listens on. */
export const guestPorts = { agent: 1024, machine: 1025 } as const;

/**
 * Words the kernel does not know go to the first process as its environment: it is told where it finds what QEMU marks
 * with names and serials. `reboot=k` is how a guest ends its Firecracker.
 */
export function bootArguments(): string {
  const kernel = [
    'quiet',
    'loglevel=0',
    'panic=-1',
    'reboot=k',
    'pci=off',
    '8250.nr_uarts=0',
    'i8042.noaux',
    'i8042.nomux',
  ];
  const ports = [`HOLDFAST_AGENT_VSOCK=${guestPorts.agent}`, `HOLDFAST_MACHINE_VSOCK=${guestPorts.machine}`];
  return [...kernel, 'random.trust_cpu=on', 'cryptomgr.notests', 'HOLDFAST_BASE=vda', ...ports].join(' ');
}
