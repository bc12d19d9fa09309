/**
 * Running machines with their memory: forked while they run, put away on disk, taken up again.
 *
 * 1. A fork's children share one memory, which nobody can change, and get what makes them somebody's own before any of their
 *    processes runs for a caller: names, clock, randomness, lease. All of them start, or none does.
 * 2. A saved machine is bound to what ran it (driver, its program, processor and accelerator), as written down when it began, and
 *    one that was put away to its own digests; anything else is refused. All of it is on disk before its note is.
 * 3. A machine's record names the memory it was restored from by a link of its own: it stays as long as the machine.
 */
import {
  dirname,
  existsSync,
  inOwnScope,
  join,
  link,
  makeDirectories,
  readFileIfPresent,
  removeFile,
  rm,
  type Scope,
  syncDirectory,
  syncFile,
  systemRandom,
  writeFileAtomic,
} from '../../base/index.ts';
import { type FieldWriter, launcherTags, tags } from '../../guest/index.ts';
import { HoldfastError } from '../../schema/index.ts';
import { digestOf } from '../file-digest.ts';
import type { Launcher } from '../namespace/launcher.ts';
import type { LaunchRequest, SandboxIdentity } from '../types.ts';
import type { MachineDriver } from './driver.ts';
import type { Engine } from './engine.ts';
import type { HeldSandbox, RunningMachine, SavedFiles, SavedMemory } from './machines.ts';
import type { Started } from './program.ts';
import type { MachineRecord, MadeWith } from './record.ts';
import { copyBeside, copyWorkDisk, digestOfSparse, emptyCopy } from './work-disk.ts';

const awayFormat = 3;
/** Written last: what was put away is whole when it is there. */
const awayNote = 'image.json';

/** What is put away beside memory and state. */
interface AwayNote {
  format: typeof awayFormat;
  madeWith: MadeWith;
  memoryDigest: string;
  stateDigest: string;
  /** Of its own disk, or null. */
  diskDigest: string | null;
  record: MachineRecord;
}

export interface LiveMachine {
  identity: SandboxIdentity;
  record: MachineRecord;
  /** What is to be known of it from now on. */
  write(record: MachineRecord): Promise<void>;
  sandbox: HeldSandbox;
}

/** The memory of a machine that goes on, kept for its children; `close` when they have started. */
export interface ForkedMemory extends SavedMemory {
  close(): Promise<void>;
}

export async function forkMemory(
  driver: MachineDriver,
  launcher: Launcher,
  engine: Engine,
  live: LiveMachine,
  directory: string,
  scope: Scope,
): Promise<ForkedMemory> {
  const { madeWith, disk, shape } = live.record;
  mustBeMadeWith(madeWith, whatRuns(engine, driver));
  if (disk !== null && !existsSync(copyBeside(disk))) throw cannotCopyDisk();
  const own = join(directory, `live-${Buffer.from(systemRandom(8)).toString('hex')}`);
  await makeDirectories(own);
  const to = disk === null ? savedIn(own) : { ...savedIn(own), disk: copyBeside(disk) };
  const close = (): Promise<void> =>
    inOwnScope("let a fork's memory go", (release) => letGo(launcher, to.path, release)).finally(async () => {
      await rm(own, { recursive: true, force: true });
      if (disk !== null) await emptyCopy(disk, shape.workMib);
    });
  try {
    const saved = await saveRunning(driver, live, { to, goesOn: true }, scope);
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

/** Ends with the machine standing still and all of it on disk; the caller ends it. Whatever fails lets it go on. */
export async function putAway(
  driver: MachineDriver,
  launcher: Launcher,
  engine: Engine,
  live: LiveMachine,
  directory: string,
  scope: Scope,
): Promise<void> {
  const { identity, record, sandbox } = live;
  const madeWith = mustBeMadeWith(record.madeWith, whatRuns(engine, driver));
  await makeDirectories(directory);
  const to = savedIn(directory);
  await saveRunning(driver, live, { to, goesOn: false }, scope);
  const note = join(directory, awayNote);
  try {
    const saved: AwayNote = {
      format: awayFormat,
      madeWith,
      memoryDigest: await digestOfSparse(launcher, to.path, scope),
      stateDigest: await digestOf(to.state, scope),
      diskDigest: record.disk === null ? null : await digestOfSparse(launcher, to.disk, scope),
      record,
    };
    // What has a note is there, also after the power failed: it was answered then.
    for (const path of [to.path, to.state, ...(record.disk === null ? [] : [to.disk])]) await syncFile(path);
    await writeFileAtomic(note, JSON.stringify(saved), { sync: true });
    await syncDirectory(dirname(directory));
  } catch (error) {
    // In this order: what has a note sleeps, whatever else is true of it.
    await removeFile(note).catch(() => undefined);
    await inOwnScope(`let ${identity.sandbox} go on`, async (own) => {
      await driver.resume(identity.socketPath, own);
      await sandbox.letGo(own);
    }).catch(() => undefined);
    throw error;
  }
}

/** What was put away, checked and held by the launcher until `close`. */
export async function takeUp(
  driver: MachineDriver,
  launcher: Launcher,
  engine: Engine,
  directory: string,
  scope: Scope,
): Promise<SavedFiles & { record: MachineRecord; close(): Promise<void> }> {
  const note = await readNote(directory);
  const { path, state, disk } = savedIn(directory);
  mustBeMadeWith(note.madeWith, whatRuns(engine, driver));
  if ((await digestOf(state, scope)) !== note.stateDigest) throw damaged('state');
  const { diskDigest } = note;
  if (diskDigest !== null && (await digestOfSparse(launcher, disk, scope)) !== diskDigest) throw damaged('disk');
  const close = (): Promise<void> =>
    inOwnScope('let the memory of a machine go', (release) => letGo(launcher, path, release));
  try {
    if ((await keep(launcher, path, scope)) !== note.memoryDigest) throw damaged('memory');
    return { record: note.record, path, state, disk, close };
  } catch (error) {
    await close().catch(() => undefined);
    throw error;
  }
}

/** Who finds it stopped after a daemon that died finds written why. */
async function saveRunning(
  driver: MachineDriver,
  { identity, record, write, sandbox }: LiveMachine,
  { to, goesOn }: { to: SavedFiles; goesOn: boolean },
  scope: Scope,
): Promise<SavedMemory> {
  if (!driver.saveRunning) throw savesNone(driver);
  await write({ ...record, saving: true, heldInside: true });
  const { memory: base, disk } = record;
  const machine: RunningMachine = { started: identity, socketPath: identity.socketPath, base, disk, goesOn, sandbox };
  const saved = await driver.saveRunning(machine, to, scope);
  if (goesOn) await write({ ...record, saving: false, heldInside: false });
  return saved;
}

function savesNone(driver: MachineDriver): HoldfastError {
  return new HoldfastError('capability-missing', `${driver.name} cannot save a machine that runs`, {
    hint: 'Take a snapshot of its files instead.',
  });
}

function cannotCopyDisk(): HoldfastError {
  return new HoldfastError(
    'capability-missing',
    'this machine began before the disk of one that runs could be copied',
    {
      hint: 'Put it away and wake it (suspend --to-disk, then resume), or fork its files: leave the memory out.',
    },
  );
}

const savedIn = (directory: string): SavedFiles => ({
  path: join(directory, 'ram'),
  state: join(directory, 'state'),
  disk: join(directory, 'disk'),
});

/** Of a machine that starts now. */
export function whatRuns({ processor, verdict }: Engine, { name, digest }: MachineDriver): MadeWith {
  return { driver: name, program: digest, processor, accelerator: verdict.accelerator };
}

function mustBeMadeWith(made: MadeWith | null, here: MadeWith): MadeWith {
  if (made === null) throw foreign('program');
  for (const name of ['driver', 'program', 'processor', 'accelerator'] as const) {
    if (made[name] !== here[name]) throw foreign(name);
  }
  return made;
}

async function readNote(directory: string): Promise<AwayNote> {
  const text = await readFileIfPresent(join(directory, awayNote));
  try {
    const note = text === null ? null : (JSON.parse(text) as AwayNote | OlderNote);
    if (note?.format === awayFormat) return note;
    if (note?.format === 2) return upgraded(note);
  } catch {
    // Said below.
  }
  throw damaged('note');
}

/** Only QEMU ever wrote one. */
interface OlderNote extends Omit<AwayNote, 'format' | 'madeWith'>, Pick<MadeWith, 'processor' | 'accelerator'> {
  format: 2;
  qemu: string;
}

function upgraded({ qemu, processor, accelerator, ...note }: OlderNote): AwayNote {
  const madeWith: MadeWith = { driver: 'qemu', program: qemu, processor, accelerator };
  return { ...note, format: awayFormat, madeWith, record: { ...note.record, format: 2, madeWith } };
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
  return new HoldfastError('capability-missing', `this machine was made with another ${name} than is here now`, {
    hint: 'Where it sleeps, resume it with that one; else its files can be kept: take a snapshot, and start anew from it.',
    details: { differs: name },
  });
}

function damaged(what: string): HoldfastError {
  return new HoldfastError('snapshot-corrupt', `the saved ${what} of this machine is not what was saved`, {
    hint: 'Start anew from its last snapshot.',
  });
}
