/**
 * The second proof of KVM: the kernel that machines run here, booted under it as every machine is, until its first process
 * answers.
 *
 * 1. A guest that comes through a ROM of a few hundred instructions proves less than a kernel does. One that is silent for too
 *    long, or whose QEMU ends, makes the verdict emulation, with what happened.
 * 2. The time is kept by a program that starts QEMU: not by this process, which may be busy or die meanwhile. Nothing of
 *    the machine is left when this settles.
 * 3. The verdict is kept with what it depends on: this boot, this QEMU, this machine's kernel, the guest's kernel; silence when it
 *    was met twice.
 */
import {
  bootId,
  dirname,
  inOwnScope,
  join,
  machineFacts,
  makeDirectories,
  rm,
  type Scope,
  systemClock,
  writeFile,
} from '../../base/index.ts';
import { HoldfastError } from '../../schema/index.ts';
import { type AcceleratorVerdict, keptVerdict, timeKeeper, unusableKvm } from './accelerator.ts';
import type { MachineShape } from './arguments.ts';
import { MachineClient } from './client.ts';
import type { Kernel } from './kernel.ts';
import { bootMachine, endMachine, type MachineStarter, makeSparseFile } from './machines.ts';
import { machineSockets } from './places.ts';
import { qemuOwner } from './program.ts';
import type { Qemu } from './qemu.ts';

export interface KernelCheck {
  starter: MachineStarter;
  qemu: Qemu;
  kernel: Kernel;
  clockKhz: number;
  mode: 'root' | 'user';
}

/** Under a KVM that works, a distribution's kernel needs half a second and a purpose-built one 0.2; `doctor` has 3 s for all it does. */
const deadlineMs = 1500;
/** For whoever keeps the deadline to be noticed. */
const graceMs = 5000;
const memoryMib = 192;
/** Two kernels may be tried at the same time. */
const nameFor = ({ digest }: Kernel): string => `kernel-check-${digest.slice(0, 12)}`;
/** A disk that is no file system: the first process says so at once, which is an answer. */
const emptyDiskBytes = 64 * 1024;

/** @param passed by the ROM; what is emulated anyway stays so */
export async function confirmKvm(
  passed: AcceleratorVerdict,
  check: KernelCheck,
  scope: Scope,
): Promise<AcceleratorVerdict> {
  if (passed.accelerator !== 'kvm') return passed;
  const { starter, qemu, kernel } = check;
  const facts = await machineFacts('/');
  const key = [bootId(), qemu.digest, facts.kernel, kernel.digest].join(' ');
  const file = join(starter.places.shared, `${nameFor(kernel)}.json`);
  return await keptVerdict(file, key, async () => {
    const failure = await tryKernel(check, passed, deadlineMs, scope);
    if (failure === null) return { verdict: passed, isSilent: false };
    const { fix, ...verdict } = unusableKvm(failure.what);
    return { verdict: { ...verdict, fix: `${fix} To have it tried again: rm ${file}` }, isSilent: failure.isSilent };
  });
}

/** What happened instead of an answer. */
export interface KernelFailure {
  what: string;
  isSilent: boolean;
}

/** Null when the first process answered in time. */
export async function tryKernel(
  { starter, kernel, clockKhz, mode }: KernelCheck,
  { accelerator, cpuWithout }: AcceleratorVerdict,
  withinMs: number,
  scope: Scope,
): Promise<KernelFailure | null> {
  await using limit = scope.child({ name: 'boot the guest kernel', timeoutMs: withinMs + graceMs });
  const sandbox = nameFor(kernel);
  const directory = join(starter.places.shared, `${sandbox}.making`);
  const [memory, base] = [join(directory, 'ram'), join(directory, 'base')];
  const socketPath = join(starter.places.run, `${sandbox}.sock`);
  const shape: MachineShape = {
    kind: 'microvm',
    accelerator,
    memoryMib,
    cpus: 1,
    hasAcpi: kernel.hasAcpi,
    clockKhz,
    workMib: 0,
    ...(cpuWithout ? { cpuWithout } : {}),
  };
  const held = { ...starter, behind: await timeKeeper(withinMs) };
  try {
    await rm(directory, { recursive: true, force: true });
    await makeDirectories(directory);
    await writeFile(base, new Uint8Array(emptyDiskBytes), { mode: 0o600 });
    await makeSparseFile(memory, memoryMib, mode === 'root' ? qemuOwner : null);
    const start = { sandbox, socketPath, shape, image: { path: base, digest: '' }, disk: '' };
    const startedMs = systemClock.monotonicMs();
    const started = await bootMachine(held, start, { kernel, memory, state: '' }, limit);
    try {
      if (await answers(socketPath, limit)) return null;
    } finally {
      await inOwnScope(`end ${sandbox}`, (own) => endMachine(starter.launcher, sandbox, started, socketPath, own));
    }
    const tookMs = systemClock.monotonicMs() - startedMs;
    if (tookMs >= withinMs) {
      return { what: `the guest kernel ${kernel.name} hung: it was silent for ${withinMs} ms`, isSilent: true };
    }
    const ended = `QEMU ended ${Math.round(tookMs)} ms after it began to boot the guest kernel ${kernel.name}`;
    return { what: ended, isSilent: false };
  } finally {
    await rm(directory, { recursive: true, force: true });
    await rm(dirname(starter.places.sandbox(sandbox).directory), { recursive: true, force: true });
  }
}

/** Also a refusal is one: it says what the machine lacks. False when the channel ends before. */
async function answers(socketPath: string, scope: Scope): Promise<boolean> {
  const client = await MachineClient.connect(machineSockets(socketPath).machine, () => undefined, scope);
  try {
    await client.configure(scope);
    return true;
  } catch (error) {
    return error instanceof HoldfastError && error.details?.['errno'] !== undefined;
  } finally {
    client.close();
  }
}
