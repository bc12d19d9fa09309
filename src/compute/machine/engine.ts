/**
 * What every machine of this home is made with: QEMU, the accelerator that works here, the kernel of its kind, images. Found out
 * once, when the first machine is asked for or `doctor` looks, and again when the program that runs them is another one.
 */
import {
  existsSync,
  findProgram,
  inOwnScope,
  join,
  type Log,
  machineFacts,
  makeDirectories,
  type Scope,
  thisProcessor,
  untilOrEnded,
} from '../../base/index.ts';
import { HoldfastError } from '../../schema/index.ts';
import { stampOf } from '../file-digest.ts';
import type { Launcher } from '../namespace/launcher.ts';
import { type AcceleratorVerdict, findAccelerator } from './accelerator.ts';
import { type MachineKind, type MachineShape, slowEmulated } from './arguments.ts';
import type { DriverWish } from './choose-driver.ts';
import { measureClockKhz } from './clock-rate.ts';
import { placeBridge } from './firecracker/bridge.ts';
import { type Firecracker, findFirecracker, firecrackerName } from './firecracker/version.ts';
import { Images } from './images.ts';
import { findKit, type Kernel, kitDirectories, kitsFor, prepareKernel } from './kernel.ts';
import { confirmKvm } from './kernel-check.ts';
import { type MachinePlaces, machinePlaces } from './places.ts';
import { makeFrame } from './program.ts';
import { namesIn, pruneUnfinished, removeAll } from './prune.ts';
import { type Qemu, qemuName, requireQemu } from './qemu.ts';
import { makeSaves } from './saves.ts';
import { workMibFor } from './work-disk.ts';

export interface MachineOptions {
  /** The guest binary. */
  binary: string;
  home: string;
  mode: 'root' | 'user';
  /** Only our own launcher starts programs behind a relay. */
  launcher?: 'fork' | 'bwrap';
  /** Another QEMU than the machine's. */
  qemu?: string;
  /** Refuse to emulate: a guest runs under KVM or not at all. */
  requireKvm?: boolean;
  /** Who runs a `microvm`; absent: Firecracker where it can be used, else QEMU. */
  driver?: DriverWish;
  /** Directories with a kernel kit, best first and for both kinds; the usual ones when absent. */
  kits?: readonly string[];
  log: Log;
}

export interface Engine {
  qemu: Qemu;
  /** Null when it is not installed. */
  firecracker: Firecracker | null;
  /** The guest binary, below home, where the launcher may hand it to a program. */
  bridge: string;
  verdict: AcceleratorVerdict;
  kernel: Kernel;
  clockKhz: number;
  /** The processor as a guest may come to depend on it. */
  processor: string;
  /** Whether this host bounds the memory of QEMU itself. */
  limitsMemory: boolean;
  limitsCpu: boolean;
}

export class EngineRoom {
  readonly options: MachineOptions;
  readonly places: MachinePlaces;
  readonly images: Images;
  readonly #launcher: Launcher;
  readonly #finds = new Map<'host', Promise<Host>>();
  #swept: Promise<void> | null = null;

  constructor(options: MachineOptions, launcher: Launcher) {
    this.options = options;
    this.#launcher = launcher;
    this.places = machinePlaces(options.home);
    this.images = new Images({ binary: options.binary, directory: this.places.images, mode: options.mode });
  }

  async ready(kind: MachineKind, scope: Scope): Promise<Engine> {
    const host = await this.#host(scope);
    const kernel = host.kernels[kind];
    return await untilOrEnded(
      once(host.engines, kernel.digest, () =>
        inOwnScope('find out how machines run', (own) => this.#findEngine(host, kernel, own), findTimeoutMs),
      ),
      scope,
    );
  }

  async #host(scope: Scope): Promise<Host> {
    const known = this.#finds.get('host');
    if (known && !(await isStill(await untilOrEnded(known, scope))) && this.#finds.get('host') === known) {
      this.#finds.delete('host');
    }
    return await untilOrEnded(
      once(this.#finds, 'host', () =>
        inOwnScope('find what runs machines', (own) => this.#findHost(own), findTimeoutMs),
      ),
      scope,
    );
  }

  async #findHost(scope: Scope): Promise<Host> {
    const { binary, mode, launcher, log } = this.options;
    if (launcher === 'bwrap') {
      throw new HoldfastError('capability-missing', 'virtual machines need the launcher `fork`', {
        hint: 'Start the daemon without --launcher bwrap.',
      });
    }
    const candidates = [this.options.qemu ?? (await findProgram(qemuName)), await findProgram(firecrackerName)];
    const programs = candidates.filter((path) => path !== null);
    // Before they are read: what is put in their place meanwhile is seen the next time.
    const stamp = await stampOf(programs);
    const qemu = await requireQemu(scope, this.options.qemu);
    const kits = { microvm: this.#requireKit('microvm'), vm: this.#requireKit('vm') };
    await makeDirectories(this.places.shared);
    // What is unfinished later on is our own.
    this.#swept ??= sweep(this.places);
    await this.#swept;
    const [passed, clockKhz, kernels, capabilities, facts, firecracker, bridge] = await Promise.all([
      findAccelerator(qemu, this.places.shared, scope),
      measureClockKhz(binary, scope),
      this.#prepareKernels(kits),
      this.#launcher.ready(scope),
      machineFacts(this.options.home),
      findFirecracker(scope),
      placeBridge(binary, this.places.shared, scope),
      makeFrame(this.places.frame, mode),
      makeSaves(this.places.saves),
    ]);
    const can = (name: string): boolean => capabilities.some((one) => one.name === name && one.available);
    const limits = { limitsMemory: can('limitMemory'), limitsCpu: can('limitCpu') };
    tellOfEmulation(passed, log);
    const { processor } = facts;
    return {
      found: { qemu, clockKhz, firecracker, bridge, processor, ...limits },
      programs,
      stamp,
      engines: new Map<string, Promise<Engine>>(),
      kernels,
      passed,
    };
  }

  #requireKit(kind: MachineKind): string {
    const kit = findKit(this.options.kits ?? kitDirectories(this.places.kernels, kitsFor[kind]));
    if (kit) return kit;
    throw new HoldfastError('capability-missing', 'there is no kernel for virtual machines', {
      hint: 'Fetch one: holdfast substrate install microvm',
    });
  }

  async #prepareKernels(kits: Record<MachineKind, string>): Promise<Record<MachineKind, Kernel>> {
    const prepare = (kit: string): Promise<Kernel> => prepareKernel(kit, this.options.binary, this.places.kernels);
    const microvm = prepare(kits.microvm);
    const vm = kits.vm === kits.microvm ? microvm : prepare(kits.vm);
    const [one, other] = await Promise.all([microvm, vm]);
    return { microvm: one, vm: other };
  }

  async #findEngine({ found, passed }: Host, kernel: Kernel, scope: Scope): Promise<Engine> {
    const { mode, requireKvm, log } = this.options;
    const { qemu, clockKhz, limitsMemory, limitsCpu } = found;
    const limits = { limitsMemory, limitsCpu };
    const starter = { launcher: this.#launcher, program: qemu.program, places: this.places, ...limits };
    const verdict = await confirmKvm(passed, { starter, qemu, kernel, clockKhz, mode }, scope);
    if (verdict.accelerator !== 'kvm' && requireKvm) throw noKvm(verdict);
    if (verdict !== passed) tellOfEmulation(verdict, log);
    // Emulated, a guest sees QEMU's processor.
    const processor = verdict.accelerator === 'kvm' ? await thisProcessor() : found.processor;
    return { ...found, processor, verdict, kernel };
  }
}

/** What is the same for both kinds. */
interface Host {
  found: Omit<Engine, 'verdict' | 'kernel'>;
  /** What runs machines, and its stamp when it was looked at. */
  programs: readonly string[];
  stamp: string;
  /** By their kernel's digest: both kinds may have the same. */
  engines: Map<string, Promise<Engine>>;
  kernels: Readonly<Record<MachineKind, Kernel>>;
  /** By the first proof of KVM, which knows no kernel. */
  passed: AcceleratorVerdict;
}

const isStill = async ({ programs, stamp }: Host): Promise<boolean> => (await stampOf(programs)) === stamp;

/** Kernels are unpacked and proofs made meanwhile, on however busy a machine. */
const findTimeoutMs = 60_000;

/** Whoever asked first may give up: others wait for the same. What could not be found is looked for again. */
function once<K, T>(finds: Map<K, Promise<T>>, key: K, find: () => Promise<T>): Promise<T> {
  const known = finds.get(key);
  if (known) return known;
  const begun = find();
  finds.set(key, begun);
  begun.catch(() => finds.delete(key));
  return begun;
}

function tellOfEmulation({ notice, fix }: AcceleratorVerdict, log: Log): void {
  if (notice !== null) log.warn({ fix }, `virtual machines are emulated: ${notice}`);
}

function noKvm({ notice, fix }: AcceleratorVerdict): HoldfastError {
  return new HoldfastError('capability-missing', `KVM is required and cannot be had: ${notice}`, {
    hint: fix ?? 'Leave out --require-kvm to let guests be emulated.',
  });
}

/** What a daemon that died was about to make, or to try. */
async function sweep(places: MachinePlaces): Promise<void> {
  const { memories, shared } = places;
  for (const place of [memories, shared]) {
    const left = (await namesIn(place)).filter((name) => name.startsWith('live-') || name.endsWith('.making'));
    await removeAll(left.map((name) => join(place, name)));
  }
  // Whole, and not yet said to be.
  const unsaid = (await namesIn(memories)).filter((key) => !existsSync(join(memories, key, 'memory.json')));
  await removeAll(unsaid.map((key) => join(memories, key)));
  await pruneUnfinished(places);
}

const mebibyte = 1024 * 1024;
/** Without a memory limit; enough for a compiler or a test suite, and a clone pays only for what it touches. */
const usualMemoryMib = 512;
/** What the guest's kernel keeps for itself: memory a program may use is not less than was asked for. */
const kernelShareMib = 96;
/** Few sizes, so that few memory snapshots serve all. */
const memorySizesMib = [192, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096, 6144, 8192, 12_288, 16_384];

/** The machine for a sandbox's limits: what it cannot hold exactly is held inside, by the guest's own control groups. */
export function shapeOf(
  { verdict, kernel, clockKhz }: Engine,
  kind: MachineKind,
  limits: { memoryBytes?: number | undefined; cpus?: number | undefined; diskBytes?: number | undefined },
): MachineShape {
  const neededMib =
    limits.memoryBytes === undefined ? usualMemoryMib : Math.ceil(limits.memoryBytes / mebibyte) + kernelShareMib;
  const memoryMib = memorySizesMib.find((size) => size >= neededMib);
  if (memoryMib === undefined) {
    throw new HoldfastError(
      'limit-unsupported',
      `a virtual machine of ${neededMib} MiB is more than ${memorySizesMib.at(-1)}`,
      {
        hint: 'Ask for less memory.',
      },
    );
  }
  const cpuWithout = verdict.accelerator === 'tcg' ? slowEmulated : verdict.cpuWithout;
  return {
    kind,
    accelerator: verdict.accelerator,
    memoryMib,
    cpus: Math.max(1, Math.ceil(limits.cpus ?? 1)),
    hasAcpi: kernel.hasAcpi,
    clockKhz,
    workMib: workMibFor(limits.diskBytes, memoryMib),
    ...(cpuWithout ? { cpuWithout } : {}),
  };
}
