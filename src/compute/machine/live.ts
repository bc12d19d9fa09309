/**
 * Running machines with their memory: forked while they run, put away on disk, taken up again.
 *
 * 1. A fork's children share one memory, which nobody can change, and get what makes them somebody's own before any of their
 *    processes runs for a caller: names, clock, randomness, lease. All of them start, or none does.
 * 2. What was put away is bound to this QEMU, processor and accelerator, and to its own digests; anything else is refused.
 * 3. A machine's record names the memory it was restored from by a link of its own: it stays as long as the machine.
 */
import {
  inOwnScope,
  join,
  link,
  makeDirectories,
  readFileIfPresent,
  removeFile,
  rm,
  type Scope,
  systemRandom,
  writeFileAtomic,
} from '../../base/index.ts';
import { type FieldWriter, launcherTags, tags } from '../../guest/index.ts';
import { HoldfastError } from '../../schema/index.ts';
import type { Launcher } from '../namespace/launcher.ts';
import type { LaunchRequest, SandboxIdentity } from '../types.ts';
import type { MachineDriver } from './driver.ts';
import type { Engine } from './engine.ts';
import type { RunningMachine, SavedFiles, SavedMemory } from './machines.ts';
import type { Started } from './program.ts';
import { digestOf } from './qemu.ts';
import type { MachineRecord } from './record.ts';
import { copyWorkDisk, digestOfWorkDisk } from './work-disk.ts';

const awayFormat = 2;
/** Written last: what was put away is whole when it is there. */
const awayNote = 'image.json';

/** What is put away beside memory and state. */
interface AwayNote {
  format: typeof awayFormat;
  qemu: string;
  processor: string;
  accelerator: string;
  memoryDigest: string;
  stateDigest: string;
  /** Of its own disk, or null. */
  diskDigest: string | null;
  record: MachineRecord;
}

export interface LiveMachine {
  identity: SandboxIdentity;
  record: MachineRecord;
}

/** The memory of a machine that goes on, kept for its children; `close` when they have started. */
export interface ForkedMemory extends SavedMemory {
  close(): Promise<void>;
}

export async function forkMemory(
  driver: MachineDriver,
  launcher: Launcher,
  { identity, record }: LiveMachine,
  directory: string,
  scope: Scope,
): Promise<ForkedMemory> {
  const own = join(directory, `live-${Buffer.from(systemRandom(8)).toString('hex')}`);
  await makeDirectories(own);
  const to = savedIn(own);
  const close = async (): Promise<void> => {
    await inOwnScope('let go of a memory', (after) => letGo(launcher, to.path, after));
    await rm(own, { recursive: true, force: true });
  };
  try {
    const machine = { ...running({ identity, record }), goesOn: true };
    const saved = await saveRunning(driver, machine, to, scope);
    await keepAs('unread', launcher, to.path, scope);
    return { ...saved, close };
  } catch (error) {
    await close().catch(() => undefined);
    throw error;
  }
}

/** A machine that goes on from a memory the launcher keeps; not yet anybody's own. */
export async function startFrom(
  driver: MachineDriver,
  launcher: Launcher,
  request: LaunchRequest,
  { record, memory, disk }: { record: MachineRecord; memory: SavedFiles; disk: string },
  scope: Scope,
): Promise<Started> {
  const cpuMillis = request.limits.cpus === undefined ? undefined : Math.round(request.limits.cpus * 1000);
  const { sandbox, socketPath } = request;
  if (record.shape.workMib > 0) await copyWorkDisk(launcher, memory.disk, disk, scope);
  const start = { sandbox, socketPath, shape: record.shape, image: record.image, disk, cpuMillis };
  return await driver.restore(start, { memory: memory.path, state: memory.state }, scope);
}

/** A link of the machine's own to what it was restored from. */
export async function holdMemory(path: string, own: string): Promise<void> {
  await removeFile(own);
  await link(path, own);
}

/** Ends with the machine standing still and all of it on disk; the caller ends it. */
export async function putAway(
  driver: MachineDriver,
  launcher: Launcher,
  engine: Engine,
  { identity, record }: LiveMachine,
  directory: string,
  scope: Scope,
): Promise<void> {
  await makeDirectories(directory);
  const to = savedIn(directory);
  await saveRunning(driver, { ...running({ identity, record }), goesOn: false }, to, scope);
  const note: AwayNote = {
    format: awayFormat,
    ...boundTo(engine),
    memoryDigest: await keep(launcher, to.path, scope),
    stateDigest: await digestOf(to.state, scope),
    diskDigest: record.disk === null ? null : await digestOfWorkDisk(launcher, to.disk, scope),
    record,
  };
  await letGo(launcher, to.path, scope);
  await writeFileAtomic(join(directory, awayNote), JSON.stringify(note), { sync: true });
}

/** What was put away, checked and held by the launcher until `close`. */
export async function takeUp(
  launcher: Launcher,
  engine: Engine,
  directory: string,
  scope: Scope,
): Promise<SavedFiles & { record: MachineRecord; close(): Promise<void> }> {
  const note = await readNote(directory);
  const { path, state, disk } = savedIn(directory);
  for (const [name, value] of Object.entries(boundTo(engine))) {
    if (note[name as keyof ReturnType<typeof boundTo>] !== value) throw foreign(name);
  }
  if ((await digestOf(state, scope)) !== note.stateDigest) throw damaged('state');
  const { diskDigest } = note;
  if (diskDigest !== null && (await digestOfWorkDisk(launcher, disk, scope)) !== diskDigest) throw damaged('disk');
  const close = (): Promise<void> => inOwnScope('let go of a memory', (after) => letGo(launcher, path, after));
  if ((await keep(launcher, path, scope)) === note.memoryDigest)
    return { record: note.record, path, state, disk, close };
  await close();
  throw damaged('memory');
}

async function saveRunning(
  driver: MachineDriver,
  machine: RunningMachine,
  to: SavedFiles,
  scope: Scope,
): Promise<SavedMemory> {
  if (driver.saveRunning) return await driver.saveRunning(machine, to, scope);
  throw new HoldfastError('capability-missing', `${driver.name} cannot save a machine that runs`, {
    hint: 'Take a snapshot of its files instead.',
  });
}

const savedIn = (directory: string): SavedFiles => ({
  path: join(directory, 'ram'),
  state: join(directory, 'state'),
  disk: join(directory, 'disk'),
});

function running({ identity, record }: LiveMachine): Omit<RunningMachine, 'goesOn'> {
  return { started: identity, socketPath: identity.socketPath, base: record.memory, disk: record.disk };
}

function boundTo({ qemu, processor, verdict }: Engine): Pick<AwayNote, 'qemu' | 'processor' | 'accelerator'> {
  return { qemu: qemu.digest, processor, accelerator: verdict.accelerator };
}

async function readNote(directory: string): Promise<AwayNote> {
  const text = await readFileIfPresent(join(directory, awayNote));
  try {
    const note = text === null ? null : (JSON.parse(text) as AwayNote);
    if (note?.format === awayFormat) return note;
  } catch {
    // Said below.
  }
  throw damaged('note');
}

async function keep(launcher: Launcher, path: string, scope: Scope): Promise<string> {
  const answer = await launcher.request({ type: 'keep', fill: (fields) => void fields.text(tags.path, path) }, scope);
  return answer.bytes(launcherTags.digest).toString('hex');
}

/** KEEP's: held no more; held without a digest, for who made the file a moment ago. */
const keepFlags = { noMore: 1, unread: 2 } as const;

const letGo = (launcher: Launcher, path: string, scope: Scope): Promise<void> =>
  keepAs('noMore', launcher, path, scope);

async function keepAs(flag: keyof typeof keepFlags, launcher: Launcher, path: string, scope: Scope): Promise<void> {
  const fill = (fields: FieldWriter): void => void fields.text(tags.path, path).int(tags.flags, keepFlags[flag]);
  await launcher.request({ type: 'keep', fill }, scope);
}

function foreign(name: string): HoldfastError {
  return new HoldfastError('capability-missing', `this machine's memory was saved under another ${name}`, {
    hint: 'Resume it where it was saved, or start anew from its last snapshot.',
    details: { differs: name },
  });
}

function damaged(what: string): HoldfastError {
  return new HoldfastError('snapshot-corrupt', `the saved ${what} of this machine is not what was saved`, {
    hint: 'Start anew from its last snapshot.',
  });
}
