/**
 * Machines kept as memory: booted once per what they depend on, brought to a launched agent, stopped and saved. Every create
 * goes on from there over a copy-on-write mapping.
 *
 * 1. A memory is named by the digest of everything it depends on. One made with anything else is never found, let alone used.
 * 2. What is found is checked before its first use in this process: state by sha256, memory by the digest the launcher makes
 *    while it copies the file into memory nobody can change. A mismatch is refused, thrown away and made anew.
 * 3. One process at a time makes a memory; it appears complete or not at all.
 * 4. The template machine never had a user: what ran in it are fixed programs that warm the guest's caches, and those that its own
 *    template brings for that. It had no network, and nothing of a sandbox's: no variables, no secrets, no files.
 * 5. One whose template could not be warmed is not kept, and whoever asked is told; the next who asks has it tried again.
 */
import { createHash } from 'node:crypto';
import {
  dirname,
  existsSync,
  join,
  type Log,
  makeDirectories,
  readFileIfPresent,
  rename,
  rm,
  rootScope,
  type Scope,
  systemClock,
  untilOrEnded,
  writeFileAtomic,
} from '../../base/index.ts';
import { connectGuest, type GuestClient, launcherTags, tags } from '../../guest/index.ts';
import { HoldfastError, isHoldfastError } from '../../schema/index.ts';
import { digestOf } from '../file-digest.ts';
import type { Launcher } from '../namespace/launcher.ts';
import { warmTimeoutMs, warmUp } from '../warm.ts';
import type { MachineKind, MachineShape } from './arguments.ts';
import { type InsideIdentity, MachineClient } from './client.ts';
import type { MachineDriver } from './driver.ts';
import type { Engine } from './engine.ts';
import type { BaseImage } from './images.ts';
import { makeSparseFile, type SavedFiles } from './machines.ts';
import { machineSockets } from './places.ts';
import { qemuOwner, type Started } from './program.ts';
import { namesIn, removeAll } from './prune.ts';
import { digestOfSparse, makeWorkDisk } from './work-disk.ts';

/** Raised when anything about how a memory is made changes that its other inputs do not show. */
const memoryFormat = 5;
const bootTimeoutMs = 60_000;
const endTimeoutMs = 15_000;
/** What a kernel puts off after a program has ended, each clone would do right after its start. */
const settleMs = 1200;
/** Until it is somebody's. */
const nobodysSeed = new Uint8Array(64);
/** Held at once: one per size, template, user and kind of machine in use. */
const mostHeld = 12;

export interface MemoryRequest {
  shape: MachineShape;
  image: BaseImage;
  user: 'agent' | 'root';
  keepsPowers: boolean;
  /** Its sandbox draws from a seed that it gets when it becomes somebody's. */
  isSeeded: boolean;
  /** Programs of the template that have run in it, by name: what is in them is the image's. */
  warm: readonly string[];
}

/** A memory ready to go on from: the launcher holds it. */
export interface Memory {
  key: string;
  /** The file the launcher keeps. */
  path: string;
  state: string;
  /** There when the shape has one. */
  disk: string;
  inside: InsideIdentity;
}

/** What it is of, for who decides whether it is still of use. */
export interface MemoryOrigin {
  kind: MachineKind;
  /** Digests: of its image, its kernel, and what ran it. */
  image: string;
  kernel: string;
  program: string;
  processor: string;
}

interface MemoryNote {
  format: typeof memoryFormat;
  key: string;
  memoryDigest: string;
  stateDigest: string;
  /** Of the disk of its own, or null. */
  diskDigest: string | null;
  inside: InsideIdentity;
  /** Absent in what was made before it was noted, until it is used. */
  origin?: MemoryOrigin;
}

export interface MemoriesOptions {
  launcher: Launcher;
  directory: string;
  /** Where sockets have short names. */
  runDirectory: string;
  /** A sandbox's own directory. */
  placeOf: (sandbox: string) => string;
  mode: 'root' | 'user';
  log: Log;
}

export class Memories {
  readonly #options: MemoriesOptions;
  readonly #ready = new Map<string, Promise<Memory>>();

  constructor(options: MemoriesOptions) {
    this.#options = options;
  }

  async get(engine: Engine, driver: MachineDriver, request: MemoryRequest, scope: Scope): Promise<Memory> {
    const key = memoryKey(engine, driver, request);
    let memory = this.#ready.get(key);
    if (memory) this.#ready.delete(key);
    else {
      memory = this.#provideForAll(key, engine, driver, request);
      memory.catch(() => this.#ready.delete(key));
    }
    // Behind all others: the first is the one not asked for the longest.
    this.#ready.set(key, memory);
    return await untilOrEnded(memory, scope);
  }

  /** Whether it was made before, and is not only being made; whether it is undamaged, `get` finds out. */
  async has(engine: Engine, driver: MachineDriver, request: MemoryRequest): Promise<boolean> {
    const key = memoryKey(engine, driver, request);
    return (await readNote(join(this.#options.directory, key, 'memory.json'), key)) !== null;
  }

  /** Answers how many bytes were freed. What has no note is being made; what is in use says where it is from. */
  async prune(isNeeded: (origin: MemoryOrigin | null) => boolean, scope: Scope): Promise<number> {
    const { directory } = this.#options;
    let freed = 0;
    for (const key of (await namesIn(directory)).filter((name) => /^[0-9a-f]{64}$/.test(name))) {
      const file = join(directory, key, 'memory.json');
      if (!existsSync(file) || isNeeded((await readNote(file, key))?.origin ?? null)) continue;
      this.#ready.delete(key);
      await this.#letGo(join(directory, key, 'ram'), scope);
      freed += await removeAll([join(directory, key)]);
    }
    return freed;
  }

  /** Whoever asked first may give up; others wait for the same. */
  async #provideForAll(key: string, engine: Engine, driver: MachineDriver, request: MemoryRequest): Promise<Memory> {
    await using scope = rootScope({ name: 'provide a saved machine', timeoutMs: provideTimeoutMs(request) });
    const memory = await this.#provide(key, engine, driver, request, scope);
    await this.#trim(scope);
    return memory;
  }

  /** Each takes memory of this machine. Machines that go on from one keep what they need of it. */
  async #trim(scope: Scope): Promise<void> {
    for (const [key, memory] of [...this.#ready].slice(0, -mostHeld)) {
      this.#ready.delete(key);
      await memory.then(
        ({ path }) => this.#letGo(path, scope),
        () => undefined,
      );
    }
  }

  /** The launcher was started anew and holds nothing: it is given the memory again, which is checked again. */
  async keepAgain({ key, path }: Memory, scope: Scope): Promise<void> {
    const note = await readNote(join(dirname(path), 'memory.json'), key);
    if (note && (await this.#keep(path, scope)) === note.memoryDigest) return;
    this.#ready.delete(key);
    throw mismatch(key, 'memory');
  }

  async #provide(
    key: string,
    engine: Engine,
    driver: MachineDriver,
    request: MemoryRequest,
    scope: Scope,
  ): Promise<Memory> {
    const directory = join(this.#options.directory, key);
    const note = await readNote(join(directory, 'memory.json'), key);
    if (note) {
      const memory = await this.#take(directory, note, scope).catch((error: unknown) => {
        scope.throwIfEnded();
        this.#options.log.warn(
          { memory: key, error: String(error) },
          'a saved machine cannot be used and is made anew',
        );
        return null;
      });
      if (memory) {
        const file = join(directory, 'memory.json');
        if (!note.origin) await writeNote(file, { ...note, origin: originOf(engine, driver, request) });
        return memory;
      }
    }
    await this.#letGo(join(directory, 'ram'), scope);
    await rm(directory, { recursive: true, force: true });
    return await this.#make(key, directory, engine, driver, request, scope);
  }

  /** Checks it and has the launcher hold it. */
  async #take(directory: string, note: MemoryNote, scope: Scope): Promise<Memory> {
    const [path, state, disk] = filesIn(directory);
    const { launcher } = this.#options;
    if ((await digestOf(state, scope)) !== note.stateDigest) throw mismatch(note.key, 'state');
    if (note.diskDigest !== null && (await digestOfSparse(launcher, disk, scope)) !== note.diskDigest) {
      throw mismatch(note.key, 'disk');
    }
    if ((await this.#keep(path, scope)) !== note.memoryDigest) {
      await this.#letGo(path, scope);
      throw mismatch(note.key, 'memory');
    }
    return { key: note.key, path, state, disk, inside: note.inside };
  }

  async #keep(path: string, scope: Scope): Promise<string> {
    const answer = await this.#options.launcher.request(
      { type: 'keep', fill: (fields) => void fields.text(tags.path, path) },
      scope,
    );
    return answer.bytes(launcherTags.digest).toString('hex');
  }

  async #letGo(path: string, scope: Scope): Promise<void> {
    await this.#options.launcher.request(
      { type: 'keep', fill: (fields) => void fields.text(tags.path, path).int(tags.flags, 1) },
      scope,
    );
  }

  async #make(
    key: string,
    directory: string,
    engine: Engine,
    driver: MachineDriver,
    request: MemoryRequest,
    scope: Scope,
  ): Promise<Memory> {
    const { launcher } = this.#options;
    const { workMib } = request.shape;
    const staging = `${directory}.making`;
    await using limit = scope.child({ name: 'boot a machine to keep its memory', timeoutMs: makeTimeoutMs(request) });
    await rm(staging, { recursive: true, force: true });
    await makeDirectories(staging);
    const inside = await this.#makeIn(staging, key, engine, driver, request, limit).catch(async (error: unknown) => {
      await rm(staging, { recursive: true, force: true });
      throw error;
    });
    await rename(staging, directory);
    const [kept, keptState, keptDisk] = filesIn(directory);
    const note: MemoryNote = {
      format: memoryFormat,
      key,
      memoryDigest: await this.#keep(kept, limit),
      stateDigest: await digestOf(keptState, limit),
      diskDigest: workMib > 0 ? await digestOfSparse(launcher, keptDisk, limit) : null,
      inside,
      origin: originOf(engine, driver, request),
    };
    await writeNote(join(directory, 'memory.json'), note);
    return { key, path: kept, state: keptState, disk: keptDisk, inside };
  }

  async #makeIn(
    staging: string,
    key: string,
    engine: Engine,
    driver: MachineDriver,
    request: MemoryRequest,
    scope: Scope,
  ): Promise<InsideIdentity> {
    const { log, mode } = this.#options;
    const [path, state, disk] = filesIn(staging);
    const { memoryMib, workMib } = request.shape;
    await makeSparseFile(path, memoryMib, mode === 'root' ? qemuOwner : null);
    if (workMib > 0) await makeWorkDisk(disk, workMib, scope);
    log.info({ memory: key, memoryMib, warm: request.warm }, 'booting a machine to keep its memory');
    return await this.#bootAndSave(key, { path, state, disk }, engine, driver, request, scope);
  }

  async #bootAndSave(
    key: string,
    files: SavedFiles,
    engine: Engine,
    driver: MachineDriver,
    request: MemoryRequest,
    scope: Scope,
  ): Promise<InsideIdentity> {
    const sandbox = `memory-${key.slice(0, 16)}`;
    const socketPath = join(this.#options.runDirectory, `${key.slice(0, 16)}.sock`);
    const { shape, image } = request;
    const start = { sandbox, socketPath, shape, image, disk: files.disk };
    const from = { kernel: engine.kernel, memory: files.path, state: files.state };
    const started = await driver.boot(start, from, scope);
    try {
      const save = (): Promise<void> => driver.save(socketPath, from, scope);
      return await bringToReady(socketPath, request, save, scope);
    } finally {
      await this.#end(driver, sandbox, started, socketPath);
    }
  }

  async #end(driver: MachineDriver, sandbox: string, started: Started, socketPath: string): Promise<void> {
    // Also when whoever asked has given up: no machine stays behind.
    await using scope = rootScope({ name: `end ${sandbox}`, timeoutMs: endTimeoutMs });
    await driver.end(sandbox, started, socketPath, scope);
    await rm(dirname(this.#options.placeOf(sandbox)), { recursive: true, force: true });
  }
}

const makeTimeoutMs = ({ warm }: MemoryRequest): number => bootTimeoutMs + (warm.length > 0 ? warmTimeoutMs : 0);

/** With what else may be done to have it: another one is read through, and found damaged. */
const provideTimeoutMs = (request: MemoryRequest): number => bootTimeoutMs + makeTimeoutMs(request);

const filesIn = (directory: string): [memory: string, state: string, disk: string] => [
  join(directory, 'ram'),
  join(directory, 'state'),
  join(directory, 'disk'),
];

/** Clients stay until the machine stands still, so that nothing is under way in its ports. */
async function bringToReady(
  socketPath: string,
  request: MemoryRequest,
  save: () => Promise<void>,
  scope: Scope,
): Promise<InsideIdentity> {
  const client = await MachineClient.connect(machineSockets(socketPath).machine, () => undefined, scope);
  try {
    await client.configure(scope);
    const inside = await client.launch(
      {
        sandbox: 'sandbox',
        view: { layers: [], generation: '0' },
        user: request.user,
        keepsPowers: request.keepsPowers,
        incarnation: 'template',
        // Whoever boots it may die: then it ends by itself.
        leaseMs: provideTimeoutMs(request),
        hostname: 'machine',
        machineId: '0'.repeat(32),
        limits: {},
        ...(request.isSeeded ? { entropy: nobodysSeed } : {}),
      },
      scope,
    );
    const guest = await warmCaches(socketPath, scope);
    await warmUp(guest, { programs: request.warm, user: request.user }, scope);
    await systemClock.sleep(settleMs, scope.signal);
    // RENEW lets them go on: where there are none nothing is to be let go, which would take time at each create.
    if (request.warm.length > 0) await client.freeze(inside, scope);
    await save();
    guest.close();
    return inside;
  } finally {
    client.close();
  }
}

/**
 * What first commands need is read once, from the image into the guest's memory: a clone that finds it there waits for no disk, nor
 * for the translation of all the code between a program and its disk. A template need not have all of it.
 */
const warmCommands = [
  ['/bin/echo', 'warm'],
  ['/bin/sh', '-c', 'ls / | cat; echo warm >&2; env bash -c true; python3 -c pass; true'],
  [
    '/bin/sh',
    '-c',
    'cd /usr/bin && cat cat chmod cp cut date dirname find git grep head id ln ls mkdir mktemp mv readlink rm sed sort tail tar test touch tr uname wc which xargs >/dev/null; true',
  ],
];

async function warmCaches(socketPath: string, scope: Scope): Promise<GuestClient> {
  const guest = await connectGuest(socketPath, scope, 'launch-failed');
  await guest.hello(scope);
  const environment = { LANG: 'C.UTF-8', PYTHONDONTWRITEBYTECODE: '1' };
  const plain = { cwd: '/', environment, graceMs: 100, timeoutMs: 10_000, retainBytes: 4096, outputCapBytes: 4096 };
  for (const argv of warmCommands) {
    try {
      await guest.exec({ ...plain, argv, processId: 'warm' }, scope);
      await guest.forget('warm', scope);
    } catch (error) {
      if (!isHoldfastError(error) || error.code !== 'executable-not-found') throw error;
    }
  }
  return guest;
}

/** Everything a saved machine depends on. The counter's rate is measured, so it counts to the nearest MHz. */
export function memoryKey(
  engine: Pick<Engine, 'kernel' | 'processor'>,
  driver: Pick<MachineDriver, 'name' | 'dependsOn'>,
  request: MemoryRequest,
): string {
  const { shape, image, user, keepsPowers, isSeeded, warm } = request;
  const { clockKhz, ...plainShape } = shape;
  const parts = {
    format: memoryFormat,
    driver: driver.name,
    on: driver.dependsOn({ ...shape, clockKhz: 0 }),
    shape: plainShape,
    clockMhz: Math.round(clockKhz / 1000),
    kernel: engine.kernel.digest,
    image: image.digest,
    processor: engine.processor,
    user,
    keepsPowers,
    isSeeded,
    ...(warm.length > 0 ? { warm } : {}),
  };
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

const writeNote = (path: string, note: MemoryNote): Promise<void> => writeFileAtomic(path, JSON.stringify(note));

function originOf(engine: Engine, driver: MachineDriver, { shape, image }: MemoryRequest): MemoryOrigin {
  const { kernel, processor } = engine;
  return { kind: shape.kind, image: image.digest, kernel: kernel.digest, program: driver.digest, processor };
}

async function readNote(path: string, key: string): Promise<MemoryNote | null> {
  const text = existsSync(path) ? await readFileIfPresent(path) : null;
  try {
    const note = text === null ? null : (JSON.parse(text) as MemoryNote);
    return note?.format === memoryFormat && note.key === key ? note : null;
  } catch {
    return null;
  }
}

function mismatch(key: string, what: string): HoldfastError {
  return new HoldfastError(
    'snapshot-corrupt',
    `the ${what} of the saved machine ${key.slice(0, 16)} is not what was saved`,
    {
      hint: 'It is thrown away and made anew.',
    },
  );
}
