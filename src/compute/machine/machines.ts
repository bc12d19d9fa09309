/**
 * Starting one QEMU: from a kernel, or from a saved memory. Both go through the launcher; whatever fails on the way leaves
 * no process and no socket.
 */
import { inOwnScope, makeDirectories, open, removeFile, type Scope, systemClock } from '../../base/index.ts';
import { type FieldWriter, launcherTags, tags } from '../../guest/index.ts';
import { HoldfastError } from '../../schema/index.ts';
import type { Launcher } from '../namespace/launcher.ts';
import { bringToRest, endRest } from '../rest.ts';
import { emulatorCacheMib, type MachineDescriptors, type MachineShape, machineArguments } from './arguments.ts';
import { DiskMirror, endMirror } from './disk-mirror.ts';
import type { BaseImage } from './images.ts';
import type { Kernel } from './kernel.ts';
import { type MachinePlaces, machineSockets } from './places.ts';
import { firstChannel, firstFile, type GivenFile, type Started, startProgram } from './program.ts';
import { QmpClient } from './qmp.ts';
import { openSink } from './saves.ts';
import { copyBeside, copyWorkDisk } from './work-disk.ts';

const mebibyte = 1024 * 1024;
/** What QEMU itself needs beside the guest's memory and the code it translates. */
const qemuShareMib = 192;
/**
 * A page of the saved memory that nobody had touched is made twice by the first that writes to it: in the file that all machines
 * share, and as that machine's own. Both are counted to it.
 */
const countedTimes = 2;
const goOnTimeoutMs = 10_000;
/** Of a machine with so few devices: a twentieth of a megabyte, ten times that for a `vm`. */
const mostStateBytes = 64 * mebibyte;

export interface MachineStarter {
  launcher: Launcher;
  program: string;
  /** What starts it in turn, and keeps its time, say; absent: nothing. */
  behind?: readonly string[];
  places: MachinePlaces;
  /** Host limits for QEMU, where this host can hold them. */
  limitsMemory: boolean;
  limitsCpu: boolean;
}

export interface StartMachine {
  sandbox: string;
  socketPath: string;
  shape: MachineShape;
  image: BaseImage;
  /** Its own disk's file, where the shape has one. */
  disk: string;
  /** Thousandths of a processor the sandbox was promised at most. */
  cpuMillis?: number | undefined;
}

export interface BootFrom {
  kernel: Kernel;
  /** A file of the machine's own for its memory. */
  memory: string;
  /** Where its state is to be saved: Firecracker opens it when it starts. */
  state: string;
}

export interface RestoreFrom {
  memory: string;
  state: string;
}

/** The daemon and the gateway, which is a process of its own. */
const agentChannels = 2;

/** Descriptors of one start, in the order the files are named. */
const given = { base: firstFile, memory: firstFile + 1, third: firstFile + 2, fourth: firstFile + 3 };

/** Boots: the machine's first process answers after a while. */
export function bootMachine(
  starter: MachineStarter,
  start: StartMachine,
  from: BootFrom,
  scope: Scope,
): Promise<Started> {
  const { kernel } = from;
  const files: GivenFile[] = [
    { path: start.image.path, access: 'read' },
    { path: from.memory, access: 'write' },
    { path: kernel.image, access: 'read' },
    { path: kernel.initramfs, access: 'read' },
    ...ownDisk(start, []),
  ];
  const argv = argumentsOf(starter, start, files, { memoryIsOwn: true, boots: true });
  return launchQemu(starter, start, files, argv, scope);
}

/** Goes on from a saved memory, which stays as it is; resolves when the guest runs. */
export async function restoreMachine(
  starter: MachineStarter,
  start: StartMachine,
  from: RestoreFrom,
  scope: Scope,
): Promise<Started> {
  const copy = copyBeside(start.disk);
  if (start.shape.workMib > 0) await makeSparseFile(copy, start.shape.workMib, null);
  const files: GivenFile[] = [
    { path: start.image.path, access: 'read' },
    { path: from.memory, access: 'kept' },
    { path: from.state, access: 'read' },
    ...ownDisk(start, [copy]),
  ];
  const argv = argumentsOf(starter, start, files, { memoryIsOwn: false, boots: false });
  const started = await launchQemu(starter, start, files, argv, scope);
  try {
    const qmp = await QmpClient.connect(machineSockets(start.socketPath).monitor, scope);
    try {
      await goOn(qmp, given.third, scope);
    } finally {
      qmp.close();
    }
    return started;
  } catch (error) {
    await inOwnScope(`end ${start.sandbox}`, (own) =>
      endMachine(starter.launcher, start.sandbox, started, start.socketPath, own),
    );
    throw error;
  }
}

/** The last of the files, and what goes with it. */
function ownDisk({ shape, disk }: StartMachine, more: string[]): GivenFile[] {
  return shape.workMib > 0 ? [disk, ...more].map((path) => ({ path, access: 'write' })) : [];
}

/** Sent at once: QEMU works them off in order. */
async function goOn(qmp: QmpClient, state: number, scope: Scope): Promise<void> {
  const restored = qmp.event(isMigrationEnd, scope);
  restored.catch(() => undefined);
  const capabilities = ['x-ignore-shared', 'events'].map((capability) => ({ capability, state: true }));
  await Promise.all([
    qmp.execute('migrate-set-capabilities', { capabilities }, scope),
    qmp.execute('migrate-incoming', { uri: `fd:${state}` }, scope),
  ]);
  migrationSucceeded(await restored);
  await qmp.execute('cont', undefined, scope);
}

/** Stops the guest and saves everything but its memory, which must be a file of its own. */
export async function saveState(monitor: string, saves: string, path: string, scope: Scope): Promise<void> {
  const qmp = await QmpClient.connect(monitor, scope);
  const sink = await openSink(saves, path, mostStateBytes, scope);
  try {
    const saved = qmp.event(isMigrationEnd, scope);
    saved.catch(() => undefined);
    const capabilities = ['x-ignore-shared', 'events'].map((capability) => ({ capability, state: true }));
    await Promise.all([
      qmp.execute('stop', undefined, scope),
      qmp.execute('migrate-set-capabilities', { capabilities }, scope),
      qmp.execute('migrate', { uri: sink.uri }, scope),
    ]);
    migrationSucceeded(await saved);
    await sink.received;
  } finally {
    qmp.close();
    await sink.close();
  }
}

/** In QEMU's own root: a small file system in memory that it may write. */
const stateInside = '/dev/shm/state';

export interface RunningMachine {
  started: Started;
  socketPath: string;
  /** Its own disk's file, or null. */
  disk: string | null;
  /** The memory it was restored from. */
  base: string;
  goesOn: boolean;
  sandbox: HeldSandbox;
}

/** The sandbox in a machine that is saved: what goes on from there lets its programs go on when it is somebody's own. */
export interface HeldSandbox {
  /** It stands still when the channels come to rest; false where its machine began before that could be had. */
  hold(scope: Scope): Promise<boolean>;
  letGo(scope: Scope): Promise<void>;
}

/** Where a machine is saved to, or was. */
export interface SavedFiles {
  path: string;
  state: string;
  /** There when its shape has one; of a machine that goes on the copy beside its own, in which QEMU writes it. */
  disk: string;
}

export interface SavedMemory extends SavedFiles {
  /** How long its programs stood still. */
  pauseMs: number;
}

/**
 * The memory and state of a running machine as files of their own: what it was restored from, with the pages that are its own
 * by now. The guest stands still for those pages and the state only, or for good when it is not to go on.
 */
export async function saveRunning(
  launcher: Launcher,
  machine: RunningMachine,
  to: SavedFiles,
  scope: Scope,
): Promise<SavedMemory> {
  const { started, base, goesOn, disk, sandbox } = machine;
  const memory = (fill: (fields: FieldWriter) => unknown): Promise<unknown> =>
    launcher.request({ type: 'memory', fill: (fields) => void fill(fields.text(tags.target, to.path)) }, scope);
  const owned = (fields: FieldWriter): FieldWriter =>
    fields.int(tags.pid, started.pid).int(launcherTags.startTicks, started.startTicks);
  const qmp = await QmpClient.connect(machineSockets(machine.socketPath).monitor, scope);
  try {
    await using mirror = disk !== null && goesOn ? await DiskMirror.begin(qmp, scope) : null;
    await memory((fields) => fields.text(tags.path, base).int(tags.flags, 1));
    await mirror?.ready();
    // What is written by then needs no room, and is only compared, while it stands still.
    if (goesOn) await memory(owned);
    let [stoppedMs, pauseMs, isSaved] = [0, 0, false];
    try {
      stoppedMs = systemClock.monotonicMs();
      if (!(await sandbox.hold(scope)) && goesOn) throw cannotHold();
      await bringToRest(launcher, started, scope);
      await Promise.all([
        qmp.execute('stop', undefined, scope),
        qmp.execute('xen-save-devices-state', { filename: stateInside, live: false }, scope),
      ]);
      await Promise.all([
        memory((fields) => owned(fields).text(tags.path, stateInside).text(launcherTags.previous, to.state)),
        mirror?.end(scope),
      ]);
      if (!mirror && disk !== null) await copyWorkDisk(launcher, disk, to.disk, scope);
      isSaved = true;
    } finally {
      const mayGoOn = goesOn || !isSaved;
      await inOwnScope(`let ${machine.socketPath} go on`, async (own) => {
        if (mayGoOn) await qmp.execute('cont', undefined, own);
      }).finally(() => inOwnScope('end the rest of its channels', (own) => endRest(launcher, started, own)));
      if (mayGoOn) await inOwnScope(`let what runs in ${machine.socketPath} go on`, (own) => sandbox.letGo(own));
      pauseMs = systemClock.monotonicMs() - stoppedMs;
    }
    return { ...to, pauseMs };
  } finally {
    qmp.close();
  }
}

function cannotHold(): HoldfastError {
  return new HoldfastError(
    'capability-missing',
    'this machine began before its programs could be held while it is forked',
    {
      hint: 'Fork its files: leave the memory out. Or start anew from a snapshot of it.',
    },
  );
}

/** What whoever saved it may have left: it runs, its disk is copied nowhere, and its channels rest no more. Idempotent. */
export async function letGoOn(
  launcher: Launcher,
  { started, socketPath, disk }: Pick<RunningMachine, 'started' | 'socketPath' | 'disk'>,
  scope: Scope,
): Promise<void> {
  // What runs it may be silent: nobody waits for it any longer than for one that answers.
  await using limit = scope.child({ name: 'let a machine go on', timeoutMs: goOnTimeoutMs });
  try {
    const qmp = await QmpClient.connect(machineSockets(socketPath).monitor, limit);
    try {
      await qmp.execute('cont', undefined, limit);
      if (disk !== null) await endMirror(qmp, limit);
    } finally {
      qmp.close();
    }
  } finally {
    await inOwnScope('end the rest of its channels', (own) => endRest(launcher, started, own));
  }
}

const isMigrationEnd = (event: string, data: Record<string, unknown>): boolean =>
  event === 'MIGRATION' && (data['status'] === 'completed' || data['status'] === 'failed');

function migrationSucceeded(data: Record<string, unknown>): void {
  if (data['status'] === 'completed') return;
  throw new HoldfastError('launch-failed', "QEMU could not take up the machine's saved state", {
    hint: 'The saved state belongs to another QEMU or another machine; it is made anew when this is tried again.',
  });
}

/** Idempotent. */
export async function endMachine(
  launcher: Launcher,
  sandbox: string,
  started: Started,
  socketPath: string,
  scope: Scope,
): Promise<void> {
  await launcher.request(
    {
      type: 'kill',
      fill: (fields) => {
        fields.text(launcherTags.sandbox, sandbox).int(tags.pid, started.pid);
        fields.int(launcherTags.startTicks, started.startTicks);
        if (started.cgroup !== '') fields.text(launcherTags.cgroup, started.cgroup);
        fields.texts(launcherTags.limitGroup, started.limitGroups);
      },
    },
    scope,
  );
  for (const path of [socketPath, ...Object.values(machineSockets(socketPath))]) await removeFile(path);
}

function argumentsOf(
  { program, behind = [] }: MachineStarter,
  { shape }: StartMachine,
  files: GivenFile[],
  { memoryIsOwn, boots }: { memoryIsOwn: boolean; boots: boolean },
): string[] {
  const descriptors: MachineDescriptors = {
    agents: [firstChannel, firstChannel + 1],
    machine: firstChannel + agentChannels,
    monitor: firstFile + files.length,
    memory: given.memory,
    base: given.base,
    work: firstFile + files.length - (boots ? 1 : 2),
    copy: firstFile + files.length - 1,
  };
  const boot = boots ? { kernel: given.third, initramfs: given.fourth } : null;
  return [...behind, program, ...machineArguments({ shape, descriptors, memoryIsOwn, boot })];
}

async function launchQemu(
  starter: MachineStarter,
  start: StartMachine,
  files: GivenFile[],
  argv: string[],
  scope: Scope,
): Promise<Started> {
  const { launcher, places, limitsMemory, limitsCpu } = starter;
  const { directory, upper, work } = places.sandbox(start.sandbox);
  await makeDirectories(directory);
  const { machine, monitor } = machineSockets(start.socketPath);
  const memoryMib = countedTimes * start.shape.memoryMib + emulatorCacheMib + qemuShareMib;
  return await startProgram(
    launcher,
    {
      sandbox: start.sandbox,
      argv,
      frame: places.frame,
      upper,
      work,
      socket: start.socketPath,
      agentChannels,
      controls: [machine],
      files,
      listeners: [monitor],
      saves: places.saves,
      kvm: start.shape.accelerator === 'kvm',
      limits: {
        ...(limitsMemory ? { memoryBytes: memoryMib * mebibyte } : {}),
        ...(limitsCpu && start.cpuMillis !== undefined ? { cpuMillis: start.cpuMillis } : {}),
      },
    },
    scope,
  );
}

/** A file of that size that takes no room yet, which QEMU may write. */
export async function makeSparseFile(path: string, sizeMib: number, owner: number | null): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await file.truncate(sizeMib * mebibyte);
    if (owner !== null) await file.chown(owner, owner);
  } finally {
    await file.close();
  }
}
